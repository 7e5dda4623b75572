/* Tests of record/recorder.c and batch.c. The clock is held; recorder_step() does what is due. */
#include "unit/record/bench_top.h"

#include <signal.h>
#include <sys/resource.h>

enum { STEADY_MS = 10 * 1000 };
enum { EVERYTHING = 1 << ITEM_POLL | 1 << ITEM_EVENT | 1 << ITEM_PROBLEM };

static void assert_tells(const char *story, const char *words)
{
    if (strstr(story, words) == NULL)
        fail_msg("%s is not in:\n%s", words, story);
}

static void a_poll_is_there_for_readers_once_it_is_committed(void **state)
{
    struct bench *bench = *state;
    char *story;

    bench_push(bench, 0.5);
    assert_int_equal(recorder_committed(bench->recorder), bench->began);
    bench_step(bench);
    assert_int_equal(recorder_committed(bench->recorder), bench->began + 1);
    assert_int_equal(recorder_wait(bench->recorder, bench->began, -1), bench->began + 1);
    assert_int_equal(mailbox_used(bench->mailbox), 0);
    story = bench_story(bench, 1 << ITEM_POLL);
    assert_tells(story, " 0.5\n");
    free(story);
}

/* The same readings with breaches, holes and closings in them, numbered. */
static double value_of(unsigned n)
{
    unsigned hour = n / 60;

    if (hour % 5 == 1)
        return 1.6 + (double)(n % 7) / 10;
    return n % 97 == 0 ? 2.0 : 1.0;
}

enum { POLLS = 1500 };

static void push_numbered(struct bench *bench, unsigned n)
{
    int64_t hole_ms = (int64_t)(n / 400) * 3600000;

    bench->clock.wall.ms = bench_start().ms + (int64_t)n * MINUTE_MS + hole_ms;
    bench->clock.mono.ns = ns_from_ms((int64_t)n * MINUTE_MS + hole_ms);
    bench_push(bench, value_of(n));
}

static void the_same_problems_come_out_however_often_it_is_killed(void **state)
{
    struct bench *straight = *state;
    struct bench killed;
    char *one, *other;
    unsigned random = 1;
    unsigned committed = 0;
    unsigned kills = 0;

    for (unsigned n = 0; n < POLLS; n++) {
        push_numbered(straight, n);
        if (n % 7 == 6 || n == POLLS - 1)
            bench_step(straight);
    }
    bench_init(&killed);
    bench_open(&killed);
    while (committed < POLLS) {
        unsigned batch;

        random = random * 1103515245 + 12345;
        batch = 1 + (random >> 16) % 40;
        if (committed + batch > POLLS)
            batch = POLLS - committed;
        for (unsigned i = 0; i < batch; i++)
            push_numbered(&killed, committed + i);
        random = random * 1103515245 + 12345;
        if ((random >> 16) % 3 != 0) {
            bench_step(&killed);
            committed += batch;
        }
        if ((random >> 16) % 2 == 0) {
            kills++;
            bench_kill(&killed);
            bench_open(&killed);
        } else if ((random >> 16) % 3 == 0) {
            bench_step(&killed);
            committed += batch;
        }
    }
    assert_true(kills > 10);
    one = bench_story(straight, EVERYTHING);
    other = bench_story(&killed, EVERYTHING);
    assert_tells(one, "\"state\":\"closed\"");
    assert_string_equal(one, other);
    free(one);
    free(other);
    bench_end(&killed);
}

/* A number that is missing would look like evidence somebody removed. */
static void assert_no_hole(struct bench *bench)
{
    char *story = bench_story(bench, EVERYTHING);
    unsigned long long wanted = 1;

    for (char *line = story; *line != '\0'; line = strchr(line, '\n') + 1)
        assert_int_equal(strtoull(line, NULL, 10), wanted++);
    assert_true(wanted > 1);
    free(story);
}

static void a_full_disk_loses_nothing_and_is_said_once(void **state)
{
    struct bench *bench = *state;
    struct rlimit before, small;
    struct notice notices[4];
    struct error err = {0};
    struct reader *reader = reader_open(bench->dir, &err);
    char *story;

    bench_minute(bench, 0.5);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 1; /* no file can be written beyond its first byte */
    setrlimit(RLIMIT_FSIZE, &small);
    for (int i = 0; i < 3; i++) {
        held_clock_advance(&bench->clock, MINUTE_MS);
        bench_push(bench, 2.0 + i);
        recorder_quarantine(bench->recorder, "town-mqtt", bench->began + 1, "not authorised");
        recorder_move_cursor(bench->recorder, "town-mqtt", bench->began + 1);
        recorder_quarantine(bench->recorder, "village", bench->began + 1, "not authorised");
        assert_false(recorder_step(bench->recorder, &err));
        assert_int_equal(err.kind, ERROR_STORE);
        assert_false(recorder_can_commit(bench->recorder));
        assert_int_equal(notices_open(bench->notices, notices, 4), 1);
        assert_string_equal(notices[0].id, "disk");
    }
    assert_int_equal(recorder_committed(bench->recorder), bench->began + 1);

    setrlimit(RLIMIT_FSIZE, &before);
    bench_step(bench);
    assert_true(recorder_can_commit(bench->recorder));
    assert_int_equal(notices_open(bench->notices, notices, 4), 1);
    held_clock_advance(&bench->clock, MINUTE_MS);
    bench_step(bench);
    assert_int_equal(notices_open(bench->notices, notices, 4), 0);
    assert_no_hole(bench);
    story = bench_story(bench, 1 << ITEM_POLL);
    assert_tells(story, " 0.5\n");
    assert_tells(story, " 2\n");
    assert_tells(story, " 3\n");
    assert_tells(story, " 4\n");
    free(story);
    story = bench_story(bench, 1 << ITEM_PROBLEM);
    assert_tells(story, " 1 {\"uid\"");
    assert_tells(story, "\"value\":4,");
    assert_null(strstr(story, "\"episodes\":2"));
    free(story);
    assert_int_equal(reader_cursor(reader, "town-mqtt"), bench->began + 1);
    assert_int_equal(reader_quarantined(reader, "town-mqtt"), 1);
    assert_int_equal(reader_quarantined(reader, "village"), 1);
    reader_close(reader);
}

static void a_database_that_was_taken_away_is_said_and_polls_wait_for_it(void **state)
{
    struct bench *bench = *state;
    struct notice notices[4];
    struct error err = {0};
    char path[96], kept[96];
    char *story;

    snprintf(path, sizeof path, "%s/lookback.db", bench->dir);
    snprintf(kept, sizeof kept, "%s/kept", bench->dir);
    bench_minute(bench, 0.5);
    assert_int_equal(rename(path, kept), 0);
    held_clock_advance(&bench->clock, MINUTE_MS);
    bench_push(bench, 0.25);
    assert_false(recorder_step(bench->recorder, &err));
    assert_int_equal(recorder_committed(bench->recorder), bench->began + 1);
    assert_int_equal(notices_open(bench->notices, notices, 4), 1);
    assert_string_equal(notices[0].id, "disk");
    assert_non_null(strstr(notices[0].text, path));
    assert_true(strlen(notices[0].text) < sizeof notices[0].text - 1);
    assert_int_equal(rename(kept, path), 0);
    bench_step(bench);
    story = bench_story(bench, 1 << ITEM_POLL);
    assert_tells(story, " 0.25\n");
    free(story);
    held_clock_advance(&bench->clock, MINUTE_MS);
    bench_step(bench);
    assert_int_equal(notices_open(bench->notices, notices, 4), 0);
}

static void skipped_ticks_become_one_event_with_the_first_commit(void **state)
{
    struct bench *bench = *state;
    struct wall_time first = clock_wall(bench->used_clock);
    char words[WALL_TEXT];
    char wanted[160];
    char *story;

    mailbox_skip(bench->mailbox, first, clock_mono(bench->used_clock));
    held_clock_advance(&bench->clock, MINUTE_MS);
    mailbox_skip(bench->mailbox, clock_wall(bench->used_clock), clock_mono(bench->used_clock));
    bench_step(bench);
    bench_step(bench);
    story = bench_story(bench, 1 << ITEM_EVENT);
    snprintf(wanted, sizeof wanted, "1 1 gap {\"skipped\":2,\"first\":\"%s\"",
             wall_text(first, words));
    assert_tells(story, wanted);
    assert_null(strstr(story + 10, "gap"));
    free(story);
}

static void cursors_and_refusals_of_other_threads_are_committed_together(void **state)
{
    struct bench *bench = *state;
    struct error err = {0};
    struct reader *reader = reader_open(bench->dir, &err);

    bench_push(bench, 0.5);
    bench_push(bench, 0.6);
    bench_step(bench);
    recorder_quarantine(bench->recorder, "town-mqtt", bench->began + 1, "not authorised");
    recorder_move_cursor(bench->recorder, "town-mqtt", bench->began + 1);
    recorder_move_cursor(bench->recorder, "town-mqtt", bench->began + 2);
    assert_int_equal(reader_cursor(reader, "town-mqtt"), 0);
    bench_step(bench);
    assert_int_equal(reader_cursor(reader, "town-mqtt"), bench->began + 2);
    assert_int_equal(reader_quarantined(reader, "town-mqtt"), 1);
    reader_close(reader);
}

static void polls_without_a_time_are_judged_once_the_clock_is_trusted(void **state)
{
    struct bench bench;
    struct wall_time now;
    char words[WALL_TEXT];
    json_t *problem;
    char *story;

    bench_init(&bench);
    bench.trust_by = TRUST_PLAUSIBLE;
    bench.clock.wall.ms = 1000;
    bench_open(&bench);
    for (int i = 0; i < 3; i++) {
        held_clock_advance(&bench.clock, MINUTE_MS);
        bench_push_at(&bench, WALL_NONE, i == 1 ? 2.0 : 1.0, QUALITY_NORMAL);
        bench_step(&bench);
    }
    assert_null(bench_problem(&bench));
    story = bench_story(&bench, EVERYTHING);
    assert_string_equal(story, "");
    free(story);

    now = bench_start();
    bench.clock.wall.ms = now.ms - STEADY_MS;
    bench_step(&bench);
    assert_null(bench_problem(&bench));
    held_clock_advance(&bench.clock, STEADY_MS);
    bench_step(&bench);
    now.ms -= STEADY_MS;
    problem = bench_problem(&bench);
    assert_non_null(problem);
    assert_string_equal(json_string_value(json_object_get(problem, "first")),
                        wall_text((struct wall_time){now.ms - MINUTE_MS}, words));
    assert_string_equal(json_string_value(json_object_get(problem, "state")), "recovered");
    json_decref(problem);
    story = bench_story(&bench, EVERYTHING);
    assert_tells(story, "clock.step");
    assert_tells(story, "clock.filled {\"offset_ms\":");
    assert_tells(story, "\"polls\":6}");
    free(story);

    bench_minute(&bench, 2.0);
    problem = bench_problem(&bench);
    assert_int_equal(json_integer_value(json_object_get(problem, "episodes")), 2);
    json_decref(problem);
    bench_end(&bench);
}

/* A restart in the same boot of the kernel goes on with its monotonic clock. */
static void a_restart_before_the_clock_is_trusted_leaves_no_poll_without_a_time(void **state)
{
    struct bench bench;
    int64_t trusted_ms;
    char wanted[64];
    char *story;

    bench_init(&bench);
    bench.trust_by = TRUST_PLAUSIBLE;
    bench.clock.wall.ms = 1000;
    bench_open(&bench);
    for (int process = 0; process < 3; process++) {
        for (int i = 0; process < 2 && i < 2; i++) {
            held_clock_advance(&bench.clock, MINUTE_MS);
            bench_push_at(&bench, WALL_NONE, process * 2 + i, QUALITY_NORMAL);
            bench_step(&bench);
        }
        bench_kill(&bench);
        if (process == 2) /* this one polled nothing and finds what the others left */
            bench.clock.wall = bench_start();
        bench_open(&bench);
    }
    bench_step(&bench);
    trusted_ms = bench_start().ms;
    story = bench_story(&bench, 1 << ITEM_POLL);
    for (int i = 0; i < 4; i++) {
        /* each start that cannot be judged yet says anew what its settings are */
        snprintf(wanted, sizeof wanted, "%d 0 %lld %d\n", i + 1 + i / 2 * (int)bench.began,
                 (long long)(trusted_ms - (3 - i) * MINUTE_MS), i);
        assert_tells(story, wanted);
    }
    free(story);
    story = bench_story(&bench, 1 << ITEM_EVENT);
    assert_tells(story, "\"polls\":10}");
    free(story);
    bench_end(&bench);
}

static void less_free_than_the_reserve_is_a_notice(void **state)
{
    struct bench bench;
    struct notice notices[4];

    bench_init(&bench);
    bench.reserve_bytes = INT64_MAX / 2;
    bench_open(&bench);
    assert_int_equal(notices_open(bench.notices, notices, 4), 1);
    assert_string_equal(notices[0].id, "disk");
    bench_end(&bench);
}

static void a_clock_that_is_never_trusted_is_said_after_patience(void **state)
{
    struct bench bench;
    struct notice notices[4];

    bench_init(&bench);
    bench.trust_by = TRUST_PLAUSIBLE;
    bench.clock.wall.ms = 1000;
    bench_open(&bench);
    bench_step(&bench);
    held_clock_advance(&bench.clock, 59 * MINUTE_MS);
    bench_step(&bench);
    assert_int_equal(notices_open(bench.notices, notices, 4), 0);
    held_clock_advance(&bench.clock, MINUTE_MS);
    bench_step(&bench);
    assert_int_equal(notices_open(bench.notices, notices, 4), 1);
    assert_string_equal(notices[0].id, "clock");
    bench.clock.wall = bench_start();
    bench_step(&bench);
    held_clock_advance(&bench.clock, STEADY_MS);
    bench_step(&bench);
    assert_int_equal(notices_open(bench.notices, notices, 4), 0);
    bench_end(&bench);
}

static void an_edited_rule_ends_its_episode_and_the_problem_waits_for_proof(void **state)
{
    struct bench *bench = *state;
    json_t *problem;

    bench_minute(bench, 2.0);
    bench_minute(bench, 2.0);
    bench_kill(bench);
    bench->lanes.lane[0].stages[0].bound.high = 1.8;
    bench_open(bench);
    problem = bench_problem(bench);
    assert_string_equal(json_string_value(json_object_get(problem, "state")), "open");
    assert_non_null(json_string_value(json_object_get(problem, "ended")));
    json_decref(problem);
    bench_minute(bench, 1.7);
    problem = bench_problem(bench);
    assert_string_equal(json_string_value(json_object_get(problem, "state")), "recovered");
    json_decref(problem);
}

static void a_rule_that_was_taken_away_leaves_a_problem_a_person_can_close(void **state)
{
    struct bench *bench = *state;
    struct bench_answer answer;
    json_t *problem;

    bench_minute(bench, 2.0);
    bench_kill(bench);
    bench->rule_count = 0;
    bench_open(bench);
    bench_kill(bench);
    bench_open(bench);
    problem = bench_problem(bench);
    assert_int_equal(json_integer_value(json_object_get(problem, "version")), 2);
    answer =
        bench_act(bench, "problem.close",
                  json_pack("{s:O, s:s}", "uid", json_object_get(problem, "uid"), "note", "x"));
    assert_int_equal(answer.err.kind, ERROR_NONE);
    json_decref(problem);
}

static void retention_waits_for_awaited_outputs(void **state)
{
    struct bench bench;
    struct error err = {0};
    struct store_size size;

    bench_init(&bench);
    bench.keep_ms = 24 * 60 * MINUTE_MS;
    bench.awaited[0] = "town-mqtt";
    bench.awaited_count = 1;
    bench_open(&bench);
    for (int hour = 0; hour < 80; hour++) {
        held_clock_advance(&bench.clock, 60 * MINUTE_MS);
        bench_push(&bench, 0.5);
        bench_step(&bench);
    }
    assert_true(store_measure(bench.store, &size));
    assert_int_equal(size.oldest.ms, bench_start().ms);
    recorder_move_cursor(bench.recorder, "town-mqtt", recorder_committed(bench.recorder));
    for (int hour = 0; hour < 4; hour++) {
        held_clock_advance(&bench.clock, 60 * MINUTE_MS);
        bench_push(&bench, 0.5);
        bench_step(&bench);
    }
    assert_true(store_measure(bench.store, &size));
    assert_in_range(size.oldest.ms, clock_wall(bench.used_clock).ms - 27 * 60 * MINUTE_MS,
                    clock_wall(bench.used_clock).ms - 23 * 60 * MINUTE_MS);
    (void)err;
    bench_end(&bench);
}

static void a_clock_that_jumps_ahead_expires_two_days_at_most(void **state)
{
    struct bench bench;
    struct store_size size;

    bench_init(&bench);
    bench.keep_ms = (int64_t)400 * 24 * 60 * MINUTE_MS;
    bench_open(&bench);
    for (int hour = 0; hour < 100; hour++) {
        held_clock_advance(&bench.clock, 60 * MINUTE_MS);
        bench_push(&bench, 0.5);
        bench_step(&bench);
    }
    bench.clock.wall.ms += (int64_t)5 * 365 * 24 * 60 * MINUTE_MS;
    held_clock_advance(&bench.clock, 60 * MINUTE_MS);
    bench_step(&bench);
    assert_true(store_measure(bench.store, &size));
    assert_in_range(size.oldest.ms, bench_start().ms + 47 * 60 * MINUTE_MS,
                    bench_start().ms + 50 * 60 * MINUTE_MS);
    bench_end(&bench);
}

static void its_thread_says_started_and_stopped_and_commits_what_is_left(void **state)
{
    struct bench bench;
    struct error err = {0};
    struct recorder_status status;
    struct bench_answer answer = {0};
    struct act act = {.name = "seal.close",
                      .args = json_object(),
                      .who = "li",
                      .by = "",
                      .done = bench_answered,
                      .self = &answer};
    uint64_t seq;
    char *story;

    bench_init(&bench);
    bench.used_clock = clock_system();
    bench_open(&bench);
    assert_true(recorder_start(bench.recorder, &err));
    seq = recorder_wait(bench.recorder, bench.began, 10000);
    assert_int_equal(seq, bench.began + 1);
    bench_push(&bench, 0.25);
    assert_true(recorder_wait(bench.recorder, seq, 10000) >= bench.began + 2);
    bench_push(&bench, 0.75);
    recorder_stop(bench.recorder);
    recorder_act(bench.recorder, &act);
    assert_true(answer.given);
    assert_int_equal(answer.err.kind, ERROR_REFUSED);
    recorder_status(bench.recorder, &status);
    assert_int_equal(status.committed, bench.began + 4);
    assert_int_equal(status.mailbox_bytes, 0);
    story = bench_story(&bench, EVERYTHING);
    assert_tells(story, "1 1 started {\"version\":\"");
    assert_tells(story, " 0.25\n");
    assert_tells(story, " 0.75\n4 1 stopped {}");
    free(story);
    bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BENCH(a_poll_is_there_for_readers_once_it_is_committed),
        ON_BENCH(the_same_problems_come_out_however_often_it_is_killed),
        ON_BENCH(a_full_disk_loses_nothing_and_is_said_once),
        ON_BENCH(a_database_that_was_taken_away_is_said_and_polls_wait_for_it),
        ON_BENCH(skipped_ticks_become_one_event_with_the_first_commit),
        ON_BENCH(cursors_and_refusals_of_other_threads_are_committed_together),
        cmocka_unit_test(polls_without_a_time_are_judged_once_the_clock_is_trusted),
        cmocka_unit_test(a_restart_before_the_clock_is_trusted_leaves_no_poll_without_a_time),
        cmocka_unit_test(less_free_than_the_reserve_is_a_notice),
        cmocka_unit_test(a_clock_that_is_never_trusted_is_said_after_patience),
        ON_BENCH(an_edited_rule_ends_its_episode_and_the_problem_waits_for_proof),
        ON_BENCH(a_rule_that_was_taken_away_leaves_a_problem_a_person_can_close),
        cmocka_unit_test(retention_waits_for_awaited_outputs),
        cmocka_unit_test(a_clock_that_jumps_ahead_expires_two_days_at_most),
        cmocka_unit_test(its_thread_says_started_and_stopped_and_commits_what_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
