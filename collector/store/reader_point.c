/* What there is about one point, asked by index: who shows it looks at nothing else. */
#include <stdio.h>

#include "store/reader_inside.h"
#include "store/rows.h"

/* What no segment has yet -----------------------------------------------------------------------
 */

/* Whether what is in no moved segment (after `moved`) can hold a poll before `end`: looking there
 * means looking through all its polls. Every poll is looked at once; one whose time is not known
 * yet may still get any. */
static bool fresh_reaches(struct reader *reader, int64_t moved, struct wall_time end)
{
    struct fresh_part *part = &reader->fresh;
    sqlite3_stmt *row = reader_ask(reader, ASK_FRESH_PART);
    bool untimed = true;
    bool failed;

    if (part->after != (uint64_t)moved || part->upto <= part->after)
        *part = (struct fresh_part){(uint64_t)moved, (uint64_t)moved, INT64_MAX};
    sqlite3_bind_int64(row, 1, (int64_t)part->upto);
    if (statement_next(&reader->c, row, &failed, NULL)) {
        struct wall_time first = column_time(row, 0);

        untimed = sqlite3_column_int64(row, 2) > 0;
        if (!untimed && sqlite3_column_int64(row, 1) > 0) {
            part->upto = (uint64_t)sqlite3_column_int64(row, 1);
            if (wall_is_known(first) && first.ms < part->first_ms)
                part->first_ms = first.ms;
        }
    }
    sqlite3_reset(row);
    return untimed || part->first_ms < end.ms;
}

/* Its readings ----------------------------------------------------------------------------------
 */

static bool walk(struct reader *reader, struct readings_wish *wish, enum ask kept, enum ask fresh,
                 struct error *err)
{
    int64_t moved;
    bool done;

    if (!reader_begin(reader, err))
        return false;
    done = statement_number(&reader->c, reader_ask(reader, ASK_MOVED_UP_TO), &moved, err);
    wish->moved_up_to = (uint64_t)moved;
    wish->last_seq = INT64_MAX;
    wish->segments = reader_ask(reader, ASK_READINGS_SEGMENTS);
    wish->kept = reader_ask(reader, kept);
    wish->fresh = fresh_reaches(reader, moved, wish->span.end) ? reader_ask(reader, fresh) : NULL;
    done = done && readings_walk(&reader->c, wish, err);
    reader_end(reader);
    return done;
}

bool reader_readings(struct reader *reader, uint32_t point, struct wall_time from,
                     struct wall_time to,
                     bool (*each)(void *self, uint64_t seq, struct wall_time time,
                                  const struct reading *reading),
                     void *self, struct error *err)
{
    struct readings_wish wish = {
        .point = point, .span = {from, to},
             .each = each, .self = self
    };

    return walk(reader, &wish, ASK_READINGS_KEPT, ASK_READINGS_FRESH, err);
}

bool reader_odd_readings(struct reader *reader, uint32_t point, struct span span,
                         bool (*each)(void *self, uint64_t seq, struct wall_time time,
                                      const struct reading *reading),
                         void *self, struct error *err)
{
    struct readings_wish wish = {.point = point, .span = span, .each = each, .self = self};

    return walk(reader, &wish, ASK_ODD_KEPT, ASK_ODD_FRESH, err);
}

/* First and last -------------------------------------------------------------------------------
 */

static struct wall_time time_by(struct reader *reader, enum ask ask, uint32_t point)
{
    sqlite3_stmt *row = reader_ask(reader, ask);
    struct wall_time time = WALL_NONE;
    bool failed;

    sqlite3_bind_int64(row, 1, point);
    if (statement_next(&reader->c, row, &failed, NULL))
        time = column_time(row, 0);
    sqlite3_reset(row);
    return time;
}

static struct wall_time earlier(struct wall_time one, struct wall_time other)
{
    return !wall_is_known(one) || (wall_is_known(other) && other.ms < one.ms) ? other : one;
}

struct span reader_point_span(struct reader *reader, uint32_t point)
{
    struct span span = {WALL_NONE, WALL_NONE};
    struct wall_time fresh;

    if (!reader_begin(reader, NULL))
        return span;
    fresh = time_by(reader, ASK_POINT_FRESH_LAST, point);
    span.end = wall_is_known(fresh) ? fresh : time_by(reader, ASK_POINT_KEPT_LAST, point);
    span.start = time_by(reader, ASK_POINT_KEPT_FIRST, point);
    if (!wall_is_known(span.start))
        span.start = earlier(time_by(reader, ASK_POINT_FRESH_FIRST, point), span.end);
    reader_end(reader);
    return span;
}

/* Aggregates ----------------------------------------------------------------------------------- */

bool reader_point_aggregates(struct reader *reader, uint32_t point, enum period period,
                             struct span span, size_t most,
                             bool (*each)(void *self, const struct aggregate *aggregate),
                             void *self, struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_POINT_AGGREGATES);
    struct aggregate aggregate;
    struct aggregate newest = {.start = WALL_NONE, .cause = ""};
    bool failed = false;
    bool more = most > 0;

    bind_text(row, 1, period_word(period));
    sqlite3_bind_int64(row, 2, span.start.ms);
    sqlite3_bind_int64(row, 3, span.end.ms);
    sqlite3_bind_int64(row, 4, point);
    while (more && statement_next(&reader->c, row, &failed, err)) {
        aggregate_of_row(row, &aggregate);
        if (wall_is_known(newest.start) && newest.start.ms != aggregate.start.ms)
            more = each(self, &newest) && --most > 0;
        newest = aggregate;
        newest.cause = "";
    }
    sqlite3_reset(row);
    if (more && !failed && wall_is_known(newest.start))
        each(self, &newest);
    return !failed;
}

/* Problems and tasks --------------------------------------------------------------------------- */

bool reader_point_problems(struct reader *reader, uint32_t point, struct span span, size_t most,
                           bool (*each)(void *self, const struct point_problem *problem),
                           void *self, struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_POINT_PROBLEMS);
    bool failed = false;
    bool more = true;

    sqlite3_bind_int64(row, 1, point);
    sqlite3_bind_int64(row, 2, span.start.ms);
    sqlite3_bind_int64(row, 3, span.end.ms);
    sqlite3_bind_int64(row, 4, (int64_t)most);
    while (more && statement_next(&reader->c, row, &failed, err)) {
        struct point_problem problem = {.uid = column_text(row, 0),
                                        .kind = column_text(row, 1),
                                        .nature = column_text(row, 2),
                                        .state = column_text(row, 3),
                                        .rule = column_text(row, 4),
                                        .first = column_time(row, 5),
                                        .last = column_time(row, 6),
                                        .ended = column_time(row, 7),
                                        .episodes = (uint32_t)sqlite3_column_int64(row, 8)};

        more = each(self, &problem);
    }
    sqlite3_reset(row);
    return !failed;
}

bool reader_point_tasks(struct reader *reader, const char *point,
                        bool (*each)(void *self, const char *body), void *self, struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_POINT_TASKS);
    bool failed = false;
    bool more = true;

    bind_text(row, 1, point);
    while (more && statement_next(&reader->c, row, &failed, err))
        more = each(self, column_text(row, 0));
    sqlite3_reset(row);
    return !failed;
}

/* Events --------------------------------------------------------------------------------------- */

bool reader_point_events(struct reader *reader, const char *device, const char *point,
                         bool (*each)(void *self, const struct point_event *event), void *self,
                         struct error *err)
{
    sqlite3_stmt *row = reader_ask(reader, ASK_POINT_EVENTS);
    bool failed = false;
    bool more = true;

    bind_text(row, 1, device);
    bind_text(row, 2, point);
    while (more && statement_next(&reader->c, row, &failed, err)) {
        struct point_event event = {.seq = (uint64_t)sqlite3_column_int64(row, 0),
                                    .kind = column_text(row, 1),
                                    .time = column_time(row, 2),
                                    .who = column_text(row, 3),
                                    .arguments = column_text(row, 4)};

        more = each(self, &event);
    }
    sqlite3_reset(row);
    return !failed;
}
