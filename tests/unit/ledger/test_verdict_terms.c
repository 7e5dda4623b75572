/* Tests of ledger/verdict_terms.c and of the numbers it ships with, config/verdict.conf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/verdict_inside.h"

static char *shipped(void)
{
    FILE *file = fopen(SOURCE_ROOT "/config/verdict.conf", "r");
    char *words = calloc(1, 65536);

    assert_non_null(file);
    assert_true(fread(words, 1, 65535, file) > 0);
    fclose(file);
    return words;
}

/* The shipped file with `from` made `to`: how many faults, the first of them in `text`. */
static size_t faults_with(const char *from, const char *to, char *text, size_t size)
{
    char path[] = "/tmp/lookback-verdict-XXXXXX";
    struct conf_faults *faults = conf_faults_new();
    FILE *file = fdopen(mkstemp(path), "w");
    char *words = shipped();
    char *at = strstr(words, from);
    size_t count;

    assert_non_null(at);
    fprintf(file, "%.*s%s%s", (int)(at - words), words, to, at + strlen(from));
    fclose(file);
    verdict_terms_free(verdict_terms_load(path, faults));
    count = conf_faults_count(faults);
    snprintf(text, size, "%s", count > 0 ? conf_fault(faults, 0)->text : "");
    conf_faults_free(faults);
    free(words);
    unlink(path);
    return count;
}

static void the_numbers_are_those_of_the_plan(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    struct verdict_terms *terms = verdict_terms_load(SOURCE_ROOT "/config/verdict.conf", faults);

    assert_int_equal(conf_faults_count(faults), 0);
    assert_true(terms->completeness == 90.0 && terms->week == 75.0 && terms->night == 75.0);
    assert_int_equal(terms->gap_days, 3);
    assert_true(terms->rate_bound == 5.0 && terms->confidence == 95.0 && terms->percentile == 95.0);
    assert_int_equal(terms->last_run, 30);
    assert_true(terms->run_skips_invalid && !terms->decide_by_effective && terms->required);
    assert_int_equal(terms->least_days, 20);
    assert_int_equal(terms->normal_from, 8);
    assert_true(terms->p == 0.05);
    assert_int_equal(verdict_reading_as(terms), PERIOD_1H);
    assert_true(terms->blocks[DOUBT_SCREENING] && terms->blocks[DOUBT_SETTINGS_CHANGED]);
    assert_false(terms->blocks[DOUBT_UNSEALED]);
    assert_int_equal(terms->clock_step_ms, 3600000);
    assert_true(terms->where_exceeded && (terms->lasting >> SCREEN_HIDDEN & 1u) != 0);
    assert_int_equal(terms->before_days, 365);
    verdict_terms_free(terms);
    conf_faults_free(faults);
}

static void a_number_out_of_range_a_missing_one_and_a_strange_word_are_named(void **state)
{
    static const struct {
        const char *from, *to, *named;
    } cases[] = {
        {"completeness = 90.0;", "completeness = 101.0;",      "completeness"},
        {"week         = 75.0;", "",                           "week"        },
        {"last_run = 30;",       "last_run = 30.5;",           "last_run"    },
        {"gap_days = 3;",        "gap_days = -1;",             "gap_days"    },
        {"normal_from = 8;",     "normal_from = 4;",           "normal_from" },
        {"least_days = 20;",     "least_days = 8; least = 1;", "least"       },
        {"normal_from = 8;",     "normal_from = 30;",          "least_days"  },
        {"\"screening\", ",      "\"screaming\", ",            "block"       },
        {"\"hidden\", ",         "\"hiding\", ",               "lasting"     },
        {"until = \"open\";",    "until = \"tomorrow\";",      "until"       },
        {"confidence = 95.0;",   "confidence = 100.0;",        "confidence"  },
    };
    char text[768];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t count = faults_with(cases[i].from, cases[i].to, text, sizeof text);

        if (count == 0 || strstr(text, cases[i].named) == NULL)
            print_message("%s: %s\n", cases[i].to, text);
        assert_true(count > 0);
        assert_non_null(strstr(text, cases[i].named));
    }
    assert_int_equal(faults_with("last_run = 30;", "last_run = 31;", text, sizeof text), 0);
}

static void a_verdict_prints_every_number_it_went_by(void **state)
{
    struct conf_faults *faults = conf_faults_new();
    struct verdict_terms *terms = verdict_terms_load(SOURCE_ROOT "/config/verdict.conf", faults);
    json_t *printed = verdict_terms_json(terms);
    char *words = json_dumps(printed, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(6));

    assert_string_equal(
        words,
        "{\"comparison\":{\"least_days\":20,\"normal_from\":8,\"p\":0.05,\"required\":true,"
        "\"where_exceeded\":true},"
        "\"completeness\":90.0,\"confidence\":95.0,\"decide_by_effective\":false,\"doubts\":{"
        "\"block\":[\"screening\",\"rule\",\"clock_step\",\"settings_changed\"],\"clock_step_ms\":"
        "3600000,\"lasting\":[\"flat\",\"clip\",\"contradiction\",\"hidden\",\"night\"],"
        "\"until\":\"open\"},\"gap_days\":3,\"horizon_days\":3660,\"last_run\":30,"
        "\"night\":75.0,\"percentile\":95.0,\"present_days\":30,\"rate_bound\":5.0,\"reading_as\":"
        "\"1h\",\"run_skips_invalid\":true,\"week\":75.0}");
    free(words);
    json_decref(printed);
    verdict_terms_free(terms);
    conf_faults_free(faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_numbers_are_those_of_the_plan),
        cmocka_unit_test(a_number_out_of_range_a_missing_one_and_a_strange_word_are_named),
        cmocka_unit_test(a_verdict_prints_every_number_it_went_by),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
