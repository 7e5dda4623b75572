/* Readers and the writer at once: while segments move and are pruned nothing is read twice, nothing
 * is missing. Run under the thread sanitizer too. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "unit/store/place.h"

enum { ROUNDS = 60, POLLS = 40, POINTS = 6, PRUNE_AFTER = 12 };

struct shared {
    struct place *place;
    _Atomic uint64_t end; /* the last seq, once everything is written */
    _Atomic uint64_t cursors[2];
};

struct reader_thread {
    struct shared *shared;
    int number;
    size_t most;
    uint64_t polls, readings;
    char trouble[160];
};

static bool poll_is_whole(const struct poll *poll)
{
    if (poll->reading_count != POINTS)
        return false;
    for (size_t i = 1; i < POINTS; i++)
        if (poll->readings[i].point != poll->readings[i - 1].point + 1)
            return false;
    return true;
}

static bool take(struct reader_thread *self, const struct item *items, size_t count,
                 uint64_t *expected)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].seq != *expected || !poll_is_whole(&items[i].poll)) {
            snprintf(self->trouble, sizeof self->trouble, "wanted %llu, got %llu with %zu readings",
                     (unsigned long long)*expected, (unsigned long long)items[i].seq,
                     items[i].poll.reading_count);
            return false;
        }
        ++*expected;
        self->polls++;
        self->readings += items[i].poll.reading_count;
    }
    return true;
}

/* Every poll in turn, none left out: pruning waits for this cursor. */
static void *read_on(void *arg)
{
    struct reader_thread *self = arg;
    struct error err = {0};
    struct reader *reader = reader_open(self->shared->place->dir, &err);
    struct item items[64];
    uint64_t expected = 1;
    uint64_t after = 0;
    uint64_t reached;
    size_t count;

    while (reader != NULL) {
        uint64_t end = atomic_load(&self->shared->end);

        if (!reader_items(reader, after, 1 << ITEM_POLL, self->most, items, &count, &reached,
                          &err) ||
            !take(self, items, count, &expected))
            break;
        after = reached;
        atomic_store(&self->shared->cursors[self->number], after);
        if (end != 0 && after >= end) {
            reader_close(reader);
            return NULL;
        }
    }
    if (self->trouble[0] == '\0')
        snprintf(self->trouble, sizeof self->trouble, "%.150s", err.text);
    reader_close(reader);
    return self;
}

static uint64_t confirmed_by_both(struct shared *shared)
{
    uint64_t one = atomic_load(&shared->cursors[0]);
    uint64_t other = atomic_load(&shared->cursors[1]);

    return one < other ? one : other;
}

static void write_on(struct place *place, struct store *store, struct shared *shared)
{
    struct error err = {0};
    uint64_t last = 0;
    bool closed;
    bool more;

    for (int i = 0; i < ROUNDS; i++) {
        last = commit_polls(place, store, POLLS, (int64_t)i * POLLS * 1000);
        if (i % 3 == 2)
            must(store_close_segment(store, at_ms((int64_t)i * POLLS * 1000), &closed, &err), &err);
        for (int step = 0; step < 4; step++)
            must(store_move_step(store, 100, &more, &err), &err);
        must(store_prune_step(store,
                              &(struct retention){at_ms((int64_t)(i - PRUNE_AFTER) * POLLS * 1000),
                                                  confirmed_by_both(shared), WALL_NONE},
                              200, &more, &err),
             &err);
    }
    atomic_store(&shared->end, last);
}

static void two_readers_see_every_poll_once_while_it_moves_and_is_pruned(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct shared shared = {.place = place};
    struct reader_thread readers[2] = {
        {.shared = &shared, .number = 0, .most = 7 },
        {.shared = &shared, .number = 1, .most = 64}
    };
    pthread_t threads[2];

    name_points(place, store, 5, POINTS);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &readers[i]), 0);
    write_on(place, store, &shared);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_string_equal(readers[i].trouble, "");
        assert_int_equal(readers[i].polls, ROUNDS * POLLS);
        assert_int_equal(readers[i].readings, ROUNDS * POLLS * POINTS);
    }
    ask_is(place, "SELECT count(*) > 0 FROM segment WHERE swept = 1", "1\n");
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(two_readers_see_every_poll_once_while_it_moves_and_is_pruned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
