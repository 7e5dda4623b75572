/* From `fresh` to `kept`: each reading once, in the order it will be read in.
 *
 * Writing one row a point would touch one page a point and commit. So a closed segment is copied by
 * groups of points: as many points as fit into the budget are collected from `fresh`, sorted, and
 * appended to `kept`, which grows at its end alone. What is copied is not shown until all is; then
 * one transaction shows `kept` and hides `fresh`, and what is hidden is deleted in steps. Each step
 * notes in the segment's row how far it came, in the same transaction, so it may die at any moment.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "store/inside.h"

/* What one step holds in memory at the most: 3 MiB, and as much again while it is sorted. */
enum { CARRIED_MAX = 100000 };

struct carried {
    int64_t time; /* -1: never known */
    uint64_t seq;
    double value;
    uint32_t point;
    uint8_t quality;
    uint8_t cause;
};

struct moving {
    int64_t segment;
    uint64_t first_seq, last_seq;
    uint32_t copied_point; /* this and all before it are in `kept` … */
    uint64_t copied_seq;   /* … and of the next one what is not after this */
    bool moved;
    size_t readings;
};

/* The points of one step: first..last, or one alone from copied_seq on as far as the budget goes.
 */
struct group {
    uint32_t first, last;
    size_t most;
    bool rest; /* no point with readings comes after it */
};

static bool find_moving(struct store *store, struct moving *moving, bool *found, struct error *err)
{
    sqlite3_stmt *ask = store_statement(store, SQL_TO_MOVE);
    bool failed;

    *found = statement_next(&store->c, ask, &failed, err);
    if (*found)
        *moving = (struct moving){.segment = sqlite3_column_int64(ask, 0),
                                  .first_seq = (uint64_t)sqlite3_column_int64(ask, 1),
                                  .last_seq = (uint64_t)sqlite3_column_int64(ask, 2),
                                  .copied_point = (uint32_t)sqlite3_column_int64(ask, 3),
                                  .copied_seq = (uint64_t)sqlite3_column_int64(ask, 4),
                                  .moved = sqlite3_column_int(ask, 5) == 1,
                                  .readings = (size_t)sqlite3_column_int64(ask, 6)};
    sqlite3_reset(ask);
    return !failed;
}

static void bind_span(sqlite3_stmt *statement, const struct moving *moving)
{
    sqlite3_bind_int64(statement, 1, (int64_t)moving->first_seq);
    sqlite3_bind_int64(statement, 2, (int64_t)moving->last_seq);
}

static uint32_t highest_device(const struct store *store)
{
    uint32_t highest = 0;

    for (size_t point = 0; point < store->device_of_size; point++)
        if (store->device_of[point] > highest)
            highest = store->device_of[point];
    return highest;
}

static bool count_polls(struct store *store, const struct moving *moving, struct error *err)
{
    struct poll_counts *counts = &store->poll_counts;
    sqlite3_stmt *row = store_statement(store, SQL_POLLS_OF_DEVICES);
    bool failed;

    bind_span(row, moving);
    while (statement_next(&store->c, row, &failed, err)) {
        int64_t device = sqlite3_column_int64(row, 0);

        if (device > 0 && (uint64_t)device < counts->size)
            counts->of_device[device]++;
    }
    return !failed;
}

/* How many polls each device has in the segment: no point of it can have more readings. Counted
 * once a segment, because every count looks at all its polls. */
static bool know_counts(struct store *store, const struct moving *moving, struct error *err)
{
    struct poll_counts *counts = &store->poll_counts;

    if (counts->segment == moving->segment)
        return true;
    free(counts->of_device);
    *counts = (struct poll_counts){.size = (size_t)highest_device(store) + 1};
    counts->of_device = calloc(counts->size, sizeof *counts->of_device);
    if (counts->of_device == NULL)
        return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
    if (!count_polls(store, moving, err))
        return false;
    counts->segment = moving->segment;
    return true;
}

/* As many points after copied_point as fit into the budget. `group->first` is 0 when none is left.
 */
static bool choose_group(struct store *store, const struct moving *moving, size_t budget,
                         struct group *group, struct error *err)
{
    const struct poll_counts *counts = &store->poll_counts;
    size_t sum = 0;

    *group = (struct group){.most = budget, .rest = true};
    if (!know_counts(store, moving, err))
        return false;
    for (size_t point = (size_t)moving->copied_point + 1; point < store->device_of_size; point++) {
        uint32_t device = store->device_of[point];
        size_t readings = device < counts->size ? counts->of_device[device] : 0;

        if (readings == 0)
            continue;
        /* A point that is copied in part stands alone: copied_seq is true of no other. */
        if (group->first != 0 && (sum + readings > budget || moving->copied_seq != 0)) {
            group->rest = false;
            break;
        }
        if (group->first == 0)
            group->first = (uint32_t)point;
        group->last = (uint32_t)point;
        sum += readings;
    }
    return true;
}

static int by_key(const void *one, const void *other)
{
    const struct carried *a = one;
    const struct carried *b = other;

    if (a->point != b->point)
        return a->point < b->point ? -1 : 1;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static bool collect(struct store *store, const struct moving *moving, const struct group *group,
                    struct carried *carried, size_t *count, struct error *err)
{
    sqlite3_stmt *row = store_statement(store, SQL_COLLECT);
    bool failed = false;

    *count = 0;
    bind_span(row, moving);
    if (moving->copied_seq >= moving->first_seq)
        sqlite3_bind_int64(row, 1, (int64_t)moving->copied_seq + 1);
    sqlite3_bind_int64(row, 3, group->first);
    sqlite3_bind_int64(row, 4, group->last);
    while (*count < group->most && statement_next(&store->c, row, &failed, err)) {
        struct wall_time time = column_time(row, 1);

        carried[(*count)++] = (struct carried){.seq = (uint64_t)sqlite3_column_int64(row, 0),
                                               .time = wall_is_known(time) ? time.ms : -1,
                                               .point = (uint32_t)sqlite3_column_int64(row, 2),
                                               .value = column_value(row, 3),
                                               .quality = (uint8_t)sqlite3_column_int(row, 4),
                                               .cause = (uint8_t)sqlite3_column_int(row, 5)};
    }
    sqlite3_reset(row);
    return !failed;
}

static bool keep(struct store *store, int64_t segment, const struct carried *carried, size_t count,
                 struct error *err)
{
    sqlite3_stmt *add = store_statement(store, SQL_KEEP);

    sqlite3_bind_int64(add, 1, segment);
    for (size_t i = 0; i < count; i++) {
        sqlite3_bind_int64(add, 2, carried[i].point);
        sqlite3_bind_int64(add, 3, carried[i].time);
        sqlite3_bind_int64(add, 4, (int64_t)carried[i].seq);
        bind_value(add, 5, carried[i].value);
        sqlite3_bind_int(add, 6, carried[i].quality);
        sqlite3_bind_int(add, 7, carried[i].cause);
        if (!store_run(store, add, err))
            return false;
    }
    return true;
}

static bool note_copied(struct store *store, const struct moving *moving, uint32_t point,
                        uint64_t seq, struct error *err)
{
    sqlite3_stmt *note = store_statement(store, SQL_COPIED);

    sqlite3_bind_int64(note, 1, moving->segment);
    sqlite3_bind_int64(note, 2, point);
    sqlite3_bind_int64(note, 3, (int64_t)seq);
    return store_run(store, note, err);
}

/* Copies one group; a group that is a single point may take several steps. */
static bool copy_group(struct store *store, const struct moving *moving, const struct group *group,
                       struct carried *carried, struct error *err)
{
    uint64_t last_seq = 0;
    size_t count;

    if (!collect(store, moving, group, carried, &count, err))
        return false;
    if (count == group->most)
        last_seq = carried[count - 1].seq;
    qsort(carried, count, sizeof *carried, by_key);
    if (!keep(store, moving->segment, carried, count, err))
        return false;
    if (group->first == group->last && count == group->most)
        return note_copied(store, moving, group->first - 1, last_seq, err);
    return note_copied(store, moving, group->last, 0, err) &&
           (!group->rest || store_note(store, SQL_MOVED, moving->segment, err));
}

static bool copy_step(struct store *store, const struct moving *moving, size_t budget,
                      struct error *err)
{
    struct carried *carried;
    struct group group;
    bool done;

    if (!choose_group(store, moving, budget, &group, err))
        return false;
    if (group.first == 0)
        return store_note(store, SQL_MOVED, moving->segment, err);
    carried = malloc(budget * sizeof *carried);
    if (carried == NULL)
        return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
    done = copy_group(store, moving, &group, carried, err);
    free(carried);
    return done;
}

/* Deletes hidden rows of `fresh`, from the first on, by stretches of the sequence. */
static bool sweep_step(struct store *store, const struct moving *moving, size_t budget,
                       struct error *err)
{
    sqlite3_stmt *ask = store_statement(store, SQL_FIRST_FRESH);
    size_t entries = (size_t)(moving->last_seq - moving->first_seq) + 1;
    size_t each = moving->readings / entries + 1;
    int64_t first;

    bind_span(ask, moving);
    if (!statement_number(&store->c, ask, &first, err))
        return false;
    if (first == 0)
        return store_note(store, SQL_SWEPT, moving->segment, err);
    ask = store_statement(store, SQL_SWEEP);
    bind_span(ask, moving);
    if ((uint64_t)first + budget / each < moving->last_seq) {
        sqlite3_bind_int64(ask, 2, first + (int64_t)(budget / each));
        return store_run(store, ask, err);
    }
    return store_run(store, ask, err) && store_note(store, SQL_SWEPT, moving->segment, err);
}

bool store_move_step(struct store *store, size_t budget, bool *more, struct error *err)
{
    struct moving moving = {0};
    bool mine;
    bool good;

    assert(!store->writing);
    *more = false;
    if (budget == 0 || budget > CARRIED_MAX)
        budget = CARRIED_MAX;
    if (!store_ready(store, err) || !find_moving(store, &moving, more, err))
        return false;
    if (!*more)
        return true;
    if (!store_begin_step(store, &mine, err))
        return false;
    good = moving.moved ? sweep_step(store, &moving, budget, err)
                        : copy_step(store, &moving, budget, err);
    return store_end_step(store, mine, good, err);
}
