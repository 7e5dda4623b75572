/* Tests of ledger/track.c: several lanes, editions, and the ledger. Every story is restarted after
 * each value (point_story.h). */
#include "unit/ledger/point_story.h"

/* Several lanes ------------------------------------------------------------------------------ */

/* Lane 0: the hour's mean above 50; lane 1: the day's above 40. */
static void begin_hour_and_day(struct story *story)
{
    story_begin(story, 50.0);
    story->lanes.lane[0].on = PERIOD_1H;
    story->lanes.lane[1] = story->lanes.lane[0];
    story->lanes.lane[1].on = PERIOD_DAY;
    story->lanes.lane[1].stages[0].bound.high = 40.0;
    story->lanes.count = 2;
    story->rule.gather_ms = 3 * DAY;
    story->gap_ms = 3 * DAY;
}

static void hour(struct story *story, const char *start, double mean)
{
    story_value(story, 0, at(start), mean, QUALITY_NORMAL);
}

static void day(struct story *story, const char *start, double mean)
{
    story_value(story, 1, at(start), mean, QUALITY_NORMAL);
}

static void one_breach_is_one_problem_over_two_lanes(void **state)
{
    struct story story;
    char uid[UID_SIZE];

    begin_hour_and_day(&story);
    hour(&story, "2026-03-02 08:00", 90.0);
    memcpy(uid, story.problem.uid, sizeof uid);
    assert_string_equal(story.changes, "1");
    day(&story, "2026-03-02", 60.0);
    assert_string_equal(story.changes, "2");
    assert_int_equal(story.problem.episodes, 2);
    hour(&story, "2026-03-03 00:00", 30.0);
    assert_string_equal(story.changes, "1 recovered");
    assert_true(problem_is_running(&story.problem)); /* the day still runs */
    assert_false(story.marks & TRACK_VERSION);
    hour(&story, "2026-03-03 05:00", 55.0);
    assert_string_equal(story.changes, "3");
    hour(&story, "2026-03-03 06:00", 30.0);
    day(&story, "2026-03-03", 35.0);
    assert_string_equal(story.changes, "2 recovered");
    assert_int_equal(story.problem.state, PROBLEM_RECOVERED);
    assert_string_equal(story.problem.uid, uid);
    assert_int_equal(story.problem.episodes, 3);
    assert_true(story.problem.worst == 90.0); /* 40 beyond its bound, the day's 20 */
    story_end(&story);
}

static void recovery_is_proven_by_the_lane_that_ended_last(void **state)
{
    struct story story;

    begin_hour_and_day(&story);
    day(&story, "2026-03-02", 60.0);
    day(&story, "2026-03-03", 35.0);
    assert_int_equal(story.problem.state, PROBLEM_RECOVERED);
    for (int n = 0; n < 100; n++)
        story_value(&story, 0, later(at("2026-03-04 00:00"), n * HOUR), 10.0, QUALITY_NORMAL);
    assert_int_equal(story.problem.state, PROBLEM_RECOVERED); /* the hours prove no day */
    day(&story, "2026-03-04", 35.0);
    day(&story, "2026-03-05", 35.0);
    assert_int_equal(story.problem.state, PROBLEM_RECOVERED);
    day(&story, "2026-03-06", 35.0);
    assert_int_equal(story.problem.state, PROBLEM_CLOSED);
    story_end(&story);
}

static void a_version_tells_of_every_episode_that_runs(void **state)
{
    struct story story;

    begin_hour_and_day(&story);
    hour(&story, "2026-03-02 08:00", 60.0);
    day(&story, "2026-03-02", 45.0);
    hour(&story, "2026-03-03 00:00", 80.0);
    assert_string_equal(story.changes, "1, 2");
    story_end(&story);
}

static void each_worst_value_is_measured_by_the_bound_it_broke(void **state)
{
    struct story story;

    begin_hour_and_day(&story);
    hour(&story, "2026-03-02 08:00", 75.0);
    day(&story, "2026-03-02", 44.0);
    assert_true(story.problem.high == 40.0); /* of the latest episode */
    assert_true(story.problem.worst == 75.0);
    assert_true(problem_multiple(&story.problem, &story.parameter) == 0.5); /* of 50 */
    story_end(&story);
}

/* Editions ----------------------------------------------------------------------------------- */

/* PM2.5 by the day: 75 until the end of February 2026, 60 from then on (GB 3095, class 2). */
static void begin_pm2_5(struct story *story)
{
    static const struct limit old = {.standard = "GB 3095",
                                     .edition = "2012",
                                     .clause = "table 1",
                                     .class_ = "2",
                                     .on = PERIOD_DAY,
                                     .verified = true};
    static const struct limit new = {
        .standard = "GB 3095", .edition = "2026-transition", .class_ = "2", .on = PERIOD_DAY};
    struct stage *stage;

    story_begin(story, 75.0);
    story->lanes.lane[0].on = PERIOD_DAY;
    story->lanes.lane[0].stages[0].bound.decimals = 0;
    story->lanes.lane[0].stages[0].limit = &old;
    stage = story_edition(story, 0, at("2026-03-01"));
    stage->bound.high = 60.0;
    stage->limit = &new;
    story->gap_ms = 3 * DAY;
    story->rule.gather_ms = 30 * (int64_t)DAY;
}

static void each_day_is_judged_by_the_edition_in_force_on_it(void **state)
{
    struct story story;

    begin_pm2_5(&story);
    assert_int_equal(story_step(&story, at("2026-02-28"), 70.0), 0);
    story_step(&story, at("2026-03-01"), 70.0);
    assert_int_equal(story.problem.state, PROBLEM_OPEN);
    assert_string_equal(story.problem.limit.edition, "2026-transition");
    assert_true(story.problem.high == 60.0);
    story_end(&story);
}

static void another_edition_ends_the_episode_and_the_problem_goes_on(void **state)
{
    struct story story;
    char uid[UID_SIZE];

    begin_pm2_5(&story);
    story_step(&story, at("2026-02-27"), 80.0);
    memcpy(uid, story.problem.uid, sizeof uid);
    assert_string_equal(story.problem.limit.edition, "2012");
    story_step(&story, at("2026-02-28"), 78.0);
    story_step(&story, at("2026-03-01"), 70.0);
    assert_string_equal(story.changes, "1 limit_changed, 2");
    assert_int_equal(story.track.cut.episode.ended.ms, at("2026-02-28").ms);
    assert_int_equal(story.track.lane[0].episode.first.ms, at("2026-03-01").ms);
    assert_string_equal(story.problem.uid, uid);
    assert_string_equal(story.problem.limit.edition, "2026-transition");
    assert_true(problem_is_running(&story.problem));
    assert_true(story.problem.worst == 70.0); /* 10 beyond 60; 80 was 5 beyond 75 */
    story_step(&story, at("2026-03-02"), 60.0);
    assert_string_equal(story.changes, "2 recovered");
    assert_int_equal(story.problem.state, PROBLEM_RECOVERED);
    story_end(&story);
}

static void a_good_value_of_the_new_edition_proves_the_recovery_with_it(void **state)
{
    struct story story;
    uint32_t version;

    begin_pm2_5(&story);
    story_step(&story, at("2026-02-28"), 80.0);
    version = story.problem.version;
    story_step(&story, at("2026-03-01"), 60.4); /* 60 when rounded */
    assert_string_equal(story.changes, "1 limit_changed");
    assert_int_equal(story.problem.state, PROBLEM_RECOVERED);
    assert_int_equal(story.problem.version, version + 1);
    story_end(&story);
}

static void an_edition_with_the_same_bound_lets_the_episode_go_on(void **state)
{
    struct story story;

    begin_pm2_5(&story);
    story.lanes.lane[0].stages[1].bound.high = 75.0;
    story_step(&story, at("2026-02-28"), 80.0);
    story_step(&story, at("2026-03-01"), 90.0);
    assert_string_equal(story.changes, "1");
    assert_int_equal(story.problem.episodes, 1);
    assert_string_equal(story.problem.limit.edition, "2026-transition");
    story_end(&story);
}

static void where_no_edition_is_in_force_nothing_is_judged(void **state)
{
    struct story story;

    begin_pm2_5(&story);
    story.lanes.lane[0].stages[0].from = at("2026-01-01");
    story.lanes.lane[0].stages[1].to = at("2026-04-01");
    assert_int_equal(story_step(&story, at("2025-12-31"), 900.0), 0);
    story_step(&story, at("2026-03-31"), 900.0);
    story_step(&story, at("2026-04-01"), 900.0);
    assert_string_equal(story.changes, "1 limit_changed");
    assert_int_equal(story.problem.state, PROBLEM_OPEN);
    assert_false(problem_is_running(&story.problem));
    story_step(&story, at("2026-04-02"), 1.0);
    assert_int_equal(story.problem.state, PROBLEM_OPEN); /* proven by nothing */
    story_end(&story);
}

static void what_pends_under_one_edition_is_not_counted_by_the_next(void **state)
{
    struct story story;

    begin_pm2_5(&story);
    story.rule.count_m = 2;
    story.rule.count_n = 3;
    story_step(&story, at("2026-02-28"), 80.0);
    story_step(&story, at("2026-03-01"), 70.0);
    assert_int_equal(story.problem.state, PROBLEM_NONE);
    story_step(&story, at("2026-03-02"), 70.0);
    assert_int_equal(story.problem.first.ms, at("2026-03-01").ms);
    story_end(&story);
}

/* At least this ------------------------------------------------------------------------------ */

static void a_value_above_the_span_breaches_and_never_proves_recovery(void **state)
{
    struct story story;

    story_begin(&story, 50.0);
    story_value(&story, 0, at("2026-03-02 08:00"), 60.0, QUALITY_OVER_RANGE);
    assert_int_equal(story.problem.state, PROBLEM_OPEN);
    for (int n = 1; n < 100; n++)
        story_value(&story, 0, later(at("2026-03-02 08:00"), n * MINUTE), 40.0, QUALITY_OVER_RANGE);
    assert_true(problem_is_running(&story.problem));
    story_value(&story, 0, at("2026-03-02 10:00"), 40.0, QUALITY_NORMAL);
    assert_int_equal(story.problem.state, PROBLEM_RECOVERED);
    story_end(&story);
}

static void letters_but_n_and_t_do_nothing_at_all(void **state)
{
    struct story story;

    story_begin(&story, 50.0);
    for (int letter = 0; letter <= QUALITY_NO_ANSWER; letter++)
        if (letter != QUALITY_NORMAL && letter != QUALITY_OVER_RANGE)
            assert_int_equal(
                story_value(&story, 0, at("2026-03-02 08:00"), 99.0, (enum quality)letter), 0);
    story_step(&story, at("2026-03-02 08:00"), 60.0);
    for (int letter = 0; letter <= QUALITY_NO_ANSWER; letter++)
        if (letter != QUALITY_NORMAL && letter != QUALITY_OVER_RANGE)
            assert_int_equal(
                story_value(&story, 0, at("2026-03-02 08:01"), 1.0, (enum quality)letter), 0);
    story_end(&story);
}

/* The ledger --------------------------------------------------------------------------------- */

static const char *kind_of(const struct story *story)
{
    return problem_kind_word(story->problem.about.kind);
}

static void a_breach_is_new_ongoing_or_a_relapse_by_its_first_value(void **state)
{
    static const struct {
        enum task_state state;
        const char *struck_off, *until;
        const char *kind;
    } cases[] = {
        {TASK_RECTIFYING, NULL,         NULL,         "ongoing"},
        {TASK_CLOSED,     NULL,         NULL,         "new"    },
        {TASK_STRUCK_OFF, "2026-02-01", "2026-05-02", "relapse"},
        {TASK_WATCHING,   "2025-11-01", "2026-03-02", "new"    }, /* the watch has ended */
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct story story;

        story_begin(&story, 50.0);
        story_task(&story, "37", cases[i].state,
                   cases[i].struck_off == NULL ? WALL_NONE : at(cases[i].struck_off),
                   cases[i].until == NULL ? WALL_NONE : at(cases[i].until));
        story_step(&story, at("2026-03-02 08:00"), 60.0);
        assert_string_equal(kind_of(&story), cases[i].kind);
        story_end(&story);
    }
}

static void the_kind_is_fixed_at_opening(void **state)
{
    struct story story;

    story_begin(&story, 50.0);
    story_step(&story, at("2026-03-02 08:00"), 60.0);
    story_task(&story, "37", TASK_RECTIFYING, WALL_NONE, WALL_NONE);
    story_step(&story, at("2026-03-02 08:01"), 40.0);
    story_step(&story, at("2026-03-02 08:02"), 60.0);
    assert_string_equal(kind_of(&story), "new");
    assert_int_equal(story.problem.about.task_count, 0);
    story_end(&story);
}

static void what_comes_after_a_strike_off_is_a_relapse_and_not_more_of_the_same(void **state)
{
    struct story story;
    char uid[UID_SIZE], body[4096];

    story_begin(&story, 50.0);
    story_task(&story, "36", TASK_RECTIFYING, WALL_NONE, WALL_NONE);
    story_task(&story, "37", TASK_RECTIFYING, WALL_NONE, WALL_NONE);
    story_step(&story, at("2026-03-02 08:00"), 60.0);
    assert_string_equal(kind_of(&story), "ongoing");
    assert_int_equal(story.problem.about.task_count, 2);
    memcpy(uid, story.problem.uid, sizeof uid);

    story_task(&story, "37", TASK_STRUCK_OFF, at("2026-03-02 08:00:30"), at("2026-06-01"));
    assert_int_equal(story_struck_off(&story), TRACK_CHANGED | TRACK_VERSION | TRACK_EPISODE);
    assert_string_equal(story.changes, "1 struck_off");
    assert_int_equal(story.problem.state, PROBLEM_CLOSED);
    assert_int_equal(story.problem.ended.ms, at("2026-03-02 08:00").ms);

    story_step(&story, at("2026-03-02 08:01"), 60.0);
    assert_string_equal(kind_of(&story), "relapse");
    assert_string_not_equal(story.problem.uid, uid);
    assert_int_equal(story.problem.version, 1);
    story_body(&story, &story.track, body, sizeof body);
    assert_non_null(strstr(body, "\"tasks\":[\"36\",\"37\"],\"relapse_of\":[\"37\"],"));
    story_end(&story);
}

static void a_strike_off_closes_what_is_recovered_and_forgets_what_is_pending(void **state)
{
    struct story story;

    story_begin(&story, 50.0);
    story.rule.for_ms = 2 * MINUTE;
    assert_int_equal(story_struck_off(&story), 0);
    story_step(&story, at("2026-03-02 08:00"), 60.0);
    story_step(&story, at("2026-03-02 08:01"), 60.0);
    assert_int_equal(story_struck_off(&story), TRACK_CHANGED);
    story_step(&story, at("2026-03-02 08:02"), 60.0);
    assert_int_equal(story.problem.state, PROBLEM_NONE);
    story_step(&story, at("2026-03-02 08:04"), 60.0);
    assert_int_equal(story.problem.first.ms, at("2026-03-02 08:02").ms);
    story_step(&story, at("2026-03-02 08:05"), 40.0);
    assert_int_equal(story_struck_off(&story), TRACK_CHANGED | TRACK_VERSION);
    assert_int_equal(story.problem.state, PROBLEM_CLOSED);
    story_end(&story);
}

static void the_machine_closes_only_after_the_watch_has_ended(void **state)
{
    struct story story;

    story_begin(&story, 50.0);
    story_task(&story, "37", TASK_WATCHING, at("2026-02-01"), at("2026-03-02 12:00"));
    story_step(&story, at("2026-03-02 08:00"), 60.0);
    for (int n = 1; n < 4 * 60; n++)
        story_step(&story, later(at("2026-03-02 08:00"), n * MINUTE), 40.0);
    assert_int_equal(story.problem.state, PROBLEM_RECOVERED);
    story_step(&story, at("2026-03-02 12:00"), 40.0);
    assert_int_equal(story.problem.state, PROBLEM_CLOSED);
    story_end(&story);
}

static void a_doubt_is_no_matter_of_the_ledger(void **state)
{
    struct story story;

    story_begin(&story, 50.0);
    story.rule.nature = NATURE_DOUBT;
    story_task(&story, "37", TASK_WATCHING, at("2026-02-01"), at("2026-05-01"));
    story_step(&story, at("2026-03-02 08:00"), 60.0);
    assert_string_equal(kind_of(&story), "new");
    assert_int_equal(story.problem.about.task_count, 0);
    for (int n = 1; n <= 61; n++)
        story_step(&story, later(at("2026-03-02 08:00"), n * MINUTE), 40.0);
    assert_int_equal(story.problem.state, PROBLEM_CLOSED);
    story_end(&story);
}

static void closing_ends_what_runs_and_the_next_breach_is_another_problem(void **state)
{
    struct story story;
    unsigned marks;

    story_begin(&story, 50.0);
    story_step(&story, at("2026-03-02 08:00"), 60.0);
    marks = track_close(&story.track);
    story_compare(&story, marks, track_close(&story.again));
    assert_string_equal(story.changes, "1 closed");
    story_step(&story, at("2026-03-02 08:01"), 60.0);
    assert_int_equal(story.problem.version, 1);
    assert_int_equal(story.problem.first.ms, at("2026-03-02 08:01").ms);
    story_end(&story);
}

/* Anything at all ---------------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *random)
{
    *random ^= *random >> 12;
    *random ^= *random << 25;
    *random ^= *random >> 27;
    return *random * UINT64_C(2685821657736338717);
}

static void make_any_rule(struct story *story, uint64_t *random)
{
    story->lanes.count = 1 + next_random(random) % LANES_MAX;
    for (size_t i = 0; i < story->lanes.count; i++) {
        struct lane *lane = &story->lanes.lane[i];

        *lane = story->lanes.lane[0];
        lane->when = (enum when)(next_random(random) % 3);
        lane->stages[0].per_day = (int)(next_random(random) % 4) - 1;
        lane->stages[0].bound.decimals = next_random(random) % 2 ? 0 : DECIMALS_ALL;
        if (next_random(random) % 2 && lane->stage_count == 1)
            story_edition(story, i, at("2026-03-02"))->bound.high = 45.0;
    }
    story->rule.for_ms = (int64_t)(next_random(random) % 3) * HOUR;
    story->rule.recover_for_ms = (int64_t)(next_random(random) % 3) * HOUR;
    story->rule.count_n = (int)(next_random(random) % 7);
    story->rule.count_m = (int)(next_random(random) % 7) % (story->rule.count_n + 1) + 1;
    if (story->rule.count_m > story->rule.count_n)
        story->rule.count_n = 0;
    story->rule.has_recover = next_random(random) % 2;
    story->rule.recover = 40.0;
    story->gap_ms = 3 * HOUR;
}

static bool any_lane_runs(const struct track *track)
{
    for (size_t i = 0; i < LANES_MAX; i++)
        if (track->lane[i].episode.phase == EPISODE_RUNNING)
            return true;
    return false;
}

static void act_anyhow(struct story *story, struct wall_time time, uint64_t random)
{
    unsigned marks;

    if (random % 3 == 0) {
        story_task(story, "37", TASK_STRUCK_OFF, time, later(time, DAY));
        story_struck_off(story);
    } else if (random % 3 == 1) {
        marks = track_rule_changed(&story->track, random);
        story_compare(story, marks, track_rule_changed(&story->again, random));
    } else if (story->track.problem.state != PROBLEM_NONE) {
        marks = track_close(&story->track);
        story_compare(story, marks, track_close(&story->again));
    }
}

static void whatever_comes_a_problem_runs_while_a_lane_does_and_no_uid_comes_twice(void **state)
{
    enum { STORIES = 60, VALUES = 300, UIDS = 300 };
    static char uids[UIDS][UID_SIZE];
    uint64_t random = 88172645463325252;

    for (int n = 0; n < STORIES; n++) {
        struct wall_time time = at("2026-02-27 12:00");
        char uid[UID_SIZE] = "";
        struct story story;
        uint32_t version = 0;
        size_t uid_count = 0;

        story_begin(&story, 50.0);
        make_any_rule(&story, &random);
        for (int i = 0; i < VALUES; i++) {
            uint64_t dice = next_random(&random);

            time = later(time, dice % 97 == 0 ? -2 * (int64_t)DAY : (int64_t)(dice % 90) * MINUTE);
            story_value(&story, next_random(&random) % story.lanes.count, time,
                        35.0 + (double)(dice % 2001) / 100.0,
                        dice % 5 == 0 ? QUALITY_OVER_RANGE : QUALITY_NORMAL);
            if (dice % 41 == 0)
                act_anyhow(&story, time, dice / 41);
            if (story.problem.state == PROBLEM_NONE)
                continue;
            if (strcmp(uid, story.problem.uid) != 0) {
                memcpy(uid, story.problem.uid, sizeof uid);
                for (size_t u = 0; u < uid_count; u++)
                    assert_string_not_equal(uids[u], uid);
                memcpy(uids[uid_count++], uid, sizeof uid);
                version = 0;
            }
            assert_true(story.problem.version >= version && story.problem.version <= version + 2);
            version = story.problem.version;
            assert_int_equal(problem_is_running(&story.track.problem), any_lane_runs(&story.track));
        }
        story_end(&story);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_breach_is_one_problem_over_two_lanes),
        cmocka_unit_test(recovery_is_proven_by_the_lane_that_ended_last),
        cmocka_unit_test(a_version_tells_of_every_episode_that_runs),
        cmocka_unit_test(each_worst_value_is_measured_by_the_bound_it_broke),
        cmocka_unit_test(each_day_is_judged_by_the_edition_in_force_on_it),
        cmocka_unit_test(another_edition_ends_the_episode_and_the_problem_goes_on),
        cmocka_unit_test(a_good_value_of_the_new_edition_proves_the_recovery_with_it),
        cmocka_unit_test(an_edition_with_the_same_bound_lets_the_episode_go_on),
        cmocka_unit_test(where_no_edition_is_in_force_nothing_is_judged),
        cmocka_unit_test(what_pends_under_one_edition_is_not_counted_by_the_next),
        cmocka_unit_test(a_value_above_the_span_breaches_and_never_proves_recovery),
        cmocka_unit_test(letters_but_n_and_t_do_nothing_at_all),
        cmocka_unit_test(a_breach_is_new_ongoing_or_a_relapse_by_its_first_value),
        cmocka_unit_test(the_kind_is_fixed_at_opening),
        cmocka_unit_test(what_comes_after_a_strike_off_is_a_relapse_and_not_more_of_the_same),
        cmocka_unit_test(a_strike_off_closes_what_is_recovered_and_forgets_what_is_pending),
        cmocka_unit_test(the_machine_closes_only_after_the_watch_has_ended),
        cmocka_unit_test(a_doubt_is_no_matter_of_the_ledger),
        cmocka_unit_test(closing_ends_what_runs_and_the_next_breach_is_another_problem),
        cmocka_unit_test(whatever_comes_a_problem_runs_while_a_lane_does_and_no_uid_comes_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
