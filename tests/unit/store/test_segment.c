/* Tests of segments: closing, moving, pruning. However a step ends, each reading is there once. */
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>

#include "unit/store/place.h"

enum { HOUR_MS = 3600000 };

#define ALL_READINGS                                                                               \
    "SELECT seq, point, time, value, quality, cause FROM reading ORDER BY seq, point"

static bool close_segment(struct store *store, int64_t now_ms)
{
    struct error err = {0};
    bool closed;

    must(store_close_segment(store, at_ms(now_ms), &closed, &err), &err);
    return closed;
}

static void move_all(struct store *store, size_t budget)
{
    struct error err = {0};
    bool more = true;

    while (more)
        must(store_move_step(store, budget, &more, &err), &err);
}

static void prune_all(struct store *store, int64_t before_ms, uint64_t confirmed, size_t budget)
{
    struct error err = {0};
    bool more = true;

    while (more)
        must(store_prune_step(store, &(struct retention){at_ms(before_ms), confirmed, WALL_NONE},
                              budget, &more, &err),
             &err);
}

static void a_segment_is_due_when_its_period_has_passed_or_it_is_full(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    int64_t hour = HOUR_MS - NOON_MS % HOUR_MS; /* from NOON to the next full hour */

    name_points(place, store, 2, 3);
    assert_false(store_segment_due(store, at_ms(9 * (int64_t)HOUR_MS), HOUR_MS, 100));
    commit_polls(place, store, 4, 0);
    assert_false(store_segment_due(store, at_ms(hour - 1), HOUR_MS, 100));
    assert_true(store_segment_due(store, at_ms(hour), HOUR_MS, 100));
    assert_false(store_segment_due(store, at_ms(0), HOUR_MS, 12));
    assert_true(store_segment_due(store, at_ms(0), HOUR_MS, 11));
    store_close(store);
    store = open_store(place, "boot-a");
    assert_true(store_segment_due(store, at_ms(0), HOUR_MS, 11));
    assert_true(close_segment(store, 5000));
    assert_false(store_segment_due(store, at_ms(hour), HOUR_MS, 11));
    assert_false(close_segment(store, 5000));
    ask_is(place, "SELECT first_seq, last_seq, first_time, last_time, readings FROM segment",
           "1|4|1790000000000|1790000003000|12\n");
    store_close(store);
}

static void a_segment_waits_for_the_times_of_its_own_boot_only(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    uint64_t filled;
    char *before;
    char *after;

    name_points(place, store, 1, 2);
    must(store_begin(store, &err), &err);
    add_poll(place, store, 0, WALL_NONE, 10);
    must(store_commit(store, &err), &err);
    assert_false(close_segment(store, 0));
    assert_false(store_segment_due(store, at_ms(9 * (int64_t)HOUR_MS), HOUR_MS, 0));
    store_close(store);

    store = open_store(place, "boot-b");
    must(store_begin(store, &err), &err);
    add_poll(place, store, 0, WALL_NONE, 20);
    must(store_commit(store, &err), &err);
    assert_false(close_segment(store, 0));
    must(store_begin(store, &err), &err);
    must(store_fill_times(store, store_boot(store), NOON_MS, &filled, &err), &err);
    must(store_commit(store, &err), &err);
    assert_true(close_segment(store, 0));
    before = ask_text(place, ALL_READINGS);
    move_all(store, 100);
    ask_is(place, "SELECT seq, time FROM kept WHERE point = 1 ORDER BY seq",
           "1|-1\n2|1790000000020\n");
    after = ask_text(place, ALL_READINGS);
    assert_string_equal(before, after);
    assert_non_null(strstr(after, "1|1|NULL|"));
    free(before);
    free(after);
    store_close(store);
}

static void closing_joins_the_callers_transaction(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};

    name_points(place, store, 1, 1);
    commit_polls(place, store, 2, 0);
    must(store_begin(store, &err), &err);
    add_poll(place, store, 0, at_ms(3000), 3000);
    assert_true(close_segment(store, 4000));
    store_rollback(store);
    ask_is(place, "SELECT count(*) FROM segment", "0\n");
    assert_true(close_segment(store, 4000));
    ask_is(place, "SELECT last_seq, readings FROM segment", "2|2\n");
    store_close(store);
}

/* Reopening after each step stands for a kill there: nothing of a store lives outside its file. */
static void a_move_may_stop_after_any_step(void **state)
{
    static const size_t budgets[] = {1, 3, 7, 20, 1000};

    for (size_t i = 0; i < sizeof budgets / sizeof budgets[0]; i++) {
        void *own = NULL;
        struct place *place;
        struct store *store;
        struct error err = {0};
        bool more = true;
        int steps = 0;
        char *before;

        place_make(&own);
        place = own;
        store = open_store(place, "boot-a");
        name_points(place, store, 3, 4);
        commit_polls(place, store, 10, 0);
        assert_true(close_segment(store, 20000));
        commit_polls(place, store, 5, 20000);
        assert_true(close_segment(store, 30000));
        commit_polls(place, store, 5, 30000);
        before = ask_text(place, ALL_READINGS);
        while (more) {
            must(store_move_step(store, budgets[i], &more, &err), &err);
            ask_is(place, ALL_READINGS, before);
            store_close(store);
            store = open_store(place, "boot-a");
            steps++;
        }
        assert_true(steps > 4);
        ask_is(place, "SELECT count(*), min(seq) FROM fresh", "20|16\n");
        ask_is(place, "SELECT segment, count(*) FROM kept GROUP BY segment", "1|40\n2|20\n");
        free(before);
        store_close(store);
        place_remove(&own);
    }
}

/* A point taken in part with one budget goes on with another. */
static void steps_of_one_move_may_differ_in_size(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    bool more = true;
    size_t budget = 1;
    char *before;

    name_points(place, store, 2, 3);
    commit_polls(place, store, 12, 0);
    assert_true(close_segment(store, 20000));
    before = ask_text(place, ALL_READINGS);
    while (more) {
        must(store_move_step(store, budget, &more, &err), &err);
        ask_is(place, ALL_READINGS, before);
        budget = budget * 5 % 23;
    }
    ask_is(place, "SELECT count(*) FROM fresh", "0\n");
    free(before);
    store_close(store);
}

/* kill -9 while steps run: whatever instruction it hits, the view says the same afterwards. */
static void a_killed_move_shows_each_reading_once(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    char *before;

    name_points(place, store, 4, 8);
    for (int i = 0; i < 20; i++) {
        commit_polls(place, store, 50, i * 50000);
        if (i % 4 == 3)
            assert_true(close_segment(store, i * 50000));
    }
    store_close(store);
    before = ask_text(place, ALL_READINGS);
    for (int round = 0; round < 10; round++) {
        pid_t child = fork();

        if (child == 0) {
            bool more = true;

            store = store_open(place->dir, "boot-a", at_ms(0), NULL);
            while (store != NULL && more)
                if (!store_move_step(store, 40, &more, NULL))
                    _exit(1);
            for (;;)
                pause();
        }
        usleep(3000 + (unsigned)(round * 2711 % 9000)); /* a random moment of its work */
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        ask_is(place, ALL_READINGS, before);
    }
    store = open_store(place, "boot-a");
    move_all(store, 1000);
    ask_is(place, ALL_READINGS, before);
    ask_is(place, "SELECT count(*) FROM fresh", "0\n");
    free(before);
    store_close(store);
}

static void only_old_confirmed_and_moved_segments_are_pruned(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");

    name_points(place, store, 2, 3);
    for (int i = 0; i < 4; i++) {
        commit_polls(place, store, 10, i * 100000);
        if (i < 3)
            assert_true(close_segment(store, i * 100000 + 50000));
    }
    prune_all(store, 900000, 1000, 4);
    ask_is(place, "SELECT count(*) FROM poll", "40\n"); /* none is moved */
    move_all(store, 1000);
    prune_all(store, 9000, 1000, 4); /* the first ends at 9000 */
    ask_is(place, "SELECT count(*) FROM poll", "40\n");
    prune_all(store, 900000, 9, 4); /* the tenth is not confirmed */
    ask_is(place, "SELECT count(*) FROM poll", "40\n");
    prune_all(store, 900000, 20, 4);
    ask_is(place, "SELECT segment, pruned FROM segment", "1|1\n2|1\n3|0\n");
    ask_is(place, "SELECT min(seq), count(*) FROM poll", "21|20\n");
    ask_is(place, "SELECT min(seq), count(*) FROM reading", "21|60\n");
    ask_is(place, "SELECT min(segment), count(*) FROM kept", "3|30\n");
    prune_all(store, 900000, 1000, 4);
    ask_is(place, "SELECT min(seq), count(*) FROM reading", "31|30\n"); /* the open one stays */
    store_close(store);
}

static void a_prune_may_stop_after_any_step(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    bool more = true;
    char *kept;

    place->keeps_frames = true;
    name_points(place, store, 2, 3);
    commit_polls(place, store, 10, 0);
    assert_true(close_segment(store, 10000));
    commit_polls(place, store, 10, 20000);
    ask_is(place, "SELECT count(*), min(hex(bytes)) FROM frame", "10|5300010348000202DC\n");
    move_all(store, 1000);
    kept = ask_text(place, "SELECT * FROM reading WHERE seq > 10 ORDER BY seq, point");
    while (more) {
        must(store_prune_step(store, &(struct retention){at_ms(20000), 20, WALL_NONE}, 4, &more,
                              &err),
             &err);
        ask_is(place, "SELECT * FROM reading ORDER BY seq, point", kept);
        store_close(store);
        store = open_store(place, "boot-a");
    }
    ask_is(place, "SELECT count(*) FROM kept", "0\n");
    ask_is(place, "SELECT count(*), min(seq) FROM frame", "5|12\n"); /* they go with their polls */
    ask_is(place, "SELECT pruned, gone FROM segment", "1|1\n");
    free(kept);
    store_close(store);
}

static void a_number_is_not_given_again_when_all_polls_are_pruned(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");

    name_points(place, store, 1, 1);
    commit_polls(place, store, 5, 0);
    assert_true(close_segment(store, 9000));
    move_all(store, 100);
    prune_all(store, 900000, 5, 100);
    ask_is(place, "SELECT count(*) FROM poll", "0\n");
    store_close(store);
    store = open_store(place, "boot-a");
    assert_int_equal(store_last_seq(store), 5);
    assert_int_equal(commit_polls(place, store, 1, 20000), 6);
    store_close(store);
}

/* What is deleted is used again, so a store that is pruned does not grow. */
static void pruned_room_is_used_again(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    long early = 0;
    long late = 0;

    name_points(place, store, 4, 8);
    for (int i = 0; i < 30; i++) {
        uint64_t last = commit_polls(place, store, 200, i * 200000);
        char *pages;

        assert_true(close_segment(store, i * 200000));
        move_all(store, 5000);
        prune_all(store, i * 200000, last, 5000);
        pages = ask_text(place, "PRAGMA page_count");
        *(i < 10 ? &early : &late) = strtol(pages, NULL, 10);
        free(pages);
    }
    assert_in_range(late, 1, (uintmax_t)early + 8);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(a_segment_is_due_when_its_period_has_passed_or_it_is_full),
        IN_PLACE(a_segment_waits_for_the_times_of_its_own_boot_only),
        IN_PLACE(closing_joins_the_callers_transaction),
        IN_PLACE(a_move_may_stop_after_any_step),
        IN_PLACE(steps_of_one_move_may_differ_in_size),
        IN_PLACE(a_killed_move_shows_each_reading_once),
        IN_PLACE(only_old_confirmed_and_moved_segments_are_pruned),
        IN_PLACE(a_prune_may_stop_after_any_step),
        IN_PLACE(a_number_is_not_given_again_when_all_polls_are_pruned),
        IN_PLACE(pruned_room_is_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
