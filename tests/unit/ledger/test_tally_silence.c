/* Tests of ledger/tally.c: how much emptiness is written after a silence. */
#include "tally_world.h"

static size_t empty_rows(enum period period)
{
    size_t count = 0;

    for (size_t i = 0; i < row_count; i++)
        count += rows[i].period == period && rows[i].count == 0;
    return count;
}

static void a_day_without_power_leaves_every_empty_period(void **state)
{
    watch("so2", 0, "2026-11-20", MINUTE);
    feed_from("2026-11-20", "2026-11-21", MINUTE, 10.0);
    feed_from("2026-11-22", "2026-11-23 00:01", MINUTE, 10.0);
    assert_int_equal(empty_rows(PERIOD_5MIN), 288);
    assert_int_equal(empty_rows(PERIOD_1H), 24);
    assert_int_equal(newest(PERIOD_1H, "2026-11-21 12:00")->expected, 60);
    assert_false(newest(PERIOD_DAY, "2026-11-21")->enough);
}

static void ten_days_leave_the_empty_hours_and_days_but_no_minutes(void **state)
{
    watch("so2", 0, "2026-11-01", MINUTE);
    feed_from("2026-11-01", "2026-11-02", MINUTE, 10.0);
    feed_from("2026-11-12", "2026-11-13 00:01", MINUTE, 10.0);
    assert_int_equal(empty_rows(PERIOD_5MIN), 0);
    assert_int_equal(empty_rows(PERIOD_1H), 10 * 24);
    assert_int_equal(empty_rows(PERIOD_DAY), 10);
    assert_int_equal(rows_of(PERIOD_5MIN), 2 * 288);
}

static void the_last_reading_before_a_long_silence_is_not_lost(void **state)
{
    watch("so2", 0, "2026-11-01", MINUTE);
    feed_from("2026-11-01", "2026-11-01 08:03", MINUTE, 10.0);
    feed_from("2026-11-20", "2026-11-20 01:01", MINUTE, 10.0);
    assert_int_equal(newest(PERIOD_5MIN, "2026-11-01 08:00")->count, 3);
    assert_int_equal(newest(PERIOD_1H, "2026-11-01 08:00")->count, 3);
}

static void a_clock_that_jumps_years_ahead_does_not_fill_the_disk_with_nothing(void **state)
{
    watch("so2", 0, "2026-11-01", MINUTE);
    feed_from("2026-11-01", "2026-11-02", MINUTE, 10.0);
    feed_from("2036-08-10", "2036-08-11 00:01", MINUTE, 10.0);
    assert_in_range(empty_rows(PERIOD_1H), 62 * 24, 125 * 24);
    assert_true(row_count < 8000);
    /* whole months on both sides: the month it fell silent in, and the last before it spoke */
    assert_int_equal(newest(PERIOD_MONTH, "2026-11-01")->expected, 30 * 24 * 60);
    assert_int_equal(newest(PERIOD_MONTH, "2036-07-01")->expected, 31 * 24 * 60);
    assert_true(newest(PERIOD_DAY, "2036-08-10")->enough);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_day_without_power_leaves_every_empty_period),
        TEST(ten_days_leave_the_empty_hours_and_days_but_no_minutes),
        TEST(the_last_reading_before_a_long_silence_is_not_lost),
        TEST(a_clock_that_jumps_years_ahead_does_not_fill_the_disk_with_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
