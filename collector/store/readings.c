/* The readings of one point over a stretch of time, in (time, seq) order.
 *
 * Each moved segment and what is fresh is in order already, and they follow each other in time but
 * for the seconds between the answers of quick and slow devices, or where the clock was set back.
 * So they are read one after the other, and a reading that something later may still precede is
 * held until that has been read.
 */
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "store/rows.h"

struct row {
    int64_t time;
    uint64_t seq;
    struct reading reading;
};

/* A moved segment, and the earliest time of whatever is read after it. */
struct source {
    int64_t segment;
    int64_t earliest; /* of its own, until all are known */
};

struct merge {
    struct connection *c;
    const struct readings_wish *wish;
    struct source *sources;
    size_t source_count, source_room;
    struct row *held; /* in order, from `first` on */
    size_t first, count, room;
    bool more; /* falls when the caller has enough */
};

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
}

/* Room for one more at the end of an array; NULL stays when there is none. */
static bool make_room(void **array, size_t count, size_t *room, size_t size)
{
    size_t wanted = *room == 0 ? 64 : *room * 2;
    void *larger;

    if (count < *room)
        return true;
    larger = realloc(*array, wanted * size);
    if (larger == NULL)
        return false;
    *array = larger;
    *room = wanted;
    return true;
}

static void give(struct merge *merge, const struct row *row)
{
    merge->more = merge->wish->each(merge->wish->self, row->seq, (struct wall_time){row->time},
                                    &row->reading);
}

static bool stands_after(const struct row *row, int64_t time, uint64_t seq)
{
    return row->time != time ? row->time > time : row->seq > seq;
}

/* Gives what is held up to a moment. */
static void let_go(struct merge *merge, int64_t time, uint64_t seq)
{
    while (merge->more && merge->first < merge->count &&
           !stands_after(&merge->held[merge->first], time, seq))
        give(merge, &merge->held[merge->first++]);
    if (merge->first == merge->count)
        merge->first = merge->count = 0;
}

static bool hold(struct merge *merge, const struct row *row)
{
    size_t at;

    if (!make_room((void **)&merge->held, merge->count, &merge->room, sizeof *row))
        return false;
    at = merge->count++;
    for (; at > merge->first && stands_after(&merge->held[at - 1], row->time, row->seq); at--)
        merge->held[at] = merge->held[at - 1];
    merge->held[at] = *row;
    return true;
}

/* Takes the rest of a statement whose row is the next; what follows stands at `later` or after. */
static bool take(struct merge *merge, sqlite3_stmt *at, bool stands, int64_t later,
                 struct error *err)
{
    bool failed = false;

    for (; stands && merge->more;
         stands = merge->more && statement_next(merge->c, at, &failed, err)) {
        struct row row = {
            .time = sqlite3_column_int64(at, 1),
            .seq = (uint64_t)sqlite3_column_int64(at, 0),
            .reading = {.point = merge->wish->point,
                        .value = column_value(at, 2),
                        .quality = (uint8_t)sqlite3_column_int(at, 3),
                        .cause = (uint8_t)sqlite3_column_int(at, 4)}
        };

        let_go(merge, row.time < later ? row.time : later, row.seq);
        if (row.time > later) {
            if (!hold(merge, &row))
                return no_memory(err);
        } else if (merge->more) {
            give(merge, &row);
        }
    }
    sqlite3_reset(at);
    return !failed;
}

static void bind_wish(sqlite3_stmt *at, uint64_t first, const struct readings_wish *wish)
{
    uint64_t last = wish->last_seq > INT64_MAX ? INT64_MAX : wish->last_seq;

    sqlite3_bind_int64(at, 1, (int64_t)first);
    sqlite3_bind_int64(at, 2, wish->point);
    sqlite3_bind_int64(at, 3, wish->span.start.ms);
    sqlite3_bind_int64(at, 4, wish->span.end.ms);
    sqlite3_bind_int64(at, 5, (int64_t)last);
}

static bool list_segments(struct merge *merge, struct error *err)
{
    sqlite3_stmt *row = merge->wish->segments;
    bool failed;

    sqlite3_bind_int64(row, 1, merge->wish->span.start.ms);
    sqlite3_bind_int64(row, 2, merge->wish->span.end.ms);
    while (statement_next(merge->c, row, &failed, err)) {
        if (!make_room((void **)&merge->sources, merge->source_count, &merge->source_room,
                       sizeof *merge->sources)) {
            sqlite3_reset(row);
            return no_memory(err);
        }
        merge->sources[merge->source_count++] =
            (struct source){sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1)};
    }
    return !failed;
}

/* From the last one backwards: what is read after each begins at `earliest`. */
static void look_ahead(struct merge *merge, int64_t fresh_from)
{
    int64_t later = fresh_from;

    for (size_t i = merge->source_count; i-- > 0;) {
        int64_t own = merge->sources[i].earliest;

        merge->sources[i].earliest = later;
        if (own < later)
            later = own;
    }
}

static bool walk(struct merge *merge, struct error *err)
{
    sqlite3_stmt *fresh = merge->wish->fresh;
    sqlite3_stmt *kept = merge->wish->kept;
    bool failed = false;
    bool any = false;

    if (!list_segments(merge, err))
        return false;
    if (fresh != NULL) {
        bind_wish(fresh, merge->wish->moved_up_to, merge->wish);
        any = statement_next(merge->c, fresh, &failed, err);
    }
    if (failed)
        return false;
    look_ahead(merge, any ? sqlite3_column_int64(fresh, 1) : INT64_MAX);
    for (size_t i = 0; i < merge->source_count && merge->more; i++) {
        sqlite3_reset(kept);
        bind_wish(kept, (uint64_t)merge->sources[i].segment, merge->wish);
        if (!take(merge, kept, statement_next(merge->c, kept, &failed, err),
                  merge->sources[i].earliest, err) ||
            failed)
            return false;
    }
    if (any && !take(merge, fresh, true, INT64_MAX, err))
        return false;
    let_go(merge, INT64_MAX, UINT64_MAX);
    return true;
}

bool readings_walk(struct connection *c, const struct readings_wish *wish, struct error *err)
{
    struct readings_wish mine = *wish;
    struct merge merge = {.c = c, .wish = &mine, .more = true};
    bool done;

    /* -1 in `kept` is a time that was never known. */
    if (mine.span.start.ms < 0)
        mine.span.start.ms = 0;
    done = walk(&merge, err);
    sqlite3_reset(wish->kept);
    if (wish->fresh != NULL)
        sqlite3_reset(wish->fresh);
    free(merge.sources);
    free(merge.held);
    return done;
}
