/* Tests of record/acts.c, through the recorder that runs them. */
#include <limits.h>

#include "unit/record/bench_top.h"

static void take_uid(struct bench *bench, char uid[33])
{
    json_t *problem = bench_problem(bench);

    assert_non_null(problem);
    snprintf(uid, 33, "%s", json_string_value(json_object_get(problem, "uid")));
    json_decref(problem);
}

static void assert_state(struct bench *bench, const char *state)
{
    json_t *problem = bench_problem(bench);

    assert_string_equal(json_string_value(json_object_get(problem, "state")), state);
    json_decref(problem);
}

static void acknowledging_is_an_event_and_a_version(void **state)
{
    struct bench *bench = *state;
    struct bench_answer answer;
    char uid[33], wanted[128];
    json_t *problem;
    char *story;

    bench_minute(bench, 2.0);
    take_uid(bench, uid);
    answer = bench_act(bench, "problem.acknowledge", json_pack("{s:s}", "uid", uid));
    assert_int_equal(answer.err.kind, ERROR_NONE);
    assert_int_equal(answer.seq, bench->began + 3);
    problem = bench_problem(bench);
    assert_int_equal(json_integer_value(json_object_get(problem, "version")), 2);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(problem, "acknowledged"), "by")), "li");
    json_decref(problem);
    story = bench_story(bench, 1 << ITEM_EVENT);
    snprintf(wanted, sizeof wanted, "3 1 problem.acknowledge {\"by\":\"li\",\"uid\":\"%s\"}\n",
             uid);
    assert_string_equal(story, wanted);
    free(story);
    answer = bench_act(bench, "problem.acknowledge", json_pack("{s:s}", "uid", uid));
    assert_int_equal(answer.err.kind, ERROR_REFUSED);
}

static void a_recovered_problem_is_closed_by_a_person_with_a_note(void **state)
{
    struct bench *bench = *state;
    struct bench_answer answer;
    char uid[33];

    bench_minute(bench, 2.0);
    take_uid(bench, uid);
    answer = bench_act(bench, "problem.close", json_pack("{s:s, s:s}", "uid", uid, "note", "x"));
    assert_int_equal(answer.err.kind, ERROR_REFUSED);
    assert_state(bench, "open");
    bench_minute(bench, 1.0);
    answer = bench_act(bench, "problem.close", json_pack("{s:s}", "uid", uid));
    assert_int_equal(answer.err.kind, ERROR_WRONG_USE);
    answer = bench_act(bench, "problem.close", json_pack("{s:s, s:s}", "uid", uid, "note", "x"));
    assert_int_equal(answer.err.kind, ERROR_NONE);
    assert_state(bench, "closed");
    answer = bench_act(bench, "problem.close", json_pack("{s:s, s:s}", "uid", uid, "note", "x"));
    assert_int_equal(answer.err.kind, ERROR_REFUSED);
}

static void a_refused_act_leaves_no_trace(void **state)
{
    struct bench *bench = *state;
    uint64_t before;
    char *story;

    bench_minute(bench, 2.0);
    before = recorder_committed(bench->recorder);
    assert_int_equal(bench_act(bench, "problem.close", json_object()).err.kind, ERROR_WRONG_USE);
    assert_int_equal(
        bench_act(bench, "problem.acknowledge", json_pack("{s:s}", "uid", "none")).err.kind,
        ERROR_NOT_FOUND);
    assert_int_equal(bench_act(bench, "device.write", json_object()).err.kind, ERROR_WRONG_USE);
    assert_int_equal(bench_act(bench, "problem.close", json_array()).err.kind, ERROR_WRONG_USE);
    assert_int_equal(recorder_committed(bench->recorder), before);
    story = bench_story(bench, 1 << ITEM_EVENT);
    assert_string_equal(story, "");
    free(story);
}

static void an_act_outlives_a_kill_right_after_its_answer(void **state)
{
    struct bench *bench = *state;
    char uid[33];

    bench_minute(bench, 2.0);
    bench_minute(bench, 1.0);
    take_uid(bench, uid);
    bench_act(bench, "problem.close", json_pack("{s:s, s:s}", "uid", uid, "note", "x"));
    bench_kill(bench);
    bench_open(bench);
    assert_state(bench, "closed");
    bench_minute(bench, 2.0);
    assert_state(bench, "open");
}

static void resending_puts_the_cursor_back_and_tells_the_sender(void **state)
{
    struct bench *bench = *state;
    struct error err = {0};
    struct reader *reader = reader_open(bench->dir, &err);
    struct bench_answer answer;
    char from[WALL_TEXT];

    for (int i = 0; i < 5; i++)
        bench_minute(bench, 0.5);
    wall_text((struct wall_time){bench_start().ms + 3 * MINUTE_MS}, from);
    answer = bench_act(bench, "output.resend",
                       json_pack("{s:s, s:s}", "output", "town-mqtt", "from", from));
    assert_int_equal(answer.err.kind, ERROR_NOT_FOUND);
    recorder_move_cursor(bench->recorder, "town-mqtt", bench->began + 5);
    bench_step(bench);
    answer = bench_act(bench, "output.resend",
                       json_pack("{s:s, s:s}", "output", "town-mqtt", "from", from));
    assert_int_equal(answer.err.kind, ERROR_NONE);
    assert_int_equal(reader_cursor(reader, "town-mqtt"), bench->began + 2);
    assert_string_equal(bench->resent, "town-mqtt");
    assert_int_equal(bench->resent_after, bench->began + 2);
    answer =
        bench_act(bench, "output.resend", json_pack("{s:s, s:s}", "output", "judge", "from", from));
    assert_int_equal(answer.err.kind, ERROR_NOT_FOUND);
    answer = bench_act(bench, "output.resend",
                       json_pack("{s:s, s:s}", "output", "town-mqtt", "from", "yesterday"));
    assert_int_equal(answer.err.kind, ERROR_WRONG_USE);
    reader_close(reader);
}

static void resending_never_moves_a_cursor_forward(void **state)
{
    struct bench *bench = *state;
    struct bench_answer answer;
    char from[WALL_TEXT];

    for (int i = 0; i < 5; i++)
        bench_minute(bench, 0.5);
    recorder_move_cursor(bench->recorder, "town-mqtt", bench->began + 2);
    bench_step(bench);
    wall_text(clock_wall(bench->used_clock), from);
    answer = bench_act(bench, "output.resend",
                       json_pack("{s:s, s:s}", "output", "town-mqtt", "from", from));
    assert_int_equal(answer.err.kind, ERROR_REFUSED);
}

static void a_seal_closes_the_segment_with_its_own_event_in_it(void **state)
{
    struct bench *bench = *state;
    struct bench_answer answer;

    bench_minute(bench, 0.5);
    answer = bench_act(bench, "seal.close", json_object());
    assert_int_equal(answer.err.kind, ERROR_NONE);
    assert_int_equal(answer.seq, bench->began + 2);
    assert_false(store_segment_due(bench->store, clock_wall(bench->used_clock), 1, 1000));
    bench_minute(bench, 0.5);
    assert_true(store_segment_due(bench->store, clock_wall(bench->used_clock), 1, 0));
}

static void while_the_clock_is_not_trusted_problems_wait(void **state)
{
    struct bench *bench = *state;
    char uid[33];

    bench_minute(bench, 2.0);
    bench_minute(bench, 1.0);
    take_uid(bench, uid);
    bench_kill(bench);
    bench->trust_by = TRUST_PLAUSIBLE;
    bench->clock.wall.ms = 1000;
    bench_open(bench);
    assert_int_equal(
        bench_act(bench, "problem.acknowledge", json_pack("{s:s}", "uid", uid)).err.kind,
        ERROR_REFUSED);
    assert_int_equal(bench_act(bench, "seal.close", json_object()).err.kind, ERROR_REFUSED);
}

static json_t *maintenance(const char *device, int from_day, int to_day)
{
    const int64_t day_ms = (int64_t)24 * 60 * MINUTE_MS;
    char from[WALL_TEXT], to[WALL_TEXT];

    return json_pack("{s:s, s:s, s:s, s:s}", "device", device, "from",
                     wall_text((struct wall_time){bench_start().ms + from_day * day_ms}, from),
                     "to", wall_text((struct wall_time){bench_start().ms + to_day * day_ms}, to),
                     "note", "cleaned");
}

static void a_maintenance_window_has_a_known_device_and_at_most_31_days(void **state)
{
    struct bench *bench = *state;
    struct bench_answer answer;
    json_t *args;

    answer = bench_act(bench, "device.maintenance", maintenance("zj-03/probe", 0, 1));
    assert_int_equal(answer.err.kind, ERROR_NOT_FOUND);
    answer = bench_act(bench, "device.maintenance", maintenance("zj-03/sonde", 1, 1));
    assert_int_equal(answer.err.kind, ERROR_WRONG_USE);
    answer = bench_act(bench, "device.maintenance", maintenance("zj-03/sonde", 0, 32));
    assert_int_equal(answer.err.kind, ERROR_REFUSED);
    args = maintenance("zj-03/sonde", 0, 1);
    json_object_del(args, "note");
    assert_int_equal(bench_act(bench, "device.maintenance", args).err.kind, ERROR_WRONG_USE);
    answer = bench_act(bench, "device.maintenance", maintenance("zj-03/sonde", 0, 31));
    assert_int_equal(answer.err.kind, ERROR_NONE);
    assert_int_equal(answer.seq, bench->began + 1);
}

static void an_act_that_waits_at_the_stop_is_refused(void **state)
{
    struct bench *bench = *state;
    struct bench_answer answer = {0};
    struct act act = {.name = "seal.close",
                      .args = json_object(),
                      .who = "li",
                      .by = "",
                      .done = bench_answered,
                      .self = &answer};

    recorder_act(bench->recorder, &act);
    bench_kill(bench);
    assert_true(answer.given);
    assert_int_equal(answer.err.kind, ERROR_REFUSED);
}

static void no_word_speaks_to_a_terminal_or_turns_round_what_stands_beside_it(void **state)
{
    static const struct {
        const char *note;
        enum error_kind kind;
    } cases[] = {
        {"清洗探头，A 点\n\t第二行\r\n“完”…👷‍♀️", ERROR_NONE     },
        {"a\x1b[2Jb",                                                      ERROR_WRONG_USE},
        {"a\x07",                                                          ERROR_WRONG_USE},
        {"a\x7f",                                                          ERROR_WRONG_USE},
        {"a\xc2\x9b"
         "2J",                                                    ERROR_WRONG_USE},
        {"a\xe2\x80\xae"
         "b",                                                     ERROR_WRONG_USE},
        {"a\xe2\x81\xa6"
         "b",                                                     ERROR_WRONG_USE},
        {"a\xe2\x80\xa8"
         "b",                                                     ERROR_WRONG_USE},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *args = maintenance("zj-03/sonde", 0, 1);

        json_object_set_new(args, "note", json_string(cases[i].note));
        assert_int_equal(bench_act(bench, "device.maintenance", args).err.kind, cases[i].kind);
    }
}

/* Asks again as soon as it is answered. Each act takes a while, in which a poll comes. */
struct insistent {
    struct bench *bench;
    unsigned left;
    size_t waits_most; /* bytes of polls that waited when an act was answered */
};

static void insist(void *self, uint64_t seq, const struct error *err)
{
    struct insistent *insistent = self;
    struct bench *bench = insistent->bench;
    struct act act = {.name = "device.maintenance",
                      .args = maintenance("nobody/here", 0, 1),
                      .who = "li",
                      .by = "",
                      .done = insist,
                      .self = self};

    assert_true(err == NULL || err->kind == ERROR_NOT_FOUND);
    if (mailbox_used(bench->mailbox) > insistent->waits_most)
        insistent->waits_most = mailbox_used(bench->mailbox);
    if (insistent->left-- == 0) {
        json_decref(act.args);
        return;
    }
    held_clock_advance(&bench->clock, 100);
    bench_push(bench, 1.0);
    if (insistent->left % 2 == 0) { /* one that is done, and one that is refused */
        json_decref(act.args);
        act.args = maintenance("zj-03/sonde", 0, 1);
    }
    recorder_act(bench->recorder, &act);
}

static void who_asks_without_end_keeps_no_poll_waiting(void **state)
{
    struct bench *bench = *state;
    struct insistent insistent = {.bench = bench, .left = 100};
    size_t one;

    bench_push(bench, 1.0);
    one = mailbox_used(bench->mailbox);
    insist(&insistent, 0, NULL);
    bench_step(bench);
    assert_int_equal(insistent.left, UINT_MAX);
    assert_in_range(insistent.waits_most, 5 * one, 12 * one); /* those of a second */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BENCH(acknowledging_is_an_event_and_a_version),
        ON_BENCH(a_recovered_problem_is_closed_by_a_person_with_a_note),
        ON_BENCH(a_refused_act_leaves_no_trace),
        ON_BENCH(an_act_outlives_a_kill_right_after_its_answer),
        ON_BENCH(resending_puts_the_cursor_back_and_tells_the_sender),
        ON_BENCH(resending_never_moves_a_cursor_forward),
        ON_BENCH(a_seal_closes_the_segment_with_its_own_event_in_it),
        ON_BENCH(while_the_clock_is_not_trusted_problems_wait),
        ON_BENCH(a_maintenance_window_has_a_known_device_and_at_most_31_days),
        ON_BENCH(an_act_that_waits_at_the_stop_is_refused),
        ON_BENCH(no_word_speaks_to_a_terminal_or_turns_round_what_stands_beside_it),
        ON_BENCH(who_asks_without_end_keeps_no_poll_waiting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
