/* Tests of ledger/evaluation.h: which number of the day each medium and rule is judged by. */
#include "verdict_world.h"

static const char *answer_of(size_t point, size_t criterion)
{
    char path[60];

    snprintf(path, sizeof path, "points.%zu.criteria.%zu.answer", point, criterion);
    return text(path);
}

/* Dissolved oxygen of a class IV section: at least 3 mg/L, at the better end. */
static struct measured *oxygen_story(void)
{
    struct measured *point;

    story("2026-01-01", "2026-03-02", 90, "2026-06-01");
    point = add_point("chuanyang-03/sonde/dissolved_oxygen", "dissolved_oxygen",
                      (struct place){.water_class = 4, .water_body = "river"});
    limit_rule(point, "river-low-oxygen", "GB 3838", PERIOD_1H);
    vary(point, "2026-01-01", "2026-03-02", 2.4, 0.1);
    vary(point, "2026-03-02", "2026-06-01", 5.0, 0.1);
    return point;
}

static void of_a_lower_limit_the_other_end_and_the_other_direction_count(void **state)
{
    struct measured *point = oxygen_story();

    assert_string_equal(judge(), "held");
    assert_true(number("points.0.criteria.0.percentile.p") == 5.0);
    assert_true(fabs(number("points.0.criteria.0.percentile.value") - 4.7) < 1e-9);
    assert_true(number("points.0.criteria.0.before.p") < 0.001);
    assert_true(number("points.0.criteria.0.before.shift") > 2.0);
    assert_true(number("points.0.criteria.0.before.u") == 60.0 * 91);
    terms->where_exceeded = false;
    vary(point, "2026-01-01", "2026-03-02", 7.0, 0.1); /* more oxygen before is no improvement */
    judge();
    assert_string_equal(reasons(), "no_improvement");
}

/* The day's mean of a river's value is what is reported; single hours stand in the list. */
static void of_water_the_mean_of_the_day_counts(void **state)
{
    struct measured *point = oxygen_story();

    set_hours(point, "2026-05-20", "2026-05-21", 2, 6, 1.0);
    assert_string_equal(judge(), "held");
    assert_int_equal(json_array_size(part("points.0.criteria.0.exceedances")), 1);
    assert_string_equal(text("points.0.criteria.0.exceedances.0.start"),
                        "2026-05-19T18:00:00.000Z");
    assert_string_equal(text("points.0.criteria.0.exceedances.0.end"), "2026-05-19T22:00:00.000Z");
    assert_true(json_is_null(part("points.0.criteria.0.exceedances.0.multiple")));
    set_hours(point, "2026-05-20", "2026-05-21", 2, 16, 1.0);
    judge();
    assert_string_equal(reasons(), "too_few_days last_run"); /* one of 91, 93 are needed */
}

static struct measured *school_story(void)
{
    struct measured *point;

    story("2026-01-01", "2026-03-02", 90, "2026-06-01");
    point = add_point("school-gate/meter/la", "la",
                      (struct place){.noise_zone = "1", .noise_place = "ambient"});
    limit_rule(point, "school-night", "GB 3096", PERIOD_1H);
    vary(point, "2026-01-01", "2026-06-01", 50.0, 0.2);
    set_hours(point, "2026-01-01", "2026-06-01", 0, 6, 40.0);
    set_hours(point, "2026-01-01", "2026-06-01", 22, 24, 40.0);
    terms->required = false;
    return point;
}

/* Lanes by day, by night, and of sudden noise at night, each with its own numbers. */
static void noise_that_exceeds_at_night_alone_is_seen_at_night_alone(void **state)
{
    struct measured *point = school_story();

    assert_string_equal(judge(), "held");
    assert_int_equal(json_array_size(part("points.0.criteria")), 3);
    assert_int_equal(number("points.0.criteria.0.days"), 91);
    assert_int_equal(number("points.0.criteria.1.days"), 90); /* the last night ends after `to` */
    assert_int_equal(number("points.0.criteria.0.before.valid_days"), 60);
    assert_int_equal(number("points.0.criteria.1.before.valid_days"), 59);
    assert_string_equal(text("points.0.criteria.1.when"), "night");
    set_hours(point, "2026-05-10", "2026-05-20", 22, 24, 55.0);
    set_hours(point, "2026-05-11", "2026-05-21", 0, 6, 49.0);
    assert_string_equal(judge(), "not_proven");
    assert_string_equal(answer_of(0, 0), "held");
    assert_string_equal(answer_of(0, 1), "not_proven");
    assert_string_equal(answer_of(0, 2), "held"); /* 55 is below 60 */
    assert_int_equal(number("points.0.criteria.1.exceeded_days"), 10);
    /* labelled by its evening, the energy mean of 2 h at 55 and 6 h at 49 */
    assert_string_equal(text("points.0.criteria.1.numbers.69.day"), "2026-05-10");
    assert_true(fabs(number("points.0.criteria.1.numbers.69.value") -
                     10 * log10((2 * pow(10, 5.5) + 6 * pow(10, 4.9)) / 8)) < 1e-6);
    assert_true(json_is_true(part("points.0.criteria.1.numbers.69.exceeded")));
    assert_false(json_is_true(part("points.0.criteria.1.numbers.68.exceeded")));
}

static void noise_judged_at_all_hours_has_its_nights_apart(void **state)
{
    struct measured *point = school_story();

    point->sheet.rule_count = 0;
    bound_rule(point, "school-noise", BOUND_ABOVE, NAN, 45.0);
    judge();
    assert_int_equal(json_array_size(part("points.0.criteria")), 2);
    assert_string_equal(text("points.0.criteria.0.when"), "day");
    assert_string_equal(text("points.0.criteria.1.when"), "night");
    assert_string_equal(answer_of(0, 0), "not_proven");
    assert_string_equal(answer_of(0, 1), "held");
}

/* PM2.5: 75 until the end of February 2026, 60 from then on. */
static void each_day_is_judged_by_the_limit_in_force_then(void **state)
{
    struct measured *point;

    story("2025-06-01", "2025-12-01", 90, "2026-05-01");
    point = add_point("town-hall/pm/pm2_5", "pm2_5", (struct place){.air_class = 2});
    limit_rule(point, "town-air", "GB 3095", PERIOD_READING);
    vary(point, "2025-06-01", "2025-12-01", 90.0, 0.5);
    vary(point, "2025-12-01", "2026-03-01", 70.0, 0.5);
    vary(point, "2026-03-01", "2026-05-01", 40.0, 0.5);
    assert_string_equal(judge(), "not_proven");
    /* no day exceeded what was in force; but by what is in force now 70 is too much */
    assert_string_equal(reasons(), "percentile");
    assert_int_equal(number("points.0.criteria.0.exceeded_days"), 0);
    assert_true(number("points.0.criteria.0.percentile.value") > 70.0);
    assert_string_equal(text("points.0.criteria.0.before.edition"), "GB 3095-2026-transition");
    assert_int_equal(number("points.0.criteria.0.before.exceeded_days"), 183);
    vary(point, "2025-12-01", "2026-03-01", 59.0, 0.1);
    assert_string_equal(judge(), "held");
    vary(point, "2026-03-01", "2026-05-01", 61.0, 0.1);
    judge();
    assert_int_equal(number("points.0.criteria.0.exceeded_days"), 61);
}

static void days_without_a_limit_in_force_are_not_counted(void **state)
{
    struct measured *point = oxygen_story();

    point->sheet.rules[0].lanes.lane[0].stages[0].from = at("2026-03-21 12:00");
    judge();
    assert_int_equal(number("points.0.criteria.0.days"), 71); /* from 22 March on */
}

/* The third worst hour of the day is the number of a rule that allows two. */
static void of_shorter_periods_the_first_that_is_not_allowed_counts(void **state)
{
    struct measured *point;
    struct lane *lane;

    story("2026-01-01", "2026-03-02", 90, "2026-06-01");
    point = add_point("east-yard/station/pm10", "pm10", (struct place){.air_class = 2});
    lane = bound_rule(point, "yard-dust", BOUND_ABOVE, NAN, 150.0);
    lane->on = PERIOD_1H;
    lane->stages[0].per_day = 2;
    vary(point, "2026-01-01", "2026-06-01", 80.0, 1.0);
    set_hours(point, "2026-01-01", "2026-03-02", 9, 12, 200.0);
    set_hours(point, "2026-03-02", "2026-06-01", 9, 10, 200.0);
    set_hours(point, "2026-03-02", "2026-06-01", 11, 12, 200.0);
    assert_string_equal(judge(), "held");
    assert_int_equal(number("points.0.criteria.0.rank"), 3);
    assert_int_equal(number("points.0.criteria.0.before.exceeded_days"), 60);
    assert_int_equal(json_array_size(part("points.0.criteria.0.exceedances")), 2 * 91);
    lane->stages[0].per_day = -1;
    judge();
    assert_int_equal(number("points.0.criteria.0.exceeded_days"), 91);
}

/* A rule on single readings is looked at by the hour, by night only the hours of the night. */
static void single_readings_are_looked_at_by_the_hour(void **state)
{
    struct measured *point;
    struct lane *lane;

    story("2026-01-01", "2026-03-02", 90, "2026-06-01");
    point = add_point("east-yard/station/pm10", "pm10", (struct place){.air_class = 2});
    lane = bound_rule(point, "yard-dust", BOUND_ABOVE, NAN, 150.0);
    lane->when = WHEN_NIGHT;
    vary(point, "2026-01-01", "2026-06-01", 80.0, 1.0);
    set_hours(point, "2026-01-01", "2026-06-01", 9, 12, 200.0); /* by day it is nobody's business */
    set_hours(point, "2026-04-04", "2026-04-05", 3, 4, 170.0);
    terms->required = false;
    assert_string_equal(judge(), "not_proven");
    assert_string_equal(text("points.0.criteria.0.period"), "1h");
    assert_int_equal(number("points.0.criteria.0.exceeded_days"), 1);
    assert_string_equal(text("points.0.criteria.0.numbers.32.day"), "2026-04-03"); /* its evening */
    assert_true(number("points.0.criteria.0.numbers.32.value") == 170.0);
}

static void between_two_bounds_both_ends_count_and_nothing_is_compared(void **state)
{
    struct measured *point;

    story("2026-01-01", "2026-03-02", 90, "2026-06-01");
    point = add_point("huamao-dyeing/ph/ph", "ph", (struct place){.kind = "enterprise"});
    bound_rule(point, "outfall-ph", BOUND_BETWEEN, 6.0, 9.0);
    vary(point, "2026-01-01", "2026-06-01", 7.5, 0.1);
    assert_string_equal(judge(), "held");
    assert_string_equal(text("points.0.criteria.0.before.why"), "two_bounds");
    assert_true(number("points.0.criteria.0.percentile.p") == 95.0);
    assert_true(number("points.0.criteria.0.percentile.low_p") == 5.0);
    assert_true(fabs(number("points.0.criteria.0.percentile.low_value") - 7.2) < 1e-9);
    for (size_t i = hour("2026-03-02"); i < hour("2026-04-30"); i++)
        if (i / 24 % 10 == 0)
            point->values[i] = 5.5;
    judge();
    assert_string_equal(reasons(), "exceeds_too_often percentile");
}

/* One point of two that is not held, and the task is not; the other one is. */
static void the_task_is_held_only_when_every_point_is(void **state)
{
    struct measured *point;

    oxygen_story();
    point = add_point("chuanyang-03/nh3/ammonia_nitrogen", "ammonia_nitrogen",
                      (struct place){.water_class = 4, .water_body = "river"});
    limit_rule(point, "nh3-iv", "GB 3838", PERIOD_READING);
    vary(point, "2026-01-01", "2026-03-02", 2.2, 0.01);
    vary(point, "2026-03-02", "2026-06-01", 0.8, 0.01);
    assert_string_equal(judge(), "held");
    set(point, "2026-05-20", "2026-05-21", 1.7);
    assert_string_equal(judge(), "not_proven");
    assert_string_equal(text("points.0.answer"), "held");
    assert_string_equal(text("points.1.answer"), "not_proven");
    assert_string_equal(text("reasons.0.point"), "chuanyang-03/nh3/ammonia_nitrogen");
}

static struct evaluation *one_reading_in(struct wall_time time, bool *good)
{
    const struct evaluation_setup setup = {terms, tallies,    parameters,  "72",
                                           "",    struck_off, watch_until, span};
    struct evaluation *evaluation = evaluation_new(&setup, NULL);

    assert_true(evaluation_begin_point(evaluation, &points[0].sheet, NULL));
    *good = evaluation_reading(evaluation, time, 5.0, QUALITY_NORMAL, NULL);
    return evaluation;
}

static void readings_out_of_their_order_are_refused(void **state)
{
    struct evaluation *evaluation;
    bool good;

    oxygen_story();
    evaluation = one_reading_in(at("2026-03-05"), &good);
    assert_true(good);
    assert_true(evaluation_reading(evaluation, at("2026-03-05"), 5.0, QUALITY_NORMAL, NULL));
    assert_true(evaluation_reading(evaluation, WALL_NONE, 5.0, QUALITY_NORMAL, NULL));
    assert_true(evaluation_reading(evaluation, at("2025-03-04"), 5.0, QUALITY_NORMAL, NULL));
    assert_false(evaluation_reading(evaluation, at("2026-03-04"), 5.0, QUALITY_NORMAL, NULL));
    evaluation_free(evaluation);
}

static void a_span_that_ends_before_it_begins_or_never_is_refused(void **state)
{
    struct evaluation_setup setup = {
        terms, tallies,   parameters, "72",
        "",    WALL_NONE, WALL_NONE,  {at("2026-03-05"), at("2026-03-05")}
    };
    struct error err = {0};

    assert_null(evaluation_new(&setup, &err));
    setup.span.start = at("1990-01-01");
    assert_null(evaluation_new(&setup, &err));
    assert_true(err.text[0] != '\0');
}

int main(void)
{
#define OF_ONE(test) cmocka_unit_test_teardown(test, story_end)
    const struct CMUnitTest tests[] = {
        OF_ONE(of_a_lower_limit_the_other_end_and_the_other_direction_count),
        OF_ONE(of_water_the_mean_of_the_day_counts),
        OF_ONE(noise_that_exceeds_at_night_alone_is_seen_at_night_alone),
        OF_ONE(noise_judged_at_all_hours_has_its_nights_apart),
        OF_ONE(each_day_is_judged_by_the_limit_in_force_then),
        OF_ONE(days_without_a_limit_in_force_are_not_counted),
        OF_ONE(of_shorter_periods_the_first_that_is_not_allowed_counts),
        OF_ONE(single_readings_are_looked_at_by_the_hour),
        OF_ONE(between_two_bounds_both_ends_count_and_nothing_is_compared),
        OF_ONE(the_task_is_held_only_when_every_point_is),
        OF_ONE(readings_out_of_their_order_are_refused),
        OF_ONE(a_span_that_ends_before_it_begins_or_never_is_refused),
    };

    return cmocka_run_group_tests(tests, world_load, world_unload);
}
