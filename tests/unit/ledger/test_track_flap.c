/* Tests of ledger/track.c: a value that alternates around its bound with every reading, one a
 * second. Every story is restarted after each value (point_story.h). */
#include "unit/ledger/point_story.h"

enum { SECOND = 1000, AT_ONCE = 15, TURNS = 2 * AT_ONCE };

static const char start[] = "2026-03-02 08:00";

static struct wall_time second(int64_t n)
{
    return later(at(start), n * SECOND);
}

/* Breached in even seconds, good in odd ones; how many versions that gave. */
static int flap(struct story *story, int64_t from, int64_t to)
{
    int told = 0;

    for (int64_t n = from; n < to; n++)
        told += (story_step(story, second(n), n % 2 == 0 ? 60.0 : 10.0) & TRACK_VERSION) != 0;
    return told;
}

/* Past its 16th episode, with a version told at second 30 and a breach that waits. */
static void begin_flapping(struct story *story)
{
    story_begin(story, 50.0);
    flap(story, 0, 41);
    assert_true(story->track.problem.untold);
}

static void few_episodes_are_told_at_once(void **state)
{
    struct story story;

    story_begin(&story, 50.0);
    assert_int_equal(flap(&story, 0, TURNS), TURNS);
    assert_int_equal(story.problem.episodes, AT_ONCE);
    assert_int_equal(story.problem.version, TURNS);
    story_end(&story);
}

static void from_the_16th_episode_on_a_problem_that_flaps_is_told_once_a_minute(void **state)
{
    struct story story;
    int64_t told = TURNS - 1;

    story_begin(&story, 50.0);
    flap(&story, 0, TURNS);
    for (int64_t n = TURNS; n < 1200; n++) {
        if (!(story_step(&story, second(n), n % 2 == 0 ? 60.0 + (double)n : 10.0) & TRACK_VERSION))
            continue;
        assert_int_equal(n, told + 60);
        told = n;
        assert_int_equal(story.problem.episodes, n / 2 + 1);
        assert_int_equal(story.problem.state, n % 2 == 0 ? PROBLEM_OPEN : PROBLEM_RECOVERED);
    }
    assert_int_equal(story.problem.version, TURNS + (1200 - TURNS) / 60);
    story_end(&story);
}

static void episodes_are_all_there(void **state)
{
    struct story story;

    story_begin(&story, 50.0);
    for (int n = 0; n < 400; n++) {
        char opened[32];

        snprintf(opened, sizeof opened, "%d%s", n / 2 + 1, n % 2 == 0 ? "" : " recovered");
        story_step(&story, second(n), n % 2 == 0 ? 60.0 : 10.0);
        assert_string_equal(story.changes, opened);
    }
    assert_true(story.problem.version < 40);
    story_end(&story);
}

static void the_last_state_is_told_within_a_minute_of_later_readings(void **state)
{
    const double last[] = {10.0, 60.0};

    for (size_t i = 0; i < 2; i++) {
        struct story story;
        int64_t n = 41;

        begin_flapping(&story);
        while (!(story_step(&story, second(n), last[i]) & TRACK_VERSION))
            n++;
        assert_true(n <= 41 + 60);
        assert_int_equal(story.problem.episodes, 21);
        assert_int_equal(story.problem.state, i == 0 ? PROBLEM_RECOVERED : PROBLEM_OPEN);
        assert_false(story.problem.untold);
        assert_string_equal(story.changes, i == 0 ? "" : "21"); /* a version tells what runs */
        story_end(&story);
    }
}

/* The episode runs on while its recovery is being proven; no value is breached any more. */
static void the_version_that_waited_tells_of_what_runs(void **state)
{
    struct story story;
    int64_t n = 41;

    begin_flapping(&story);
    story.rule.recover_for_ms = HOUR;
    while (!(story_step(&story, second(n), 10.0) & TRACK_VERSION))
        n++;
    assert_true(n <= 41 + 60);
    assert_string_equal(story.changes, "21");
    story_end(&story);
}

static void what_changes_every_two_minutes_is_told_at_once(void **state)
{
    struct story story;

    story_begin(&story, 50.0);
    for (int n = 0; n < 100; n++)
        assert_true(story_step(&story, second(120 * n), n % 2 == 0 ? 60.0 : 10.0) & TRACK_VERSION);
    story_end(&story);
}

static void the_machine_closes_without_waiting(void **state)
{
    struct story story;
    int64_t n = 41;

    begin_flapping(&story);
    story.rule.gather_ms = 20 * SECOND;
    while (story.problem.state != PROBLEM_CLOSED)
        story_step(&story, second(n++), 10.0);
    assert_int_equal(n - 1, 41 + 20);
    assert_true(story.marks & TRACK_VERSION);
    story_end(&story);
}

static void acknowledging_is_told_at_once_with_what_waited(void **state)
{
    struct story story;
    unsigned marks;

    begin_flapping(&story);
    marks = track_acknowledge(&story.track, "李四", second(41));
    assert_true(marks & TRACK_VERSION);
    story_compare(&story, marks, track_acknowledge(&story.again, "李四", second(41)));
    assert_int_equal(story.problem.episodes, 21);
    assert_false(story.problem.untold);
    story_end(&story);
}

static void closing_and_striking_off_are_told_at_once(void **state)
{
    struct story story;
    unsigned marks;

    begin_flapping(&story);
    marks = track_close(&story.track);
    assert_true(marks & TRACK_VERSION);
    story_compare(&story, marks, track_close(&story.again));
    assert_int_equal(story.problem.state, PROBLEM_CLOSED);
    story_end(&story);

    begin_flapping(&story);
    assert_true(story_struck_off(&story) & TRACK_VERSION);
    assert_int_equal(story.problem.state, PROBLEM_CLOSED);
    story_end(&story);
}

/* Running or recovered: a rule that is taken away sees no later value that could tell. */
static void an_edited_rule_is_told_at_once_with_what_waited(void **state)
{
    for (int64_t until = 41; until < 43; until++) {
        struct story story;
        unsigned marks;

        begin_flapping(&story);
        flap(&story, 41, until);
        marks = track_rule_changed(&story.track, 2);
        assert_true(marks & TRACK_VERSION);
        story_compare(&story, marks, track_rule_changed(&story.again, 2));
        assert_int_equal(story.problem.episodes, 21);
        assert_false(story.problem.untold);
        story_end(&story);
    }
}

static void another_edition_is_told_at_once(void **state)
{
    struct story story;

    begin_flapping(&story);
    story_edition(&story, 0, second(41))->bound.high = 55.0;
    assert_true(story_step(&story, second(41), 52.0) & TRACK_VERSION);
    assert_string_equal(story.changes, "21 limit_changed");
    story_end(&story);
}

static void a_clock_set_back_silences_nothing(void **state)
{
    struct story story;

    begin_flapping(&story);
    assert_true(flap(&story, -366 * 86400, -366 * 86400 + 61) >= 1);
    assert_in_range(flap(&story, -366 * 86400 + 61, -366 * 86400 + 661), 9, 10);
    story_end(&story);
}

static void a_value_outside_the_hours_of_its_lane_tells_what_waited(void **state)
{
    struct story story;
    unsigned marks;

    story_begin(&story, 50.0);
    story.lanes.lane[0].when = WHEN_NIGHT;
    for (int n = -41; n < 0; n++)
        story_step(&story, later(at("2026-03-02 06:00"), n * SECOND), n % 2 == 0 ? 10.0 : 60.0);
    assert_true(story.track.problem.untold);
    assert_int_equal(story_step(&story, at("2026-03-02 06:00"), 10.0), 0);
    assert_int_equal(story_value(&story, 0, at("2026-03-02 06:02"), 10.0, QUALITY_FAULT), 0);
    marks = story_step(&story, at("2026-03-02 06:02"), 10.0);
    assert_int_equal(marks, TRACK_CHANGED | TRACK_VERSION | TRACK_EPISODE);
    assert_string_equal(story.changes, "21");
    assert_int_equal(story_step(&story, at("2026-03-02 06:04"), 10.0), 0);
    story_end(&story);
}

/* The words from `key` to the next key are taken out, or others put in their place. */
static void replace(char *body, const char *key, const char *instead)
{
    char *from = strstr(body, key), rest[8192];

    assert_non_null(from);
    snprintf(rest, sizeof rest, "%s%s", instead, strchr(from, ',') + 1);
    memcpy(from, rest, strlen(rest) + 1);
}

static void a_memory_that_says_nothing_of_it_waits_for_nothing(void **state)
{
    struct story story;
    struct track track;
    struct error err = {0};
    char body[8192];

    begin_flapping(&story);
    story_memory(&story, &story.track, body, sizeof body);
    replace(body, "\"untold\"", "");
    replace(body, "\"told_at\"", "");
    assert_true(track_read(&track, &story.lanes, story.watch, body, strlen(body), &err));
    assert_false(track.problem.untold);
    assert_int_equal(track.problem.told_at.ms, track.problem.told.ms);
    story_memory(&story, &story.track, body, sizeof body);
    replace(body, "\"untold\"", "\"untold\":2,");
    assert_false(track_read(&track, &story.lanes, story.watch, body, strlen(body), &err));
    story_end(&story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_episodes_are_told_at_once),
        cmocka_unit_test(from_the_16th_episode_on_a_problem_that_flaps_is_told_once_a_minute),
        cmocka_unit_test(episodes_are_all_there),
        cmocka_unit_test(the_last_state_is_told_within_a_minute_of_later_readings),
        cmocka_unit_test(the_version_that_waited_tells_of_what_runs),
        cmocka_unit_test(what_changes_every_two_minutes_is_told_at_once),
        cmocka_unit_test(the_machine_closes_without_waiting),
        cmocka_unit_test(acknowledging_is_told_at_once_with_what_waited),
        cmocka_unit_test(closing_and_striking_off_are_told_at_once),
        cmocka_unit_test(an_edited_rule_is_told_at_once_with_what_waited),
        cmocka_unit_test(another_edition_is_told_at_once),
        cmocka_unit_test(a_clock_set_back_silences_nothing),
        cmocka_unit_test(a_value_outside_the_hours_of_its_lane_tells_what_waited),
        cmocka_unit_test(a_memory_that_says_nothing_of_it_waits_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
