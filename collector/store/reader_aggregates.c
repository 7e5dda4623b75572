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
