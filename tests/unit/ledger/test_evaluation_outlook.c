/* Tests of "provable from": what is promised comes true on that day and not a day before, if what
 * is measured goes on and nothing new exceeds; and where nobody can know, nothing is promised. */
#include "verdict_world.h"

/* Good from the strike-off on, for years; what a test spoils is all that is wrong. */
static struct measured *good_story(int watch_days, const char *asked)
{
    struct measured *point;

    story("2026-01-01", "2026-03-02", watch_days, "2028-12-01");
    point = add_point("chuanyang-03/nh3/ammonia_nitrogen", "ammonia_nitrogen",
                      (struct place){.water_class = 4, .water_body = "river"});
    limit_rule(point, "nh3-iv", "GB 3838", PERIOD_READING);
    vary(point, "2026-01-01", "2026-03-02", 2.2, 0.01);
    vary(point, "2026-03-02", "2028-12-01", 0.8, 0.01);
    span.end = at(asked);
    return point;
}

/* The window from that midnight on, up to another one; `first` "" leaves it where it is. */
static const char *judge_later(const char *first, int64_t end_ms)
{
    struct measured *point = &points[0];
    const struct span whole = span;
    static double kept[HOURS_MAX];
    const char *answer;

    memcpy(kept, point->values, sizeof kept);
    span.end.ms = end_ms;
    if (first[0] != '\0') {
        size_t hours = hour(first);

        memmove(point->values, point->values + hours, (HOURS_MAX - hours) * sizeof kept[0]);
        span.start = at(first);
    }
    answer = judge();
    memcpy(point->values, kept, sizeof kept);
    span = whole;
    return answer;
}

/* What was promised holds on that day, and a day before it does not. */
static void assert_promise_kept(const char *first, const char *promised)
{
    int64_t day;

    assert_string_equal(judge(), "not_proven");
    if (strcmp(provable(""), promised) != 0)
        print_message("%s: %s\n", provable(""), reasons());
    assert_string_equal(provable(""), promised);
    day = at(promised).ms;
    if (strcmp(judge_later(first, day), "held") != 0)
        print_message("on %s: %s\n", promised, reasons());
    assert_string_equal(judge_later(first, day), "held");
    assert_string_equal(judge_later(first, day - 86400000), "not_proven");
}

static void the_end_of_the_watch_period_is_promised(void **state)
{
    good_story(180, "2026-06-01");
    assert_promise_kept("", "2026-08-29");
}

static void enough_days_are_promised(void **state)
{
    good_story(30, "2026-04-05");
    assert_promise_kept("", "2026-04-30"); /* 59 days from 2 March */
}

static void enough_days_after_some_that_exceeded_are_promised(void **state)
{
    struct measured *point = good_story(30, "2026-05-05");

    for (int i = 0; i < 5; i++)
        point->values[hour("2026-03-10") + (size_t)i * 24 * 4] = 200.0; /* by the day's mean */
    /* 208 days from 2 March; by then 5 of 208 lie below the 95th percentile too */
    assert_promise_kept("", "2026-09-26");
}

static void a_good_percentile_is_promised(void **state)
{
    struct measured *point = good_story(30, "2026-05-05");

    terms->rate_bound = 60.0;
    for (int i = 0; i < 6; i++)
        point->values[hour("2026-03-10") + (size_t)i * 24 * 4] = 200.0;
    judge();
    assert_string_equal(reasons(), "percentile");
    /* of 121 days the percentile is the 115th, the last good one */
    assert_string_equal(provable(""), "2026-07-01");
    assert_string_equal(judge_later("", at("2026-07-01").ms), "held");
}

static void a_long_enough_last_run_is_promised(void **state)
{
    struct measured *point = good_story(90, "2026-08-20");

    set(point, "2026-08-10", "2026-08-11", 1.6);
    assert_promise_kept("", "2026-09-10");
}

static void readings_enough_are_promised(void **state)
{
    struct measured *point = good_story(90, "2026-08-01");

    for (size_t i = hour("2026-03-02"); i < hour("2026-06-01"); i++)
        if (i % 5 == 0)
            point->values[i] =
                NAN; /* 80 % for 91 days, whole for 61: 0.9 x 152 - 133.8 = 3 / 0.1 */
    terms->week = terms->night = 60.0;
    assert_promise_kept("", "2026-09-01");
}

/* Each starts anew behind it, and takes the whole watch period. */
static void a_window_behind_a_gap_is_promised(void **state)
{
    struct measured *point = good_story(180, "2026-06-01");

    set(point, "2026-04-04", "2026-04-09", NAN);
    terms->week = 50.0;
    judge();
    assert_string_equal(reasons(), "gap watch_not_over");
    assert_promise_kept("2026-04-09", "2026-10-06");
}

static void what_is_no_gap_yet_moves_nothing(void **state)
{
    struct measured *point = good_story(180, "2026-06-01");

    set(point, "2026-04-04", "2026-04-07", NAN);
    set(point, "2026-04-11", "2026-04-12", NAN);
    set(point, "2026-04-13", "2026-04-15", NAN);
    terms->week = 50.0;
    assert_promise_kept("", "2026-08-29");
    assert_string_equal(text("provable_start"), "");
}

/* 5 of 8 night hours in the first 91 days, all of them since 9 days: 113 are missing at 80 %, and
 * each day more makes up for 1.6. */
static void nights_enough_are_promised(void **state)
{
    struct measured *point = good_story(90, "2026-06-10");

    for (size_t i = hour("2026-03-02"); i < hour("2026-06-01"); i++)
        if (i % 24 < 3)
            point->values[i] = NAN;
    terms->completeness = 50.0;
    terms->night = 80.0;
    judge();
    assert_string_equal(reasons(), "incomplete");
    terms->present_days = 9; /* of late it is whole */
    assert_promise_kept("", "2026-08-20");
}

static void an_unbroken_run_is_promised_while_all_of_late_is_valid(void **state)
{
    struct measured *point = good_story(90, "2026-08-20");

    terms->run_skips_invalid = false;
    set(point, "2026-08-10", "2026-08-11", 1.6);
    assert_promise_kept("", "2026-09-10");
}

static void a_window_behind_a_thin_week_is_promised(void **state)
{
    struct measured *point = good_story(90, "2026-08-01");

    set(point, "2026-04-07", "2026-04-09", NAN);
    judge();
    assert_string_equal(reasons(), "incomplete");
    assert_promise_kept("2026-04-13", "2026-07-12");
}

/* What exceeded lies before the gap; a window behind it has nothing of it, but must fill up. */
static void behind_a_gap_days_are_counted_anew(void **state)
{
    struct measured *point = good_story(30, "2026-06-01");

    set(point, "2026-04-04", "2026-04-05", 1.6);
    set(point, "2026-05-02", "2026-05-07", NAN);
    terms->week = 50.0;
    terms->completeness = 50.0;
    judge();
    assert_string_equal(reasons(), "gap too_few_days");
    assert_promise_kept("2026-05-07", "2026-07-05"); /* 59 days */
}

/* Where alike neighbours decide, so many days more are wanted as they are alike now. */
static void alike_neighbours_take_longer(void **state)
{
    struct measured *point = good_story(30, "2026-06-01");
    uint32_t n = 0;
    double r;

    for (size_t i = hour("2026-03-02"); i < hour("2026-12-01"); i++)
        point->values[i] = 0.8 + 0.01 * (double)(i / 24 / 4 % 2); /* four days alike, four others */
    terms->decide_by_effective = true;
    judge();
    r = number("points.0.criteria.0.r");
    assert_true(r > 0.4 && r < 0.6);
    while (effective_count(n, r) < 59)
        n++;
    assert_string_equal(reasons(), "too_few_days");
    assert_true(at(provable("")).ms == at("2026-03-02").ms + (int64_t)n * 86400000);
}

static void at_half_the_days_it_takes_twice_as_long(void **state)
{
    struct measured *point = good_story(30, "2026-05-01");

    for (size_t i = hour("2026-03-02"); i < hour("2026-12-01"); i++)
        if (i / 24 % 2 == 0)
            point->values[i] = NAN;
    terms->week = terms->night = terms->completeness = 30.0;
    judge();
    assert_string_equal(reasons(), "too_few_days");
    assert_int_equal(number("points.0.criteria.0.valid_days"), 30);
    assert_string_equal(provable(""), "2026-06-28"); /* 29 more at every second day */
    assert_string_equal(judge_later("", at("2026-06-28").ms), "held");
}

static void a_sensor_that_is_dead_of_late_promises_nothing(void **state)
{
    struct measured *point = good_story(180, "2026-06-01");

    set(point, "2026-05-31", "2028-12-01", NAN);
    judge();
    assert_string_equal(provable(""), "2026-08-29"); /* one day away is no silence yet */
    terms->present_days = 1;
    terms->last_run = 1000;
    judge();
    assert_string_equal(provable("last_run"), "-");
    assert_string_equal(provable(""), "-");
    span.end = at("2026-06-04");
    judge();
    assert_string_equal(provable("gap"), "-");
}

static void what_only_a_person_can_mend_promises_nothing(void **state)
{
    good_story(180, "2026-06-01");
    tell_problem("chuanyang-03/nh3/ammonia_nitrogen", "screen-flat", "doubt", "open", "2026-05-01",
                 "2026-05-02", NULL);
    judge();
    assert_string_equal(provable("watch_not_over"), "2026-08-29");
    assert_string_equal(provable("doubt"), "-");
    assert_string_equal(provable(""), "-");
}

static void on_the_day_of_the_strike_off_the_days_before_tell_the_rate(void **state)
{
    good_story(90, "2026-03-02 18:00");
    judge();
    assert_string_equal(reasons(), "watch_not_over too_few_days last_run");
    assert_int_equal(number("window.days"), 0);
    assert_string_equal(provable("too_few_days"), "2026-04-30");
    assert_string_equal(provable(""), "2026-05-31");
}

int main(void)
{
#define OF_ONE(test) cmocka_unit_test_teardown(test, story_end)
    const struct CMUnitTest tests[] = {
        OF_ONE(the_end_of_the_watch_period_is_promised),
        OF_ONE(enough_days_are_promised),
        OF_ONE(enough_days_after_some_that_exceeded_are_promised),
        OF_ONE(a_good_percentile_is_promised),
        OF_ONE(a_long_enough_last_run_is_promised),
        OF_ONE(readings_enough_are_promised),
        OF_ONE(a_window_behind_a_gap_is_promised),
        OF_ONE(what_is_no_gap_yet_moves_nothing),
        OF_ONE(nights_enough_are_promised),
        OF_ONE(an_unbroken_run_is_promised_while_all_of_late_is_valid),
        OF_ONE(a_window_behind_a_thin_week_is_promised),
        OF_ONE(behind_a_gap_days_are_counted_anew),
        OF_ONE(alike_neighbours_take_longer),
        OF_ONE(at_half_the_days_it_takes_twice_as_long),
        OF_ONE(a_sensor_that_is_dead_of_late_promises_nothing),
        OF_ONE(what_only_a_person_can_mend_promises_nothing),
        OF_ONE(on_the_day_of_the_strike_off_the_days_before_tell_the_rate),
    };

    return cmocka_run_group_tests(tests, world_load, world_unload);
}
