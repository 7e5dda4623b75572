/* When a segment ends: its period has passed, or it holds as much as a move can carry. */
#include <assert.h>

#include "store/inside.h"

bool store_note(struct store *store, enum sql sql, int64_t segment, struct error *err)
{
    sqlite3_stmt *statement = store_statement(store, sql);

    sqlite3_bind_int64(statement, 1, segment);
    return store_run(store, statement, err);
}

static bool waits_for_time(const struct open_part *part)
{
    return part->untimed > 0;
}

/* Periods are those of the wall clock, so that segments of all gateways end at the same moment. */
static int64_t period_of(struct wall_time time, int64_t every_ms)
{
    return time.ms / every_ms;
}

bool store_segment_due(const struct store *store, struct wall_time now, int64_t every_ms,
                       uint64_t most_readings)
{
    const struct open_part *part = &store->part;

    if (part->last <= part->after || waits_for_time(part))
        return false;
    if (part->readings > most_readings)
        return true;
    return wall_is_known(now) && wall_is_known(part->first) &&
           period_of(now, every_ms) > period_of(part->first, every_ms);
}

uint64_t store_closed_up_to(const struct store *store)
{
    return store->part.after;
}

static bool add_segment(struct store *store, struct wall_time now, struct error *err)
{
    sqlite3_stmt *span = store_statement(store, SQL_SPAN);
    sqlite3_stmt *add = store_statement(store, SQL_ADD_SEGMENT);
    bool failed;

    sqlite3_bind_int64(span, 1, (int64_t)store->part.after);
    if (!statement_next(&store->c, span, &failed, err))
        return false;
    sqlite3_bind_int64(add, 1, (int64_t)store->part.after + 1);
    sqlite3_bind_int64(add, 2, sqlite3_column_int64(span, 2));
    bind_time(add, 3, column_time(span, 0));
    bind_time(add, 4, column_time(span, 1));
    sqlite3_bind_int64(add, 5, (int64_t)store->part.readings);
    bind_time(add, 6, now);
    sqlite3_reset(span);
    return store_run(store, add, err);
}

bool store_close_segment(struct store *store, struct wall_time now, bool *closed, struct error *err)
{
    struct open_part *part = &store->part;
    bool mine;
    bool good;

    *closed = false;
    if (part->last <= part->after || waits_for_time(part))
        return true;
    if (!store_begin_step(store, &mine, err))
        return false;
    store_touch(store, CHANGE_SEALS);
    good = add_segment(store, now, err);
    if (good)
        *part = (struct open_part){
            .after = part->last, .last = part->last, .first = WALL_NONE, .newest = part->newest};
    good = store_end_step(store, mine, good, err);
    *closed = good;
    return good;
}
