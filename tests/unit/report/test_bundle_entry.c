/* Tests of report/bundle_entry.c. Names say what must hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/say.h"
#include "report/bundle_case.h"

#define DIGITS "0123456789abcdef0123456789abcdef"

static void an_event_is_taken_apart(void **state)
{
    static const char line[] =
        "event,812,task.note,2026-11-22T08:00:00.123Z,3,-5,\"li, \\\"wei\\\"\",{\"id\":\"37\"}";
    struct shown_entry entry;
    struct error err = {0};

    assert_true(shown_entry_read(&entry, line, strlen(line), &err));
    assert_false(entry.is_problem);
    assert_int_equal(entry.seq, 812);
    assert_string_equal(entry.kind, "task.note");
    assert_int_equal(entry.time.ms, 1795334400123);
    assert_int_equal(entry.boot, 3);
    assert_string_equal(entry.who, "li, \"wei\"");
    assert_string_equal(json_string_value(json_object_get(entry.body, "id")), "37");
    shown_entry_end(&entry);
}

static void an_event_may_have_no_time(void **state)
{
    static const char line[] = "event,1,started,,1,0,\"\",{}";
    struct shown_entry entry;
    struct error err = {0};

    assert_true(shown_entry_read(&entry, line, strlen(line), &err));
    assert_false(wall_is_known(entry.time));
    assert_string_equal(entry.who, "");
    shown_entry_end(&entry);
}

static void a_problem_is_taken_apart(void **state)
{
    static const char line[] = "problem,9," DIGITS ",2,breach,{\"point\":\"a/b/c\"}";
    struct shown_entry entry;
    struct error err = {0};

    assert_true(shown_entry_read(&entry, line, strlen(line), &err));
    assert_true(entry.is_problem);
    assert_string_equal(entry.kind, "problem");
    assert_string_equal(entry.uid, DIGITS);
    assert_int_equal(entry.version, 2);
    assert_string_equal(entry.nature, "breach");
    shown_entry_end(&entry);
}

static void what_is_not_in_the_form_of_the_seal_is_refused(void **state)
{
    static const char *const lines[] = {
        "",
        "event",
        "event,",
        "poll,1,a,,1,0,\"\",{}",
        "event,1,started,,1,0,\"\",",
        "event,1,started,,1,0,\"\",[]",
        "event,1,started,,1,0,\"\",{} ,",
        "event,1,started,,1,0,\"\",{\"a\":1,\"a\":2}",
        "event,01,started,,1,0,\"\",{}",
        "event,-1,started,,1,0,\"\",{}",
        "event,99999999999999999999,started,,1,0,\"\",{}",
        "event,1,started,2026-11-22,1,0,\"\",{}",
        "event,1,started,2026-11-22T08:00:00Z,1,0,\"\",{}",
        "event,1,started,2026-11-22T16:00:00.000+08:00,1,0,\"\",{}",
        "event,1,started,,4294967296,0,\"\",{}",
        "event,1,started,,1,0,li,{}",
        "event,1,started,,1,0,\"li,{}",
        "event,1,started,,1,0,\"li\\",
        "event,1,started,,1,0,\"li\"{}",
        "problem,1,u,1,breach",
        "problem,1,u,x,breach,{}",
    };

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct shown_entry entry;
        struct error err = {0};
        size_t size = strlen(lines[i]);
        char *exact = malloc(size == 0 ? 1 : size); /* no '\0' behind it: a sanitizer sees more */

        memcpy(exact, lines[i], size);
        if (shown_entry_read(&entry, exact, size, &err))
            fail_msg("taken: %s", lines[i]);
        assert_non_null(strstr(err.text, "SEAL.md"));
        shown_entry_end(&entry);
        free(exact);
    }
}

static char points[2][POINT_SIZE] = {"yard/probe/cod", "yard/meter/la"};

static struct case_setup setup_of(bool struck_off)
{
    return (struct case_setup){.task = "37",
                               .struck_off = struck_off ? (struct wall_time){1} : WALL_NONE,
                               .points = points,
                               .point_count = 2};
}

static void what_bears_on_the_case_is_shown_and_nothing_else(void **state)
{
    static const struct {
        const char *kind, *subject;
        bool full, open, decided; /* full form; public before and after the strike-off */
    } cases[] = {
        {"started",            "",               true,  true,  true },
        {"configuration",      "",               true,  true,  true },
        {"key.made",           "",               true,  true,  true },
        {"clock.step",         "",               true,  true,  true },
        {"rule.changed",       "",               true,  true,  true },
        {"evidence.issue",     "99",             true,  true,  true },
        {"device.every",       "yard/probe",     true,  true,  true },
        {"device.identity",    "yard/probe",     true,  true,  true },
        {"device.maintenance", "yard/meter",     true,  true,  true },
        {"device.maintenance", "yard/other",     false, false, false},
        {"device.maintenance", "yard/probe/cod", false, false, false},
        {"problem",            "yard/probe/cod", true,  false, true },
        {"problem",            "yard/probe/ph",  false, false, false},
        {"task.strike_off",    "37",             true,  false, false},
        {"task.note",          "38",             false, false, false},
        {"task.note",          "",               false, false, false},
        {"tasks.import",       "",               true,  false, false},
        {"user.add",           "",               false, false, false},
    };
    struct case_setup open = setup_of(false), decided = setup_of(true);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *kind = cases[i].kind, *subject = cases[i].subject;

        if (bundle_shows(&open, false, kind, subject) != cases[i].full ||
            bundle_shows(&open, true, kind, subject) != cases[i].open ||
            bundle_shows(&decided, true, kind, subject) != cases[i].decided)
            fail_msg("%s %s", kind, subject);
    }
}

static int in_english(void **state)
{
    say_in(LANGUAGE_EN);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_taken_apart),
        cmocka_unit_test(an_event_may_have_no_time),
        cmocka_unit_test(a_problem_is_taken_apart),
        cmocka_unit_test(what_is_not_in_the_form_of_the_seal_is_refused),
        cmocka_unit_test(what_bears_on_the_case_is_shown_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, in_english, NULL);
}
