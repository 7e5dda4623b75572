/* Tests of ledger/screen.c: the tests that look at single values. Names say what must hold. */
#include "unit/ledger/screen_bench.h"

#include "base/say.h"

/* ---- what it is ---- */

static void each_test_has_a_word_and_a_title_that_asks_to_check_and_accuses_nobody(void **state)
{
    static const char *const words[] = {"silence", "span",          "spike",  "rate", "flat",
                                        "clip",    "contradiction", "hidden", "night"};

    for (int i = 0; i < SCREEN_COUNT; i++) {
        assert_string_equal(screen_word((enum screen_test)i), words[i]);
        say_in(LANGUAGE_ZH);
        assert_non_null(strstr(screen_title((enum screen_test)i), "需核查"));
        assert_null(strstr(screen_title((enum screen_test)i), "造假"));
        say_in(LANGUAGE_EN);
        assert_non_null(strstr(screen_title((enum screen_test)i), "needs checking"));
    }
    say_in(LANGUAGE_ZH);
}

static void the_tests_that_apply_follow_from_parameter_limit_and_night(void **state)
{
    struct bench ph = bench_with("ph", MINUTE_MS, NAN);
    struct bench noise = bench_with("la", SECOND_MS, 55.0);
    struct bench bare = bench_with("illuminance", MINUTE_MS, NAN);
    struct screen *nightless =
        screen_new(bench_plans, parameter_find(bench_parameters, "ph"), MINUTE_MS, NAN, NULL, NULL);

    assert_true(wants(&ph, SCREEN_RATE) && wants(&ph, SCREEN_SPIKE) && wants(&ph, SCREEN_FLAT));
    assert_false(wants(&ph, SCREEN_HIDDEN));
    assert_true(wants(&noise, SCREEN_HIDDEN) && wants(&noise, SCREEN_FLAT));
    assert_false(wants(&noise, SCREEN_SPIKE) || wants(&noise, SCREEN_RATE));
    assert_true(wants(&bare, SCREEN_SILENCE) && wants(&bare, SCREEN_NIGHT));
    assert_false(wants(&bare, SCREEN_SPAN) || wants(&bare, SCREEN_FLAT));
    assert_int_equal(screen_tests(nightless) >> SCREEN_NIGHT & 1U, 0);
    screen_free(nightless);
    bench_end(&ph);
    bench_end(&noise);
    bench_end(&bare);
}

static void a_pair_names_what_is_wanted_beside(void **state)
{
    struct bench fine = bench_with("pm2_5", MINUTE_MS, NAN);
    struct bench oxygen = bench_with("dissolved_oxygen", MINUTE_MS, NAN);
    struct bench ph = bench_with("ph", MINUTE_MS, NAN);

    assert_string_equal(screen_beside(fine.screen), "pm10");
    assert_string_equal(screen_beside(oxygen.screen), "water_temperature");
    assert_null(screen_beside(ph.screen));
    bench_end(&fine);
    bench_end(&oxygen);
    bench_end(&ph);
}

/* ---- span ---- */

static void a_value_at_the_edge_of_the_span_is_inside_and_beyond_it_is_doubted(void **state)
{
    static const struct {
        const char *parameter;
        double value;
        bool doubted;
    } cases[] = {
        {"ph",                5.0,    false},
        {"ph",                4.99,   true },
        {"ph",                10.0,   false},
        {"ph",                10.01,  true },
        {"water_temperature", 38.0,   false},
        {"water_temperature", 38.1,   true },
        {"water_temperature", -0.1,   true },
        {"dissolved_oxygen",  0.2,    false},
        {"dissolved_oxygen",  0.19,   true },
        {"conductivity",      5000.0, false},
        {"conductivity",      49.9,   true },
        {"turbidity",         1000.0, false},
        {"turbidity",         1000.1, true },
        {"ammonia_nitrogen",  20.0,   false},
        {"ammonia_nitrogen",  20.01,  true },
        {"orp",               -500.0, false},
        {"orp",               701.0,  true },
        {"pm2_5",             1.0,    false},
        {"pm2_5",             0.0,    true },
        {"pm10",              1001.0, true },
        {"tsp",               0.005,  false},
        {"tsp",               5.001,  true },
        {"co",                20.01,  true },
        {"la",                25.0,   false},
        {"la",                120.1,  true },
        {"wind_speed",        0.0,    false},
        {"wind_speed",        40.1,   true },
        {"humidity",          100.0,  false},
        {"humidity",          101.0,  true },
        {"pressure",          949.9,  true },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench = bench_with(cases[i].parameter, MINUTE_MS, NAN);

        feed(&bench, cases[i].value);
        if ((bench.doubts[SCREEN_SPAN] > 0) != cases[i].doubted)
            fail_msg("%s %g", cases[i].parameter, cases[i].value);
        bench_end(&bench);
    }
}

static void a_doubt_says_when_and_at_which_value_and_that_it_is_over(void **state)
{
    struct bench bench = bench_with("ph", MINUTE_MS, NAN);

    feed(&bench, 7.2);
    assert_int_equal(bench.latest.answer[SCREEN_SPAN], SCREEN_SAYS_NOTHING);
    feed(&bench, 11.0);
    assert_int_equal(bench.latest.answer[SCREEN_SPAN], SCREEN_DOUBT);
    assert_true(bench.latest.at[SCREEN_SPAN].ms == MORNING_MS + MINUTE_MS);
    assert_float_equal(bench.latest.value[SCREEN_SPAN], 11.0, 0.0);
    feed(&bench, 7.3);
    assert_int_equal(bench.latest.answer[SCREEN_SPAN], SCREEN_GOOD);
    assert_true(bench.latest.at[SCREEN_SPAN].ms == MORNING_MS + 2 * MINUTE_MS);
    bench_end(&bench);
}

static void good_is_said_for_two_days_after_a_doubt_and_then_no_more(void **state)
{
    struct bench bench = bench_with("illuminance", HOUR_MS, NAN);
    struct bench ph = bench_with("ph", HOUR_MS, NAN);

    feed(&ph, 11.0);
    feed_lively(&ph, 7.0, 0.01, 49);
    assert_int_equal(ph.goods[SCREEN_SPAN], 49);
    feed_lively(&ph, 7.0, 0.01, 24);
    assert_int_equal(ph.goods[SCREEN_SPAN], 49);
    feed(&bench, 5.0);
    assert_int_equal(bench.latest.answer[SCREEN_SILENCE], SCREEN_SAYS_NOTHING);
    bench_end(&ph);
    bench_end(&bench);
}

static void over_range_may_leave_the_span_and_never_proves_to_be_inside(void **state)
{
    struct bench bench = bench_with("turbidity", MINUTE_MS, NAN);

    feed_marked(&bench, 1000.0, QUALITY_OVER_RANGE, 1);
    assert_int_equal(bench.doubts[SCREEN_SPAN], 0);
    feed_marked(&bench, 1200.0, QUALITY_OVER_RANGE, 1);
    assert_int_equal(bench.doubts[SCREEN_SPAN], 1);
    feed_marked(&bench, 0.05, QUALITY_OVER_RANGE, 1); /* at least this: perhaps inside */
    assert_int_equal(bench.latest.answer[SCREEN_SPAN], SCREEN_SAYS_NOTHING);
    feed_marked(&bench, 900.0, QUALITY_OVER_RANGE, 1);
    assert_int_equal(bench.latest.answer[SCREEN_SPAN], SCREEN_SAYS_NOTHING);
    bench_end(&bench);
}

/* ---- letters ---- */

static void
values_under_calibration_maintenance_standstill_and_by_hand_are_not_screened(void **state)
{
    static const enum quality marks[] = {QUALITY_CALIBRATING, QUALITY_MAINTENANCE, QUALITY_STOPPED,
                                         QUALITY_MANUAL, QUALITY_FAULT};

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        struct bench bench = bench_with("ph", MINUTE_MS, NAN);

        feed_lively(&bench, 7.0, 0.01, 30);
        feed_marked(&bench, 4.01, marks[i], 20);
        feed_marked(&bench, 12.0, marks[i], 1);
        feed_marked(&bench, 4.01, marks[i], 20);
        feed_lively(&bench, 7.0, 0.01, 30);
        assert_int_equal(doubts_of_all(&bench), 0);
        bench_end(&bench);
    }
}

static void over_range_is_neither_stuck_nor_a_spike_nor_too_fast(void **state)
{
    struct bench bench = bench_with("dissolved_oxygen", MINUTE_MS, NAN);

    feed_lively(&bench, 8.0, 0.01, 60);
    feed_marked(&bench, 15.0, QUALITY_OVER_RANGE, 1);
    feed_lively(&bench, 8.0, 0.01, 60);
    feed_marked(&bench, 15.0, QUALITY_OVER_RANGE, 700);
    assert_int_equal(doubts_of_all(&bench), 0);
    bench_end(&bench);
}

/* ---- spike ---- */

static void one_value_far_from_both_neighbours_is_doubted_where_it_stood(void **state)
{
    struct bench bench = bench_with("ph", MINUTE_MS, NAN);

    feed(&bench, 7.0);
    feed(&bench, 7.5);
    assert_int_equal(bench.doubts[SCREEN_SPIKE], 0);
    feed(&bench, 7.0);
    assert_int_equal(bench.latest.answer[SCREEN_SPIKE], SCREEN_DOUBT);
    assert_true(bench.latest.at[SCREEN_SPIKE].ms == MORNING_MS + MINUTE_MS);
    assert_float_equal(bench.latest.value[SCREEN_SPIKE], 7.5, 0.0);
    feed(&bench, 7.0);
    assert_int_equal(bench.latest.answer[SCREEN_SPIKE], SCREEN_GOOD);
    bench_end(&bench);
}

static void a_spike_is_more_than_the_table_says_and_not_as_much(void **state)
{
    static const struct {
        const char *parameter;
        double before, value, after;
        bool doubted;
    } cases[] = {
        {"ph",                7.0,   7.3,   7.0,   false},
        {"ph",                7.0,   7.31,  7.0,   true },
        {"ph",                7.0,   6.69,  7.0,   true },
        {"water_temperature", 20.0,  21.0,  20.0,  false},
        {"water_temperature", 20.0,  21.1,  20.0,  true },
        {"dissolved_oxygen",  6.0,   4.9,   6.0,   true },
        {"conductivity",      600.0, 660.0, 600.0, false},
        {"conductivity",      600.0, 661.0, 600.0, true },
        {"turbidity",         20.0,  70.0,  20.0,  false},
        {"turbidity",         20.0,  70.1,  20.0,  true },
        {"ammonia_nitrogen",  0.8,   1.8,   0.8,   false},
        {"ammonia_nitrogen",  0.8,   1.81,  0.8,   true },
        {"total_phosphorus",  0.2,   0.4,   0.2,   false},
        {"total_phosphorus",  0.2,   0.41,  0.2,   true },
        {"total_phosphorus",  0.01,  0.05,  0.01,  false},
        {"pm10",              60.0,  160.0, 60.0,  false},
        {"pm10",              60.0,  161.0, 60.0,  true },
        {"la",                50.0,  90.0,  50.0,  false},
        {"wind_speed",        2.0,   19.0,  2.0,   false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench = bench_with(cases[i].parameter, MINUTE_MS, NAN);

        feed(&bench, cases[i].before);
        feed(&bench, cases[i].value);
        feed(&bench, cases[i].after);
        if ((bench.doubts[SCREEN_SPIKE] > 0) != cases[i].doubted)
            fail_msg("%s %g", cases[i].parameter, cases[i].value);
        bench_end(&bench);
    }
}

static void a_step_that_stays_a_slow_drift_and_a_steep_climb_are_no_spikes(void **state)
{
    struct bench bench = bench_with("ammonia_nitrogen", MINUTE_MS, NAN);

    feed_lively(&bench, 0.8, 0.01, 10);
    feed_lively(&bench, 5.8, 0.01, 10);
    feed_lively(&bench, 0.8, 0.01, 10);
    for (int i = 0; i < 1000; i++)
        feed(&bench, 0.8 + 0.01 * i);
    feed(&bench, 12.0); /* on the way up: far from both, between both */
    feed(&bench, 14.0);
    assert_int_equal(bench.doubts[SCREEN_SPIKE], 0);
    bench_end(&bench);
}

static void neighbours_beyond_a_gap_are_no_neighbours(void **state)
{
    struct bench bench = bench_with("ph", MINUTE_MS, NAN);

    feed(&bench, 7.0);
    feed(&bench, 8.0);
    bench.ms += 5 * MINUTE_MS;
    feed(&bench, 7.0);
    assert_int_equal(bench.doubts[SCREEN_SPIKE], 0);
    feed(&bench, 8.0);
    bench.ms += 4 * MINUTE_MS;
    feed(&bench, 7.0);
    assert_int_equal(bench.doubts[SCREEN_SPIKE], 1);
    bench_end(&bench);
}

static void a_missed_poll_beside_a_spike_hides_it_not(void **state)
{
    struct bench bench = bench_with("ph", MINUTE_MS, NAN);

    feed(&bench, 7.0);
    feed_nothing(&bench, 1);
    feed(&bench, 8.0);
    feed(&bench, 7.0);
    assert_int_equal(bench.doubts[SCREEN_SPIKE], 1);
    bench_end(&bench);
}

/* ---- rate ---- */

/* Ten minutes at one value, an hour later ten at another; one more reading closes those. */
static bool is_too_fast(const char *parameter, double from, double to)
{
    struct bench bench = bench_with(parameter, MINUTE_MS, NAN);
    bool doubted;

    for (int i = 0; i < 70; i++)
        feed(&bench, i < 10 ? from : from + (to - from) * fmin(1.0, (i - 9) / 51.0));
    feed(&bench, to);
    doubted = bench.doubts[SCREEN_RATE] > 0;
    bench_end(&bench);
    return doubted;
}

static void a_change_of_more_than_the_table_says_within_an_hour_is_doubted(void **state)
{
    assert_false(is_too_fast("ph", 7.0, 7.5));
    assert_true(is_too_fast("ph", 7.0, 7.52));
    assert_true(is_too_fast("ph", 7.0, 6.48));
    assert_false(is_too_fast("water_temperature", 18.0, 20.0));
    assert_true(is_too_fast("water_temperature", 18.0, 20.1));
    assert_false(is_too_fast("dissolved_oxygen", 7.0, 5.0));
    assert_true(is_too_fast("dissolved_oxygen", 7.0, 4.9));
    assert_false(is_too_fast("conductivity", 500.0, 600.0));
    assert_true(is_too_fast("conductivity", 500.0, 601.0));
    assert_false(is_too_fast("turbidity", 10.0, 800.0));
}

static void a_sudden_step_is_a_rate_and_a_day_long_drift_is_none(void **state)
{
    struct bench bench = bench_with("dissolved_oxygen", MINUTE_MS, NAN);

    for (int i = 0; i < 1440; i++)
        feed(&bench, 10.0 - 7.0 * i / 1440.0);
    assert_int_equal(bench.doubts[SCREEN_RATE], 0);
    feed_lively(&bench, 6.0, 0.01, 9);
    feed(&bench, 6.02);
    feed(&bench, 6.01);
    assert_int_equal(bench.doubts[SCREEN_RATE], 1);
    /* about the last reading of the ten minutes, as it was read */
    assert_true(bench.latest.at[SCREEN_RATE].ms == bench.ms - 2 * MINUTE_MS);
    assert_true(bench.latest.value[SCREEN_RATE] == 6.02);
    feed_lively(&bench, 6.0, 0.01, 90);
    assert_int_equal(bench.latest.answer[SCREEN_RATE], SCREEN_GOOD);
    bench_end(&bench);
}

static void noise_and_a_single_spike_are_no_rate(void **state)
{
    struct bench bench = bench_with("ph", MINUTE_MS, NAN);
    uint64_t seed = 1;

    for (int i = 0; i < 600; i++)
        feed(&bench, i == 300 ? 13.9 : 7.4 + 0.1 * thrown_unit(&seed));
    assert_int_equal(bench.doubts[SCREEN_RATE], 0);
    bench_end(&bench);
}

static void a_slow_analyser_is_judged_from_one_value_to_the_next(void **state)
{
    struct bench bench = bench_with("dissolved_oxygen", 4 * HOUR_MS, NAN);

    feed(&bench, 6.0);
    feed(&bench, 14.0);
    feed(&bench, 14.0);
    assert_int_equal(bench.doubts[SCREEN_RATE], 0);
    feed(&bench, 5.9);
    feed(&bench, 5.9);
    assert_int_equal(bench.doubts[SCREEN_RATE], 1);
    bench_end(&bench);
}

static void over_a_gap_no_rate_is_known(void **state)
{
    struct bench bench = bench_with("ph", MINUTE_MS, NAN);

    feed_times(&bench, 7.0, 10);
    bench.ms += 2 * HOUR_MS;
    feed_times(&bench, 9.0, 21);
    assert_int_equal(bench.doubts[SCREEN_RATE], 0);
    bench_end(&bench);
}

/* ---- flat ---- */

static void a_stuck_sensor_is_doubted_after_the_time_of_the_table_and_not_before(void **state)
{
    static const struct {
        const char *parameter;
        double value;
        int minutes;
    } cases[] = {
        {"ph",                7.41,   12 * 60},
        {"water_temperature", 18.2,   12 * 60},
        {"dissolved_oxygen",  6.41,   6 * 60 },
        {"conductivity",      612.0,  12 * 60},
        {"turbidity",         24.1,   6 * 60 },
        {"orp",               210.0,  12 * 60},
        {"ammonia_nitrogen",  0.8,    24 * 60},
        {"pm2_5",             32.0,   2 * 60 },
        {"tsp",               0.12,   60     },
        {"so2",               9.0,    3 * 60 },
        {"humidity",          68.0,   2 * 60 },
        {"pressure",          1013.2, 2 * 60 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench bench = bench_with(cases[i].parameter, MINUTE_MS, NAN);

        feed_times(&bench, cases[i].value, cases[i].minutes - 1);
        if (bench.doubts[SCREEN_FLAT] != 0)
            fail_msg("%s too early", cases[i].parameter);
        feed(&bench, cases[i].value);
        if (bench.doubts[SCREEN_FLAT] != 1)
            fail_msg("%s not found", cases[i].parameter);
        bench_end(&bench);
    }
}

static void six_equal_values_of_an_analyser_are_doubted_and_five_are_not(void **state)
{
    struct bench bench = bench_with("total_phosphorus", 4 * HOUR_MS, NAN);

    feed_times(&bench, 0.21, 5);
    assert_int_equal(bench.doubts[SCREEN_FLAT], 0);
    feed(&bench, 0.21);
    assert_int_equal(bench.doubts[SCREEN_FLAT], 1);
    feed(&bench, 0.22);
    assert_int_equal(bench.latest.answer[SCREEN_FLAT], SCREEN_GOOD);
    bench_end(&bench);
}

static void noise_that_stands_still_for_sixty_seconds_is_doubted(void **state)
{
    struct bench bench = bench_with("la", SECOND_MS, NAN);
    struct bench slow = bench_with("la", MINUTE_MS, NAN);

    feed_times(&bench, 54.3, 59);
    assert_int_equal(bench.doubts[SCREEN_FLAT], 0);
    feed(&bench, 54.3);
    assert_int_equal(bench.doubts[SCREEN_FLAT], 1);
    feed_times(&slow, 54.3, 59); /* a minute apart: equal by chance, sixty are needed too */
    assert_int_equal(slow.doubts[SCREEN_FLAT], 0);
    bench_end(&bench);
    bench_end(&slow);
}

static void values_within_the_resolution_are_one_and_a_drift_through_it_is_alive(void **state)
{
    struct bench bench = bench_with("ph", MINUTE_MS, NAN);

    for (int i = 0; i < 12 * 60; i++)
        feed(&bench, i % 2 == 0 ? 7.32 : 7.325);
    assert_int_equal(bench.doubts[SCREEN_FLAT], 1);
    bench_end(&bench);
    bench = bench_with("ph", MINUTE_MS, NAN);
    for (int i = 0; i < 3 * 24 * 60; i++) /* a hundredth in two hours */
        feed(&bench, 7.0 + i / 120 * 0.01);
    assert_int_equal(doubts_of_all(&bench), 0);
    bench_end(&bench);
}

static void calm_and_fog_may_stand_still(void **state)
{
    struct bench calm = bench_with("wind_speed", MINUTE_MS, NAN);
    struct bench stuck = bench_with("wind_speed", MINUTE_MS, NAN);
    struct bench fog = bench_with("humidity", MINUTE_MS, NAN);

    feed_times(&calm, 0.0, 600);
    feed_times(&fog, 100.0, 600);
    feed_times(&stuck, 0.3, 600);
    assert_int_equal(calm.doubts[SCREEN_FLAT], 0);
    assert_int_equal(fog.doubts[SCREEN_FLAT], 0);
    assert_true(stuck.doubts[SCREEN_FLAT] > 0);
    bench_end(&calm);
    bench_end(&fog);
    bench_end(&stuck);
}

static void time_that_nobody_saw_makes_no_stretch_longer_and_ends_none(void **state)
{
    struct bench bench = bench_with("pm2_5", MINUTE_MS, NAN);

    feed_times(&bench, 32.0, 60);
    bench.ms += 3 * HOUR_MS;
    feed_times(&bench, 32.0, 60);
    assert_int_equal(bench.doubts[SCREEN_FLAT], 0);
    feed_times(&bench, 32.0, 2);
    assert_true(bench.doubts[SCREEN_FLAT] > 0);
    bench_end(&bench);
}

/* ---- silence ---- */

static void no_value_for_six_hours_is_doubted_since_the_latest_one(void **state)
{
    struct bench bench = bench_with("ph", MINUTE_MS, NAN);

    feed(&bench, 7.2);
    feed_nothing(&bench, 359);
    assert_int_equal(bench.doubts[SCREEN_SILENCE], 0);
    feed_nothing(&bench, 1);
    assert_int_equal(bench.doubts[SCREEN_SILENCE], 1);
    assert_true(bench.latest.at[SCREEN_SILENCE].ms == MORNING_MS);
    assert_float_equal(bench.latest.value[SCREEN_SILENCE], 7.2, 0.0);
    feed_nothing(&bench, 10);
    assert_true(bench.latest.at[SCREEN_SILENCE].ms == bench.ms - MINUTE_MS);
    feed(&bench, 7.2);
    feed(&bench, 7.21);
    assert_int_equal(bench.latest.answer[SCREEN_SILENCE], SCREEN_GOOD);
    bench_end(&bench);
}

static void a_gateway_that_was_off_is_silence_too_once_it_is_back(void **state)
{
    struct bench bench = bench_with("ph", MINUTE_MS, NAN);

    feed(&bench, 7.2);
    bench.ms += 7 * HOUR_MS;
    feed(&bench, 7.21);
    assert_int_equal(bench.latest.answer[SCREEN_SILENCE], SCREEN_DOUBT);
    assert_true(bench.latest.at[SCREEN_SILENCE].ms == MORNING_MS);
    feed(&bench, 7.22);
    assert_int_equal(bench.latest.answer[SCREEN_SILENCE], SCREEN_GOOD);
    bench_end(&bench);
}

static void marked_values_are_not_silent_until_they_are_all_there_is_for_three_days(void **state)
{
    struct bench bench = bench_with("ph", HOUR_MS, NAN);

    feed(&bench, 7.2);
    feed_marked(&bench, 7.2, QUALITY_MAINTENANCE, 71);
    assert_int_equal(bench.doubts[SCREEN_SILENCE], 0);
    feed_marked(&bench, 7.2, QUALITY_MAINTENANCE, 1);
    assert_int_equal(bench.doubts[SCREEN_SILENCE], 1);
    bench_end(&bench);
}

static void a_slow_analyser_is_not_silent_between_its_values(void **state)
{
    struct bench bench = bench_with("total_nitrogen", 4 * HOUR_MS, NAN);

    feed(&bench, 1.2);
    feed_nothing(&bench, 2);
    feed(&bench, 1.3);
    assert_int_equal(bench.doubts[SCREEN_SILENCE], 0);
    feed_nothing(&bench, 3);
    assert_int_equal(bench.doubts[SCREEN_SILENCE], 0);
    feed_nothing(&bench, 1);
    assert_int_equal(bench.doubts[SCREEN_SILENCE], 1);
    bench_end(&bench);
}

static void what_never_spoke_is_silent_and_has_no_value(void **state)
{
    struct bench bench = bench_with("ph", MINUTE_MS, NAN);

    feed_nothing(&bench, 361);
    assert_int_equal(bench.doubts[SCREEN_SILENCE], 1);
    assert_true(isnan(bench.latest.value[SCREEN_SILENCE]));
    bench_end(&bench);
}

/* ---- contradiction ---- */

static bool is_contradiction(const char *parameter, double value, double beside)
{
    struct bench bench = bench_with(parameter, MINUTE_MS, NAN);
    bool doubted;

    give(&bench, value, beside, QUALITY_NORMAL);
    doubted = bench.doubts[SCREEN_CONTRADICTION] > 0;
    bench_end(&bench);
    return doubted;
}

static void a_part_above_its_whole_is_a_contradiction_beyond_what_instruments_err(void **state)
{
    assert_false(is_contradiction("pm2_5", 60.0, 55.0));
    assert_false(is_contradiction("pm2_5", 70.0, 50.0));
    assert_true(is_contradiction("pm2_5", 70.1, 50.0));
    assert_false(is_contradiction("pm2_5", 400.0, NAN));
    assert_true(is_contradiction("ammonia_nitrogen", 3.0, 2.0));
    assert_false(is_contradiction("ammonia_nitrogen", 2.5, 2.0));
    assert_true(is_contradiction("cod_mn", 15.0, 10.0));
    assert_false(is_contradiction("cod_mn", 13.5, 10.0));
    assert_false(is_contradiction("pm10", 150.0, 0.1)); /* µg/m³ beside mg/m³ */
    assert_true(is_contradiction("pm10", 151.0, 0.1));
    assert_true(is_contradiction("la", 66.0, 65.4));
    assert_false(is_contradiction("la", 65.9, 65.4));
}

static void what_cannot_be_is_a_contradiction(void **state)
{
    assert_false(is_contradiction("ph", 0.0, NAN));
    assert_false(is_contradiction("ph", 14.0, NAN));
    assert_true(is_contradiction("ph", 14.01, NAN));
    assert_true(is_contradiction("ph", -0.01, NAN));
    assert_true(is_contradiction("turbidity", -3.0, NAN));
    assert_true(is_contradiction("la", 19.9, NAN));
    assert_true(is_contradiction("wind_direction", 361.0, NAN));
}

static void oxygen_is_measured_by_what_water_of_that_temperature_holds(void **state)
{
    struct bench bench = bench_with("dissolved_oxygen", 12 * HOUR_MS, NAN);

    /* 20 °C holds 468 / 51.6 = 9.07 mg/L: 200 % by day is 18.14, 150 % by night 13.60. */
    bench.ms = MORNING_MS + 6 * HOUR_MS; /* noon */
    give(&bench, 18.1, 20.0, QUALITY_NORMAL);
    assert_int_equal(bench.doubts[SCREEN_CONTRADICTION], 0);
    give(&bench, 13.6, 20.0, QUALITY_NORMAL); /* midnight */
    assert_int_equal(bench.doubts[SCREEN_CONTRADICTION], 0);
    give(&bench, 18.2, 20.0, QUALITY_NORMAL);
    assert_int_equal(bench.doubts[SCREEN_CONTRADICTION], 1);
    give(&bench, 13.7, 20.0, QUALITY_NORMAL);
    assert_int_equal(bench.doubts[SCREEN_CONTRADICTION], 2);
    give(&bench, 14.5, 2.0, QUALITY_NORMAL); /* cold water holds more */
    assert_int_equal(bench.latest.answer[SCREEN_CONTRADICTION], SCREEN_GOOD);
    bench_end(&bench);
}

static void without_its_partner_a_value_neither_contradicts_nor_proves(void **state)
{
    struct bench bench = bench_with("pm2_5", MINUTE_MS, NAN);

    give(&bench, 200.0, 50.0, QUALITY_NORMAL);
    give(&bench, 30.0, NAN, QUALITY_NORMAL);
    assert_int_equal(bench.latest.answer[SCREEN_CONTRADICTION], SCREEN_SAYS_NOTHING);
    give(&bench, 30.0, 50.0, QUALITY_NORMAL);
    assert_int_equal(bench.latest.answer[SCREEN_CONTRADICTION], SCREEN_GOOD);
    bench_end(&bench);
}

/* ---- the clock ---- */

static void a_clock_set_back_raises_no_doubt(void **state)
{
    static const int64_t back_ms[] = {1, MINUTE_MS, HOUR_MS, 8 * HOUR_MS, 40 * DAY_MS};

    for (size_t i = 0; i < sizeof back_ms / sizeof back_ms[0]; i++) {
        struct bench bench = bench_with("ph", MINUTE_MS, 9.0);
        uint64_t seed = i;

        bench.ms += 50 * DAY_MS;
        for (int n = 0; n < 5000; n++)
            feed(&bench, 7.4 + 0.02 * thrown_unit(&seed));
        bench.ms -= back_ms[i];
        for (int n = 0; n < 20000; n++)
            feed(&bench, 7.4 + 0.02 * thrown_unit(&seed));
        if (doubts_of_all(&bench) != 0)
            fail_msg("%lld ms back", (long long)back_ms[i]);
        bench_end(&bench);
    }
}

static void a_clock_set_back_hides_no_silence_and_proves_no_longer(void **state)
{
    struct bench bench = bench_with("ph", HOUR_MS, NAN);

    bench.ms += 50 * DAY_MS;
    feed(&bench, 7.0);
    feed(&bench, 11.0);
    feed(&bench, 7.0);
    bench.ms -= 40 * DAY_MS;
    bench.goods[SCREEN_SPAN] = 0;
    feed_lively(&bench, 7.0, 0.01, 100);
    assert_in_range(bench.goods[SCREEN_SPAN], 47, 49);
    bench.ms -= DAY_MS;
    feed_nothing(&bench, 7);
    assert_int_equal(bench.doubts[SCREEN_SILENCE], 1);
    bench_end(&bench);
}

static void a_moment_no_collector_can_have_taken_is_passed_over(void **state)
{
    struct bench bench = bench_with("ph", MINUTE_MS, NAN);
    const int64_t moments[] = {WALL_NONE_MS, -1, INT64_MAX, 253402300800000};

    feed(&bench, 7.0);
    for (size_t i = 0; i < 4; i++) {
        bench.ms = moments[i];
        bench.every_ms = 0;
        give(&bench, 100.0, NAN, QUALITY_NORMAL);
    }
    assert_int_equal(doubts_of_all(&bench), 0);
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_test_has_a_word_and_a_title_that_asks_to_check_and_accuses_nobody),
        cmocka_unit_test(the_tests_that_apply_follow_from_parameter_limit_and_night),
        cmocka_unit_test(a_pair_names_what_is_wanted_beside),
        cmocka_unit_test(a_value_at_the_edge_of_the_span_is_inside_and_beyond_it_is_doubted),
        cmocka_unit_test(a_doubt_says_when_and_at_which_value_and_that_it_is_over),
        cmocka_unit_test(good_is_said_for_two_days_after_a_doubt_and_then_no_more),
        cmocka_unit_test(over_range_may_leave_the_span_and_never_proves_to_be_inside),
        cmocka_unit_test(
            values_under_calibration_maintenance_standstill_and_by_hand_are_not_screened),
        cmocka_unit_test(over_range_is_neither_stuck_nor_a_spike_nor_too_fast),
        cmocka_unit_test(one_value_far_from_both_neighbours_is_doubted_where_it_stood),
        cmocka_unit_test(a_spike_is_more_than_the_table_says_and_not_as_much),
        cmocka_unit_test(a_step_that_stays_a_slow_drift_and_a_steep_climb_are_no_spikes),
        cmocka_unit_test(neighbours_beyond_a_gap_are_no_neighbours),
        cmocka_unit_test(a_missed_poll_beside_a_spike_hides_it_not),
        cmocka_unit_test(a_change_of_more_than_the_table_says_within_an_hour_is_doubted),
        cmocka_unit_test(a_sudden_step_is_a_rate_and_a_day_long_drift_is_none),
        cmocka_unit_test(noise_and_a_single_spike_are_no_rate),
        cmocka_unit_test(a_slow_analyser_is_judged_from_one_value_to_the_next),
        cmocka_unit_test(over_a_gap_no_rate_is_known),
        cmocka_unit_test(a_stuck_sensor_is_doubted_after_the_time_of_the_table_and_not_before),
        cmocka_unit_test(six_equal_values_of_an_analyser_are_doubted_and_five_are_not),
        cmocka_unit_test(noise_that_stands_still_for_sixty_seconds_is_doubted),
        cmocka_unit_test(values_within_the_resolution_are_one_and_a_drift_through_it_is_alive),
        cmocka_unit_test(calm_and_fog_may_stand_still),
        cmocka_unit_test(time_that_nobody_saw_makes_no_stretch_longer_and_ends_none),
        cmocka_unit_test(no_value_for_six_hours_is_doubted_since_the_latest_one),
        cmocka_unit_test(a_gateway_that_was_off_is_silence_too_once_it_is_back),
        cmocka_unit_test(marked_values_are_not_silent_until_they_are_all_there_is_for_three_days),
        cmocka_unit_test(a_slow_analyser_is_not_silent_between_its_values),
        cmocka_unit_test(what_never_spoke_is_silent_and_has_no_value),
        cmocka_unit_test(a_part_above_its_whole_is_a_contradiction_beyond_what_instruments_err),
        cmocka_unit_test(what_cannot_be_is_a_contradiction),
        cmocka_unit_test(oxygen_is_measured_by_what_water_of_that_temperature_holds),
        cmocka_unit_test(without_its_partner_a_value_neither_contradicts_nor_proves),
        cmocka_unit_test(a_clock_set_back_raises_no_doubt),
        cmocka_unit_test(a_clock_set_back_hides_no_silence_and_proves_no_longer),
        cmocka_unit_test(a_moment_no_collector_can_have_taken_is_passed_over),
    };

    return cmocka_run_group_tests(tests, bench_load, bench_unload);
}
