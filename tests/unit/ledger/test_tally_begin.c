/* Tests of ledger/tally_begin.c: a tally that goes on where another of the point stood. */
#include <math.h>

#include "tally_world.h"

static struct error err;

/* Another tally of the point; the one there was is given back, to be freed. */
static struct tally *instead(int64_t every_ms)
{
    struct tally *before = tally;

    tally = NULL;
    watch("so2", 0, NULL, every_ms);
    return before;
}

static void open_periods_go_on_in_a_tally_for_another_interval(void **state)
{
    struct tally *before;

    watch("so2", 0, "2026-11-22 08:00", MINUTE);
    feed_from("2026-11-22 08:00", "2026-11-22 08:30", MINUTE, 10.0);
    before = instead(10 * MINUTE);
    assert_true(tally_take_over(tally, before, at("2026-11-22 08:30"), &world, &err));
    tally_free(before);
    tally_every(tally, at("2026-11-22 08:30"), 10 * MINUTE);
    feed_from("2026-11-22 08:30", "2026-11-22 09:01", 10 * MINUTE, 10.0);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->count, 33);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->expected, 33);
    assert_int_equal(rows_of(PERIOD_1H), 1);
}

static void periods_that_are_kept_only_now_are_filled_with_what_is_stored(void **state)
{
    struct tally *before;

    watch("so2", 0, "2026-11-22 08:00", 10 * MINUTE);
    feed_from("2026-11-22 08:00", "2026-11-22 08:31", 10 * MINUTE, 10.0);
    before = instead(MINUTE);
    assert_true(tally_take_over(tally, before, at("2026-11-22 08:32"), &world, &err));
    tally_free(before);
    tally_every(tally, at("2026-11-22 08:32"), MINUTE);
    feed_from("2026-11-22 08:32", "2026-11-22 08:36", MINUTE, 10.0);
    assert_int_equal(newest(PERIOD_5MIN, "2026-11-22 08:30")->count, 4);
}

static void what_has_a_row_is_not_written_again_by_another_plan(void **state)
{
    const struct span recent = {at("2026-11-22 08:59"), at("2026-11-22 09:01")};
    size_t hours, count;

    watch("so2", 0, "2026-11-22 08:00", MINUTE);
    feed_from("2026-11-22 08:00", "2026-11-22 09:01", MINUTE, 10.0);
    hours = rows_of(PERIOD_1H);
    count = row_count;
    tally_free(instead(MINUTE));
    assert_true(tally_respect(tally, recent, &world, &err));
    tally_open(tally, recent.start);
    tally_every(tally, at("2026-11-22 08:00"), MINUTE);
    assert_true(tally_fill(tally, recent.end, &world, &err));
    assert_int_equal(hours, 1);
    assert_int_equal(row_count, count);
    feed_from("2026-11-22 09:01", "2026-11-22 10:01", MINUTE, 10.0);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 09:00")->count, 60);
    assert_int_equal(rows_of(PERIOD_1H), 2);
}

static void what_had_ended_without_a_row_is_written_from_what_is_stored(void **state)
{
    watch("so2", 0, NULL, MINUTE);
    for (struct wall_time time = at("2026-11-22 08:00"); time.ms < at("2026-11-22 09:02").ms;
         time.ms += MINUTE)
        remember(time, 10.0, NAN, QUALITY_NORMAL);
    tally_open(tally, at("2026-11-22 08:59"));
    tally_every(tally, at("2026-11-22 08:00"), MINUTE);
    assert_true(tally_fill(tally, at("2026-11-22 09:01"), &world, &err));
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->count, 60);
    feed_from("2026-11-22 09:02", "2026-11-22 09:06", MINUTE, 10.0);
    assert_int_equal(newest(PERIOD_5MIN, "2026-11-22 09:00")->count, 5);
}

static void levels_of_noise_go_on_too(void **state)
{
    struct tally *before;

    watch("la", 0, "2026-11-22 08:00", MINUTE);
    feed_from("2026-11-22 08:00", "2026-11-22 08:30", MINUTE, 70.0);
    before = instead(MINUTE);
    tally_free(tally);
    tally = tally_new(plans, parameter_find(parameters, "la"), POINT, 0, 10 * MINUTE);
    assert_true(tally_take_over(tally, before, at("2026-11-22 08:30"), &world, &err));
    tally_free(before);
    tally_every(tally, at("2026-11-22 08:30"), 10 * MINUTE);
    feed_from("2026-11-22 08:30", "2026-11-22 09:01", 10 * MINUTE, 50.0);
    assert_true(newest(PERIOD_1H, "2026-11-22 08:00")->l10 == 70.0);
    assert_true(newest(PERIOD_1H, "2026-11-22 08:00")->l90 == 70.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(open_periods_go_on_in_a_tally_for_another_interval,
                                        world_begin, world_end),
        cmocka_unit_test_setup_teardown(
            periods_that_are_kept_only_now_are_filled_with_what_is_stored, world_begin, world_end),
        cmocka_unit_test_setup_teardown(what_has_a_row_is_not_written_again_by_another_plan,
                                        world_begin, world_end),
        cmocka_unit_test_setup_teardown(what_had_ended_without_a_row_is_written_from_what_is_stored,
                                        world_begin, world_end),
        cmocka_unit_test_setup_teardown(levels_of_noise_go_on_too, world_begin, world_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
