/* Tests of ledger/screen.c: what is counted over days and weeks. Names say what must hold. */
#include "unit/ledger/screen_bench.h"

/* So many values, no two of them alike. */
static void feed_apart(struct bench *bench, double value, int times)
{
    for (int i = 0; i < times; i++)
        feed(bench, value + i * 0.01);
}

/* ---- ceilings ---- */

/* A week of minutes, a rhythm of a day cut off at `ceiling`. */
static unsigned clip_doubts(const char *parameter, double base, double daily, double noise,
                            double ceiling, double limit)
{
    struct bench bench = bench_with(parameter, MINUTE_MS, limit);
    uint64_t seed = 7;
    unsigned doubts;

    for (int i = 0; i <= 7 * 1440; i++) {
        double turn = cos(6.283185307179586 * i / 1440.0);
        double value = base + daily * turn + noise * thrown_unit(&seed);

        feed(&bench, fmin(ceiling, round(value * 10.0) / 10.0));
    }
    doubts = bench.doubts[SCREEN_CLIP];
    bench_end(&bench);
    return doubts;
}

static void values_that_crowd_at_exactly_one_highest_value_are_doubted(void **state)
{
    assert_int_equal(clip_doubts("turbidity", 100.0, 60.0, 1.0, 130.0, NAN), 1);
    assert_int_equal(clip_doubts("turbidity", 100.0, 60.0, 1.0, 400.0, NAN), 0);
    assert_int_equal(clip_doubts("turbidity", 100.0, 60.0, 1.0, 160.5, NAN), 0); /* a rare touch */
}

static void a_smooth_peak_in_coarse_steps_is_no_ceiling(void **state)
{
    assert_int_equal(clip_doubts("water_temperature", 18.0, 1.0, 0.02, 99.0, NAN), 0);
    assert_int_equal(clip_doubts("water_temperature", 18.0, 0.4, 0.0, 99.0, NAN), 0);
}

static void
more_than_five_percent_must_stand_at_the_ceiling_and_five_times_fewer_below(void **state)
{
    static const struct {
        int top, next;
        bool doubted;
    } cases[] = {
        {51,  1,  true },
        {50,  1,  false},
        {55,  11, true },
        {55,  12, false},
        {300, 60, true }
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench = bench_with("turbidity", 10 * MINUTE_MS, NAN);
        int rest = 1000 - cases[i].top - cases[i].next;

        feed_times(&bench, 80.0, cases[i].top);
        feed_times(&bench, 79.0, cases[i].next);
        feed_apart(&bench, 20.0, rest);
        bench.ms = MORNING_MS + 7 * DAY_MS;
        feed(&bench, 20.0);
        if ((bench.doubts[SCREEN_CLIP] > 0) != cases[i].doubted)
            fail_msg("%d at the top, %d below", cases[i].top, cases[i].next);
        bench_end(&bench);
    }
}

static void over_range_counts_as_at_the_ceiling(void **state)
{
    for (int over = 50; over <= 51; over++) {
        struct bench bench = bench_with("turbidity", 10 * MINUTE_MS, NAN);

        feed_marked(&bench, 1000.0, QUALITY_OVER_RANGE, over);
        feed_apart(&bench, 20.0, 1000 - over);
        bench.ms = MORNING_MS + 7 * DAY_MS;
        feed(&bench, 20.0);
        assert_int_equal(bench.doubts[SCREEN_CLIP], over > 50 ? 1 : 0);
        if (over > 50)
            assert_float_equal(bench.latest.value[SCREEN_CLIP], 1000.0, 0.0);
        bench_end(&bench);
    }
}

static void values_that_crowd_just_below_the_limit_and_never_above_are_doubted(void **state)
{
    struct bench bench = bench_with("ammonia_nitrogen", MINUTE_MS, 1.5);
    uint64_t seed = 3;

    /* What would lie above the limit is taken down to just below it, each time a little else. */
    while (bench.ms <= MORNING_MS + 7 * DAY_MS) {
        double value = 1.2 + 0.5 * thrown_unit(&seed);

        feed(&bench, value > 1.5 ? 1.495 - 0.005 * fabs(thrown_unit(&seed)) : value);
    }
    assert_int_equal(bench.doubts[SCREEN_CLIP], 1);
    assert_true(bench.first_ms[SCREEN_CLIP] > MORNING_MS);
    bench_end(&bench);
}

static void values_around_the_limit_are_honest(void **state)
{
    assert_int_equal(clip_doubts("turbidity", 100.0, 20.0, 5.0, 999.0, 100.0), 0);
    assert_int_equal(clip_doubts("turbidity", 100.0, 20.0, 5.0, 999.0, 118.0), 0);
    assert_int_equal(clip_doubts("turbidity", 100.0, 1.0, 0.3, 999.0, 103.0), 0);
}

static void coarse_values_leave_a_limit_between_them_and_are_honest(void **state)
{
    struct bench bench = bench_with("so2", MINUTE_MS, 23.1);

    for (int i = 0; i <= 7 * 1440; i++)
        feed(&bench, 18.0 + i * 7 % 11);
    assert_int_equal(bench.doubts[SCREEN_CLIP], 0);
    bench_end(&bench);
}

static void few_values_and_a_single_value_say_nothing_of_ceilings(void **state)
{
    struct bench few = bench_with("turbidity", 2 * HOUR_MS, NAN);
    struct bench same = bench_with("rain", MINUTE_MS, NAN);

    feed_times(&few, 80.0, 40);
    feed_apart(&few, 20.0, 45);
    assert_int_equal(few.doubts[SCREEN_CLIP], 0);
    feed_times(&same, 0.0, 7 * 1440 + 10); /* a week without rain */
    assert_int_equal(doubts_of_all(&same), 0);
    bench_end(&few);
    bench_end(&same);
}

static void a_ceiling_that_is_natural_is_none(void **state)
{
    assert_int_equal(clip_doubts("humidity", 90.0, 30.0, 1.0, 100.0, NAN), 0);
    assert_int_equal(clip_doubts("humidity", 90.0, 30.0, 1.0, 95.0, NAN), 1);
}

static void a_week_without_crowding_ends_the_doubt(void **state)
{
    struct bench bench = bench_with("turbidity", 10 * MINUTE_MS, NAN);

    feed_times(&bench, 80.0, 300);
    feed_apart(&bench, 20.0, 7 * 144 - 300 + 1);
    assert_int_equal(bench.doubts[SCREEN_CLIP], 1);
    assert_int_equal(bench.goods[SCREEN_CLIP], 0);
    feed_apart(&bench, 20.0, 7 * 144);
    assert_int_equal(bench.goods[SCREEN_CLIP], 1);
    bench_end(&bench);
}

/* ---- gaps that begin when values rise ---- */

/* One day of minutes: low, from 10:00 on for an hour at `high`, then for `gap` minutes nothing or a
 * mark. */
static void one_day(struct bench *bench, double high, int gap, enum quality letter)
{
    int64_t ends_ms = bench->ms + DAY_MS;

    feed_lively(bench, 0.6, 0.01, 240);
    feed_lively(bench, high, 0.01, 60);
    feed_marked(bench, letter == QUALITY_NO_ANSWER ? NAN : high, letter, gap);
    while (bench->ms < ends_ms)
        feed_lively(bench, 0.6, 0.01, 1);
}

static void three_gaps_that_begin_when_values_are_high_are_doubted_and_two_are_not(void **state)
{
    struct bench bench = bench_with("ammonia_nitrogen", MINUTE_MS, 1.5);

    one_day(&bench, 1.3, 30, QUALITY_NO_ANSWER);
    one_day(&bench, 1.3, 30, QUALITY_NO_ANSWER);
    assert_int_equal(bench.doubts[SCREEN_HIDDEN], 0);
    one_day(&bench, 1.3, 30, QUALITY_NO_ANSWER);
    assert_int_equal(bench.doubts[SCREEN_HIDDEN], 1);
    /* about the last value before the third gap */
    assert_true(bench.first_ms[SCREEN_HIDDEN] == MORNING_MS + 2 * DAY_MS + 299 * MINUTE_MS);
    bench_end(&bench);
}

static void marks_and_silence_hide_as_gaps_do_and_values_by_hand_explain_themselves(void **state)
{
    static const struct {
        enum quality letter;
        bool doubted;
    } cases[] = {
        {QUALITY_MAINTENANCE, true },
        {QUALITY_CALIBRATING, true },
        {QUALITY_STOPPED,     true },
        {QUALITY_FAULT,       true },
        {QUALITY_NO_ANSWER,   true },
        {QUALITY_MANUAL,      false}
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench = bench_with("ammonia_nitrogen", MINUTE_MS, 1.5);

        for (int day = 0; day < 4; day++)
            one_day(&bench, 1.3, 30, cases[i].letter);
        if ((bench.doubts[SCREEN_HIDDEN] > 0) != cases[i].doubted)
            fail_msg("letter %c", quality_letter(cases[i].letter));
        bench_end(&bench);
    }
}

static void a_collector_that_stops_when_values_rise_hides_too(void **state)
{
    struct bench bench = bench_with("ammonia_nitrogen", MINUTE_MS, 1.5);

    for (int day = 0; day < 3; day++) {
        one_day(&bench, 1.3, 0, QUALITY_NORMAL);
        feed_lively(&bench, 0.6, 0.01, 60);
        feed_lively(&bench, 1.3, 0.01, 5);
        bench.ms += 2 * HOUR_MS; /* nothing at all is stored */
    }
    feed(&bench, 0.6);
    assert_int_equal(bench.doubts[SCREEN_HIDDEN], 1);
    bench_end(&bench);
}

static void high_is_more_than_eighty_percent_of_the_limit(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct bench bench = bench_with("ammonia_nitrogen", MINUTE_MS, 1.5);

        for (int day = 0; day < 4; day++)
            one_day(&bench, i == 0 ? 1.17 : 1.171, 30, QUALITY_NO_ANSWER); /* + 0.03 at most */
        assert_int_equal(bench.doubts[SCREEN_HIDDEN] > 0, i == 1);
        bench_end(&bench);
    }
}

static void a_gap_that_begins_half_an_hour_after_the_rise_counts_and_later_does_not(void **state)
{
    for (int late = 0; late < 2; late++) {
        struct bench bench = bench_with("ammonia_nitrogen", MINUTE_MS, 1.5);

        for (int day = 0; day < 4; day++) {
            one_day(&bench, 0.6, 0, QUALITY_NORMAL);
            feed(&bench, 1.3);
            feed_lively(&bench, 0.6, 0.01, 30 + late);
            feed_nothing(&bench, 30);
        }
        assert_int_equal(bench.doubts[SCREEN_HIDDEN] > 0, late == 0);
        bench_end(&bench);
    }
}

static void single_lost_polls_are_no_gaps(void **state)
{
    struct bench bench = bench_with("ammonia_nitrogen", MINUTE_MS, 1.5);

    for (int day = 0; day < 5; day++)
        for (int i = 0; i < 9; i++)
            one_day(&bench, 1.3, i, QUALITY_NO_ANSWER);
    assert_int_equal(bench.doubts[SCREEN_HIDDEN], 0);
    bench_end(&bench);
}

static void at_a_point_that_is_always_high_gaps_begin_high_by_chance(void **state)
{
    struct bench bench = bench_with("ammonia_nitrogen", MINUTE_MS, 1.5);

    for (int day = 0; day < 10; day++) {
        feed_lively(&bench, 1.3, 0.01, 1410);
        feed_nothing(&bench, 30);
    }
    assert_int_equal(bench.doubts[SCREEN_HIDDEN], 0);
    bench_end(&bench);
}

static void gaps_at_any_hour_are_chance(void **state)
{
    struct bench bench = bench_with("ammonia_nitrogen", MINUTE_MS, 1.5);

    for (int day = 0; day < 10; day++) { /* seven gaps a day, one of them after high values */
        for (int i = 0; i < 6; i++) {
            feed_lively(&bench, 0.6, 0.01, 150);
            feed_nothing(&bench, 20);
        }
        feed_lively(&bench, 1.3, 0.01, 150);
        feed_nothing(&bench, 20);
    }
    assert_int_equal(bench.doubts[SCREEN_HIDDEN], 0);
    bench_end(&bench);
}

static void what_lies_more_than_two_weeks_back_counts_no_more(void **state)
{
    struct bench bench = bench_with("ammonia_nitrogen", MINUTE_MS, 1.5);

    for (int i = 0; i < 4; i++) {
        one_day(&bench, 1.3, 30, QUALITY_NO_ANSWER);
        for (int day = 0; day < 6; day++)
            one_day(&bench, 0.6, 0, QUALITY_NORMAL);
    }
    assert_int_equal(bench.doubts[SCREEN_HIDDEN], 0);
    bench_end(&bench);
}

static void two_quiet_weeks_end_the_doubt(void **state)
{
    struct bench bench = bench_with("ammonia_nitrogen", MINUTE_MS, 1.5);

    for (int day = 0; day < 3; day++)
        one_day(&bench, 1.3, 30, QUALITY_NO_ANSWER);
    assert_int_equal(bench.doubts[SCREEN_HIDDEN], 1);
    for (int day = 0; day < 10; day++)
        one_day(&bench, 1.3, 0, QUALITY_NO_ANSWER);
    assert_int_equal(bench.goods[SCREEN_HIDDEN], 0);
    for (int day = 0; day < 4; day++)
        one_day(&bench, 1.3, 0, QUALITY_NO_ANSWER);
    assert_true(bench.goods[SCREEN_HIDDEN] > 0);
    bench_end(&bench);
}

/* ---- nights ---- */

/* Days that begin at 06:00: of 960 minutes by day `day_lost` are missing, of 480 by night
 * `night_lost`. */
static void days_of(struct bench *bench, int days, int day_lost, int night_lost)
{
    for (int day = 0; day < days; day++) {
        feed_lively(bench, 7.0, 0.01, 960 - day_lost);
        feed_nothing(bench, day_lost);
        feed_nothing(bench, night_lost);
        feed_lively(bench, 7.0, 0.01, 480 - night_lost);
    }
}

static void nights_fifteen_points_emptier_than_days_are_honest_and_more_is_doubted(void **state)
{
    static const struct {
        int day_lost, night_lost;
        bool doubted;
    } cases[] = {
        {0,   72,  false},
        {0,   73,  true },
        {96,  120, false},
        {96,  121, true },
        {480, 0,   false},
        {240, 120, false}
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench = bench_with("ph", MINUTE_MS, NAN);

        days_of(&bench, 7, cases[i].day_lost, cases[i].night_lost);
        assert_int_equal(bench.doubts[SCREEN_NIGHT], 0);
        feed(&bench, 7.0);
        if ((bench.doubts[SCREEN_NIGHT] > 0) != cases[i].doubted)
            fail_msg("%d lost by day, %d by night", cases[i].day_lost, cases[i].night_lost);
        bench_end(&bench);
    }
}

static void a_gateway_that_sleeps_at_night_is_missing_at_night(void **state)
{
    struct bench bench = bench_with("ph", MINUTE_MS, NAN);

    for (int day = 0; day < 8; day++) {
        feed_lively(&bench, 7.0, 0.01, 960);
        bench.ms += 8 * HOUR_MS; /* no poll, no row */
    }
    assert_int_equal(bench.doubts[SCREEN_NIGHT], 1);
    bench_end(&bench);
}

static void marked_values_at_night_are_not_missing(void **state)
{
    struct bench bench = bench_with("cooking_fume", MINUTE_MS, 1.0);

    for (int day = 0; day < 8; day++) {
        feed_lively(&bench, 0.3, 0.01, 960);
        feed_marked(&bench, 0.0, QUALITY_STOPPED, 480);
    }
    assert_int_equal(bench.doubts[SCREEN_NIGHT], 0);
    bench_end(&bench);
}

static void a_few_values_due_say_nothing_of_nights(void **state)
{
    struct bench bench = bench_with("total_nitrogen", 4 * HOUR_MS, NAN);

    for (int day = 0; day < 15; day++) {
        feed_lively(&bench, 1.0, 0.1, 4);
        feed_nothing(&bench, 2);
    }
    assert_int_equal(bench.doubts[SCREEN_NIGHT], 0);
    bench_end(&bench);
}

static void a_hole_longer_than_the_window_says_nothing_of_nights(void **state)
{
    struct bench bench = bench_with("ph", MINUTE_MS, NAN);

    days_of(&bench, 3, 0, 480);
    bench.ms += 8 * DAY_MS;
    days_of(&bench, 8, 0, 0);
    assert_int_equal(bench.doubts[SCREEN_NIGHT], 0);
    bench_end(&bench);
}

static void a_full_week_ends_the_doubt_and_a_long_hole_begins_anew(void **state)
{
    struct bench bench = bench_with("ph", MINUTE_MS, NAN);

    days_of(&bench, 7, 0, 200);
    days_of(&bench, 7, 0, 0);
    assert_int_equal(bench.doubts[SCREEN_NIGHT], 1);
    feed_lively(&bench, 7.0, 0.01, 10);
    assert_int_equal(bench.latest.answer[SCREEN_NIGHT], SCREEN_GOOD);
    bench.ms += 30 * DAY_MS;
    days_of(&bench, 8, 0, 0);
    assert_int_equal(bench.doubts[SCREEN_NIGHT], 1);
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_that_crowd_at_exactly_one_highest_value_are_doubted),
        cmocka_unit_test(a_smooth_peak_in_coarse_steps_is_no_ceiling),
        cmocka_unit_test(
            more_than_five_percent_must_stand_at_the_ceiling_and_five_times_fewer_below),
        cmocka_unit_test(over_range_counts_as_at_the_ceiling),
        cmocka_unit_test(values_that_crowd_just_below_the_limit_and_never_above_are_doubted),
        cmocka_unit_test(values_around_the_limit_are_honest),
        cmocka_unit_test(coarse_values_leave_a_limit_between_them_and_are_honest),
        cmocka_unit_test(few_values_and_a_single_value_say_nothing_of_ceilings),
        cmocka_unit_test(a_ceiling_that_is_natural_is_none),
        cmocka_unit_test(a_week_without_crowding_ends_the_doubt),
        cmocka_unit_test(three_gaps_that_begin_when_values_are_high_are_doubted_and_two_are_not),
        cmocka_unit_test(marks_and_silence_hide_as_gaps_do_and_values_by_hand_explain_themselves),
        cmocka_unit_test(a_collector_that_stops_when_values_rise_hides_too),
        cmocka_unit_test(high_is_more_than_eighty_percent_of_the_limit),
        cmocka_unit_test(a_gap_that_begins_half_an_hour_after_the_rise_counts_and_later_does_not),
        cmocka_unit_test(single_lost_polls_are_no_gaps),
        cmocka_unit_test(at_a_point_that_is_always_high_gaps_begin_high_by_chance),
        cmocka_unit_test(gaps_at_any_hour_are_chance),
        cmocka_unit_test(what_lies_more_than_two_weeks_back_counts_no_more),
        cmocka_unit_test(two_quiet_weeks_end_the_doubt),
        cmocka_unit_test(nights_fifteen_points_emptier_than_days_are_honest_and_more_is_doubted),
        cmocka_unit_test(a_gateway_that_sleeps_at_night_is_missing_at_night),
        cmocka_unit_test(marked_values_at_night_are_not_missing),
        cmocka_unit_test(a_few_values_due_say_nothing_of_nights),
        cmocka_unit_test(a_hole_longer_than_the_window_says_nothing_of_nights),
        cmocka_unit_test(a_full_week_ends_the_doubt_and_a_long_hole_begins_anew),
    };

    return cmocka_run_group_tests(tests, bench_load, bench_unload);
}
