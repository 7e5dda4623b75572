/* Aggregates: rows in and out, and the newest version of each period of a point.
 *
 * The table stands by (period, start, point), so one point is looked up start by start, and no
 * start that is not there costs anything.
 */
#include <assert.h>

#include "store/inside.h"
#include "store/rows.h"

void aggregate_bind(sqlite3_stmt *statement, const struct aggregate *aggregate)
{
    const double values[] = {aggregate->min, aggregate->mean,  aggregate->max, aggregate->l10,
                             aggregate->l50, aggregate->l90,   aggregate->ld,  aggregate->ln,
                             aggregate->ldn, aggregate->max_8h};

    sqlite3_bind_int64(statement, 1, aggregate->point);
    bind_text(statement, 2, period_word(aggregate->period));
    sqlite3_bind_int64(statement, 3, aggregate->start.ms);
    sqlite3_bind_int64(statement, 4, aggregate->end.ms);
    sqlite3_bind_int64(statement, 5, aggregate->version);
    sqlite3_bind_int64(statement, 6, aggregate->expected);
    sqlite3_bind_int64(statement, 7, aggregate->count);
    sqlite3_bind_int64(statement, 8, aggregate->valid);
    sqlite3_bind_int(statement, 9, aggregate->enough);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        bind_value(statement, 10 + (int)i, values[i]);
    bind_text(statement, 20, aggregate->cause);
}

void aggregate_of_row(sqlite3_stmt *row, struct aggregate *aggregate)
{
    double *const values[] = {&aggregate->min, &aggregate->mean,  &aggregate->max, &aggregate->l10,
                              &aggregate->l50, &aggregate->l90,   &aggregate->ld,  &aggregate->ln,
                              &aggregate->ldn, &aggregate->max_8h};

    aggregate->point = (uint32_t)sqlite3_column_int64(row, 0);
    if (!period_find(column_text(row, 1), &aggregate->period))
        aggregate->period = PERIOD_COUNT;
    aggregate->start = column_time(row, 2);
    aggregate->end = column_time(row, 3);
    aggregate->version = (uint32_t)sqlite3_column_int64(row, 4);
    aggregate->expected = (uint32_t)sqlite3_column_int64(row, 5);
    aggregate->count = (uint32_t)sqlite3_column_int64(row, 6);
    aggregate->valid = (uint32_t)sqlite3_column_int64(row, 7);
    aggregate->enough = sqlite3_column_int(row, 8) != 0;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        *values[i] = column_value(row, 9 + (int)i);
    aggregate->cause = column_text(row, 19);
}

static bool give_newest(struct connection *c, const struct aggregates_wish *wish, int64_t start,
                        bool *more, struct error *err)
{
    struct aggregate aggregate;
    bool failed;

    sqlite3_reset(wish->at);
    sqlite3_bind_int64(wish->at, 2, start);
    if (statement_next(c, wish->at, &failed, err)) {
        aggregate_of_row(wish->at, &aggregate);
        *more = wish->each(wish->self, &aggregate);
    }
    return !failed;
}

bool aggregates_walk(struct connection *c, const struct aggregates_wish *wish, struct error *err)
{
    bool failed = false;
    bool more = true;
    bool done = true;

    bind_text(wish->starts, 1, period_word(wish->period));
    sqlite3_bind_int64(wish->starts, 2, wish->span.start.ms);
    sqlite3_bind_int64(wish->starts, 3, wish->span.end.ms);
    bind_text(wish->at, 1, period_word(wish->period));
    sqlite3_bind_int64(wish->at, 3, wish->point);
    while (done && more && statement_next(c, wish->starts, &failed, err))
        done = give_newest(c, wish, sqlite3_column_int64(wish->starts, 0), &more, err);
    sqlite3_reset(wish->starts);
    sqlite3_reset(wish->at);
    return done && !failed;
}

/* The same moment as the last one's of that period is listed already. */
static bool list_start(struct store *store, const struct aggregate *aggregate, struct error *err)
{
    struct wall_time *listed = &store->listed[aggregate->period];
    sqlite3_stmt *add;

    if (listed->ms == aggregate->start.ms)
        return true;
    add = store_statement(store, SQL_ADD_START);
    bind_text(add, 1, period_word(aggregate->period));
    sqlite3_bind_int64(add, 2, aggregate->start.ms);
    if (!store_run(store, add, err))
        return false;
    *listed = aggregate->start;
    return true;
}

bool store_add_aggregate(struct store *store, const struct aggregate *aggregate, struct error *err)
{
    sqlite3_stmt *add = store_statement(store, SQL_ADD_AGGREGATE);

    assert(store->writing && wall_is_known(aggregate->start));
    store_touch(store, CHANGE_AGGREGATES);
    aggregate_bind(add, aggregate);
    if (store_run(store, add, err))
        return list_start(store, aggregate, err);
    assert((sqlite3_errcode(store->c.db) & 0xff) != SQLITE_CONSTRAINT);
    return false;
}

bool store_each_aggregate(struct store *store, uint32_t point, enum period period, struct span span,
                          bool (*each)(void *self, const struct aggregate *aggregate), void *self,
                          struct error *err)
{
    struct aggregates_wish wish = {
        .point = point, .period = period, .span = span, .each = each, .self = self};

    if (!store_may_read(store, err))
        return false;
    wish.starts = store_statement(store, SQL_AGGREGATE_STARTS);
    wish.at = store_statement(store, SQL_AGGREGATE_AT);
    return aggregates_walk(&store->c, &wish, err);
}
