/* Tests of app/shown.c. Names say what must hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/say.h"
#include "town/shown.h"

static void a_word_is_quoted_only_where_a_shell_would_bend_it(void **state)
{
    char out[64];

    assert_string_equal(shell_word("/usr/bin/lookback", out, sizeof out), "/usr/bin/lookback");
    assert_string_equal(shell_word("my demo", out, sizeof out), "'my demo'");
    assert_string_equal(shell_word("it's", out, sizeof out), "'it'\\''s'");
    assert_string_equal(shell_word("$HOME", out, sizeof out), "'$HOME'");
    assert_string_equal(shell_word("", out, sizeof out), "''");
}

static void a_fingerprint_is_shown_whole_in_groups_of_four(void **state)
{
    char out[KEY_TEXT];

    assert_string_equal(
        key_shown("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", out),
        "0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567 89ab cdef");
    assert_string_equal(key_shown("", out), "");
}

static void a_bound_reads_as_it_is_meant(void **state)
{
    static const char *const cases[][2] = {
        {"{\"above\":1.5}",     "> 1.5"        },
        {"{\"below\":3}",       "< 3"          },
        {"{\"between\":[6,9]}", "outside 6–9"},
        {"{}",                  ""             },
    };

    say_in(LANGUAGE_EN);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *bound = json_loads(cases[i][0], 0, NULL);
        char out[64];

        bound_shown(bound, out, sizeof out);
        assert_string_equal(out, cases[i][1]);
        json_decref(bound);
    }
}

static void a_value_has_its_decimals_and_never_looks_like_the_bound_it_broke(void **state)
{
    static const struct {
        double value;
        int decimals;
        const char *bound, *shown;
    } cases[] = {
        {51.104705818, 1, "{\"above\":45}",      "51.1"             },
        {0.83395547,   2, "{\"above\":1.5}",     "0.83"             },
        {65.04,        1, "{\"above\":65}",      "65.04"            },
        {2.9996,       2, "{\"below\":3}",       "2.9996"           },
        {9.001,        2, "{\"between\":[6,9]}", "9.001"            },
        {3,            1, "{\"above\":3}",       "3"                },
        {1e16,         2, "{}",                  "10000000000000000"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *bound = json_loads(cases[i].bound, 0, NULL);
        char out[64];
        struct text text;

        text_init(&text, out, sizeof out);
        value_shown(&text, cases[i].value, cases[i].decimals, bound);
        assert_string_equal(out, cases[i].shown);
        json_decref(bound);
    }
}

static void a_time_is_shown_in_the_zone_of_the_collector(void **state)
{
    char out[LOCAL_TEXT];

    assert_true(conf_zone("Asia/Shanghai"));
    assert_string_equal(local_time("2026-11-22T22:26:50.000Z", out), "2026-11-23 06:26:50");
    assert_string_equal(local_time("", out), "");
    assert_string_equal(local_time("soon", out), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_is_quoted_only_where_a_shell_would_bend_it),
        cmocka_unit_test(a_fingerprint_is_shown_whole_in_groups_of_four),
        cmocka_unit_test(a_bound_reads_as_it_is_meant),
        cmocka_unit_test(a_value_has_its_decimals_and_never_looks_like_the_bound_it_broke),
        cmocka_unit_test(a_time_is_shown_in_the_zone_of_the_collector),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
