/* Tests of app/shown.c. Names say what must hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/shown.h"
#include "base/say.h"

static void a_word_is_quoted_only_where_a_shell_would_bend_it(void **state)
{
    char out[64];

    assert_string_equal(shell_word("/usr/bin/lookback", out, sizeof out), "/usr/bin/lookback");
    assert_string_equal(shell_word("my demo", out, sizeof out), "'my demo'");
    assert_string_equal(shell_word("it's", out, sizeof out), "'it'\\''s'");
    assert_string_equal(shell_word("$HOME", out, sizeof out), "'$HOME'");
    assert_string_equal(shell_word("", out, sizeof out), "''");
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
        cmocka_unit_test(a_bound_reads_as_it_is_meant),
        cmocka_unit_test(a_time_is_shown_in_the_zone_of_the_collector),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
