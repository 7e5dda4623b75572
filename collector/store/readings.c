/* The readings of one point over a stretch of time, in time order.
 *
 * Segments follow each other in time, so they are read one after the other, and what is fresh comes
 * last; only where the clock was set back must everything be put in order first.
 */
#include "store/reader_inside.h"

struct wish {
    uint32_t point;
    struct wall_time from, to;
    int64_t moved_up_to;
    bool (*each)(void *self, uint64_t seq, struct wall_time time, const struct reading *reading);
    void *self;
};

/* Hands on what a statement gives: seq, time, value, quality, cause. `*more` falls when the caller
 * has enough. */
static bool hand_on(struct reader *reader, sqlite3_stmt *row, const struct wish *wish, bool *more,
                    struct error *err)
{
    bool failed = false;

    while (*more && statement_next(&reader->c, row, &failed, err)) {
        struct reading reading = {.point = wish->point,
                                  .value = column_value(row, 2),
                                  .quality = (uint8_t)sqlite3_column_int(row, 3),
                                  .cause = (uint8_t)sqlite3_column_int(row, 4)};

        *more = wish->each(wish->self, (uint64_t)sqlite3_column_int64(row, 0), column_time(row, 1),
                           &reading);
    }
    sqlite3_reset(row);
    return !failed;
}

/* ASK_FRESH_IN and ASK_IN_ORDER have the same values. */
static bool ask_for(struct reader *reader, enum ask ask, const struct wish *wish, bool *more,
                    struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ask);

    sqlite3_bind_int64(row, 1, wish->point);
    sqlite3_bind_int64(row, 2, wish->moved_up_to);
    sqlite3_bind_int64(row, 3, wish->from.ms);
    sqlite3_bind_int64(row, 4, wish->to.ms);
    return hand_on(reader, row, wish, more, err);
}

static bool by_segments(struct reader *reader, const struct wish *wish, struct error *err)
{
    sqlite3_stmt *segment = reader_ask(reader, ASK_SEGMENTS_IN);
    bool failed = false;
    bool more = true;

    sqlite3_bind_int64(segment, 1, wish->from.ms);
    sqlite3_bind_int64(segment, 2, wish->to.ms);
    while (more && statement_next(&reader->c, segment, &failed, err)) {
        sqlite3_stmt *row = reader_ask(reader, ASK_KEPT_IN);

        sqlite3_bind_int64(row, 1, sqlite3_column_int64(segment, 0));
        sqlite3_bind_int64(row, 2, wish->point);
        sqlite3_bind_int64(row, 3, wish->from.ms);
        sqlite3_bind_int64(row, 4, wish->to.ms);
        if (!hand_on(reader, row, wish, &more, err))
            return false;
    }
    sqlite3_reset(segment);
    return !failed && ask_for(reader, ASK_FRESH_IN, wish, &more, err);
}

static bool in_one_moment(struct reader *reader, struct wish *wish, struct error *err)
{
    sqlite3_stmt *overlap;
    int64_t overlaps;
    bool more = true;

    if (!statement_number(&reader->c, reader_ask(reader, ASK_MOVED_UP_TO), &wish->moved_up_to, err))
        return false;
    overlap = reader_ask(reader, ASK_OVERLAP);
    sqlite3_bind_int64(overlap, 1, wish->moved_up_to);
    if (!statement_number(&reader->c, overlap, &overlaps, err))
        return false;
    return overlaps != 0 ? ask_for(reader, ASK_IN_ORDER, wish, &more, err)
                         : by_segments(reader, wish, err);
}

bool reader_readings(struct reader *reader, uint32_t point, struct wall_time from,
                     struct wall_time to,
                     bool (*each)(void *self, uint64_t seq, struct wall_time time,
                                  const struct reading *reading),
                     void *self, struct error *err)
{
    struct wish wish = {.point = point, .from = from, .to = to, .each = each, .self = self};
    bool done;

    /* -1 in `kept` is a time that was never known. */
    if (wish.from.ms < 0)
        wish.from.ms = 0;
    if (!reader_begin(reader, err))
        return false;
    done = in_one_moment(reader, &wish, err);
    reader_end(reader);
    return done;
}
