/* Tests of store/prune.c: what retention may not take, however old it is. */
#include "unit/store/place.h"

enum { STEP_MS = 100000, SEGMENTS = 4 };

/* Four closed and moved segments of ten polls: of device 0 alone the first and the third, of both
 * devices the second and the fourth. */
static struct store *make_segments(struct place *place)
{
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    bool more = true, closed;

    name_points(place, store, 2, 2);
    for (int i = 0; i < SEGMENTS; i++) {
        place->device_count = 1 + i % 2;
        commit_polls(place, store, 10, i * STEP_MS);
        must(store_close_segment(store, at_ms(i * STEP_MS + 50000), &closed, &err), &err);
        assert_true(closed);
    }
    while (more)
        must(store_move_step(store, 1000, &more, &err), &err);
    return store;
}

static void put_task(struct store *store, const char *id, const char *state, const char *point,
                     struct wall_time watch_until)
{
    struct error err = {0};
    const struct task_row row = {.id = id,
                                 .state = state,
                                 .site = "site",
                                 .deadline = "",
                                 .body = "{}",
                                 .struck_off = WALL_NONE,
                                 .watch_until = watch_until,
                                 .seq = 1,
                                 .points = &point,
                                 .point_count = 1};

    must(store_begin(store, &err), &err);
    must(store_put_task(store, &row, &err), &err);
    must(store_commit(store, &err), &err);
}

static const struct retention everything = {
    .before = {INT64_MAX}, .confirmed = UINT64_MAX, .watched = {NOON_MS}};

static void prune_all(struct store *store, struct retention retention)
{
    struct error err = {0};
    bool more = true;

    while (more)
        must(store_prune_step(store, &retention, 7, &more, &err), &err);
}

static struct retention_look look(struct store *store, struct retention retention)
{
    struct retention_look look;
    struct error err = {0};

    must(store_retention_look(store, &retention, &look, &err), &err);
    return look;
}

#define LEFT "SELECT group_concat(segment) FROM segment WHERE pruned = 0"

static void whole_segments_of_a_point_that_watches_a_task_are_held(void **state)
{
    struct place *place = *state;
    struct store *store = make_segments(place);

    put_task(store, "37", "rectifying", "site/dev-1/ph.1", WALL_NONE);
    assert_int_equal(look(store, everything).oldest.ms, NOON_MS);
    assert_int_equal(look(store, everything).held, 2);
    prune_all(store, everything);
    ask_is(place, LEFT, "2,4\n");
    ask_is(place, "SELECT count(DISTINCT seq), count(*) FROM reading", "20|40\n"); /* whole ones */
    ask_is(place, "SELECT count(*) FROM poll", "20\n");
    assert_false(wall_is_known(look(store, everything).oldest));
    store_close(store);
}

/* As long as the ledger says in its newest row: `watched` is the moment `hold` ago. */
static void a_watch_period_that_ended_long_enough_ago_holds_nothing(void **state)
{
    static const struct {
        const char *state;
        int64_t until_ms; /* from `watched` on; INT64_MIN: not said */
        bool holds;
    } cases[] = {
        {"found",       INT64_MIN, true },
        {"publicised",  INT64_MIN, true },
        {"returned",    -1000,     true },
        {"struck_off",  1,         true },
        {"struck_off",  0,         false},
        {"struck_off",  INT64_MIN, true },
        {"watching",    -1,        false},
        {"looked_back", 1,         true },
        {"closed",      1,         true },
        {"closed",      0,         false},
        {"closed",      INT64_MIN, false},
        {"handed_over", INT64_MIN, false},
    };
    struct place *place = *state;
    struct store *store = make_segments(place);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t until_ms = cases[i].until_ms;

        put_task(store, "37", cases[i].state, "site/dev-0/ph.0",
                 until_ms == INT64_MIN ? WALL_NONE : at_ms(until_ms));
        if (look(store, everything).held != (cases[i].holds ? SEGMENTS : 0))
            fail_msg("case %zu: %s", i, cases[i].state);
    }
    put_task(store, "38", "rectifying", "elsewhere/dev-0/ph.0", WALL_NONE);
    assert_int_equal(look(store, everything).held, 0); /* it watches nothing here */
    prune_all(store, everything);
    ask_is(place, LEFT, "NULL\n");
    store_close(store);
}

static void what_is_held_keeps_nothing_else_from_going(void **state)
{
    struct place *place = *state;
    struct store *store = make_segments(place);
    struct retention retention = everything;

    put_task(store, "37", "struck_off", "site/dev-1/ph.0", at_ms(5));
    retention.confirmed = 29;
    retention.before = at_ms(3 * STEP_MS);
    assert_int_equal(look(store, retention).held, 1);
    prune_all(store, retention);
    ask_is(place, LEFT, "2,3,4\n"); /* the third is not confirmed */
    assert_int_equal(look(store, retention).oldest.ms, NOON_MS + 2 * STEP_MS);
    retention.confirmed = 30;
    prune_all(store, retention);
    ask_is(place, LEFT, "2,4\n");
    store_close(store);
}

static void what_was_taken_is_room_for_what_comes(void **state)
{
    struct place *place = *state;
    struct store *store = make_segments(place);
    struct store_size before, after;

    for (int i = 0; i < 20; i++)
        commit_polls(place, store, 500, (i + SEGMENTS) * STEP_MS);
    assert_true(store_measure(store, &before));
    assert_in_range(before.used_bytes, 4096, before.bytes);
    {
        struct error err = {0};
        bool more = true, closed;

        must(store_close_segment(store, at_ms(100 * STEP_MS), &closed, &err), &err);
        while (more)
            must(store_move_step(store, 0, &more, &err), &err);
    }
    prune_all(store, everything);
    assert_true(store_measure(store, &after));
    assert_true(after.used_bytes < before.used_bytes / 2);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(whole_segments_of_a_point_that_watches_a_task_are_held),
        IN_PLACE(a_watch_period_that_ended_long_enough_ago_holds_nothing),
        IN_PLACE(what_is_held_keeps_nothing_else_from_going),
        IN_PLACE(what_was_taken_is_room_for_what_comes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
