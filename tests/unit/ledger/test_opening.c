/* Tests of ledger/opening.c through a track: m of the last n, allowed times a day, day and night.
 * Every story is restarted after each value (point_story.h). */
#include "unit/ledger/point_story.h"

/* Values a minute apart from 08:00 on: B breached, U undecided, g good. */
static void play(struct story *story, const char *values)
{
    struct wall_time time = at("2026-03-02 08:00");

    for (size_t i = 0; values[i] != '\0'; i++)
        story_step(story, later(time, (int64_t)i * MINUTE),
                   values[i] == 'B'   ? 2.0
                   : values[i] == 'U' ? 1.4
                                      : 1.0);
}

static void begin_three_of_five(struct story *story)
{
    story_begin(story, 1.5);
    story->rule.count_m = 3;
    story->rule.count_n = 5;
    story->rule.has_recover = true;
    story->rule.recover = 1.2;
}

static void m_of_the_last_n_opens_and_begins_at_the_first_of_these(void **state)
{
    static const struct {
        const char *values;
        int first; /* minute of the episode's first breach; -1: none opened */
    } cases[] = {
        {"BgBg",          -1},
        {"BgBgB",         0 },
        {"BggBgB",        -1}, /* the first has left the window
  */
        {"BggBgBgB",      3 },
        {"BUBUB",         0 }, /* an undecided value is one of the n */
        {"gggggggBBB",    7 },
        {"BggggBggggBgg", -1},
        {"BBgggBB",       -1},
        {"BBgBB",         0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct story story;

        begin_three_of_five(&story);
        play(&story, cases[i].values);
        assert_int_equal(story.track.problem.state,
                         cases[i].first < 0 ? PROBLEM_NONE : PROBLEM_OPEN);
        if (cases[i].first >= 0)
            assert_int_equal(story.track.problem.first.ms,
                             at("2026-03-02 08:00").ms + cases[i].first * MINUTE);
        story_end(&story);
    }
}

static void what_has_left_the_window_is_not_the_worst(void **state)
{
    const double values[] = {9.0, 1.0, 1.0, 3.0, 1.0, 2.0, 2.5};
    struct story story;

    begin_three_of_five(&story);
    for (int i = 0; i < 7; i++)
        story_step(&story, later(at("2026-03-02 08:00"), i * MINUTE), values[i]);
    assert_int_equal(story.track.problem.state, PROBLEM_OPEN);
    assert_true(story.track.problem.worst == 3.0);
    assert_int_equal(story.track.problem.worst_at.ms, at("2026-03-02 08:03").ms);
    story_end(&story);
}

static void after_an_episode_of_m_of_n_the_counting_starts_empty(void **state)
{
    struct story story;

    begin_three_of_five(&story);
    play(&story, "BBBgBB");
    assert_int_equal(story.track.problem.state, PROBLEM_RECOVERED);
    story_step(&story, at("2026-03-02 08:06"), 2.0);
    assert_int_equal(story.track.problem.state, PROBLEM_OPEN);
    assert_int_equal(story.track.problem.episodes, 2);
    assert_int_equal(story.track.lane[0].episode.first.ms, at("2026-03-02 08:04").ms);
    story_end(&story);
}

static void the_longest_count_and_many_lanes_keep_within_their_memory(void **state)
{
    struct story story;

    for (size_t count = 1; count <= LANES_MAX; count++) {
        story_begin(&story, 1.5);
        story.rule.count_m = story.rule.count_n = COUNT_MAX;
        story.lanes.count = count;
        for (size_t i = 1; i < count; i++)
            story.lanes.lane[i] = story.lanes.lane[0];
        for (int n = 0; n < COUNT_MAX; n++)
            for (size_t lane = 0; lane < count; lane++)
                story_value(&story, lane, later(at("2026-03-02 08:00"), n * MINUTE), 2.0 + n,
                            QUALITY_NORMAL);
        assert_int_equal(story.track.problem.episodes, count);
        if (count == 1)
            assert_int_equal(story.track.problem.first.ms, at("2026-03-02 08:00").ms);
        story_end(&story);
    }
}

/* Allowed times a day ------------------------------------------------------------------------ */

/* DB31/964-2016: 15-minute means of particulates, in mg/m3: 2.0 may be exceeded once a day, 1.0 six
 * times a day. */
static void begin_dust(struct story *story)
{
    story_begin(story, 2.0);
    story->lanes.lane[0].on = PERIOD_15MIN;
    story->lanes.lane[0].stages[0].per_day = 1;
    story->lanes.lane[1] = story->lanes.lane[0];
    story->lanes.lane[1].stages[0].bound.high = 1.0;
    story->lanes.lane[1].stages[0].per_day = 6;
    story->lanes.count = 2;
    story->gap_ms = 45 * MINUTE;
}

/* Means from then on, each for both lanes. */
static void dust(struct story *story, const char *from, const double *means, int count)
{
    for (int i = 0; i < count; i++)
        for (size_t lane = 0; lane < 2; lane++)
            story_value(story, lane, later(at(from), i * 15 * MINUTE), means[i], QUALITY_NORMAL);
}

static void dust_above_one_milligram_is_allowed_six_times_a_day(void **state)
{
    const double means[] = {0.4, 1.5, 0.3, 1.2, 1.1, 0.9, 1.3, 1.0, 1.9, 1.01};
    struct story story;

    begin_dust(&story);
    dust(&story, "2026-03-02 08:00", means, 10); /* six of them */
    assert_int_equal(story.track.problem.state, PROBLEM_NONE);
    dust(&story, "2026-03-02 10:30", (double[]){1.2}, 1);
    assert_int_equal(story.track.problem.state, PROBLEM_OPEN);
    assert_int_equal(story.track.problem.first.ms, at("2026-03-02 08:15").ms);
    assert_int_equal(story.track.problem.last.ms, at("2026-03-02 10:30").ms);
    assert_true(story.track.problem.worst == 1.9 && story.track.problem.high == 1.0);
    story_end(&story);
}

static void dust_above_two_milligrams_is_allowed_once_a_day(void **state)
{
    struct story story;

    begin_dust(&story);
    dust(&story, "2026-03-02 08:00", (double[]){2.5, 0.3, 2.0}, 3);
    assert_int_equal(story.track.problem.state, PROBLEM_NONE);
    dust(&story, "2026-03-02 09:00", (double[]){2.1}, 1);
    assert_int_equal(story.track.problem.state, PROBLEM_OPEN);
    assert_int_equal(story.track.problem.first.ms, at("2026-03-02 08:00").ms);
    assert_true(story.track.problem.high == 2.0);
    story_end(&story);
}

static void the_day_is_over_with_the_first_value_of_a_later_day_good_or_not(void **state)
{
    struct story story;
    char uid[UID_SIZE];

    begin_dust(&story);
    dust(&story, "2026-03-02 23:15", (double[]){2.5, 2.6, 0.2}, 3);
    memcpy(uid, story.track.problem.uid, sizeof uid);
    assert_true(problem_is_running(&story.track.problem)); /* good values of the day end nothing */
    story_value(&story, 0, at("2026-03-03 00:00"), 2.7, QUALITY_NORMAL);
    assert_string_equal(story.changes, "1 recovered");
    assert_int_equal(story.track.problem.state, PROBLEM_RECOVERED);
    assert_int_equal(story.track.problem.ended.ms, at("2026-03-03 00:00").ms);
    assert_true(story.track.problem.worst == 2.6); /* what is allowed is no part of the problem */
    story_value(&story, 0, at("2026-03-03 00:15"), 2.1, QUALITY_NORMAL);
    assert_string_equal(story.changes, "2");
    assert_int_equal(story.track.lane[0].episode.first.ms, at("2026-03-03 00:00").ms);
    assert_string_equal(story.track.problem.uid, uid); /* later days join */
    story_end(&story);
}

static void the_breaches_of_two_days_are_not_added(void **state)
{
    struct story story;

    begin_dust(&story);
    for (int day = 0; day < 5; day++)
        story_value(&story, 0, later(at("2026-03-02 23:45"), (int64_t)day * DAY), 2.5,
                    QUALITY_NORMAL);
    story_value(&story, 0, at("2026-03-07 00:00"), 2.5, QUALITY_NORMAL);
    assert_int_equal(story.track.problem.state, PROBLEM_NONE);
    story_end(&story);
}

static void where_no_time_a_day_is_allowed_one_value_ends_a_day_and_begins_the_next(void **state)
{
    struct story story;

    story_begin(&story, 2.0);
    story.lanes.lane[0].stages[0].per_day = 0;
    story_step(&story, at("2026-03-02 12:00"), 3.0);
    assert_string_equal(story.changes, "1");
    story_step(&story, at("2026-03-03 12:00"), 4.0);
    assert_string_equal(story.changes, "1 recovered, 2");
    assert_int_equal(story.track.problem.version, 2);
    assert_true(problem_is_running(&story.track.problem));
    story_end(&story);
}

static void a_day_within_what_is_allowed_goes_on_proving_the_recovery(void **state)
{
    struct story story;

    begin_dust(&story);
    dust(&story, "2026-03-02 08:00", (double[]){2.5, 2.5}, 2);
    dust(&story, "2026-03-03 08:00", (double[]){2.5, 0.2, 0.2, 0.2, 0.2}, 5);
    assert_int_equal(story.track.problem.state, PROBLEM_RECOVERED);
    dust(&story, "2026-03-03 09:15", (double[]){0.2}, 1);
    assert_int_equal(story.track.problem.state, PROBLEM_NONE); /* closed after an hour of good */
    story_end(&story);
}

static void a_clock_set_back_by_days_ends_no_day(void **state)
{
    struct story story;

    begin_dust(&story);
    dust(&story, "2026-03-05 08:00", (double[]){2.5, 2.5}, 2);
    dust(&story, "2026-03-03 08:00", (double[]){0.2, 2.5}, 2);
    assert_true(problem_is_running(&story.track.problem));
    assert_int_equal(story.track.problem.last.ms, at("2026-03-05 08:15").ms);
    dust(&story, "2026-03-06 08:00", (double[]){0.2}, 1);
    assert_int_equal(story.track.problem.state, PROBLEM_RECOVERED);
    story_end(&story);
}

static void a_count_begun_before_a_clock_was_set_back_is_not_gone_on_with(void **state)
{
    struct story story;

    story_begin(&story, 2.0);
    story.lanes.lane[0].stages[0].per_day = 2;
    story_step(&story, at("2026-03-05 08:00"), 9.0);
    story_step(&story, at("2026-03-05 08:15"), 9.0);
    story_step(&story, at("2026-03-03 08:00"), 2.5);
    story_step(&story, at("2026-03-03 08:15"), 2.5);
    assert_int_equal(story.track.problem.state, PROBLEM_NONE);
    story_step(&story, at("2026-03-03 08:30"), 2.5);
    assert_int_equal(story.track.problem.first.ms, at("2026-03-03 08:00").ms);
    assert_true(story.track.problem.worst == 2.5);
    story_end(&story);
}

static void good_values_of_the_day_that_was_broken_prove_nothing(void **state)
{
    struct story story;

    begin_dust(&story);
    story.rule.gather_ms = 15 * MINUTE;
    dust(&story, "2026-03-02 23:15", (double[]){2.5, 2.5, 0.2, 0.2}, 4);
    assert_int_equal(story.track.problem.state, PROBLEM_RECOVERED);
    dust(&story, "2026-03-03 00:15", (double[]){0.2}, 1);
    assert_int_equal(story.track.problem.state, PROBLEM_NONE);
    story_end(&story);
}

/* Day and night ------------------------------------------------------------------------------ */

static void a_night_that_spans_midnight_is_one_and_the_day_says_nothing(void **state)
{
    struct story story;

    story_begin(&story, 50.0);
    story.lanes.lane[0].when = WHEN_NIGHT;
    story.rule.recover_for_ms = 2 * MINUTE;
    assert_int_equal(story_step(&story, at("2026-03-02 21:59"), 70.0), 0);
    story_step(&story, at("2026-03-02 22:00"), 52.0);
    assert_int_equal(story.track.problem.first.ms, at("2026-03-02 22:00").ms);
    story_step(&story, at("2026-03-03 00:30"), 56.0);
    story_step(&story, at("2026-03-03 05:59"), 49.0);
    for (int n = 0; n < 16 * 60; n++)
        assert_int_equal(story_step(&story, later(at("2026-03-03 06:00"), n * MINUTE), 40.0), 0);
    assert_true(problem_is_running(&story.track.problem));
    assert_int_equal(story.track.problem.episodes, 1);
    story_step(&story, at("2026-03-03 22:00"), 40.0); /* the day was a hole: the proof begins */
    assert_true(problem_is_running(&story.track.problem));
    story_step(&story, at("2026-03-03 22:02"), 40.0);
    assert_int_equal(story.track.problem.ended.ms, at("2026-03-03 22:00").ms);
    assert_true(story.track.problem.worst == 56.0);
    story_end(&story);
}

static void a_rule_for_the_day_sleeps_at_night(void **state)
{
    struct story story;

    story_begin(&story, 60.0);
    story.lanes.lane[0].when = WHEN_DAY;
    assert_int_equal(story_step(&story, at("2026-03-02 05:59"), 70.0), 0);
    assert_int_equal(story_step(&story, at("2026-03-02 22:00"), 70.0), 0);
    story_step(&story, at("2026-03-03 06:00"), 70.0);
    assert_true(problem_is_running(&story.track.problem));
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(m_of_the_last_n_opens_and_begins_at_the_first_of_these),
        cmocka_unit_test(what_has_left_the_window_is_not_the_worst),
        cmocka_unit_test(after_an_episode_of_m_of_n_the_counting_starts_empty),
        cmocka_unit_test(the_longest_count_and_many_lanes_keep_within_their_memory),
        cmocka_unit_test(dust_above_one_milligram_is_allowed_six_times_a_day),
        cmocka_unit_test(dust_above_two_milligrams_is_allowed_once_a_day),
        cmocka_unit_test(the_day_is_over_with_the_first_value_of_a_later_day_good_or_not),
        cmocka_unit_test(the_breaches_of_two_days_are_not_added),
        cmocka_unit_test(where_no_time_a_day_is_allowed_one_value_ends_a_day_and_begins_the_next),
        cmocka_unit_test(a_day_within_what_is_allowed_goes_on_proving_the_recovery),
        cmocka_unit_test(a_clock_set_back_by_days_ends_no_day),
        cmocka_unit_test(a_count_begun_before_a_clock_was_set_back_is_not_gone_on_with),
        cmocka_unit_test(good_values_of_the_day_that_was_broken_prove_nothing),
        cmocka_unit_test(a_night_that_spans_midnight_is_one_and_the_day_says_nothing),
        cmocka_unit_test(a_rule_for_the_day_sleeps_at_night),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
