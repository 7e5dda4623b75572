/* Tests of record/disk.c: one notice, two log lines, however often a nearly full disk changes its
 * mind. The clock is held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/say.h"
#include "record/disk.h"

#define MIB ((int64_t)1 << 20)

static struct held_clock held;
static struct notices *notices;
static struct notice open_now[2];
static struct disk disk;
static FILE *log_file;

static const struct error full = {.kind = ERROR_STORE, .text = "the disk is full"};

static int set_up(void **state)
{
    say_in(LANGUAGE_EN);
    log_file = tmpfile();
    log_set_file(fileno(log_file));
    held_clock_init(&held, (struct wall_time){1790000000000});
    notices = notices_new(&held.clock);
    disk_init(&disk, &held.clock, notices, "/var/lib/lookback", 256 * MIB);
    return 0;
}

static int tear_down(void **state)
{
    log_set_file(-1);
    fclose(log_file);
    notices_free(notices);
    return 0;
}

static int log_lines(void)
{
    int lines = 0;

    rewind(log_file);
    for (int c = fgetc(log_file); c != EOF; c = fgetc(log_file))
        lines += c == '\n';
    return lines;
}

static bool notice_says(const char *words)
{
    return notices_open(notices, open_now, 2) == 1 && strcmp(open_now[0].id, "disk") == 0 &&
           strstr(open_now[0].text, words) != NULL;
}

static void pass_s(int seconds)
{
    held_clock_advance(&held, (int64_t)seconds * 1000);
    disk_look(&disk);
}

static void a_failed_commit_is_said_with_since_when_and_what_is_left(void **state)
{
    disk_failed(&disk, &full, 3 * MIB);
    assert_true(notice_says("the disk is full"));
    assert_true(notice_says("since 2026-09-21T14:13:20.000Z"));
    assert_true(notice_says("with 3072 KiB left"));
    pass_s(90);
    disk_failed(&disk, &full, 0);
    assert_true(notice_says("since 2026-09-21T14:13:20.000Z"));
    assert_true(notice_says("with 0 KiB left"));
    disk_failed(&disk, &full, -1);
    assert_true(notice_says("with ? left"));
    assert_int_equal(log_lines(), 1);
}

static void the_notice_ends_after_a_minute_of_commits_that_succeed(void **state)
{
    disk_failed(&disk, &full, 0);
    pass_s(600);
    assert_int_equal(disk_idle_ms(&disk), INT64_MAX);
    disk_succeeded(&disk);
    assert_int_equal(disk_idle_ms(&disk), 60000);
    pass_s(59);
    disk_succeeded(&disk);
    disk_look(&disk);
    assert_true(notice_says("the disk is full"));
    assert_int_equal(disk_idle_ms(&disk), 1000);
    pass_s(1);
    assert_int_equal(notices_open(notices, open_now, 2), 0);
    assert_int_equal(disk_idle_ms(&disk), INT64_MAX);
    assert_int_equal(log_lines(), 2);
}

static void a_disk_that_takes_a_commit_now_and_then_does_not_flap(void **state)
{
    uint64_t revision = 0;

    disk_failed(&disk, &full, 0);
    assert_int_equal(notices_since(notices, &revision, open_now, 2), 1);
    for (int i = 0; i < 50; i++) {
        pass_s(6);
        disk_succeeded(&disk);
        pass_s(6);
        disk_failed(&disk, &full, 0);
    }
    assert_int_equal(notices_since(notices, &revision, open_now, 2), 0);
    assert_int_equal(log_lines(), 1);
    disk_succeeded(&disk);
    pass_s(60);
    assert_int_equal(notices_open(notices, open_now, 2), 0);
    assert_int_equal(log_lines(), 2);
}

static void less_room_than_the_reserve_is_said_once_until_there_is_clearly_more(void **state)
{
    disk_measured(&disk, 256 * MIB);
    assert_int_equal(notices_open(notices, open_now, 2), 0);
    disk_measured(&disk, 255 * MIB);
    assert_true(notice_says("only 255 MiB left; since 2026-09-21T14:13:20.000Z"));
    assert_true(notice_says("less than the 256 MiB"));
    disk_measured(&disk, 257 * MIB);
    assert_true(notice_says("only 257 MiB left"));
    disk_measured(&disk, 250 * MIB);
    assert_int_equal(log_lines(), 1);
    disk_measured(&disk, 288 * MIB);
    assert_int_equal(notices_open(notices, open_now, 2), 0);
    assert_int_equal(log_lines(), 2);
}

static void without_a_reserve_any_room_will_do(void **state)
{
    disk_init(&disk, &held.clock, notices, "/var/lib/lookback", 0);
    disk_measured(&disk, 0);
    assert_int_equal(notices_open(notices, open_now, 2), 0);
}

static void failed_commits_come_before_little_room_and_leave_it_behind(void **state)
{
    disk_measured(&disk, 100 * MIB);
    disk_failed(&disk, &full, 0);
    disk_succeeded(&disk);
    disk_measured(&disk, 90 * MIB);
    assert_true(notice_says("writing fails"));
    pass_s(60);
    assert_true(notice_says("only 90 MiB left"));

    disk_failed(&disk, &full, 0);
    disk_succeeded(&disk);
    disk_measured(&disk, 900 * MIB);
    assert_true(notice_says("writing fails"));
    pass_s(60);
    assert_int_equal(notices_open(notices, open_now, 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_failed_commit_is_said_with_since_when_and_what_is_left,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_notice_ends_after_a_minute_of_commits_that_succeed,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_disk_that_takes_a_commit_now_and_then_does_not_flap,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            less_room_than_the_reserve_is_said_once_until_there_is_clearly_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_reserve_any_room_will_do, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failed_commits_come_before_little_room_and_leave_it_behind,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
