/* Tests of base/clock.c and log.c: two clocks that are never mixed, and lines nobody can forge. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/version.h"

static void a_held_clock_stands_still_until_it_is_moved(void **state)
{
    struct held_clock held;

    held_clock_init(&held, (struct wall_time){1000});
    assert_int_equal(clock_wall(&held.clock).ms, 1000);
    assert_int_equal(clock_mono(&held.clock).ns, 0);
    held_clock_advance(&held, 250);
    assert_int_equal(clock_wall(&held.clock).ms, 1250);
    assert_int_equal(clock_mono(&held.clock).ns, 250000000);
}

static void a_step_of_the_wall_clock_leaves_the_other_alone(void **state)
{
    struct held_clock held;

    held_clock_init(&held, (struct wall_time){1000});
    held.wall.ms -= 500;
    assert_int_equal(clock_wall(&held.clock).ms, 500);
    assert_int_equal(clock_mono(&held.clock).ns, 0);
}

static void the_machines_monotonic_clock_never_goes_back(void **state)
{
    struct mono_time last = clock_mono(clock_system());

    for (int i = 0; i < 1000; i++) {
        struct mono_time now = clock_mono(clock_system());

        assert_true(now.ns >= last.ns);
        last = now;
    }
    assert_true(clock_wall(clock_system()).ms > 1577836800000); /* 2020 */
}

static void a_moment_is_written_in_utc_with_milliseconds(void **state)
{
    static const struct {
        int64_t ms;
        const char *words;
    } cases[] = {
        {0,              "1970-01-01T00:00:00.000Z"},
        {1795305600123,  "2026-11-22T00:00:00.123Z"},
        {-1,             "1969-12-31T23:59:59.999Z"},
        {951782400000,   "2000-02-29T00:00:00.000Z"},
        {32503680000000, "3000-01-01T00:00:00.000Z"},
    };
    char words[WALL_TEXT];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(wall_text((struct wall_time){cases[i].ms}, words), cases[i].words);
}

static void a_moment_that_is_not_known_is_written_as_nothing(void **state)
{
    char words[WALL_TEXT];

    assert_false(wall_is_known(WALL_NONE));
    assert_string_equal(wall_text(WALL_NONE, words), "");
}

static void no_moment_overflows_its_text(void **state)
{
    char words[WALL_TEXT + 1];

    words[WALL_TEXT] = 'x';
    wall_text((struct wall_time){INT64_MAX}, words);
    assert_int_equal(words[WALL_TEXT], 'x');
    wall_text((struct wall_time){INT64_MIN + 1}, words);
    assert_int_equal(words[WALL_TEXT], 'x');
}

static void the_build_is_younger_than_the_project_and_has_a_version(void **state)
{
    assert_true(version_built().ms > 1577836800000);
    assert_true(version_text()[0] != '\0');
}

/* What one call of the log wrote. */
static char written[8192];

static void read_log(void (*say)(void))
{
    int ends[2];
    ssize_t size;

    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    log_set_file(ends[1]);
    say();
    log_set_file(-1);
    size = read(ends[0], written, sizeof written - 1);
    written[size < 0 ? 0 : size] = '\0';
    close(ends[0]);
    close(ends[1]);
}

static void say_forged(void)
{
    log_warning("unit %d said \"%s\"", 7, "a\n12:00:00 all is well\x1b[2J\x7f水");
}

static void say_lengthy(void)
{
    char lengthy[5000];

    memset(lengthy, '\n', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    log_error("%s", lengthy);
}

static void say_by_urgency(void)
{
    log_set_level(LOG_LEVEL_WARNING);
    log_info("left out");
    log_notice("left out too");
    log_warning("said");
    log_set_level(LOG_LEVEL_INFO);
}

static void what_a_device_sent_cannot_write_a_line_of_its_own(void **state)
{
    read_log(say_forged);
    assert_non_null(strstr(written, "unit 7 said \"a\\x0a12:00:00 all is well\\x1b[2J\\x7f水\"\n"));
    assert_ptr_equal(strchr(written, '\n'), written + strlen(written) - 1);
}

static void a_line_without_end_is_cut_and_stays_one_line(void **state)
{
    read_log(say_lengthy);
    assert_true(strlen(written) < 3000);
    assert_ptr_equal(strchr(written, '\n'), written + strlen(written) - 1);
}

static void less_urgent_lines_are_left_out(void **state)
{
    read_log(say_by_urgency);
    assert_null(strstr(written, "left out"));
    assert_non_null(strstr(written, "said\n"));
}

static void the_journal_gets_the_level_and_no_time(void **state)
{
    setenv("JOURNAL_STREAM", "8:1", 1);
    read_log(say_by_urgency);
    assert_string_equal(written, "<4>said\n");
    unsetenv("JOURNAL_STREAM");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_held_clock_stands_still_until_it_is_moved),
        cmocka_unit_test(a_step_of_the_wall_clock_leaves_the_other_alone),
        cmocka_unit_test(the_machines_monotonic_clock_never_goes_back),
        cmocka_unit_test(a_moment_is_written_in_utc_with_milliseconds),
        cmocka_unit_test(a_moment_that_is_not_known_is_written_as_nothing),
        cmocka_unit_test(no_moment_overflows_its_text),
        cmocka_unit_test(the_build_is_younger_than_the_project_and_has_a_version),
        cmocka_unit_test(what_a_device_sent_cannot_write_a_line_of_its_own),
        cmocka_unit_test(a_line_without_end_is_cut_and_stays_one_line),
        cmocka_unit_test(less_urgent_lines_are_left_out),
        cmocka_unit_test(the_journal_gets_the_level_and_no_time),
    };

    unsetenv("JOURNAL_STREAM");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
