/* reader_inside.h - what the files of the reader share. Inside store/ only. */
#ifndef STORE_READER_INSIDE_H
#define STORE_READER_INSIDE_H

#include "store/arena.h"
#include "store/connection.h"
#include "store/lists_sql.h"
#include "store/reader.h"
#include "store/seal_rows.h"

/* The statements of a reader; their text is in reader_statements.c, in this order. */
enum ask {
    ASK_BEGIN,
    ASK_END,
    ASK_LAST_SEQ,
    ASK_BOOT,
    ASK_SEGMENT,
    ASK_UNTIMED_POLL,
    ASK_UNTIMED_EVENT,
    ASK_POLLS,
    ASK_EVENTS,
    ASK_VERSIONS,
    ASK_FRESH,
    ASK_POINTS,
    ASK_KEPT,
    ASK_CURSOR,
    ASK_BACKLOG,
    ASK_OLDEST_AFTER,
    ASK_QUARANTINED,
    ASK_SEQ_IN_SEGMENTS,
    ASK_SEQ_IN,
    ASK_POINT,
    ASK_PROBLEMS,
    ASK_PROBLEM,
    ASK_MOVED_UP_TO,
    ASK_READINGS_SEGMENTS,
    ASK_READINGS_KEPT,
    ASK_READINGS_FRESH,
    ASK_AGGREGATE_STARTS,
    ASK_AGGREGATE_AT,
    ASK_EVERY_AGGREGATE,
    ASK_AGGREGATE_VERSION,
    ASK_AGGREGATE_KEYS,
    ASK_PRUNED,
    ASK_DEVICE,
    ASK_TASKS,
    ASK_TASK,
    ASK_STRUCK_OFF,
    ASK_EPISODES,
    ASK_EVENTS_OF,
    ASK_STORE_ID,
    ASK_SEALED,
    ASK_NEWEST_SEALED,
    ASK_UNSEALED,
    ASK_SEGMENT_OF,
    ASK_BOUNDS,
    ASK_LEAVES,
    ASK_PATH,
    ASK_CONFIGURATION,
    ASK_SNAPSHOT,
    ASK_ANCHORS,
    ASK_RAW,
    ASK_FIRST_FRAME,
    ASK_UNTIMED,
    ASK_PROFILE,
    ASK_CHANNEL,
    ASK_NEWEST_FRESH,
    ASK_NEWEST_SEGMENTS,
    ASK_NEWEST_KEPT,
    ASK_UNCLOSED,
    ASK_TASK_ROWS,
    ASK_TASK_POINTS,
    ASK_FRESH_PART,
    ASK_ODD_KEPT,
    ASK_ODD_FRESH,
    ASK_POINT_FRESH_LAST,
    ASK_POINT_FRESH_FIRST,
    ASK_POINT_KEPT_LAST,
    ASK_POINT_KEPT_FIRST,
    ASK_POINT_AGGREGATES,
    ASK_POINT_PROBLEMS,
    ASK_POINT_TASKS,
    ASK_POINT_EVENTS,
    ASK_PROBLEM_COUNTS,
    ASK_TASK_COUNTS,
    ASK_LISTS,                                  /* LIST_ASK_COUNT of them */
    ASK_SEAL_ASKS = ASK_LISTS + LIST_ASK_COUNT, /* SEAL_ASK_COUNT of them */
    ASK_COUNT = ASK_SEAL_ASKS + SEAL_ASK_COUNT
};
extern const char *const reader_statements[ASK_COUNT];

/* Entries that were read ahead: all of `after` < seq <= `reached` that is wanted. */
struct window {
    struct arena arena;
    struct item *items;
    size_t count, room;
    uint64_t after, reached;
    unsigned wanted; /* 0: nothing is here */
};

/* The first time of the polls that are in no moved segment, as far as they were looked through. */
struct fresh_part {
    uint64_t after, upto;
    int64_t first_ms;
};

struct reader {
    struct connection c;
    struct fresh_part fresh;
    struct window window;
    uint32_t *order; /* window's polls by device, for gathering from kept */
    size_t order_room;
    uint8_t *raw; /* of the last poll asked for, and its frames */
    size_t raw_room;
};

/* The statement with nothing bound to it from before. */
sqlite3_stmt *reader_ask(struct reader *reader, enum ask ask);
static inline sqlite3_stmt *list_ask(struct reader *reader, enum list_ask ask)
{
    return reader_ask(reader, (enum ask)(ASK_LISTS + (int)ask));
}
/* One read transaction: the answers between them are of one moment. */
bool reader_begin(struct reader *reader, struct error *err);
void reader_end(struct reader *reader);

/* A blob of exactly `size` bytes; zeros when it is none. */
void seal_digest_at(sqlite3_stmt *row, int at, uint8_t *out, size_t size);
/* A path (PATH_MAX_LENGTH digests of room); its length, 0 when its size is wrong. */
size_t seal_path_at(sqlite3_stmt *row, int at, uint8_t (*path)[DIGEST_BYTES]);
int64_t seal_as_number(uint64_t number); /* what SQLite has no room for is its largest */

/* Gives the polls of the window, all of one moved segment, their readings. */
bool window_gather(struct reader *reader, int64_t segment, struct error *err);

#endif
