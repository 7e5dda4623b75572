/* Aggregates as they are committed. */
#include "store/reader_inside.h"
#include "store/rows.h"

bool reader_aggregates(struct reader *reader, uint32_t point, enum period period, struct span span,
                       bool (*each)(void *self, const struct aggregate *aggregate), void *self,
                       struct error *err)
{
    struct aggregates_wish wish = {
        .point = point, .period = period, .span = span, .each = each, .self = self};
    bool done;

    if (!reader_begin(reader, err))
        return false;
    wish.starts = reader_ask(reader, ASK_AGGREGATE_STARTS);
    wish.at = reader_ask(reader, ASK_AGGREGATE_AT);
    done = aggregates_walk(&reader->c, &wish, err);
    reader_end(reader);
    return done;
}

bool reader_aggregate_at(struct reader *reader, uint32_t point, enum period period,
                         struct wall_time start, uint32_t version,
                         bool (*each)(void *self, const struct aggregate *aggregate), void *self,
                         struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_AGGREGATE_VERSION);
    struct aggregate aggregate;
    bool failed = false;

    bind_text(row, 1, period_word(period));
    sqlite3_bind_int64(row, 2, start.ms);
    sqlite3_bind_int64(row, 3, point);
    sqlite3_bind_int64(row, 4, version);
    if (statement_next(&reader->c, row, &failed, err)) {
        aggregate_of_row(row, &aggregate);
        each(self, &aggregate);
    }
    sqlite3_reset(row);
    return !failed;
}

bool reader_aggregate_keys(struct reader *reader, enum period period, struct span span,
                           bool (*each)(void *self, uint32_t point, struct wall_time start),
                           void *self, uint64_t *judged, struct error *err)
{
    sqlite3_stmt *row;
    bool failed = false;
    bool more = true;

    if (!reader_begin(reader, err))
        return false;
    *judged = reader_cursor(reader, "judge");
    row = reader_ask(reader, ASK_AGGREGATE_KEYS);
    bind_text(row, 1, period_word(period));
    sqlite3_bind_int64(row, 2, span.start.ms);
    sqlite3_bind_int64(row, 3, span.end.ms);
    while (more && statement_next(&reader->c, row, &failed, err))
        more = each(self, (uint32_t)sqlite3_column_int64(row, 0), column_time(row, 1));
    reader_end(reader);
    return !failed;
}

bool reader_every_aggregate(struct reader *reader,
                            bool (*each)(void *self, const struct aggregate *aggregate), void *self,
                            struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_EVERY_AGGREGATE);
    struct aggregate aggregate;
    bool failed = false;
    bool more = true;

    while (more && statement_next(&reader->c, row, &failed, err)) {
        aggregate_of_row(row, &aggregate);
        more = each(self, &aggregate);
    }
    sqlite3_reset(row);
    return !failed;
}
