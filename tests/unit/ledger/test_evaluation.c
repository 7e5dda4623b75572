/* Tests of ledger/evaluation.h: what lets a verdict say "held", and each thing alone that does not.
 * Expected by hand. */
#include "verdict_world.h"

#define NH3  "chuanyang-03/nh3/ammonia_nitrogen"
#define RULE "nh3-iv"

/* Ammonia at 2.2 for 60 days, struck off on 2 March, 0.8 since; watched 180 days until 29 August,
 * asked on 1 September: 182 whole days, Monday 2 March's week cut. */
static struct measured *held_story(void)
{
    struct measured *point;

    story("2026-01-01", "2026-03-02 10:00", 180, "2026-09-01");
    point =
        add_point(NH3, "ammonia_nitrogen", (struct place){.water_class = 4, .water_body = "river"});
    limit_rule(point, RULE, "GB 3838", PERIOD_READING);
    vary(point, "2026-01-01", "2026-03-02", 2.2, 0.01);
    vary(point, "2026-03-02", "2026-09-01", 0.8, 0.01);
    return point;
}

static void assert_verdict(const char *answer, const char *why)
{
    const char *is = judge();

    if (strcmp(is, answer) != 0 || strcmp(reasons(), why) != 0)
        print_message("%s: %s\n", is, reasons());
    assert_string_equal(is, answer);
    assert_string_equal(reasons(), why);
}

static void what_was_measured_whole_and_stayed_below_is_held(void **state)
{
    held_story();
    assert_verdict("held", "");
    assert_string_equal(provable(""), "-");
    assert_int_equal(number("window.days"), 182);
    assert_int_equal(number("before.days"), 60);
    assert_int_equal(number("points.0.criteria.0.days"), 182);
    assert_int_equal(number("points.0.criteria.0.valid_days"), 182);
    assert_int_equal(number("points.0.criteria.0.exceeded_days"), 0);
    assert_int_equal(number("points.0.criteria.0.last_run"), 182);
    assert_true(number("points.0.completeness") == 100.0);
    assert_true(number("points.0.night.completeness") == 100.0);
    assert_int_equal(number("points.0.letters.N"), 182 * 24);
    assert_int_equal(number("points.0.longest_gap.days"), 0);
    assert_int_equal(json_array_size(part("points.0.weeks")), 25);
    assert_string_equal(text("points.0.weeks.0.from"), "2026-03-09");
    assert_int_equal(json_array_size(part("points.0.days")), 243);
    assert_string_equal(text("points.0.criteria.0.period"), "day");
    assert_string_equal(text("points.0.answer"), "held");
    assert_string_equal(text("points.0.criteria.0.answer"), "held");
    /* 1 - 0.05^(1/182) */
    assert_true(fabs(number("points.0.criteria.0.bound") - 1.6325) < 0.0001);
}

static void both_sides_are_compared_by_one_limit(void **state)
{
    held_story();
    judge();
    assert_true(json_is_true(part("points.0.criteria.0.before.tested")));
    assert_int_equal(number("points.0.criteria.0.before.valid_days"), 60);
    assert_int_equal(number("points.0.criteria.0.before.exceeded_days"), 60);
    assert_true(fabs(number("points.0.criteria.0.before.shift") + 1.4) < 1e-9);
    assert_true(fabs(number("points.0.criteria.0.before.median") - 2.2) < 1e-9);
    assert_true(number("points.0.criteria.0.before.u") == 0.0);
    assert_true(number("points.0.criteria.0.before.p") < 1e-6);
    assert_string_equal(text("points.0.criteria.0.before.edition"), "GB 3838-2002");
}

/* Problems ---------------------------------------------------------------------------------- */

static void a_relapse_beats_everything(void **state)
{
    struct measured *point = held_story();

    set(point, "2026-05-01", "2026-06-01", NAN);
    tell_problem(NH3, RULE, "breach", "closed", "2026-07-01", "2026-07-02", "72");
    tell_problem(NH3, RULE, "breach", "open", "2026-08-01", "2026-08-02", "72");
    assert_string_equal(judge(), "relapsed");
    assert_true(strncmp(reasons(), "relapsed gap incomplete", 23) == 0);
    assert_non_null(strstr(text("reasons.0.zh"), "2 个，首次 2026-07-01，最近 2026-08-02"));
    assert_string_equal(provable(""), "-");
    assert_string_equal(text("points.0.criteria.0.answer"), "relapsed");
    assert_true(json_is_true(part("problems.0.relapse")));
}

static void only_a_relapse_of_this_task_since_its_strike_off_is_one(void **state)
{
    held_story();
    tell_problem(NH3, RULE, "breach", "closed", "2026-02-01", "2026-02-03", "72");
    tell_problem(NH3, RULE, "breach", "open", "2026-09-02", "2026-09-02", "72");
    tell_problem("elsewhere/x/ph", RULE, "breach", "open", "2026-08-02", "2026-08-02", "72");
    assert_verdict("held", "");
    tell_problem(NH3, RULE, "breach", "closed", "2026-07-01", "2026-07-02", "7");
    assert_verdict("not_proven", "breach");
    assert_string_equal(text("reasons.0.rule"), RULE);
}

/* From the moment of the strike-off on, and not at the end of the span. */
static void a_relapse_begins_with_the_strike_off_and_before_the_end(void **state)
{
    held_story();
    tell_problem(NH3, RULE, "breach", "closed", "2026-03-02 10:00", "2026-03-02 11:00", "72");
    assert_verdict("relapsed", "relapsed");
    json_object_set_new(problems[0], "first", json_string("2026-08-31T16:00:00.000Z"));
    assert_verdict("held", "");
}

static void of_two_rules_the_one_that_was_broken_has_relapsed(void **state)
{
    struct measured *point = held_story();

    bound_rule(point, "ours", BOUND_ABOVE, NAN, 1.0);
    tell_problem(NH3, "ours", "breach", "closed", "2026-07-01", "2026-07-02", "72");
    assert_verdict("relapsed", "relapsed");
    assert_string_equal(text("points.0.answer"), "relapsed");
    assert_string_equal(text("points.0.criteria.0.answer"), "held");
    assert_string_equal(text("points.0.criteria.1.answer"), "relapsed");
}

static void an_exceedance_that_is_no_relapse_does_not_let_it_be_held(void **state)
{
    held_story();
    tell_problem(NH3, RULE, "breach", "open", "2026-02-01", "2026-02-03", NULL);
    assert_verdict("not_proven", "breach");
    assert_string_equal(provable("breach"), "-");
    assert_string_equal(provable(""), "-");
}

/* The task ---------------------------------------------------------------------------------- */

static void a_task_that_is_not_struck_off_has_proven_nothing(void **state)
{
    held_story();
    set(&points[0], "2026-01-01", "2026-03-02", 0.8);
    struck_off = watch_until = WALL_NONE;
    assert_verdict("not_proven", "not_struck_off");
    assert_true(json_is_null(part("before")));
    assert_string_equal(text("points.0.answer"), "not_proven");
}

static void a_task_nobody_watches_is_not_proven(void **state)
{
    story("2026-01-01", "2026-03-02", 90, "2026-09-01");
    assert_verdict("not_proven", "no_points");
}

static void a_point_without_a_rule_that_can_be_broken_is_not_proven(void **state)
{
    struct measured *point = held_story();

    point->sheet.rules[0].rule.nature = NATURE_DOUBT;
    assert_verdict("not_proven", "no_rule");
    assert_int_equal(json_array_size(part("points.0.criteria")), 0);
    point->sheet.rules[0].rule.nature = NATURE_BREACH;
    point->sheet.rules[0].lanes.lane[0].stages[0].from = at("2026-09-01");
    assert_verdict("not_proven", "no_rule");
}

static void the_watch_period_must_be_over(void **state)
{
    held_story();
    span.end = at("2026-08-29");
    assert_verdict("not_proven", "watch_not_over");
    assert_string_equal(provable("watch_not_over"), "2026-08-29"); /* 10:00 */
    span.end = at("2026-08-29 10:00");
    assert_verdict("held", "");
}

/* A window that leaves out the beginning must be as long as the whole. */
static void a_window_that_begins_later_must_be_as_long(void **state)
{
    struct measured *point = held_story();

    set(point, "2026-03-05", "2026-03-12", NAN);
    span.start = at("2026-03-12");
    memmove(point->values, point->values + 70 * 24,
            sizeof point->values - 70 * 24 * sizeof(double));
    assert_verdict("not_proven", "watch_not_over");
    assert_string_equal(provable(""), "2026-09-08");
    assert_true(json_is_null(part("before")));
    span.end = at("2026-09-08");
    vary(point, "2026-08-20", "2026-09-08", 0.8, 0.01);
    assert_verdict("held", "");
}

/* Data -------------------------------------------------------------------------------------- */

static void without_one_valid_reading_there_is_nothing_to_say(void **state)
{
    struct measured *point = held_story();

    set(point, "2026-03-02", "2026-09-01", NAN);
    assert_verdict("not_proven", "no_data");
    assert_string_equal(provable("no_data"), "-");
    for (size_t i = 0; i < HOURS_MAX; i++) {
        point->values[i] = 0.8;
        point->qualities[i] = QUALITY_OVER_RANGE; /* "at least this" proves nothing */
    }
    assert_verdict("not_proven", "no_data");
    assert_int_equal(number("points.0.letters.T"), 182 * 24);
    assert_int_equal(number("points.0.count"), 182 * 24);
}

static void three_days_without_data_are_allowed_and_four_are_a_gap(void **state)
{
    struct measured *point = held_story();

    terms->week = 70.0;
    set(point, "2026-07-04", "2026-07-07", NAN);
    assert_verdict("held", "");
    assert_int_equal(number("points.0.longest_gap.days"), 3);
    set(point, "2026-07-04", "2026-07-08", NAN); /* Saturday to Tuesday: 5 of 7 days of each week */
    assert_verdict("not_proven", "gap");
    assert_string_equal(text("points.0.longest_gap.from"), "2026-07-04");
    assert_string_equal(text("points.0.longest_gap.to"), "2026-07-08");
    assert_int_equal(number("points.0.criteria.0.valid_days"), 178);
    assert_string_equal(provable("gap"), "2027-01-04"); /* 180 days from 8 July */
    assert_string_equal(provable(""), "2027-01-04");
}

static void a_gap_that_goes_on_promises_nothing(void **state)
{
    set(held_story(), "2026-08-28", "2026-09-01", NAN);
    assert_verdict("not_proven", "gap incomplete");
    assert_string_equal(provable("gap"), "-");
    assert_string_equal(provable("incomplete"), "-");
    assert_string_equal(provable(""), "-");
}

static void a_week_must_be_three_quarters_there(void **state)
{
    struct measured *point = held_story();

    set_hours(point, "2026-06-15", "2026-06-22", 8, 14, NAN); /* a quarter of each day */
    assert_verdict("held", "");
    set_hours(point, "2026-06-15", "2026-06-16", 8, 15, NAN);
    assert_verdict("not_proven", "incomplete");
    assert_string_equal(text("reasons.0.part"), "week");
    assert_non_null(strstr(text("reasons.0.zh"), "2026-06-15"));
    assert_string_equal(provable("incomplete"), "2026-12-19"); /* 180 days from 22 June */
}

static void only_whole_weeks_of_the_window_are_looked_at(void **state)
{
    struct measured *point = held_story();

    watch_until.ms = struck_off.ms + 100 * 86400000LL;
    span.end = at("2026-08-31"); /* a Monday */
    judge();
    assert_int_equal(json_array_size(part("points.0.weeks")), 25);
    assert_string_equal(text("points.0.weeks.24.from"), "2026-08-24");
    span.end = at("2026-08-30");
    set(point, "2026-08-24", "2026-08-26", NAN);
    assert_verdict("held", "");
    assert_int_equal(json_array_size(part("points.0.weeks")), 24);
}

/* Every third hour of a third of the days: 88.9 %. */
static void nine_tenths_of_all_readings_must_be_there(void **state)
{
    struct measured *point = held_story();

    for (size_t i = hour("2026-03-03"); i < hour("2026-09-01"); i++)
        if (i / 24 % 3 == 0 && i % 3 == 0)
            point->values[i] = NAN;
    assert_verdict("not_proven", "incomplete");
    assert_string_equal(text("reasons.0.part"), "all");
    assert_true(number("points.0.completeness") < 90.0 && number("points.0.completeness") > 88.0);
    assert_string_equal(provable("incomplete"), "-");   /* at this rate never */
    vary(point, "2026-08-01", "2026-09-01", 0.8, 0.01); /* it is whole again: 90.8 % */
    assert_verdict("held", "");
}

/* 5 of 8 night hours missing in 19 of 20 nights of 45 days: 91 % of all and 69 % by night. */
static void the_nights_must_be_there_too(void **state)
{
    struct measured *point = held_story();

    for (size_t i = hour("2026-03-03"); i < hour("2026-09-01"); i++)
        if (i / 24 % 2 == 0 && (i % 24 < 4 || i % 24 == 23))
            point->values[i] = NAN;
    terms->completeness = 89.0;
    assert_verdict("not_proven", "incomplete");
    assert_string_equal(text("reasons.0.part"), "night");
    assert_true(fabs(number("points.0.night.completeness") - (100.0 - 5.0 / 8.0 * 50.0)) < 0.01);
    terms->night = 68.0;
    assert_verdict("held", "");
}

/* Twice as many in one hour make up for nothing in another. */
static void what_is_too_much_makes_up_for_nothing(void **state)
{
    struct measured *point = held_story();

    point->asked[0].every_ms = 2 * 3600000; /* two come for each one expected */
    for (size_t i = hour("2026-03-03"); i < hour("2026-09-01"); i++)
        if (i / 24 % 7 == 0)
            point->values[i] = NAN;
    assert_verdict("not_proven", "incomplete");
    assert_true(fabs(number("points.0.completeness") - 100.0 * 6 / 7) < 0.01);
    assert_int_equal(number("points.0.expected"), 182 * 12);
}

static void half_of_what_was_expected_is_half_by_day_and_by_night(void **state)
{
    struct measured *point = held_story();

    point->asked[0].every_ms = 1800000;
    judge();
    assert_true(number("points.0.completeness") == 50.0);
    assert_true(number("points.0.night.completeness") == 50.0);
}

/* 20 days of 200 are missing, one in ten: that is enough. */
static void exactly_what_is_wanted_is_enough(void **state)
{
    struct measured *point = held_story();

    watch_until.ms = struck_off.ms + 100 * 86400000LL;
    span.end = at("2026-06-11"); /* 100 days */
    for (size_t i = 1; i <= 10; i++)
        for (size_t j = 0; j < 24; j++)
            point->values[hour("2026-03-03") + (i * 9 - 1) * 24 + j] = NAN;
    assert_verdict("held", "");
    assert_true(number("points.0.completeness") == 90.0);
    point->values[hour("2026-04-01 12:00")] = NAN;
    assert_verdict("not_proven", "incomplete");
}

static void what_was_under_maintenance_is_no_data(void **state)
{
    struct measured *point = held_story();

    point->maintenance = (struct span){at("2026-07-04"), at("2026-07-08")};
    terms->week = 70.0;
    assert_verdict("not_proven", "gap");
    assert_int_equal(number("points.0.letters.N"), 182 * 24); /* as they were stored */
    assert_int_equal(number("points.0.valid"), 178 * 24);
    assert_string_equal(text("maintenance.0.point"), NH3);
}

static void expected_follows_every_interval_the_device_ever_had(void **state)
{
    struct measured *point = held_story();

    for (size_t i = 0; i < 21; i++) {
        point->asked[i].from = (struct wall_time){at("2026-03-03").ms + (int64_t)i * 8 * 86400000};
        point->asked[i].every_ms = i % 2 == 0 ? 3600000 : 1800000;
    }
    point->asked[21].from = at("2026-08-25");
    point->asked[21].every_ms = 0; /* it has left the settings */
    point->asked_count = 22;
    judge();
    /* 8 days at 24 and 8 at 48, ten times; 15 days from 10 August on at 24 */
    assert_int_equal(number("points.0.expected"), 10 * 8 * (24 + 48) + 15 * 24);
    assert_true(number("points.0.completeness") < 75.0);
}

/* Days that exceed -------------------------------------------------------------------------- */

/* Catering is watched for 30 days, and 30 clean days prove little. */
static void thirty_clean_days_are_too_few(void **state)
{
    struct measured *point = held_story();

    watch_until.ms = struck_off.ms + 30 * 86400000LL;
    span.end = at("2026-04-02");
    assert_verdict("not_proven", "too_few_days");
    assert_int_equal(number("points.0.criteria.0.valid_days"), 30);
    assert_non_null(strstr(text("reasons.0.zh"), "至少要 59 个有效日"));
    assert_string_equal(provable("too_few_days"), "2026-05-01"); /* 29 days on */
    span.end = at("2026-05-01");
    assert_verdict("held", "");
    set(point, "2026-04-10", "2026-04-11", 1.6);
    assert_verdict("not_proven", "too_few_days last_run");
    assert_non_null(strstr(text("reasons.0.zh"), "至少要 93 个有效日"));
    assert_string_equal(provable("last_run"), "2026-05-11");
    assert_string_equal(provable(""), "2026-06-04"); /* 93 days from 3 March */
}

static void many_days_that_exceed_without_a_problem_are_too_many(void **state)
{
    struct measured *point = held_story();

    for (size_t i = hour("2026-03-09"); i < hour("2026-07-01"); i++)
        if (i / 24 % 10 == 0)
            point->values[i] = 1.6;
    assert_verdict("not_proven", "exceeds_too_often percentile");
    assert_int_equal(number("points.0.criteria.0.exceeded_days"), 12);
    assert_true(fabs(number("points.0.criteria.0.rate") - 100.0 * 12 / 182) < 1e-9);
    /* least n of k = 12: share_least_n, held against scipy elsewhere */
    assert_int_equal(share_least_n(12, 0.05, 0.95, 1000), 386);
    assert_non_null(strstr(text("reasons.0.zh"), "386 个有效日"));
    assert_string_equal(provable("exceeds_too_often"), "2027-03-24"); /* 204 days on */
    assert_int_equal(json_array_size(part("points.0.criteria.0.exceedances")), 12);
    terms->horizon_days = 203;
    judge();
    assert_string_equal(provable("exceeds_too_often"), "-");
}

static void a_value_at_the_limit_does_not_exceed_and_is_rounded_once(void **state)
{
    struct measured *point = held_story();

    set(point, "2026-03-09", "2026-05-09", 1.54); /* 1.5 as the limit is printed */
    assert_verdict("held", "");
    set(point, "2026-03-09", "2026-03-10", 1.5501);
    judge();
    assert_int_equal(number("points.0.criteria.0.exceeded_days"), 1);
    assert_string_equal(text("points.0.criteria.0.exceedances.0.start"),
                        "2026-03-08T16:00:00.000Z");
    assert_true(fabs(number("points.0.criteria.0.exceedances.0.multiple") - 0.0501 / 1.5) < 1e-9);
}

static void what_exceeds_in_the_first_and_in_the_last_hour_is_listed(void **state)
{
    struct measured *point = held_story();

    point->values[hour("2026-03-02 09:00")] = 1.6;
    point->values[hour("2026-03-02 10:00")] = 1.7;
    point->values[hour("2026-08-31 23:00")] = 1.8;
    judge();
    assert_int_equal(json_array_size(part("points.0.criteria.0.exceedances")), 2);
    assert_true(number("points.0.criteria.0.exceedances.0.value") == 1.7);
    assert_string_equal(text("points.0.criteria.0.exceedances.1.end"), "2026-08-31T16:00:00.000Z");
}

static void the_last_days_must_be_good_ones(void **state)
{
    struct measured *point = held_story();

    set(point, "2026-08-10", "2026-08-11", 1.6);
    assert_verdict("not_proven", "last_run");
    assert_int_equal(number("points.0.criteria.0.last_run"), 21);
    assert_string_equal(provable(""), "2026-09-10");
    set(point, "2026-08-20", "2026-08-21", NAN);
    judge();
    assert_int_equal(number("points.0.criteria.0.last_run"), 20); /* passed over */
    terms->run_skips_invalid = false;
    judge();
    assert_int_equal(number("points.0.criteria.0.last_run"), 11);
    assert_string_equal(provable("last_run"), "-"); /* days have been missing of late */
}

/* Three days of 60 exceeded before, one more than a twentieth: then it must have become better. */
static void no_better_than_before_is_not_held(void **state)
{
    struct measured *point = held_story();

    vary(point, "2026-01-01", "2026-03-02", 0.8, 0.01);
    set(point, "2026-01-05", "2026-01-08", 2.2);
    assert_verdict("held", ""); /* 5 % is allowed */
    assert_false(json_is_true(part("points.0.criteria.0.before.needed")));
    set(point, "2026-01-08", "2026-01-09", 2.2);
    assert_verdict("not_proven", "no_improvement");
    assert_string_equal(provable("no_improvement"), "-");
    terms->required = false;
    assert_verdict("held", "");
    terms->required = true;
    vary(point, "2026-01-01", "2026-03-02", 0.8, 0.01);
    assert_verdict("held", "");
    terms->where_exceeded = false;
    assert_verdict("not_proven", "no_improvement");
    set(point, "2026-01-01", "2026-02-11", NAN); /* 19 days are left */
    assert_verdict("held", "");
    assert_string_equal(text("points.0.criteria.0.before.why"), "too_few_days");
    set(point, "2026-02-10", "2026-02-11", 0.8);
    assert_verdict("not_proven", "no_improvement");
}

static void alike_neighbours_are_told_and_decide_only_when_asked_to(void **state)
{
    struct measured *point = held_story();

    for (size_t i = hour("2026-03-03"); i < hour("2026-09-01"); i++)
        point->values[i] = 0.8 + 0.001 * (double)(i / 24); /* rising slowly */
    assert_verdict("held", "");
    assert_true(number("points.0.criteria.0.r") > 0.9);
    assert_true(number("points.0.criteria.0.n_eff") < 10);
    assert_true(number("points.0.criteria.0.bound_eff") > 5.0);
    terms->decide_by_effective = true;
    assert_verdict("not_proven", "too_few_days");
}

/* Doubts ------------------------------------------------------------------------------------ */

static void an_open_doubt_must_be_answered_for(void **state)
{
    held_story();
    tell_problem(NH3, "screen-flat", "doubt", "open", "2026-07-01", "2026-07-02", NULL);
    assert_verdict("not_proven", "doubt");
    assert_string_equal(provable("doubt"), "-");
    assert_non_null(strstr(text("reasons.0.zh"), "需核查"));
    assert_true(json_is_true(part("doubts.0.blocks")));
    terms->blocks[DOUBT_SCREENING] = false;
    assert_verdict("held", "");
    assert_false(json_is_true(part("doubts.0.blocks")));
}

static void a_doubt_that_has_recovered_is_told_and_blocks_only_when_asked_to(void **state)
{
    held_story();
    tell_problem(NH3, "screen-spike", "doubt", "recovered", "2026-07-01", "2026-07-02", NULL);
    tell_problem(NH3, "smoke", "doubt", "closed", "2026-07-01", "2026-07-02", NULL);
    tell_problem(NH3, "screen-clip", "doubt", "recovered", "2026-02-01", "2026-02-02", NULL);
    assert_verdict("held", "");
    assert_int_equal(json_array_size(part("doubts")), 3);
    terms->until = UNTIL_CLOSED;
    assert_verdict("not_proven", "doubt");
    assert_string_equal(text("reasons.0.rule"), "screen-spike");
}

/* What was hidden stays hidden when it is over; a window behind it is free of it. */
static void data_that_were_hidden_count_until_somebody_answers_for_it(void **state)
{
    held_story();
    tell_problem(NH3, "screen-hidden", "doubt", "closed", "2026-07-01", "2026-07-09", NULL);
    assert_verdict("not_proven", "doubt");
    assert_string_equal(text("reasons.0.rule"), "screen-hidden");
    assert_non_null(strstr(text("reasons.0.zh"), "2026-07-01 至 2026-07-09"));
    assert_string_equal(provable("doubt"), "2027-01-06"); /* 180 days from 10 July */
    assert_string_equal(provable(""), "2027-01-06");
    assert_string_equal(text("provable_start"), "2026-07-09T16:00:00.000Z");
    json_object_set_new(problems[0], "acknowledged", json_pack("{s:s}", "by", "li"));
    assert_verdict("held", "");
    json_object_set_new(problems[0], "acknowledged", json_null());
    terms->lasting &= ~(1u << SCREEN_HIDDEN);
    assert_verdict("held", "");
}

static void other_doubts_block_inside_the_window_where_the_terms_say_so(void **state)
{
    held_story();
    tell_doubt("clock_step", "2026-02-01 08:00", "", true);
    tell_doubt("clock_step", "2026-07-01 08:00", "", false);
    tell_doubt("unsealed", "", "", true);
    tell_doubt("gap", "2026-07-01 08:00", "", false);
    assert_verdict("held", "");
    tell_doubt("rows_differ", "", NH3, true);
    tell_doubt("rows_differ", "2026-07-01", NH3, true);
    assert_verdict("not_proven", "doubt");
    assert_string_equal(text("reasons.0.zh"), "存疑（这类共 2 处）");
    assert_string_equal(provable(""), "-");
}

static void a_window_behind_changed_settings_could_prove_it(void **state)
{
    held_story();
    tell_doubt("settings_changed", "2026-06-01 09:00", NH3, true);
    assert_verdict("not_proven", "doubt");
    assert_true(json_is_true(part("points.0.criteria.0.before.tested")));
    assert_string_equal(provable("doubt"), "2026-11-29"); /* 180 days from 2 June */
    assert_string_equal(provable(""), "2026-11-29");
}

static void values_of_another_making_are_not_compared(void **state)
{
    held_story();
    tell_doubt("settings_changed", "2026-02-01 09:00", NH3, true);
    assert_verdict("held", "");
    assert_string_equal(text("points.0.criteria.0.before.why"), "settings_changed");
}

static void what_retention_took_is_called_so(void **state)
{
    held_story();
    tell_doubt("rows_removed", "", NH3, true);
    assert_verdict("not_proven", "pruned");
}

int main(void)
{
#define OF_ONE(test) cmocka_unit_test_teardown(test, story_end)
    const struct CMUnitTest tests[] = {
        OF_ONE(what_was_measured_whole_and_stayed_below_is_held),
        OF_ONE(both_sides_are_compared_by_one_limit),
        OF_ONE(a_relapse_beats_everything),
        OF_ONE(only_a_relapse_of_this_task_since_its_strike_off_is_one),
        OF_ONE(a_relapse_begins_with_the_strike_off_and_before_the_end),
        OF_ONE(of_two_rules_the_one_that_was_broken_has_relapsed),
        OF_ONE(an_exceedance_that_is_no_relapse_does_not_let_it_be_held),
        OF_ONE(a_task_that_is_not_struck_off_has_proven_nothing),
        OF_ONE(a_task_nobody_watches_is_not_proven),
        OF_ONE(a_point_without_a_rule_that_can_be_broken_is_not_proven),
        OF_ONE(the_watch_period_must_be_over),
        OF_ONE(a_window_that_begins_later_must_be_as_long),
        OF_ONE(without_one_valid_reading_there_is_nothing_to_say),
        OF_ONE(three_days_without_data_are_allowed_and_four_are_a_gap),
        OF_ONE(a_gap_that_goes_on_promises_nothing),
        OF_ONE(a_week_must_be_three_quarters_there),
        OF_ONE(only_whole_weeks_of_the_window_are_looked_at),
        OF_ONE(nine_tenths_of_all_readings_must_be_there),
        OF_ONE(the_nights_must_be_there_too),
        OF_ONE(what_is_too_much_makes_up_for_nothing),
        OF_ONE(half_of_what_was_expected_is_half_by_day_and_by_night),
        OF_ONE(exactly_what_is_wanted_is_enough),
        OF_ONE(what_was_under_maintenance_is_no_data),
        OF_ONE(expected_follows_every_interval_the_device_ever_had),
        OF_ONE(thirty_clean_days_are_too_few),
        OF_ONE(many_days_that_exceed_without_a_problem_are_too_many),
        OF_ONE(a_value_at_the_limit_does_not_exceed_and_is_rounded_once),
        OF_ONE(what_exceeds_in_the_first_and_in_the_last_hour_is_listed),
        OF_ONE(the_last_days_must_be_good_ones),
        OF_ONE(no_better_than_before_is_not_held),
        OF_ONE(alike_neighbours_are_told_and_decide_only_when_asked_to),
        OF_ONE(an_open_doubt_must_be_answered_for),
        OF_ONE(a_doubt_that_has_recovered_is_told_and_blocks_only_when_asked_to),
        OF_ONE(data_that_were_hidden_count_until_somebody_answers_for_it),
        OF_ONE(other_doubts_block_inside_the_window_where_the_terms_say_so),
        OF_ONE(a_window_behind_changed_settings_could_prove_it),
        OF_ONE(values_of_another_making_are_not_compared),
        OF_ONE(what_retention_took_is_called_so),
    };

    return cmocka_run_group_tests(tests, world_load, world_unload);
}
