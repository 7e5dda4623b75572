#include "store/newest.h"

#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "store/reader_inside.h"

struct search {
    struct reader *reader;
    const uint32_t *points;
    struct newest_reading *out;
    size_t count;
    size_t missing;
    uint32_t *place; /* point -> its place in `points` + 1; 0: nobody asks for it */
    uint32_t limit;
    size_t looks;
};

static bool make_places(struct search *search, struct error *err)
{
    for (size_t i = 0; i < search->count; i++)
        if (search->points[i] >= search->limit)
            search->limit = search->points[i] + 1;
    search->place = calloc((size_t)search->limit + 1, sizeof *search->place);
    if (search->place == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    for (size_t i = 0; i < search->count; i++)
        search->place[search->points[i]] = (uint32_t)i + 1;
    return true;
}

/* The columns: seq, time, value, quality, cause, and of what is fresh: mono, boot. */
static struct newest_reading of_row(sqlite3_stmt *row, uint32_t point, bool is_fresh)
{
    return (struct newest_reading){
        .seq = (uint64_t)sqlite3_column_int64(row, 0),
        .time = column_time(row, 1),
        .mono = {is_fresh ? sqlite3_column_int64(row,      5) * 1000000 : 0},
        .boot = is_fresh ? (uint32_t)sqlite3_column_int64(row, 6) : 0,
        .reading = { .point = point,
                 .value = column_value(row, 2),
                 .quality = (uint8_t)sqlite3_column_int(row, 3),
                 .cause = (uint8_t)sqlite3_column_int(row, 4)},
    };
}

/* What is not moved yet, the last one first, until every point has been met. */
static bool look_in_fresh(struct search *search, struct error *err)
{
    struct reader *reader = search->reader;
    sqlite3_stmt *row;
    int64_t moved;
    bool failed = false;

    if (!statement_number(&reader->c, reader_ask(reader, ASK_MOVED_UP_TO), &moved, err))
        return false;
    row = reader_ask(reader, ASK_NEWEST_FRESH);
    sqlite3_bind_int64(row, 1, moved);
    while (search->missing > 0 && statement_next(&reader->c, row, &failed, err)) {
        uint32_t point = (uint32_t)sqlite3_column_int64(row, 7);
        uint32_t place = point < search->limit ? search->place[point] : 0;

        if (place == 0 || search->out[place - 1].seq != 0)
            continue;
        search->out[place - 1] = of_row(row, point, true);
        search->missing--;
    }
    sqlite3_reset(row);
    return !failed;
}

static bool look_at(struct search *search, int64_t segment, size_t i, struct error *err)
{
    struct reader *reader = search->reader;
    sqlite3_stmt *row = reader_ask(reader, ASK_NEWEST_KEPT);
    bool failed = false;

    search->looks++;
    sqlite3_bind_int64(row, 1, segment);
    sqlite3_bind_int64(row, 2, search->points[i]);
    if (statement_next(&reader->c, row, &failed, err)) {
        search->out[i] = of_row(row, search->points[i], false);
        search->missing--;
    }
    sqlite3_reset(row);
    return !failed;
}

static bool look_in_segment(struct search *search, int64_t segment, struct error *err)
{
    for (size_t i = 0; i < search->count && search->looks < NEWEST_LOOKS; i++)
        if (search->out[i].seq == 0 && !look_at(search, segment, i, err))
            return false;
    return true;
}

static bool look_in_kept(struct search *search, struct error *err)
{
    struct reader *reader = search->reader;
    sqlite3_stmt *row = reader_ask(reader, ASK_NEWEST_SEGMENTS);
    int64_t segments[NEWEST_SEGMENTS];
    size_t count = 0;
    bool failed = false;

    sqlite3_bind_int64(row, 1, NEWEST_SEGMENTS);
    while (count < NEWEST_SEGMENTS && statement_next(&reader->c, row, &failed, err))
        segments[count++] = sqlite3_column_int64(row, 0);
    sqlite3_reset(row);
    for (size_t i = 0; i < count && !failed && search->missing > 0; i++)
        failed = !look_in_segment(search, segments[i], err);
    return !failed;
}

bool reader_newest(struct reader *reader, const uint32_t *points, size_t count,
                   struct newest_reading *out, struct error *err)
{
    struct search search = {
        .reader = reader, .points = points, .out = out, .count = count, .missing = count};
    bool done;

    memset(out, 0, count * sizeof *out);
    if (!make_places(&search, err))
        return false;
    done = reader_begin(reader, err);
    if (done) {
        done = look_in_fresh(&search, err) && look_in_kept(&search, err);
        reader_end(reader);
    }
    free(search.place);
    return done;
}
