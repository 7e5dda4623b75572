/* inside.h - what the files of the writer share. Inside store/ only. */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H

#include <sys/stat.h>

#include "store/connection.h"
#include "store/seal_rows.h"
#include "store/seals.h"
#include "store/store.h"

/* The statements of the writer; their text is in statements.c, in this order. */
enum sql {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_ADD_POLL,
    SQL_ADD_FRAME,
    SQL_ADD_READING,
    SQL_ADD_EVENT,
    SQL_PUT_PROBLEM,
    SQL_ADD_VERSION,
    SQL_PUT_EPISODE,
    SQL_PUT_JUDGED,
    SQL_DROP_JUDGED,
    SQL_EACH_JUDGED,
    SQL_PUT_CURSOR,
    SQL_CURSOR,
    SQL_ADD_QUARANTINE,
    SQL_FILL_POLLS,
    SQL_FILL_EVENTS,
    SQL_LAST_SEQ,
    SQL_NEWEST,
    SQL_OLDEST,
    SQL_OPEN_PART,
    SQL_OPEN_READINGS,
    SQL_UNTIMED,
    SQL_CLOSED_UP_TO,
    SQL_SPAN,
    SQL_ADD_SEGMENT,
    SQL_TO_MOVE,
    SQL_POLLS_OF_DEVICES,
    SQL_COLLECT,
    SQL_KEEP,
    SQL_COPIED,
    SQL_MOVED,
    SQL_SWEEP,
    SQL_SWEPT,
    SQL_FIRST_FRESH,
    SQL_GOING,
    SQL_TO_PRUNE,
    SQL_OLDEST_LEFT,
    SQL_OLDEST_LOOSE,
    SQL_HELD,
    SQL_USED,
    SQL_PRUNED,
    SQL_KEPT_AT,
    SQL_DROP_KEPT,
    SQL_FIRST_POLL,
    SQL_DROP_POLLS,
    SQL_DROP_FRAMES,
    SQL_GONE,
    SQL_ADD_AGGREGATE,
    SQL_ADD_START,
    SQL_AGGREGATE_STARTS,
    SQL_AGGREGATE_AT,
    SQL_PUT_MEMORY,
    SQL_DROP_MEMORY,
    SQL_EACH_MEMORY,
    SQL_MOVED_UP_TO,
    SQL_UNMOVED_FROM,
    SQL_READINGS_SEGMENTS,
    SQL_READINGS_KEPT,
    SQL_READINGS_FRESH,
    SQL_PUT_PROBLEM_TASKS,
    SQL_PUT_TASK,
    SQL_DROP_TASK_POINTS,
    SQL_PUT_TASK_POINT,
    SQL_EACH_TASK,
    SQL_NEWEST_SEALED,
    SQL_STORE_ID,
    SQL_TO_SEAL,
    SQL_DROP_LEAVES,
    SQL_ADD_LEAF,
    SQL_SEAL,
    SQL_PUT_CONFIGURATION,
    SQL_PUT_SNAPSHOT,
    SQL_CONFIGURATION,
    SQL_ADD_ANCHOR,
    SQL_NEWEST_KEY,
    SQL_SEAL_ASKS, /* SEAL_ASK_COUNT of them */
    SQL_COUNT = SQL_SEAL_ASKS + SEAL_ASK_COUNT
};
extern const char *const store_statements[SQL_COUNT];

/* What stands after the last closed segment. */
struct open_part {
    uint64_t after; /* last seq of the last closed segment */
    uint64_t last;  /* the last number a row here has */
    uint64_t readings;
    uint64_t entries;        /* polls and events */
    uint64_t untimed;        /* of them, of this boot and without a wall time */
    struct wall_time first;  /* the earliest known time, WALL_NONE: none */
    struct wall_time newest; /* of the whole store */
};

/* Of the segment that is being moved; 0: none. */
struct poll_counts {
    int64_t segment;
    uint32_t *of_device;
    size_t size;
};

struct store {
    struct connection c;
    char dir[960];
    int lock;
    dev_t device; /* of the file that was opened */
    ino_t inode;
    char boot_id[64];
    struct wall_time opened;
    uint32_t boot;
    uint64_t seq;       /* the last number given; outside a transaction `committed` */
    uint64_t committed; /* the last number that is durable */
    bool writing;       /* between store_begin() and its end */
    unsigned changing;  /* 1 << enum change: what the open transaction changes */
    unsigned changed;   /* what was committed since it was asked last */
    bool log_stuck;     /* the log could not be taken into the database; said once */
    bool poisoned;      /* the disk failed: open anew before writing again */
    struct open_part part;
    struct open_part part_before; /* as it was at store_begin() */
    /* Where the log ended at the last commit, so that what a failed one left behind can be cut off.
     */
    int log_frames; /* -1: not known, nothing is cut */
    uint8_t log_salt[8];
    /* The last start listed of each period, in this transaction. */
    struct wall_time listed[PERIOD_COUNT];
    /* point -> device, so that a reading cannot be lost under a device that is not its own */
    uint32_t *device_of;
    size_t device_of_size;
    struct poll_counts poll_counts;
    char id[33];
    struct seal_mark newest_seal; /* which the next one follows */
    struct sealing *sealing;      /* the segment that is being sealed, or NULL */
};

/* Opens the database (not the lock) and reads what a store keeps in memory. */
bool store_connect(struct store *store, struct error *err);
/* Counts the open part anew from the database. */
bool store_recall_part(struct store *store, struct error *err);
/* The store's id and its newest seal; what was being sealed begins again. */
bool store_recall_seals(struct store *store, struct error *err);
void sealing_free(struct sealing *sealing);
/* The database is open, anew if its disk had failed. */
bool store_ready(struct store *store, struct error *err);
/* What is asked now sees the open transaction, if there is one and its disk did not fail. */
bool store_may_read(struct store *store, struct error *err);
/* The statement, with its values cleared. */
sqlite3_stmt *store_statement(struct store *store, enum sql sql);
/* The open transaction changes something of that kind. */
static inline void store_touch(struct store *store, enum change change)
{
    store->changing |= 1U << change;
}
/* Runs one that gives no rows; remembers when the disk was at fault. */
bool store_run(struct store *store, sqlite3_stmt *statement, struct error *err);
/* False in a sentence when SQLite said so; remembers when the disk was at fault. */
bool store_complain(struct store *store, struct error *err);
/* A transaction of our own around a step, unless the caller has one. `mine` says which. */
bool store_begin_step(struct store *store, bool *mine, struct error *err);
bool store_end_step(struct store *store, bool mine, bool good, struct error *err);
bool store_learn_point(struct store *store, uint32_t point, uint32_t device, struct error *err);

/* Marks a segment's row: one of SQL_MOVED, SQL_SWEPT, SQL_PRUNED, SQL_GONE. */
bool store_note(struct store *store, enum sql sql, int64_t segment, struct error *err);

/* The end of the write-ahead log; why, says wal.c. */
bool wal_find_end(struct store *store, struct error *err); /* after opening */
void wal_remember(struct store *store);
void wal_cut(struct store *store);

/* The file whose name this must stay; false with a sentence when it was removed or replaced. */
void place_note(struct store *store, const struct stat *file);
bool place_is_kept(const struct store *store, struct error *err);

/* DIR/lookback.lock. Gives a descriptor, -1 with a sentence. */
int lock_take(const char *dir, struct error *err);

#endif
