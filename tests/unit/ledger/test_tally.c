/* Tests of ledger/tally.c with the shipped config/aggregates.conf: what periods come to, and when
 * they are enough. The figures are those of the standards. */
#include <math.h>

#include "tally_world.h"

static void assert_near(double is, double wanted, double within)
{
    if (!(fabs(is - wanted) <= within))
        print_message("%.12g is not near %.12g\n", is, wanted);
    assert_true(fabs(is - wanted) <= within);
}

/* Counts and validity. */

static void forty_five_minutes_make_an_hour_and_44_do_not(void **state)
{
    watch("so2", 0, "2026-11-22 08:00", MINUTE);
    feed_from("2026-11-22 08:00", "2026-11-22 08:44", MINUTE, 10.0);
    feed_from("2026-11-22 09:00", "2026-11-22 09:45", MINUTE, 10.0);
    pass("2026-11-22 10:00");
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->valid, 44);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->expected, 60);
    assert_false(newest(PERIOD_1H, "2026-11-22 08:00")->enough);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 09:00")->valid, 45);
    assert_true(newest(PERIOD_1H, "2026-11-22 09:00")->enough);
}

static void an_air_day_wants_20_hours(void **state)
{
    watch("pm2_5", 0, "2026-11-20", MINUTE);
    feed_from("2026-11-20 00:00", "2026-11-20 19:00", MINUTE, 30.0);
    feed_from("2026-11-21 00:00", "2026-11-21 20:00", MINUTE, 30.0);
    pass("2026-11-22 00:00");
    assert_false(newest(PERIOD_DAY, "2026-11-20")->enough);
    assert_true(newest(PERIOD_DAY, "2026-11-21")->enough);
    assert_true(newest(PERIOD_DAY, "2026-11-21")->mean == 30.0);
    assert_int_equal(newest(PERIOD_DAY, "2026-11-21")->expected, 1440);
    assert_int_equal(newest(PERIOD_DAY, "2026-11-21")->valid, 1200);
}

/* A thin hour with a high value is no hour: the day is the mean of the valid ones. */
static void an_air_day_is_the_mean_of_its_valid_hours(void **state)
{
    watch("pm10", 0, "2026-11-21", MINUTE);
    feed_from("2026-11-21 00:00", "2026-11-21 12:00", MINUTE, 40.0);
    feed_from("2026-11-21 12:00", "2026-11-21 12:10", MINUTE, 900.0);
    feed_from("2026-11-21 13:00", "2026-11-22 00:00", MINUTE, 80.0);
    pass("2026-11-22 00:00");
    assert_near(newest(PERIOD_DAY, "2026-11-21")->mean, (12 * 40.0 + 11 * 80.0) / 23, 1e-9);
    assert_true(newest(PERIOD_DAY, "2026-11-21")->max == 900.0);
    assert_true(newest(PERIOD_DAY, "2026-11-21")->min == 40.0);
}

static void only_normal_readings_make_numbers_and_all_values_count(void **state)
{
    const struct aggregate *hour;

    watch("no2", 0, "2026-11-22 08:00", MINUTE);
    for (int i = 0; i < 60; i++) {
        static const enum quality letters[] = {QUALITY_NORMAL,      QUALITY_OVER_RANGE,
                                               QUALITY_MAINTENANCE, QUALITY_CALIBRATING,
                                               QUALITY_MANUAL,      QUALITY_NO_ANSWER};
        enum quality letter = letters[i % 6];

        feed_all(after(at("2026-11-22 08:00"), i * MINUTE),
                 letter == QUALITY_NORMAL      ? 20.0
                 : letter == QUALITY_NO_ANSWER ? NAN
                                               : 500.0,
                 NAN, letter);
    }
    pass("2026-11-22 09:00");
    hour = newest(PERIOD_1H, "2026-11-22 08:00");
    assert_int_equal(hour->expected, 60);
    assert_int_equal(hour->count, 50);
    assert_int_equal(hour->valid, 10);
    assert_true(hour->mean == 20.0 && hour->max == 20.0);
    assert_false(hour->enough);
}

static void nothing_valid_gives_no_number_and_not_zero(void **state)
{
    watch("no2", 0, "2026-11-22 08:00", MINUTE);
    feed_from("2026-11-22 08:00", "2026-11-22 09:00", MINUTE, NAN);
    pass("2026-11-22 09:00");
    assert_true(isnan(newest(PERIOD_1H, "2026-11-22 08:00")->mean));
    assert_true(isnan(newest(PERIOD_1H, "2026-11-22 08:00")->max));
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->count, 0);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->expected, 60);
}

static void a_value_that_nothing_measures_counts_and_is_not_valid(void **state)
{
    static const double values[] = {1e300, -1e300, 1e13};

    watch("no2", 0, "2026-11-22 08:00", MINUTE);
    for (int i = 0; i < 3; i++)
        feed(after(at("2026-11-22 08:00"), i * MINUTE), values[i]);
    pass("2026-11-22 09:00");
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->count, 3);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->valid, 0);
}

static void a_gateway_that_was_off_is_incomplete_and_not_silent(void **state)
{
    watch("so2", 0, "2026-11-10", MINUTE);
    feed_from("2026-11-10 00:00", "2026-11-10 06:00", MINUTE, 10.0);
    feed(at("2026-11-20 06:00"), 10.0);
    assert_int_equal(rows_of(PERIOD_1H), 246);
    assert_int_equal(rows_of(PERIOD_5MIN), 6 * 12); /* of ten days the empty hours say enough */
    assert_int_equal(rows_of(PERIOD_DAY), 10);
    assert_int_equal(newest(PERIOD_1H, "2026-11-15 03:00")->count, 0);
    assert_int_equal(newest(PERIOD_1H, "2026-11-15 03:00")->expected, 60);
    assert_int_equal(newest(PERIOD_DAY, "2026-11-15")->expected, 1440);
    assert_true(isnan(newest(PERIOD_DAY, "2026-11-15")->mean));
    assert_int_equal(newest(PERIOD_DAY, "2026-11-10")->valid, 360);
}

static void expected_counts_begin_and_end_with_the_device(void **state)
{
    watch("so2", 0, "2026-11-22 08:20", MINUTE);
    feed_from("2026-11-22 08:20", "2026-11-22 10:00", MINUTE, 10.0);
    tally_every(tally, at("2026-11-22 10:30"), 0);
    pass("2026-11-25 00:00");
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->expected, 40);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->valid, 40);
    assert_false(newest(PERIOD_1H, "2026-11-22 08:00")->enough); /* 40 minutes are no hour */
    assert_true(newest(PERIOD_1H, "2026-11-22 09:00")->enough);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 10:00")->expected, 30);
    assert_null(row_of(PERIOD_1H, at("2026-11-22 11:00"), 0));
    assert_int_equal(newest(PERIOD_DAY, "2026-11-22")->expected, 130);
    assert_null(row_of(PERIOD_DAY, at("2026-11-23"), 0));
}

static void another_interval_changes_what_is_expected(void **state)
{
    watch("so2", 0, "2026-11-22 08:00", MINUTE);
    feed_from("2026-11-22 08:00", "2026-11-22 08:20", MINUTE, 10.0);
    tally_every(tally, at("2026-11-22 08:20"), 10000);
    feed_from("2026-11-22 08:20", "2026-11-22 09:00", 10000, 10.0);
    pass("2026-11-22 09:00");
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->expected, 20 + 240);
    assert_int_equal(newest(PERIOD_5MIN, "2026-11-22 08:10")->expected, 5);
    assert_int_equal(newest(PERIOD_5MIN, "2026-11-22 08:20")->expected, 30);
    assert_true(newest(PERIOD_1H, "2026-11-22 08:00")->enough);
}

/* 7 s do not divide an hour: no more is expected than comes whatever the phase. */
static void an_interval_that_divides_nothing_expects_what_surely_comes(void **state)
{
    watch("so2", 0, "2026-11-22 08:00", 7000);
    for (struct wall_time time = after(at("2026-11-22 08:00"), 3000);
         time.ms < at("2026-11-22 09:00").ms; time.ms += 7000)
        feed(time, 10.0);
    pass("2026-11-22 09:00");
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->expected, 514);
    assert_true(newest(PERIOD_1H, "2026-11-22 08:00")->valid >= 514);
    assert_int_equal(newest(PERIOD_1MIN, "2026-11-22 08:10")->expected, 8);
}

/* 40 minutes: one surely comes in any hour, but 36 in a day; what is lost is not hidden. */
static void a_day_expects_more_than_its_hours_surely_have(void **state)
{
    watch("so2", 0, "2026-11-01 00:00", 40 * MINUTE);
    feed_from("2026-11-01 00:00", "2026-12-01 00:00", 40 * MINUTE, 10.0);
    pass("2026-12-01 00:00");
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->expected, 1);
    assert_int_equal(newest(PERIOD_DAY, "2026-11-22")->expected, 36);
    assert_int_equal(newest(PERIOD_DAY, "2026-11-22")->count, 36);
    assert_int_equal(newest(PERIOD_MONTH, "2026-11-01")->expected, 30 * 36);
    assert_int_equal(newest(PERIOD_MONTH, "2026-11-01")->count, 30 * 36);
}

/* In force for 6 of 15 minutes, asked at both ends of the first 5: still only 6 minutes. */
static void more_readings_than_expected_make_no_part_a_whole(void **state)
{
    watch("so2", 0, "2026-11-22 08:09", 5 * MINUTE);
    feed_from("2026-11-22 08:09", "2026-11-22 09:00", 5 * MINUTE, 10.0);
    pass("2026-11-22 09:00");
    assert_int_equal(newest(PERIOD_15MIN, "2026-11-22 08:00")->expected, 1);
    assert_int_equal(newest(PERIOD_15MIN, "2026-11-22 08:00")->valid, 2);
    assert_false(newest(PERIOD_15MIN, "2026-11-22 08:00")->enough);
    assert_true(newest(PERIOD_15MIN, "2026-11-22 08:15")->enough);
}

/* An analyser measures every four hours: only the hours it measures in have one expected. */
static void a_device_slower_than_a_period_has_its_ticks_counted(void **state)
{
    watch("total_phosphorus", 1u << PERIOD_1H, "2026-11-21 00:00", 4 * HOUR);
    feed_from("2026-11-21 00:00", "2026-11-21 12:00", 4 * HOUR, 0.1);
    pass("2026-11-22 00:00");
    assert_int_equal(rows_of(PERIOD_1H), 6);
    assert_true(newest(PERIOD_1H, "2026-11-21 04:00")->enough);
    assert_int_equal(newest(PERIOD_1H, "2026-11-21 12:00")->expected, 1);
    assert_int_equal(newest(PERIOD_1H, "2026-11-21 12:00")->count, 0);
}

/* Periods that are kept. */

static void a_period_not_longer_than_the_interval_is_left_out_unless_wanted(void **state)
{
    const struct parameter *so2 = parameter_find(parameters, "so2");
    const struct parameter *o3 = parameter_find(parameters, "o3");
    const struct parameter *tp = parameter_find(parameters, "total_phosphorus");
    const struct parameter *la = parameter_find(parameters, "la");
    const unsigned hour_on = 1u << PERIOD_1H | 1u << PERIOD_DAY | 1u << PERIOD_MONTH;
    const unsigned minutes = 1u << PERIOD_5MIN | 1u << PERIOD_10MIN | 1u << PERIOD_15MIN;

    assert_int_equal(tally_plan_kept(plans, so2, 0, 1000), hour_on | minutes | 1u << PERIOD_1MIN);
    assert_int_equal(tally_plan_kept(plans, so2, 0, MINUTE), hour_on | minutes);
    assert_int_equal(tally_plan_kept(plans, so2, 1u << PERIOD_1MIN, MINUTE),
                     hour_on | minutes | 1u << PERIOD_1MIN);
    assert_int_equal(tally_plan_kept(plans, so2, 1u << PERIOD_8H, HOUR), hour_on | 1u << PERIOD_8H);
    assert_int_equal(tally_plan_kept(plans, o3, 0, MINUTE), hour_on | minutes | 1u << PERIOD_8H);
    assert_int_equal(tally_plan_kept(plans, tp, 0, 4 * HOUR),
                     1u << PERIOD_4H | 1u << PERIOD_DAY | 1u << PERIOD_MONTH);
    assert_int_equal(tally_plan_kept(plans, la, 0, 1000), hour_on | minutes | 1u << PERIOD_1MIN |
                                                              1u << PERIOD_DAYTIME |
                                                              1u << PERIOD_NIGHT);
    assert_int_equal(tally_plan_kept(plans, so2, 1u << PERIOD_YEAR, MINUTE), hour_on | minutes);
}

/* Water, ozone, months. */

static void a_water_day_wants_four_of_six(void **state)
{
    watch("total_phosphorus", 0, "2026-11-20 00:00", 4 * HOUR);
    feed_from("2026-11-20 00:00", "2026-11-20 12:00", 4 * HOUR, 0.1);
    feed_from("2026-11-21 00:00", "2026-11-21 16:00", 4 * HOUR, 0.2);
    pass("2026-11-22 00:00");
    assert_int_equal(newest(PERIOD_4H, "2026-11-20 04:00")->expected, 1);
    assert_true(newest(PERIOD_4H, "2026-11-20 04:00")->enough);
    assert_false(newest(PERIOD_DAY, "2026-11-20")->enough);
    assert_true(newest(PERIOD_DAY, "2026-11-21")->enough);
    assert_true(newest(PERIOD_DAY, "2026-11-21")->mean == 0.2);
    assert_int_equal(newest(PERIOD_DAY, "2026-11-21")->expected, 6);
}

/* Hour h has the mean 10 h: 8 hours that end at h have 10 (h - 4.5). */
static void ozone_has_moving_eight_hours_and_their_highest_of_the_day(void **state)
{
    watch("o3", 0, "2026-11-21 00:00", 10 * MINUTE);
    for (int hour = 0; hour < 24; hour++)
        for (int i = 0; i < 6; i++)
            feed(after(at("2026-11-21 00:00"), hour * (int64_t)HOUR + i * 10 * MINUTE),
                 10.0 * hour);
    feed_from("2026-11-22 00:00", "2026-11-22 02:00", 10 * MINUTE, 1000.0);
    pass("2026-11-23 00:00");
    assert_near(newest(PERIOD_8H, "2026-11-21 00:00")->mean, 35.0, 1e-9);
    assert_near(newest(PERIOD_8H, "2026-11-21 16:00")->mean, 195.0, 1e-9);
    assert_true(newest(PERIOD_8H, "2026-11-20 22:00")->valid == 6 * 6);
    assert_true(newest(PERIOD_8H, "2026-11-20 22:00")->enough);
    assert_false(newest(PERIOD_8H, "2026-11-20 21:00")->enough);
    /* what reaches into the next day, with its 1000, is not of this day */
    assert_near(newest(PERIOD_DAY, "2026-11-21")->max_8h, 195.0, 1e-9);
    assert_true(newest(PERIOD_DAY, "2026-11-21")->enough);
    assert_false(newest(PERIOD_DAY, "2026-11-22")->enough);
}

static void an_ozone_day_wants_14_of_17_moving_means(void **state)
{
    watch("o3", 0, "2026-11-20 00:00", 10 * MINUTE);
    /* 19 hours from 05:00: valid are the windows that end 11:00 to 24:00, 14 of them */
    feed_from("2026-11-20 05:00", "2026-11-21 00:00", 10 * MINUTE, 50.0);
    feed_from("2026-11-21 06:00", "2026-11-22 00:00", 10 * MINUTE, 60.0);
    pass("2026-11-23 00:00");
    assert_true(newest(PERIOD_DAY, "2026-11-20")->enough);
    assert_false(newest(PERIOD_DAY, "2026-11-21")->enough);
    assert_near(newest(PERIOD_DAY, "2026-11-21")->max_8h, 60.0, 1e-9);
}

static void a_month_wants_27_days_and_25_in_february(void **state)
{
    static const struct {
        const char *month, *first, *next;
        int days;
        bool enough;
    } cases[] = {
        {"2026-02-01", "2026-02-01", "2026-03-01", 24, false},
        {"2026-02-01", "2026-02-01", "2026-03-01", 25, true },
        {"2026-03-01", "2026-03-01", "2026-04-01", 26, false},
        {"2026-03-01", "2026-03-01", "2026-04-01", 27, true },
        {"2028-02-01", "2028-02-01", "2028-03-01", 25, true },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        row_count = fed_count = 0;
        watch("so2", 0, cases[i].first, 30 * MINUTE);
        for (int day = 0; day < cases[i].days; day++)
            for (int half = 0; half < 48; half++)
                feed(after(at(cases[i].first), day * 24 * (int64_t)HOUR + half * 30 * MINUTE),
                     day + 1.0);
        pass(cases[i].next);
        assert_int_equal(newest(PERIOD_MONTH, cases[i].month)->enough, cases[i].enough);
        assert_near(newest(PERIOD_MONTH, cases[i].month)->mean, (cases[i].days + 1) / 2.0, 1e-9);
    }
}

/* Means in decimal. */

static void means_are_those_of_decimals(void **state)
{
    static const struct {
        double values[3];
        int count;
        double mean;
    } cases[] = {
        {{0.1, 0.2, 0.3},      3, 0.2            },
        {{7.31, 7.34},         2, 7.325          },
        {{1.2, 1.3},           2, 1.25           },
        {{-0.5, 0.25},         2, -0.125         },
        {{-2.1, -2.2, -2.3},   3, -2.2           },
        {{100000.1, 100000.2}, 2, 100000.15      },
        {{0.00005, 0.00006},   2, 0.000055       },
        {{1.0, 1.0, 2.0},      3, 1.333333333333 },
        {{-1.0, -1.0, -2.0},   3, -1.333333333333},
        {{0.0, 0.0},           2, 0.0            },
        {{1e12, 1e12},         2, 1e12           },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        row_count = fed_count = 0;
        watch("orp", 0, "2026-11-22 08:00", MINUTE);
        for (int j = 0; j < cases[i].count; j++)
            feed(after(at("2026-11-22 08:00"), j * MINUTE), cases[i].values[j]);
        pass("2026-11-22 09:00");
        if (newest(PERIOD_1H, "2026-11-22 08:00")->mean != cases[i].mean)
            print_message("%.17g is not %.17g\n", newest(PERIOD_1H, "2026-11-22 08:00")->mean,
                          cases[i].mean);
        assert_true(newest(PERIOD_1H, "2026-11-22 08:00")->mean == cases[i].mean);
    }
}

/* Noise. */

static void day_and_night_levels_make_ldn(void **state)
{
    const struct aggregate *day;

    watch("la", 0, "2026-11-21 00:00", 10000);
    feed_from("2026-11-21 00:00", "2026-11-21 06:00", 10000, 51.9);
    feed_from("2026-11-21 06:00", "2026-11-21 22:00", 10000, 58.1);
    feed_from("2026-11-21 22:00", "2026-11-22 00:00", 10000, 51.9);
    pass("2026-11-22 00:00");
    day = newest(PERIOD_DAY, "2026-11-21");
    assert_true(day->ld == 58.1);
    assert_true(day->ln == 51.9);
    assert_near(day->ldn, 59.8, 0.05);
    assert_near(day->mean, 56.8, 0.05);
    assert_true(day->enough);
    assert_true(newest(PERIOD_1H, "2026-11-21 08:00")->mean == 58.1);
    assert_true(newest(PERIOD_DAYTIME, "2026-11-21 06:00")->mean == 58.1);
    assert_true(newest(PERIOD_DAYTIME, "2026-11-21 06:00")->enough);
}

/* Never the mean of decibels: 60 and 40 dB are 57 dB. */
static void levels_are_averaged_as_energy(void **state)
{
    watch("la", 0, "2026-11-22 08:00", 1000);
    feed_from("2026-11-22 08:00", "2026-11-22 08:30", 1000, 60.0);
    feed_from("2026-11-22 08:30", "2026-11-22 09:00", 1000, 40.0);
    pass("2026-11-22 09:00");
    assert_near(newest(PERIOD_1H, "2026-11-22 08:00")->mean, 57.0, 0.05);
    assert_near(newest(PERIOD_1H, "2026-11-22 08:00")->mean, 10.0 * log10((1e6 + 1e4) / 2.0), 1e-6);
    assert_true(newest(PERIOD_1H, "2026-11-22 08:00")->max == 60.0);
}

/* 1 to 100 in any order: in falling order the 10th is 91, the 50th 51, the 90th 11. */
static void l10_is_the_high_one(void **state)
{
    const struct aggregate *hour;

    watch("la", 0, "2026-11-22 08:00", 30000);
    for (int i = 0; i < 100; i++)
        feed(after(at("2026-11-22 08:00"), i * 30000), (double)(i * 37 % 100 + 1));
    pass("2026-11-22 09:00");
    hour = newest(PERIOD_1H, "2026-11-22 08:00");
    assert_true(hour->l10 == 91.0 && hour->l50 == 51.0 && hour->l90 == 11.0);
}

/* Of 15 levels the second highest is exceeded 10 % of the time: ceil(15 x 10 / 100) = 2. */
static void l10_of_few_levels_rounds_the_place_up(void **state)
{
    watch("la", 1u << PERIOD_1MIN, "2026-11-22 08:00", MINUTE);
    for (int i = 1; i <= 15; i++)
        feed(after(at("2026-11-22 08:00"), (i - 1) * MINUTE), 40.0 + i);
    pass("2026-11-22 09:00");
    assert_true(newest(PERIOD_1H, "2026-11-22 08:00")->l10 == 54.0);
    assert_true(newest(PERIOD_1H, "2026-11-22 08:00")->l50 == 48.0);
    assert_true(newest(PERIOD_1H, "2026-11-22 08:00")->l90 == 42.0);
    assert_true(newest(PERIOD_1MIN, "2026-11-22 08:00")->l90 == 41.0);
}

static void l10_l50_l90_stand_in_order_for_any_levels(void **state)
{
    uint32_t seed = 1;

    watch("la", 0, "2026-11-22 08:00", 1000);
    for (int i = 0; i < 3600 * 3; i++) {
        seed = seed * 1664525u + 1013904223u;
        feed(after(at("2026-11-22 08:00"), i * 1000), 30.0 + (double)(seed >> 22) / 10.0);
    }
    pass("2026-11-22 11:00");
    for (size_t i = 0; i < row_count; i++) {
        assert_true(rows[i].max >= rows[i].l10 && rows[i].l10 >= rows[i].l50);
        assert_true(rows[i].l50 >= rows[i].l90 && rows[i].l90 >= rows[i].min);
        assert_true(rows[i].mean <= rows[i].max && rows[i].mean >= rows[i].min);
    }
}

static void a_level_no_meter_shows_is_not_valid(void **state)
{
    watch("la", 0, "2026-11-22 08:00", MINUTE);
    feed(at("2026-11-22 08:00"), 140.0);
    feed(at("2026-11-22 08:01"), 140.1);
    feed(at("2026-11-22 08:02"), -0.1);
    feed(at("2026-11-22 08:03"), 0.0);
    pass("2026-11-22 09:00");
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->count, 4);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->valid, 2);
}

static void a_continuous_night_spans_midnight_and_a_month_end(void **state)
{
    watch("la", 0, "2026-11-30 12:00", MINUTE);
    feed_from("2026-11-30 12:00", "2026-11-30 22:00", MINUTE, 70.0);
    feed_from("2026-11-30 22:00", "2026-12-01 06:00", MINUTE, 45.0);
    feed_from("2026-12-01 06:00", "2026-12-02 00:00", MINUTE, 65.0);
    pass("2026-12-02 00:00");
    assert_true(newest(PERIOD_NIGHT, "2026-11-30 22:00")->mean == 45.0);
    assert_int_equal(newest(PERIOD_NIGHT, "2026-11-30 22:00")->valid, 480);
    assert_true(newest(PERIOD_NIGHT, "2026-11-30 22:00")->enough);
    /* the pieces of two nights that lie in a calendar day */
    assert_int_equal(newest(PERIOD_DAY, "2026-12-01")->valid, 1440);
    assert_near(newest(PERIOD_DAY, "2026-12-01")->ln,
                10.0 * log10((360 * pow(10, 4.5) + 120 * pow(10, 6.5)) / 480), 1e-6);
    assert_true(newest(PERIOD_DAY, "2026-11-30")->ld == 70.0);
    assert_true(newest(PERIOD_DAY, "2026-11-30")->ln == 45.0);
}

static void a_noise_day_wants_12_hours_by_day_and_6_by_night(void **state)
{
    watch("la", 0, "2026-11-20", MINUTE);
    /* 12 by day and 5 by night; 12 and 6; 11 and 8 */
    feed_from("2026-11-20 01:00", "2026-11-20 18:00", MINUTE, 50.0);
    feed_from("2026-11-21 00:00", "2026-11-21 18:00", MINUTE, 50.0);
    feed_from("2026-11-22 00:00", "2026-11-22 17:00", MINUTE, 50.0);
    feed_from("2026-11-22 22:00", "2026-11-23 00:00", MINUTE, 50.0);
    pass("2026-11-23 00:00");
    assert_false(newest(PERIOD_DAY, "2026-11-20")->enough);
    assert_true(newest(PERIOD_DAY, "2026-11-21")->enough);
    assert_false(newest(PERIOD_DAY, "2026-11-22")->enough);
}

static void a_noise_month_weighs_days_by_their_samples(void **state)
{
    watch("la", 0, "2026-11-01", 10 * MINUTE);
    feed_from("2026-11-01", "2026-11-16", 10 * MINUTE, 60.0);
    feed_from("2026-11-16", "2026-12-01", 10 * MINUTE, 40.0);
    pass("2026-12-01");
    assert_near(newest(PERIOD_MONTH, "2026-11-01")->mean, 10.0 * log10((1e6 + 1e4) / 2.0), 1e-6);
    assert_true(newest(PERIOD_MONTH, "2026-11-01")->enough);
    assert_int_equal(newest(PERIOD_MONTH, "2026-11-01")->valid, 30 * 144);
}

/* Wind. */

static void winds_around_north_are_north(void **state)
{
    watch("wind_direction", 0, "2026-11-22 08:00", MINUTE);
    for (int i = 0; i < 60; i++)
        feed_all(after(at("2026-11-22 08:00"), i * MINUTE), i % 2 == 0 ? 350.0 : 10.0, NAN,
                 QUALITY_NORMAL);
    pass("2026-11-22 09:00");
    assert_true(newest(PERIOD_1H, "2026-11-22 08:00")->mean == 0.0);
}

static void a_strong_wind_weighs_more_and_calm_nothing(void **state)
{
    const struct aggregate *hour;

    watch("wind_direction", 0, "2026-11-22 08:00", MINUTE);
    for (int i = 0; i < 60; i++)
        feed_all(after(at("2026-11-22 08:00"), i * MINUTE),
                 i % 3 == 0   ? 90.0
                 : i % 3 == 1 ? 0.0
                              : 200.0,
                 i % 3 == 0   ? 3.0
                 : i % 3 == 1 ? 4.0
                              : 0.0,
                 QUALITY_NORMAL);
    for (int i = 0; i < 60; i++)
        feed_all(after(at("2026-11-22 09:00"), i * MINUTE), 123.0, 0.0, QUALITY_NORMAL);
    pass("2026-11-22 10:00");
    hour = newest(PERIOD_1H, "2026-11-22 08:00");
    assert_near(hour->mean, atan2(3.0, 4.0) * 180.0 / 3.14159265358979, 1e-5);
    assert_true(isnan(newest(PERIOD_1H, "2026-11-22 09:00")->mean)); /* no wind, no direction */
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 09:00")->valid, 60);
}

static void winds_that_cancel_out_have_no_direction(void **state)
{
    watch("wind_direction", 0, "2026-11-22 08:00", MINUTE);
    for (int i = 0; i < 60; i++)
        feed_all(after(at("2026-11-22 08:00"), i * MINUTE), i % 2 == 0 ? 45.0 : 225.0, 2.0,
                 QUALITY_NORMAL);
    pass("2026-11-22 09:00");
    assert_true(isnan(newest(PERIOD_1H, "2026-11-22 08:00")->mean));
}

/* Time. */

static void days_of_another_zone_have_23_and_25_hours(void **state)
{
    if (!conf_zone("Europe/Berlin"))
        skip();
    watch("so2", 0, "2026-03-29", 10 * MINUTE);
    feed_from("2026-03-29", "2026-03-30", 10 * MINUTE, 5.0);
    pass("2026-03-30");
    assert_int_equal(newest(PERIOD_DAY, "2026-03-29")->expected, 23 * 6);
    assert_int_equal(newest(PERIOD_DAY, "2026-03-29")->valid, 23 * 6);
    assert_true(newest(PERIOD_DAY, "2026-03-29")->enough);
    watch("la", 0, "2026-10-25", 10 * MINUTE);
    feed_from("2026-10-25", "2026-10-26", 10 * MINUTE, 50.0);
    pass("2026-10-26");
    assert_int_equal(newest(PERIOD_DAY, "2026-10-25")->expected, 25 * 6);
    assert_int_equal(newest(PERIOD_DAY, "2026-10-25")->valid, 25 * 6);
}

static void periods_close_in_order_of_their_end_and_the_short_first(void **state)
{
    watch("la", 0, "2026-11-30 21:00", 10 * MINUTE);
    pass("2026-12-02 07:00");
    for (size_t i = 1; i < row_count; i++) {
        assert_true(rows[i].end.ms >= rows[i - 1].end.ms);
        assert_true(rows[i].end.ms > rows[i - 1].end.ms || rows[i].period > rows[i - 1].period);
        assert_int_equal(rows[i].version, 1);
        assert_string_equal(rows[i].cause, "");
    }
    assert_non_null(row_of(PERIOD_MONTH, at("2026-11-01"), 1));
}

static void the_next_end_is_known_and_passing_before_it_does_nothing(void **state)
{
    struct error err = {0};

    watch("so2", 0, NULL, MINUTE);
    assert_false(wall_is_known(tally_next(tally)));
    tally_every(tally, at("2026-11-22 08:01"), MINUTE);
    assert_int_equal(tally_next(tally).ms, at("2026-11-22 08:05").ms);
    assert_true(tally_pass(tally, after(at("2026-11-22 08:05"), -1), &world, &err));
    assert_int_equal(row_count, 0);
    pass("2026-11-22 08:05");
    assert_int_equal(row_count, 1);
    assert_int_equal(newest(PERIOD_5MIN, "2026-11-22 08:00")->expected, 4);
    assert_int_equal(tally_next(tally).ms, at("2026-11-22 08:10").ms);
}

static void a_reading_closes_what_ended_before_it_and_an_absent_one_too(void **state)
{
    watch("so2", 0, "2026-11-22 08:00", MINUTE);
    feed(at("2026-11-22 08:00"), 1.0);
    feed(at("2026-11-22 09:00"), NAN);
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->count, 1);
}

static void a_reading_without_a_time_is_nowhere(void **state)
{
    struct error err = {0};

    watch("so2", 0, "2026-11-22 08:00", MINUTE);
    assert_true(tally_add(tally, WALL_NONE, 1.0, NAN, QUALITY_NORMAL, &world, &err));
    pass("2026-11-22 09:00");
    assert_int_equal(newest(PERIOD_1H, "2026-11-22 08:00")->count, 0);
}

static void a_store_that_takes_nothing_is_said(void **state)
{
    struct error err = {0};

    watch("so2", 0, "2026-11-22 08:00", MINUTE);
    broken = true;
    assert_false(tally_pass(tally, at("2026-11-22 09:00"), &world, &err));
    assert_int_equal(err.kind, ERROR_STORE);
    assert_false(tally_add(tally, at("2026-11-22 09:00"), 1.0, NAN, QUALITY_NORMAL, &world, &err));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(forty_five_minutes_make_an_hour_and_44_do_not),
        TEST(an_air_day_wants_20_hours),
        TEST(an_air_day_is_the_mean_of_its_valid_hours),
        TEST(only_normal_readings_make_numbers_and_all_values_count),
        TEST(nothing_valid_gives_no_number_and_not_zero),
        TEST(a_value_that_nothing_measures_counts_and_is_not_valid),
        TEST(a_gateway_that_was_off_is_incomplete_and_not_silent),
        TEST(expected_counts_begin_and_end_with_the_device),
        TEST(another_interval_changes_what_is_expected),
        TEST(an_interval_that_divides_nothing_expects_what_surely_comes),
        TEST(a_day_expects_more_than_its_hours_surely_have),
        TEST(more_readings_than_expected_make_no_part_a_whole),
        TEST(a_device_slower_than_a_period_has_its_ticks_counted),
        TEST(a_period_not_longer_than_the_interval_is_left_out_unless_wanted),
        TEST(a_water_day_wants_four_of_six),
        TEST(ozone_has_moving_eight_hours_and_their_highest_of_the_day),
        TEST(an_ozone_day_wants_14_of_17_moving_means),
        TEST(a_month_wants_27_days_and_25_in_february),
        TEST(means_are_those_of_decimals),
        TEST(day_and_night_levels_make_ldn),
        TEST(levels_are_averaged_as_energy),
        TEST(l10_is_the_high_one),
        TEST(l10_of_few_levels_rounds_the_place_up),
        TEST(l10_l50_l90_stand_in_order_for_any_levels),
        TEST(a_level_no_meter_shows_is_not_valid),
        TEST(a_continuous_night_spans_midnight_and_a_month_end),
        TEST(a_noise_day_wants_12_hours_by_day_and_6_by_night),
        TEST(a_noise_month_weighs_days_by_their_samples),
        TEST(winds_around_north_are_north),
        TEST(a_strong_wind_weighs_more_and_calm_nothing),
        TEST(winds_that_cancel_out_have_no_direction),
        TEST(days_of_another_zone_have_23_and_25_hours),
        TEST(periods_close_in_order_of_their_end_and_the_short_first),
        TEST(the_next_end_is_known_and_passing_before_it_does_nothing),
        TEST(a_reading_closes_what_ended_before_it_and_an_absent_one_too),
        TEST(a_reading_without_a_time_is_nowhere),
        TEST(a_store_that_takes_nothing_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
