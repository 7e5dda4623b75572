/* Tests of ledger/screen_plans.c: the numbers of the screening are data, and checked as such. */
#include <unistd.h>

#include "unit/ledger/screen_bench.h"

#include "base/say.h"

static const char tests_group[] = "tests = { gap = { periods = 3.0; least = \"5min\"; source = "
                                  "\"proposal\"; verified = false; }; "
                                  "};\n";

/* Reads a file of these lines; gives the plans and what was complained about. */
static struct screen_plans *load(const char *tests, const char *pairs, const char *parameters,
                                 struct conf_faults **faults)
{
    char path[] = "/tmp/screening-XXXXXX";
    int file = mkstemp(path);
    struct screen_plans *plans;

    assert_true(file >= 0);
    assert_true(dprintf(file, "%spairs = (\n%s\n);\nparameters = (\n%s\n);\n", tests, pairs,
                        parameters) > 0);
    close(file);
    *faults = conf_faults_new();
    plans = screen_plans_load(path, bench_parameters, *faults);
    unlink(path);
    return plans;
}

/* Exactly one fault, on that line, about that key. */
static void refuses(const char *tests, const char *pairs, const char *parameters,
                    const char *line_and_key)
{
    struct conf_faults *faults;
    struct screen_plans *plans = load(tests, pairs, parameters, &faults);

    if (conf_faults_count(faults) != 1 || strstr(conf_fault(faults, 0)->text, line_and_key) == NULL)
        fail_msg("%s: %zu faults, the first: %s", line_and_key, conf_faults_count(faults),
                 conf_faults_count(faults) > 0 ? conf_fault(faults, 0)->text : "none");
    screen_plans_free(plans);
    conf_faults_free(faults);
}

#define ORIGIN "source = \"proposal\"; verified = false; "

static void the_shipped_numbers_say_where_they_come_from_and_whether_verified(void **state)
{
    refuses(tests_group, "", "{ parameter = \"ph\"; verified = false; }", ":6: source");
    refuses(tests_group, "", "{ parameter = \"ph\"; source = \"qartod\"; }", ":6: verified");
}

static void an_unknown_parameter_is_refused_with_its_line_and_the_nearest_one(void **state)
{
    struct conf_faults *faults;
    struct screen_plans *plans =
        load(tests_group, "", "{ parameter = \"pm25\"; " ORIGIN "}", &faults);

    assert_int_equal(conf_faults_count(faults), 1);
    assert_non_null(strstr(conf_fault(faults, 0)->text, ":6: parameter"));
    assert_non_null(strstr(conf_fault(faults, 0)->text, "pm2_5"));
    screen_plans_free(plans);
    conf_faults_free(faults);
    refuses(tests_group, "{ less = \"pm2_5\"; than = \"pm11\"; tolerance = 1.0; " ORIGIN "}", "",
            ":3: than");
}

static void wrong_numbers_and_doubled_rows_are_refused_with_their_lines(void **state)
{
    refuses(tests_group, "", "{ parameter = \"ph\"; span = [10.0, 5.0]; " ORIGIN "}", ":6: span");
    refuses(tests_group, "", "{ parameter = \"ph\"; span = [5.0]; " ORIGIN "}", ":6: span");
    refuses(tests_group, "", "{ parameter = \"ph\"; possible = 14.0; " ORIGIN "}", ":6: possible");
    refuses(tests_group, "", "{ parameter = \"ph\"; spike = -0.1; " ORIGIN "}", ":6: spike");
    refuses(tests_group, "", "{ parameter = \"ph\"; flat = 12; " ORIGIN "}", ":6: flat");
    refuses(tests_group, "", "{ parameter = \"ph\"; flat_least = 1; " ORIGIN "}", ":6: flat_least");
    refuses(tests_group, "", "{ parameter = \"ph\"; rests_at = [\"calm\"]; " ORIGIN "}",
            ":6: rests_at");
    refuses(tests_group, "",
            "{ parameter = \"ph\"; rests_at = [1.0, 2.0, 3.0, 4.0, 5.0]; " ORIGIN "}",
            ":6: rests_at");
    refuses(tests_group, "", "{ parameter = \"ph\"; spkie = 1.0; " ORIGIN "}", ":6: spkie");
    refuses(tests_group, "",
            "{ parameter = \"ph\"; " ORIGIN "},\n{ parameter = \"ph\"; " ORIGIN "}",
            ":7: parameter");
    refuses(tests_group,
            "{ less = \"cod_mn\"; than = \"cod\"; tolerance = 1.0; " ORIGIN "},\n"
            "{ less = \"cod_mn\"; than = \"bod5\"; tolerance = 1.0; " ORIGIN "}",
            "", ":4: less");
    refuses("tests = { gap = { periods = 0.5; least = \"5min\"; " ORIGIN "}; };\n", "", "",
            ":1: periods");
    refuses("tests = { };\n", "", "", ":1: gap");
}

static void a_file_that_is_not_there_gives_nothing_and_a_fault(void **state)
{
    struct conf_faults *faults = conf_faults_new();

    assert_null(screen_plans_load("/nonexistent/screening.conf", bench_parameters, faults));
    assert_int_equal(conf_faults_count(faults), 1);
    conf_faults_free(faults);
}

static void a_test_whose_numbers_are_deleted_is_not_made(void **state)
{
    struct conf_faults *faults;
    struct screen_plans *plans =
        load(tests_group, "", "{ parameter = \"ph\"; span = [5.0, 10.0]; " ORIGIN "}", &faults);
    struct screen *ph = screen_new(plans, parameter_find(bench_parameters, "ph"), MINUTE_MS, 9.0,
                                   &night_of_town, NULL);
    struct error err = {0};

    assert_int_equal(conf_faults_count(faults), 0);
    assert_int_equal(screen_tests(ph), 1U << SCREEN_SPAN);
    assert_null(screen_new(plans, parameter_find(bench_parameters, "orp"), MINUTE_MS, NAN,
                           &night_of_town, &err));
    assert_int_equal(err.kind, ERROR_NONE);
    screen_free(ph);
    screen_plans_free(plans);
    conf_faults_free(faults);
}

static void a_number_changed_in_the_file_changes_the_answer(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct conf_faults *faults;
        struct screen_plans *plans = load(tests_group, "",
                                          i == 0 ? "{ parameter = \"ph\"; spike = 0.3; " ORIGIN "}"
                                                 : "{ parameter = \"ph\"; spike = 0.6; " ORIGIN "}",
                                          &faults);
        struct bench bench = {.ms = MORNING_MS, .every_ms = MINUTE_MS};

        bench.screen = screen_new(plans, parameter_find(bench_parameters, "ph"), MINUTE_MS, NAN,
                                  &night_of_town, NULL);
        feed(&bench, 7.0);
        feed(&bench, 7.5);
        feed(&bench, 7.0);
        assert_int_equal(bench.doubts[SCREEN_SPIKE], i == 0 ? 1 : 0);
        bench_end(&bench);
        screen_plans_free(plans);
        conf_faults_free(faults);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_numbers_say_where_they_come_from_and_whether_verified),
        cmocka_unit_test(an_unknown_parameter_is_refused_with_its_line_and_the_nearest_one),
        cmocka_unit_test(wrong_numbers_and_doubled_rows_are_refused_with_their_lines),
        cmocka_unit_test(a_file_that_is_not_there_gives_nothing_and_a_fault),
        cmocka_unit_test(a_test_whose_numbers_are_deleted_is_not_made),
        cmocka_unit_test(a_number_changed_in_the_file_changes_the_answer),
    };

    return cmocka_run_group_tests(tests, bench_load, bench_unload);
}
