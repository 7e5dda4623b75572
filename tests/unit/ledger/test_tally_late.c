/* Tests of ledger/tally.c: what comes late, and what is counted again. */
#include <math.h>

#include "tally_world.h"

static void recount(const char *from, const char *to, const char *cause)
{
    struct error err = {0};
    const struct span span = {at(from), at(to)};

    assert_true(tally_recount(tally, span, cause, &world, &err));
}

static void letters(const char *from, const char *to, enum quality quality)
{
    for (size_t i = 0; i < fed_count; i++)
        if (fed[i].time.ms >= at(from).ms && fed[i].time.ms < at(to).ms)
            fed[i].quality = quality;
}

static void what_comes_late_makes_a_second_version_and_both_stay(void **state)
{
    const struct aggregate *hour;

    watch("so2", 0, "2026-11-22 08:00", MINUTE);
    feed_from("2026-11-22 08:00", "2026-11-22 08:50", MINUTE, 10.0);
    feed_from("2026-11-22 09:00", "2026-11-22 09:10", MINUTE, 10.0);
    feed(at("2026-11-22 08:55"), 61.0);
    assert_null(row_of(PERIOD_1H, at("2026-11-22 08:00"), 2));
    feed_from("2026-11-22 09:10", "2026-11-22 10:01", MINUTE, 10.0);
    hour = row_of(PERIOD_1H, at("2026-11-22 08:00"), 1);
    assert_true(hour->valid == 50 && hour->mean == 10.0);
    hour = newest(PERIOD_1H, "2026-11-22 08:00");
    assert_int_equal(hour->version, 2);
    assert_string_equal(hour->cause, "late");
    assert_true(hour->valid == 51 && hour->mean == 11.0 && hour->max == 61.0);
    assert_int_equal(hour->expected, 60);
    assert_int_equal(newest(PERIOD_5MIN, "2026-11-22 08:55")->version, 2);
    assert_int_equal(newest(PERIOD_10MIN, "2026-11-22 08:50")->version, 2);
    assert_int_equal(newest(PERIOD_15MIN, "2026-11-22 08:45")->version, 2);
    assert_int_equal(newest(PERIOD_5MIN, "2026-11-22 08:50")->version, 1);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 09:00")->version, 1);
}

static void what_comes_late_to_minutes_is_in_time_for_the_open_hour(void **state)
{
    watch("so2", 0, "2026-11-22 08:00", MINUTE);
    feed_from("2026-11-22 08:00", "2026-11-22 08:30", MINUTE, 10.0);
    feed(at("2026-11-22 08:03"), 70.0);
    feed_from("2026-11-22 08:30", "2026-11-22 09:00", MINUTE, 10.0);
    pass("2026-11-22 09:00");
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->version, 1);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->valid, 61);
    assert_int_equal(newest(PERIOD_5MIN, "2026-11-22 08:00")->version, 2);
    assert_int_equal(newest(PERIOD_5MIN, "2026-11-22 08:00")->valid, 6);
}

static void a_clock_that_steps_back_an_hour_gives_second_versions(void **state)
{
    watch("so2", 0, "2026-11-22 08:00", MINUTE);
    feed_from("2026-11-22 08:00", "2026-11-22 10:30", MINUTE, 10.0);
    feed_from("2026-11-22 09:30", "2026-11-22 12:00", MINUTE, 40.0);
    pass("2026-11-22 12:00");
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 09:00")->version, 2);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 09:00")->valid, 90);
    assert_true(newest(PERIOD_1H, "2026-11-22 09:00")->mean == 20.0);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 10:00")->version, 1);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 10:00")->valid, 90);
    assert_int_equal(newest(PERIOD_5MIN, "2026-11-22 10:10")->version, 2);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->version, 1);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 11:00")->version, 1);
}

/* The clock was a day ahead: no hour closes for a day, and what comes late is counted all the same.
 */
static void late_hours_are_counted_as_they_are_left_behind(void **state)
{
    watch("so2", 0, "2026-11-21 00:00", MINUTE);
    feed_from("2026-11-21 00:00", "2026-11-21 02:00", MINUTE, 10.0);
    feed(at("2026-11-22 02:00"), 10.0);
    feed_from("2026-11-21 02:00", "2026-11-21 05:01", MINUTE, 30.0);
    assert_int_equal(newest(PERIOD_1H, "2026-11-21 02:00")->version, 2);
    assert_int_equal(newest(PERIOD_1H, "2026-11-21 04:00")->version, 2);
    assert_int_equal(newest(PERIOD_1H, "2026-11-21 04:00")->valid, 60);
    assert_int_equal(newest(PERIOD_1H, "2026-11-21 05:00")->version, 1);
}

static void a_day_closes_with_what_came_late_to_its_hours(void **state)
{
    watch("so2", 0, "2026-11-21 00:00", MINUTE);
    feed_from("2026-11-21 00:00", "2026-11-21 23:10", MINUTE, 10.0);
    feed(at("2026-11-21 22:30"), 71.0);
    pass("2026-11-22 00:00");
    assert_int_equal(newest(PERIOD_1H, "2026-11-21 22:00")->version, 2);
    assert_int_equal(newest(PERIOD_DAY, "2026-11-21")->version, 1);
    assert_true(newest(PERIOD_DAY, "2026-11-21")->max == 71.0);
    assert_true(fabs(newest(PERIOD_DAY, "2026-11-21")->mean - (22 * 10.0 + 11.0) / 23) < 1e-11);
}

static void closed_parents_are_counted_again_with_the_hour(void **state)
{
    watch("o3", 0, "2026-11-29 00:00", 10 * MINUTE);
    feed_from("2026-11-29 00:00", "2026-11-30 23:50", 10 * MINUTE, 10.0);
    feed_from("2026-12-01 00:00", "2026-12-01 00:30", 10 * MINUTE, 10.0);
    feed(at("2026-11-30 23:50"), 70.0);
    pass("2026-12-01 02:00");
    assert_true(newest(PERIOD_1H, "2026-11-30 23:00")->mean == 20.0);
    assert_int_equal(newest(PERIOD_8H, "2026-11-30 16:00")->version, 2);
    assert_true(newest(PERIOD_8H, "2026-11-30 16:00")->mean == 11.25);
    assert_int_equal(newest(PERIOD_8H, "2026-11-30 15:00")->version, 1);
    assert_int_equal(newest(PERIOD_DAY, "2026-11-30")->version, 2);
    assert_true(newest(PERIOD_DAY, "2026-11-30")->max_8h == 11.25);
    assert_int_equal(newest(PERIOD_MONTH, "2026-11-01")->version, 2);
    assert_int_equal(newest(PERIOD_MONTH, "2026-11-01")->valid, 288);
    /* closed after the hour was counted again: at once right */
    assert_int_equal(newest(PERIOD_8H, "2026-11-30 18:00")->version, 1);
    assert_true(newest(PERIOD_8H, "2026-11-30 18:00")->mean >= 11.25);
}

static void maintenance_said_afterwards_takes_readings_out(void **state)
{
    watch("so2", 0, "2026-11-21 00:00", MINUTE);
    feed_from("2026-11-21 00:00", "2026-11-21 12:00", MINUTE, 10.0);
    feed_from("2026-11-21 12:00", "2026-11-21 13:30", MINUTE, 90.0);
    letters("2026-11-21 12:30", "2026-11-21 13:20", QUALITY_MAINTENANCE);
    recount("2026-11-21 12:30", "2026-11-21 13:20", "maintenance");
    assert_int_equal(newest(PERIOD_1H, "2026-11-21 12:00")->version, 2);
    assert_string_equal(newest(PERIOD_1H, "2026-11-21 12:00")->cause, "maintenance");
    assert_int_equal(newest(PERIOD_1H, "2026-11-21 12:00")->count, 60);
    assert_int_equal(newest(PERIOD_1H, "2026-11-21 12:00")->valid, 30);
    assert_false(newest(PERIOD_1H, "2026-11-21 12:00")->enough);
    assert_int_equal(newest(PERIOD_1H, "2026-11-21 11:00")->version, 1);
    assert_true(isnan(newest(PERIOD_5MIN, "2026-11-21 13:00")->mean));
    feed_from("2026-11-21 13:30", "2026-11-22 00:00", MINUTE, 90.0);
    pass("2026-11-22 00:00");
    /* the hour that was open closes with the letters as they are */
    assert_int_equal(newest(PERIOD_1H, "2026-11-21 13:00")->version, 1);
    assert_int_equal(newest(PERIOD_1H, "2026-11-21 13:00")->valid, 40);
    assert_int_equal(newest(PERIOD_DAY, "2026-11-21")->version, 1);
}

static void maintenance_taken_back_is_a_third_version_with_the_first_numbers(void **state)
{
    const struct aggregate *first;
    const struct aggregate *third;

    watch("la", 0, "2026-11-20 00:00", MINUTE);
    feed_from("2026-11-20 00:00", "2026-11-21 12:00", MINUTE, 51.3);
    letters("2026-11-20 08:00", "2026-11-20 12:00", QUALITY_MAINTENANCE);
    recount("2026-11-20 08:00", "2026-11-20 12:00", "maintenance");
    assert_int_equal(newest(PERIOD_DAY, "2026-11-20")->valid, 1200);
    assert_int_equal(newest(PERIOD_DAYTIME, "2026-11-20 06:00")->valid, 720);
    letters("2026-11-20 08:00", "2026-11-20 12:00", QUALITY_NORMAL);
    recount("2026-11-20 08:00", "2026-11-20 12:00", "maintenance");
    first = row_of(PERIOD_DAY, at("2026-11-20"), 1);
    third = newest(PERIOD_DAY, "2026-11-20");
    assert_int_equal(third->version, 3);
    assert_true(third->mean == first->mean && third->ld == first->ld && third->ln == first->ln &&
                third->ldn == first->ldn && third->l10 == first->l10);
}

/* Counting again gives the same bits: whatever is measured, nothing is written. */
static void nothing_is_written_when_nothing_has_changed(void **state)
{
    static const char *const parameters_of[] = {
        "so2", "o3", "la", "wind_direction", "ph", "total_phosphorus"};

    for (size_t i = 0; i < sizeof parameters_of / sizeof parameters_of[0]; i++) {
        uint32_t seed = 5;
        size_t before;

        row_count = fed_count = 0;
        watch(parameters_of[i], 1u << PERIOD_4H | 1u << PERIOD_8H, "2026-11-29 20:10", 5 * MINUTE);
        for (struct wall_time time = at("2026-11-29 20:10"); time.ms < at("2026-12-02").ms;
             time.ms += 5 * MINUTE + 1) {
            seed = seed * 1664525u + 1013904223u;
            feed_all(time, seed % 7 == 0 ? NAN : (double)(seed >> 12) / 12345.0,
                     (double)(seed >> 28), seed % 11 == 0 ? QUALITY_FAULT : QUALITY_NORMAL);
        }
        before = row_count;
        recount("2026-11-01", "2026-12-03", "maintenance");
        assert_int_equal(row_count, before);
        pass("2026-12-02 01:00");
        assert_true(row_count > before);
    }
}

static bool same(double one, double other)
{
    return one == other || (isnan(one) && isnan(other));
}

/* Readings in disorder, a tenth of them hours late: what stands in the end has the bits of a feed
 * in order. */
static void what_stands_in_the_end_does_not_depend_on_the_order(void **state)
{
    static const char *const parameters_of[] = {"so2", "la", "wind_direction"};

    for (size_t i = 0; i < 3; i++) {
        uint32_t seed = 9;
        struct fed *all;
        size_t all_count;
        struct aggregate *disordered;
        size_t disordered_count;

        row_count = fed_count = 0;
        watch(parameters_of[i], 0, "2026-11-30 20:00", MINUTE);
        for (struct wall_time time = at("2026-11-30 20:00"); time.ms < at("2026-12-01 08:00").ms;
             time.ms += MINUTE) {
            seed = seed * 1664525u + 1013904223u;
            if (seed >> 29 > 0)
                feed_all(time, (double)(seed >> 20) / 37.0, (double)(seed >> 28), QUALITY_NORMAL);
            if (seed >> 29 == 1)
                feed_all(after(time, -(int64_t)(seed >> 18) * 1000), 33.3, 1.5, QUALITY_NORMAL);
        }
        pass("2026-12-02 00:00");
        disordered = rows;
        disordered_count = row_count;
        rows = NULL;
        row_count = row_size = 0;
        all_count = fed_count;
        all = calloc(all_count, sizeof all[0]);
        memcpy(all, fed, all_count * sizeof all[0]);
        {
            const struct fed **order = calloc(all_count, sizeof order[0]);

            for (size_t j = 0; j < all_count; j++)
                order[j] = &all[j];
            qsort(order, all_count, sizeof order[0], by_time);
            fed_count = 0;
            watch(parameters_of[i], 0, "2026-11-30 20:00", MINUTE);
            for (size_t j = 0; j < all_count; j++)
                if (order[j]->time.ms >= at("2026-11-30 20:00").ms)
                    feed_all(order[j]->time, order[j]->value, order[j]->beside, order[j]->quality);
            free(order);
        }
        pass("2026-12-02 00:00");
        for (size_t j = 0; j < row_count; j++) {
            const struct aggregate *in_order = &rows[j];
            const struct aggregate *other = NULL;

            for (size_t k = 0; k < disordered_count; k++)
                if (disordered[k].period == in_order->period &&
                    disordered[k].start.ms == in_order->start.ms)
                    other = &disordered[k];
            assert_non_null(other);
            if (in_order->start.ms < at("2026-11-30 20:00").ms)
                continue; /* before the device was in force something was fed, too */
            assert_int_equal(other->count, in_order->count);
            assert_int_equal(other->valid, in_order->valid);
            assert_true(same(other->mean, in_order->mean) && same(other->max, in_order->max));
            assert_true(same(other->l50, in_order->l50) && same(other->ldn, in_order->ldn));
        }
        free(disordered);
        free(all);
    }
}

/* The device has left: nothing is open but the day and the month. */
static void what_has_closed_is_not_opened_again_by_a_late_reading(void **state)
{
    size_t firsts = 0;

    watch("so2", 0, "2026-11-22 08:00", MINUTE);
    feed_from("2026-11-22 08:00", "2026-11-22 08:50", MINUTE, 10.0);
    tally_every(tally, at("2026-11-22 09:00"), 0);
    pass("2026-11-22 12:00");
    feed(at("2026-11-22 08:55"), 61.0);
    pass("2026-11-22 13:00");
    pass("2026-11-23 00:00");
    for (size_t i = 0; i < row_count; i++)
        firsts += rows[i].period == PERIOD_1H && rows[i].version == 1;
    assert_int_equal(firsts, 1);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->version, 2);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->valid, 51);
    assert_int_equal(newest(PERIOD_DAY, "2026-11-22")->valid, 51);
}

static void what_has_left_the_store_is_not_counted_again(void **state)
{
    size_t before;

    watch("so2", 0, "2026-11-21 00:00", MINUTE);
    feed_from("2026-11-21 00:00", "2026-11-21 12:00", MINUTE, 10.0);
    before = row_count;
    fed_count = 0;
    recount("2026-11-21 02:00", "2026-11-21 04:00", "maintenance");
    assert_int_equal(row_count, before);
}

static void more_late_hours_than_are_kept_in_mind_are_all_counted(void **state)
{
    watch("so2", 0, "2026-11-21 00:00", 10 * MINUTE);
    feed_from("2026-11-21 00:00", "2026-11-21 22:05", 10 * MINUTE, 10.0);
    for (int hour = 20; hour >= 1; hour--)
        feed(after(at("2026-11-21 00:05"), hour * (int64_t)HOUR), 10.0);
    pass("2026-11-21 23:00");
    for (int hour = 1; hour <= 20; hour++) {
        const struct aggregate *row =
            row_of(PERIOD_1H, after(at("2026-11-21 00:00"), hour * (int64_t)HOUR), 0);

        assert_int_equal(row->version, 2);
        assert_int_equal(row->valid, 7);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_comes_late_makes_a_second_version_and_both_stay),
        TEST(what_comes_late_to_minutes_is_in_time_for_the_open_hour),
        TEST(a_clock_that_steps_back_an_hour_gives_second_versions),
        TEST(late_hours_are_counted_as_they_are_left_behind),
        TEST(a_day_closes_with_what_came_late_to_its_hours),
        TEST(closed_parents_are_counted_again_with_the_hour),
        TEST(maintenance_said_afterwards_takes_readings_out),
        TEST(maintenance_taken_back_is_a_third_version_with_the_first_numbers),
        TEST(nothing_is_written_when_nothing_has_changed),
        TEST(what_stands_in_the_end_does_not_depend_on_the_order),
        TEST(what_has_closed_is_not_opened_again_by_a_late_reading),
        TEST(what_has_left_the_store_is_not_counted_again),
        TEST(more_late_hours_than_are_kept_in_mind_are_all_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
