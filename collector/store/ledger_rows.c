/* The judge's larger memory, its questions about readings, and the rows of the ledger. */
#include <assert.h>

#include "store/inside.h"
#include "store/rows.h"

bool store_put_memory(struct store *store, const char *name, uint64_t seq, const void *body,
                      size_t size, struct error *err)
{
    sqlite3_stmt *put = store_statement(store, size == 0 ? SQL_DROP_MEMORY : SQL_PUT_MEMORY);

    assert(store->writing);
    bind_text(put, 1, name);
    if (size > 0) {
        sqlite3_bind_int64(put, 2, (int64_t)seq);
        sqlite3_bind_blob64(put, 3, body, size, SQLITE_STATIC);
    }
    return store_run(store, put, err);
}

bool store_each_memory(struct store *store,
                       bool (*each)(void *self, const char *name, uint64_t seq, const void *body,
                                    size_t size),
                       void *self, struct error *err)
{
    sqlite3_stmt *row;
    bool failed = false;
    bool more = true;

    if (!store_may_read(store, err))
        return false;
    row = store_statement(store, SQL_EACH_MEMORY);
    while (more && statement_next(&store->c, row, &failed, err))
        more = each(self, column_text(row, 0), (uint64_t)sqlite3_column_int64(row, 1),
                    sqlite3_column_blob(row, 2), (size_t)sqlite3_column_bytes(row, 2));
    sqlite3_reset(row);
    return more && !failed;
}

/* Whether what was not moved yet can hold a poll before `end`: looking there means looking through
 * all its polls. */
static bool fresh_reaches(struct store *store, struct wall_time end, bool *reaches,
                          struct error *err)
{
    int64_t earliest;

    *reaches = wall_is_known(store->part.first) && store->part.first.ms < end.ms;
    if (*reaches)
        return true;
    if (!statement_number(&store->c, store_statement(store, SQL_UNMOVED_FROM), &earliest, err))
        return false;
    *reaches = earliest != 0 && earliest < end.ms;
    return true;
}

bool store_each_reading(struct store *store, uint32_t point, struct span span, uint64_t last_seq,
                        bool (*each)(void *self, uint64_t seq, struct wall_time time,
                                     const struct reading *reading),
                        void *self, struct error *err)
{
    struct readings_wish wish = {
        .point = point, .span = span, .last_seq = last_seq, .each = each, .self = self};
    int64_t moved;
    bool reaches;

    if (!store_may_read(store, err) ||
        !statement_number(&store->c, store_statement(store, SQL_MOVED_UP_TO), &moved, err) ||
        !fresh_reaches(store, span.end, &reaches, err))
        return false;
    wish.moved_up_to = (uint64_t)moved;
    wish.segments = store_statement(store, SQL_READINGS_SEGMENTS);
    wish.kept = store_statement(store, SQL_READINGS_KEPT);
    wish.fresh = reaches ? store_statement(store, SQL_READINGS_FRESH) : NULL;
    return readings_walk(&store->c, &wish, err);
}

static bool put_points(struct store *store, const struct task_row *row, struct error *err)
{
    sqlite3_stmt *put = store_statement(store, SQL_DROP_TASK_POINTS);

    bind_text(put, 1, row->id);
    if (!store_run(store, put, err))
        return false;
    put = store_statement(store, SQL_PUT_TASK_POINT);
    bind_text(put, 1, row->id);
    for (size_t i = 0; i < row->point_count; i++) {
        bind_text(put, 2, row->points[i]);
        if (!store_run(store, put, err))
            return false;
    }
    return true;
}

bool store_put_task(struct store *store, const struct task_row *row, struct error *err)
{
    sqlite3_stmt *put = store_statement(store, SQL_PUT_TASK);

    assert(store->writing);
    store_touch(store, CHANGE_TASKS);
    bind_text(put, 1, row->id);
    bind_text(put, 2, row->state);
    bind_text(put, 3, row->site);
    bind_text(put, 4, row->deadline);
    bind_time(put, 5, row->struck_off);
    bind_time(put, 6, row->watch_until);
    sqlite3_bind_int64(put, 7, (int64_t)row->seq);
    bind_text(put, 8, row->body);
    return store_run(store, put, err) && put_points(store, row, err);
}

bool store_each_task(struct store *store,
                     bool (*each)(void *self, const char *id, const char *body), void *self,
                     struct error *err)
{
    sqlite3_stmt *row;
    bool failed = false;
    bool more = true;

    if (!store_may_read(store, err))
        return false;
    row = store_statement(store, SQL_EACH_TASK);
    while (more && statement_next(&store->c, row, &failed, err))
        more = each(self, column_text(row, 0), column_text(row, 1));
    sqlite3_reset(row);
    return more && !failed;
}
