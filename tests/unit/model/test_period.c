/* Tests of model/period.c: where periods begin and end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/conf.h"
#include "model/period.h"

static const struct night usual = {22 * 60, 6 * 60};

static struct wall_time at(const char *words)
{
    struct wall_time time;

    assert_true(moment_parse(words, &time));
    return time;
}

static void assert_span(struct span span, const char *start, const char *end)
{
    char is[WALL_TEXT];
    char wanted[WALL_TEXT];

    assert_string_equal(wall_text(span.start, is), wall_text(at(start), wanted));
    assert_string_equal(wall_text(span.end, is), wall_text(at(end), wanted));
}

static void use_zone(const char *zone)
{
    if (!conf_zone(zone))
        skip();
}

static int shanghai(void **state)
{
    return conf_zone("Asia/Shanghai") ? 0 : -1;
}

static void every_period_has_its_word(void **state)
{
    static const char *const words[] = {"reading", "1min", "5min",  "10min",   "15min", "1h",  "4h",
                                        "8h",      "day",  "month", "daytime", "night", "year"};
    enum period period;

    for (size_t i = 0; i < PERIOD_COUNT; i++) {
        assert_string_equal(period_word((enum period)i), words[i]);
        assert_true(period_find(words[i], &period));
        assert_int_equal(period, i);
    }
    assert_false(period_find("1hour", &period));
    assert_false(period_find("", &period));
}

static void a_period_holds_its_start_and_not_its_end(void **state)
{
    static const struct {
        enum period period;
        const char *time, *start, *end;
    } cases[] = {
        {PERIOD_1MIN,    "2026-11-22 08:07:59", "2026-11-22 08:07",    "2026-11-22 08:08"   },
        {PERIOD_5MIN,    "2026-11-22 08:05:00", "2026-11-22 08:05",    "2026-11-22 08:10"   },
        {PERIOD_10MIN,   "2026-11-22 08:09:59", "2026-11-22 08:00",    "2026-11-22 08:10"   },
        {PERIOD_15MIN,   "2026-11-22 08:59:59", "2026-11-22 08:45",    "2026-11-22 09:00"   },
        {PERIOD_1H,      "2026-11-22 08:00:00", "2026-11-22 08:00",    "2026-11-22 09:00"   },
        {PERIOD_4H,      "2026-11-22 07:59:59", "2026-11-22 04:00",    "2026-11-22 08:00"   },
        {PERIOD_4H,      "2026-11-22 23:00:00", "2026-11-22 20:00",    "2026-11-23 00:00"   },
        {PERIOD_8H,      "2026-11-22 15:30:00", "2026-11-22 08:00",    "2026-11-22 16:00"   },
        {PERIOD_8H,      "2026-11-22 00:30:00", "2026-11-21 17:00",    "2026-11-22 01:00"   },
        {PERIOD_DAY,     "2026-11-22 00:00:00", "2026-11-22 00:00",    "2026-11-23 00:00"   },
        {PERIOD_MONTH,   "2026-12-31 23:59:59", "2026-12-01 00:00",    "2027-01-01 00:00"   },
        {PERIOD_MONTH,   "2028-02-10 00:00:00", "2028-02-01 00:00",    "2028-03-01 00:00"   },
        {PERIOD_YEAR,    "2026-11-22 08:00:00", "2026-01-01 00:00",    "2027-01-01 00:00"   },
        {PERIOD_READING, "2026-11-22 08:00:01", "2026-11-22 08:00:01", "2026-11-22 08:00:01"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_span(period_at(cases[i].period, at(cases[i].time), &usual), cases[i].start,
                    cases[i].end);
}

static void a_millisecond_decides_between_two_periods(void **state)
{
    struct wall_time nine = at("2026-11-22 09:00");

    assert_span(period_at(PERIOD_1H, nine, &usual), "2026-11-22 09:00", "2026-11-22 10:00");
    nine.ms--;
    assert_span(period_at(PERIOD_1H, nine, &usual), "2026-11-22 08:00", "2026-11-22 09:00");
}

static void a_night_runs_through_midnight_and_the_end_of_a_month(void **state)
{
    assert_span(period_at(PERIOD_NIGHT, at("2026-11-30 23:00"), &usual), "2026-11-30 22:00",
                "2026-12-01 06:00");
    assert_span(period_at(PERIOD_NIGHT, at("2026-12-01 05:59:59"), &usual), "2026-11-30 22:00",
                "2026-12-01 06:00");
    assert_span(period_at(PERIOD_NIGHT, at("2026-12-01 06:00"), &usual), "2026-12-01 22:00",
                "2026-12-02 06:00");
    assert_span(period_at(PERIOD_NIGHT, at("2026-12-01 12:00"), &usual), "2026-12-01 22:00",
                "2026-12-02 06:00");
}

static void at_night_the_daytime_is_the_one_to_come(void **state)
{
    assert_span(period_at(PERIOD_DAYTIME, at("2026-11-30 23:00"), &usual), "2026-12-01 06:00",
                "2026-12-01 22:00");
    assert_span(period_at(PERIOD_DAYTIME, at("2026-12-01 05:00"), &usual), "2026-12-01 06:00",
                "2026-12-01 22:00");
    assert_span(period_at(PERIOD_DAYTIME, at("2026-12-01 21:59:59"), &usual), "2026-12-01 06:00",
                "2026-12-01 22:00");
}

static void night_is_where_the_county_says(void **state)
{
    static const struct night late = {23 * 60 + 30, 7 * 60};
    static const struct night small_hours = {30, 5 * 60};

    assert_true(period_is_night(at("2026-11-22 22:00"), &usual));
    assert_true(period_is_night(at("2026-11-22 05:59:59"), &usual));
    assert_false(period_is_night(at("2026-11-22 06:00"), &usual));
    assert_false(period_is_night(at("2026-11-22 21:59:59"), &usual));
    assert_false(period_is_night(at("2026-11-22 23:29:59"), &late));
    assert_true(period_is_night(at("2026-11-22 23:30"), &late));
    assert_false(period_is_night(at("2026-11-22 00:29:59"), &small_hours));
    assert_true(period_is_night(at("2026-11-22 00:30"), &small_hours));
    assert_span(period_at(PERIOD_NIGHT, at("2026-11-22 00:10"), &small_hours), "2026-11-22 00:30",
                "2026-11-22 05:00");
    assert_span(period_at(PERIOD_DAYTIME, at("2026-11-22 00:10"), &small_hours), "2026-11-21 05:00",
                "2026-11-22 00:30");
}

static void moving_eight_hours_follow_each_other_hour_by_hour(void **state)
{
    struct span first = period_at(PERIOD_8H, at("2026-11-22 07:30"), &usual);

    assert_span(first, "2026-11-22 00:00", "2026-11-22 08:00");
    assert_span(period_next(PERIOD_8H, first, &usual), "2026-11-22 01:00", "2026-11-22 09:00");
}

/* Every period but the moving one and the halves of a day tiles time without a hole. */
static void periods_tile(enum period period, const char *from, const char *to)
{
    struct span span = period_at(period, at(from), &usual);
    int64_t end = at(to).ms;

    while (span.start.ms < end) {
        struct span next = period_next(period, span, &usual);
        struct span middle = period_at(
            period, (struct wall_time){span.start.ms + (span.end.ms - span.start.ms) / 2}, &usual);

        assert_true(next.start.ms == span.end.ms && next.end.ms > next.start.ms);
        assert_true(middle.start.ms == span.start.ms && middle.end.ms == span.end.ms);
        span = next;
    }
}

static void days_of_summer_time_have_23_and_25_hours(void **state)
{
    struct span day;

    use_zone("Europe/Berlin");
    day = period_at(PERIOD_DAY, at("2026-03-29 12:00"), &usual);
    assert_int_equal(day.end.ms - day.start.ms, 23 * 3600000);
    day = period_at(PERIOD_DAY, at("2026-10-25 12:00"), &usual);
    assert_int_equal(day.end.ms - day.start.ms, 25 * 3600000);
    assert_span(period_at(PERIOD_4H, at("2026-03-29 03:30"), &usual), "2026-03-29 00:00",
                "2026-03-29 04:00");
    assert_span(period_at(PERIOD_NIGHT, at("2026-03-29 03:30"), &usual), "2026-03-28 22:00",
                "2026-03-29 06:00");
    assert_true(period_is_night(at("2026-10-25T05:30:00+01:00"), &usual));
    assert_false(period_is_night(at("2026-10-25T06:00:00+01:00"), &usual));
    for (enum period period = PERIOD_1MIN; period <= PERIOD_MONTH; period++)
        if (period != PERIOD_8H)
            periods_tile(period, "2026-03-27", "2026-03-31");
    periods_tile(PERIOD_MONTH, "2025-01-01", "2027-01-01");
}

static void chinas_summer_time_of_1986_to_1991_is_kept(void **state)
{
    struct span day = period_at(PERIOD_DAY, at("1986-05-04 12:00"), &usual);

    if (getenv("TZ") != NULL && strcmp(getenv("TZ"), "CST-8") == 0)
        skip(); /* a machine without the table of zones */
    assert_int_equal(day.end.ms - day.start.ms, 23 * 3600000);
    day = period_at(PERIOD_DAY, at("1988-06-01 12:00"), &usual);
    assert_int_equal(day.start.ms, at("1988-05-31T15:00:00Z").ms);
    day = period_at(PERIOD_DAY, at("2026-06-01 12:00"), &usual);
    assert_int_equal(day.start.ms, at("2026-05-31T16:00:00Z").ms);
    for (enum period period = PERIOD_15MIN; period <= PERIOD_MONTH; period++)
        if (period != PERIOD_8H)
            periods_tile(period, "1986-01-01", "1986-12-01");
}

static void zones_off_the_hour_and_midnights_that_do_not_exist_are_fine(void **state)
{
    static const char *const zones[] = {"Asia/Kolkata",      "America/Havana",
                                        "America/Sao_Paulo", "Australia/Lord_Howe",
                                        "Pacific/Apia",      "America/St_Johns"};

    use_zone("Asia/Kolkata");
    assert_span(period_at(PERIOD_1H, at("2026-11-22 08:10"), &usual), "2026-11-22 08:00",
                "2026-11-22 09:00");
    use_zone("America/Sao_Paulo"); /* 2018-11-04 began at one o'clock */
    assert_span(period_at(PERIOD_DAY, at("2018-11-04 12:00"), &usual), "2018-11-04 01:00",
                "2018-11-05 00:00");
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        use_zone(zones[i]);
        periods_tile(PERIOD_1H, "2011-01-01", "2012-02-01");
        periods_tile(PERIOD_4H, "2018-01-01", "2019-01-01");
        periods_tile(PERIOD_DAY, "2010-01-01", "2019-01-01");
        periods_tile(PERIOD_MONTH, "2010-01-01", "2019-01-01");
    }
}

/* The machine's own calendar is asked, moment by moment, over years. */
static void days_are_those_of_the_machines_calendar(void **state)
{
    static const char *const zones[] = {"Asia/Shanghai", "Europe/Berlin", "America/New_York",
                                        "UTC"};

    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        use_zone(zones[i]);
        for (int64_t ms = at("1985-06-01T00:00:00Z").ms; ms < at("1993-01-01T00:00:00Z").ms;
             ms += 9 * 3600000 + 7 * 60000 + 13) {
            struct span day = period_at(PERIOD_DAY, (struct wall_time){ms}, &usual);
            struct span hour = period_at(PERIOD_1H, (struct wall_time){ms}, &usual);
            time_t now = (time_t)(ms / 1000);
            time_t start = (time_t)(day.start.ms / 1000);
            time_t before = start - 1;
            struct tm asked = *localtime(&now);
            struct tm first = *localtime(&start);
            struct tm last = *localtime(&before);

            assert_true(asked.tm_yday == first.tm_yday && asked.tm_yday != last.tm_yday);
            assert_true(ms >= day.start.ms && ms < day.end.ms);
            assert_true(ms >= hour.start.ms && ms < hour.end.ms);
        }
    }
}

static void times_beyond_any_calendar_end_nowhere_bad(void **state)
{
    static const int64_t odd[] = {INT64_MIN + 1, INT64_MAX, -1, 0, 253402300800000};

    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        for (enum period period = PERIOD_READING; period < PERIOD_COUNT; period++)
            period_at(period, (struct wall_time){odd[i]}, &usual);
    assert_span(period_at(PERIOD_DAY, at("1970-01-01 00:00"), &usual), "1970-01-01", "1970-01-02");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_period_has_its_word, shanghai),
        cmocka_unit_test_setup(a_period_holds_its_start_and_not_its_end, shanghai),
        cmocka_unit_test_setup(a_millisecond_decides_between_two_periods, shanghai),
        cmocka_unit_test_setup(a_night_runs_through_midnight_and_the_end_of_a_month, shanghai),
        cmocka_unit_test_setup(at_night_the_daytime_is_the_one_to_come, shanghai),
        cmocka_unit_test_setup(night_is_where_the_county_says, shanghai),
        cmocka_unit_test_setup(moving_eight_hours_follow_each_other_hour_by_hour, shanghai),
        cmocka_unit_test_setup(days_of_summer_time_have_23_and_25_hours, shanghai),
        cmocka_unit_test_setup(chinas_summer_time_of_1986_to_1991_is_kept, shanghai),
        cmocka_unit_test_setup(zones_off_the_hour_and_midnights_that_do_not_exist_are_fine,
                               shanghai),
        cmocka_unit_test_setup(days_are_those_of_the_machines_calendar, shanghai),
        cmocka_unit_test_setup(times_beyond_any_calendar_end_nowhere_bad, shanghai),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
