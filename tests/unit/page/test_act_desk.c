/* Tests of page/act_desk.c: what becomes of an act that was asked for on the page. */
#include "unit/record/bench_top.h"

#include "page/act_desk.h"

struct room {
    struct bench bench;
    struct act_desk *desk;
};

static int set_up(void **state)
{
    struct room *room = malloc(sizeof *room);

    say_in(LANGUAGE_ZH);
    bench_init(&room->bench);
    bench_open(&room->bench);
    room->desk = act_desk_new(&room->bench.clock.clock);
    assert_non_null(room->desk);
    *state = room;
    return 0;
}

static int tear_down(void **state)
{
    struct room *room = *state;

    bench_end(&room->bench);
    act_desk_close(room->desk);
    free(room);
    return 0;
}

static bool ask_as(struct room *room, const char *person, const char *name, json_t *args,
                   struct asked_act *asked)
{
    struct error err = {0};
    bool taken = act_desk_ask(room->desk, room->bench.recorder, name, person, args, asked, &err);

    assert_true(taken || err.kind == ERROR_STORE);
    return taken;
}

static struct asked_act ask(struct room *room, const char *name, json_t *args)
{
    struct asked_act asked;

    assert_true(ask_as(room, "li", name, args, &asked));
    return asked;
}

static struct asked_act now(struct room *room, const struct asked_act *asked)
{
    struct asked_act found = {0};

    assert_true(act_desk_find(room->desk, asked->id, asked->person, &found));
    return found;
}

static json_t *maintenance(void)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "device", "zj-03/sonde", "from",
                     "2026-11-22T08:00:00Z", "to", "2026-11-22T09:00:00Z", "note", "清洗");
}

static void an_act_waits_until_it_is_committed_and_has_a_number_then(void **state)
{
    struct room *room = *state;
    struct asked_act asked = ask(room, "device.maintenance", maintenance());
    struct asked_act found;

    assert_int_equal(asked.state, ACT_WAITING);
    assert_int_equal(now(room, &asked).state, ACT_WAITING);
    bench_step(&room->bench);
    found = now(room, &asked);
    assert_int_equal(found.state, ACT_DONE);
    assert_int_equal(found.seq, recorder_committed(room->bench.recorder));
    assert_string_equal(found.name, "device.maintenance");
}

static void the_event_says_who_on_the_page_it_was(void **state)
{
    struct room *room = *state;
    struct error err = {0};
    struct reader *reader;
    struct item items[64];
    uint64_t reached;
    size_t count;

    ask(room, "device.maintenance", maintenance());
    bench_step(&room->bench);
    reader = reader_open(room->bench.dir, &err);
    assert_true(reader_items(reader, recorder_committed(room->bench.recorder) - 1, 1 << ITEM_EVENT,
                             64, items, &count, &reached, &err));
    assert_int_equal(count, 1);
    assert_non_null(strstr(items[0].body, "\"by\":\"page:li\""));
    reader_close(reader);
}

static void a_refused_act_says_why_in_the_language_of_who_asked(void **state)
{
    struct room *room = *state;
    struct asked_act zh, en;

    zh = ask(room, "problem.acknowledge", json_pack("{s:s}", "uid", "abc"));
    say_in_here(LANGUAGE_EN);
    en = ask(room, "problem.acknowledge", json_pack("{s:s}", "uid", "abc"));
    say_in_here(LANGUAGE_ZH);
    bench_step(&room->bench);
    zh = now(room, &zh);
    en = now(room, &en);
    assert_int_equal(zh.state, ACT_REFUSED);
    assert_int_equal(zh.err.kind, ERROR_NOT_FOUND);
    assert_non_null(strstr(zh.err.text, "没有编号为 abc 的问题"));
    assert_non_null(strstr(en.err.text, "there is no problem abc"));
    assert_int_equal(say_language(), LANGUAGE_ZH);
}

static void nobody_sees_the_act_of_another_or_guesses_its_id(void **state)
{
    struct room *room = *state;
    struct asked_act one = ask(room, "device.maintenance", maintenance());
    struct asked_act other = ask(room, "device.maintenance", maintenance());
    struct asked_act found;

    assert_int_equal(strlen(one.id), 32);
    assert_string_not_equal(one.id, other.id);
    assert_false(act_desk_find(room->desk, one.id, "wang", &found));
    assert_false(act_desk_find(room->desk, "", "li", &found));
    assert_false(act_desk_find(room->desk, "00000000000000000000000000000000", "li", &found));
    bench_step(&room->bench);
}

static void what_became_of_it_is_kept_for_ten_minutes(void **state)
{
    struct room *room = *state;
    struct asked_act asked = ask(room, "device.maintenance", maintenance());
    struct asked_act found;

    bench_step(&room->bench);
    held_clock_advance(&room->bench.clock, ACTS_KEPT_MS - 1);
    assert_int_equal(now(room, &asked).state, ACT_DONE);
    held_clock_advance(&room->bench.clock, 1);
    assert_false(act_desk_find(room->desk, asked.id, "li", &found));
}

static void an_act_that_waits_is_never_forgotten(void **state)
{
    struct room *room = *state;
    struct asked_act asked = ask(room, "device.maintenance", maintenance());

    held_clock_advance(&room->bench.clock, 2 * ACTS_KEPT_MS);
    assert_int_equal(now(room, &asked).state, ACT_WAITING);
    bench_step(&room->bench);
}

static void while_too_many_wait_no_other_is_taken(void **state)
{
    struct room *room = *state;
    struct asked_act asked;
    uint64_t before = recorder_committed(room->bench.recorder);

    for (int i = 0; i < ACTS_WAITING_MAX; i++)
        ask(room, "problem.acknowledge", json_pack("{s:s}", "uid", "abc"));
    assert_false(ask_as(room, "wang", "device.maintenance", maintenance(), &asked));
    bench_step(&room->bench);
    assert_int_equal(recorder_committed(room->bench.recorder), before); /* it was not done */
    assert_true(ask_as(room, "wang", "device.maintenance", maintenance(), &asked));
    bench_step(&room->bench);
}

static void the_oldest_answered_one_gives_way(void **state)
{
    struct room *room = *state;
    struct asked_act first = ask(room, "device.maintenance", maintenance());
    struct asked_act second, found;

    held_clock_advance(&room->bench.clock, 1);
    second = ask(room, "device.maintenance", maintenance());
    bench_step(&room->bench);
    held_clock_advance(&room->bench.clock, 1);
    for (int i = 0; i < ACTS_MAX - 1; i++) {
        ask(room, "problem.acknowledge", json_pack("{s:s}", "uid", "abc"));
        bench_step(&room->bench);
    }
    assert_false(act_desk_find(room->desk, first.id, "li", &found));
    assert_int_equal(now(room, &second).state, ACT_DONE);
}

static void a_stopping_collector_refuses_what_waits(void **state)
{
    struct room *room = *state;
    struct asked_act asked = ask(room, "device.maintenance", maintenance());

    bench_kill(&room->bench);
    asked = now(room, &asked);
    assert_int_equal(asked.state, ACT_REFUSED);
    assert_int_equal(asked.err.kind, ERROR_REFUSED);
}

static void answers_that_come_after_the_page_hurt_nobody(void **state)
{
    struct room *room = *state;

    ask(room, "device.maintenance", maintenance());
    ask(room, "device.maintenance", maintenance());
    act_desk_close(room->desk);
    room->desk = NULL;
    bench_step(&room->bench); /* the last answer frees the desk: the sanitizer sees to it */
}

#define ROOM_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void a_person_asks_for_so_many_a_minute_and_keeps_nobody_else_from_it(void **state)
{
    struct room *room = *state;
    int retry_s;

    for (int i = 0; i < ACTS_A_MINUTE; i++)
        assert_true(act_desk_admits(room->desk, "li", &retry_s));
    for (int i = 0; i < 1000; i++) /* asking again makes it no later */
        assert_false(act_desk_admits(room->desk, "li", &retry_s));
    assert_int_equal(retry_s, 1);
    assert_true(act_desk_admits(room->desk, "sun", &retry_s));
    held_clock_advance(&room->bench.clock, 60 * 1000 / ACTS_A_MINUTE - 1);
    assert_false(act_desk_admits(room->desk, "li", &retry_s));
    held_clock_advance(&room->bench.clock, 1);
    assert_true(act_desk_admits(room->desk, "li", &retry_s));
    assert_false(act_desk_admits(room->desk, "li", &retry_s));
    for (int i = 0; i < 1000; i++) { /* nor do many others bring it back */
        char name[16];

        snprintf(name, sizeof name, "other%d", i);
        act_desk_admits(room->desk, name, &retry_s);
    }
    assert_false(act_desk_admits(room->desk, "li", &retry_s));
    held_clock_advance(&room->bench.clock, 3600 * 1000);
    for (int i = 0; i < ACTS_A_MINUTE; i++)
        assert_true(act_desk_admits(room->desk, "li", &retry_s));
    assert_false(act_desk_admits(room->desk, "li", &retry_s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(an_act_waits_until_it_is_committed_and_has_a_number_then),
        ROOM_TEST(the_event_says_who_on_the_page_it_was),
        ROOM_TEST(a_refused_act_says_why_in_the_language_of_who_asked),
        ROOM_TEST(nobody_sees_the_act_of_another_or_guesses_its_id),
        ROOM_TEST(what_became_of_it_is_kept_for_ten_minutes),
        ROOM_TEST(an_act_that_waits_is_never_forgotten),
        ROOM_TEST(while_too_many_wait_no_other_is_taken),
        ROOM_TEST(the_oldest_answered_one_gives_way),
        ROOM_TEST(a_stopping_collector_refuses_what_waits),
        ROOM_TEST(answers_that_come_after_the_page_hurt_nobody),
        ROOM_TEST(a_person_asks_for_so_many_a_minute_and_keeps_nobody_else_from_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
