/* store.h - the writer: the one connection that writes, and all it can write.
 *
 * The database is DIR/lookback.db (SQLite, write-ahead log, synchronous=FULL). Exactly one process
 * holds DIR/lookback.lock and writes; everyone else reads (reader.h). Polls, events and versions of
 * problems share one sequence: a number is given when the row is added and rises by one. Numbers of
 * a transaction that was undone are given again: nobody has seen them, and a hole in the sequence
 * would look like evidence that was removed. What was committed keeps its number for ever.
 *
 * Everything added between store_begin() and store_commit() becomes durable together or not at all.
 * One thread at a time (the recorder's).
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "model/aggregate.h"
#include "model/catalog.h"
#include "model/reading.h"

struct store;

/* The newest schema this program knows; older ones are migrated forward in one transaction. */
#define STORE_SCHEMA 5

/* Opens DIR (made if absent, 0750), takes the lock, makes or migrates the database, and notes this
 * boot. Gives the store; NULL with ERROR_STORE and a sentence: the lock is held (by which process),
 * the file is not ours, is newer, cannot be read or written, or the disk is full. `boot_id` is the
 * kernel's (NULL: read it from /proc). */
struct store *store_open(const char *dir, const char *boot_id, struct wall_time now,
                         struct error *err);
void store_close(struct store *store); /* NULL is fine; an open transaction is rolled back */

uint32_t store_boot(const struct store *store); /* number of this boot, from 1 */
/* The last number given, in the open transaction too; 0: nothing yet. */
uint64_t store_last_seq(const struct store *store);
/* The newest wall time in polls and events, WALL_NONE if there is none. */
struct wall_time store_newest(const struct store *store);
const char *store_dir(const struct store *store);

/* Numbers for names; the same name always gives the same number, also after years. Each is a
 * transaction of its own unless one was begun (begin one around many: a sync a name takes minutes
 * on an SD card); call before recording starts. 0 on failure. */
uint32_t store_device(struct store *store, const char *site, const char *name, struct wall_time now,
                      struct error *err);
uint32_t store_point(struct store *store, uint32_t device, const char *channel, struct error *err);
/* `text` is the profile's file; where a device puts something over it, STORE_PROFILE_OVER and what
 * it puts follow. The digest is SHA-256 of the file, or of the 32 bytes of that and what is put
 * over it. */
#define STORE_PROFILE_OVER "\n# put over it by the device:\n"
uint32_t store_profile(struct store *store, const uint8_t digest[32], const char *model,
                       const char *text, struct error *err);
/* Adds to the catalog, as inactive, every device and point that has rows here but left the
 * settings. Call before catalog_index(). */
bool store_retired(struct store *store, struct catalog *catalog,
                   const struct parameters *parameters, struct error *err);

bool store_begin(struct store *store, struct error *err);
/* On failure everything since store_begin() is undone; after an error of the disk the database is
 * closed and opened anew before the next store_begin() (an fsync that failed once proves nothing).
 * While the database's name does not lead to the file that was opened, both fail: it was removed or
 * replaced, and goes on when it is back. */
bool store_commit(struct store *store, struct error *err);
void store_rollback(struct store *store);

/* Gives poll->seq. Every reading's point must be one that store_point() gave for poll->device; any
 * other is refused, because a move finds readings by their device. */
bool store_add_poll(struct store *store, struct poll *poll, struct error *err);

/* What happened, if not a poll. `arguments` is a JSON object. */
struct event {
    uint64_t seq;          /* given */
    const char *kind;      /* "gap", "clock.filled", "problem.acknowledge", … */
    struct wall_time time; /* WALL_NONE while the clock is not trusted */
    struct mono_time mono;
    const char *who; /* peer's user, or "" for the program */
    const char *arguments;
};
bool store_add_event(struct store *store, struct event *event, struct error *err);

/* One version of a problem: replaces the row in `problem` and adds to `problem_version`. */
struct problem_row {
    uint64_t seq; /* given */
    char uid[33];
    uint32_t version; /* from 1 */
    const char *kind, *nature, *state;
    const char *rule;
    uint32_t point;
    struct wall_time first, last, ended;
    const char *body; /* the whole problem as the contract's JSON */
};
bool store_put_problem(struct store *store, struct problem_row *row, struct error *err);

/* One episode; (uid, number) is the key, a later put replaces. `ended` WALL_NONE while it runs. */
struct episode_row {
    char uid[33];
    uint32_t number; /* 1.. within the problem */
    struct wall_time first, last, ended;
    double worst;
    const char *ended_by; /* "recovered", "rule_changed", … or "" */
};
bool store_put_episode(struct store *store, const struct episode_row *row, struct error *err);

/* The judge's memory of one rule at one point, opaque here; an empty body removes the row. */
bool store_put_judged(struct store *store, const char *rule, uint32_t point, const void *body,
                      size_t size, struct error *err);
bool store_each_judged(struct store *store,
                       bool (*each)(void *self, const char *rule, uint32_t point, const void *body,
                                    size_t size),
                       void *self, struct error *err);
/* What of the judge is too much to be written with each commit (tallies, screens), as it was at a
 * number of the sequence; a name is replaced, an empty body removes it. As with
 * store_each_judged(), an `each` that returns false makes the answer false. */
bool store_put_memory(struct store *store, const char *name, uint64_t seq, const void *body,
                      size_t size, struct error *err);
bool store_each_memory(struct store *store,
                       bool (*each)(void *self, const char *name, uint64_t seq, const void *body,
                                    size_t size),
                       void *self, struct error *err);

/* One closed period. A version that is there already is a mistake (asserted). */
bool store_add_aggregate(struct store *store, const struct aggregate *aggregate, struct error *err);
/* The newest version of each period of a point that starts in from <= start < to, in order. The
 * open transaction is seen. `cause` is borrowed for the call. True also when `each` has enough and
 * returns false. */
bool store_each_aggregate(struct store *store, uint32_t point, enum period period, struct span span,
                          bool (*each)(void *self, const struct aggregate *aggregate), void *self,
                          struct error *err);
/* Readings of a point in the span that stand at or before `last_seq`, by (time, seq); the open
 * transaction is seen. True also when `each` has enough. Neither is asked again from inside `each`.
 */
bool store_each_reading(struct store *store, uint32_t point, struct span span, uint64_t last_seq,
                        bool (*each)(void *self, uint64_t seq, struct wall_time time,
                                     const struct reading *reading),
                        void *self, struct error *err);

/* The ledger: one row a task, replaced as a whole, and the points that watch it. `body` is the JSON
 * of task_json() (ledger/task.h). */
struct task_row {
    const char *id, *state, *site, *deadline, *body;
    struct wall_time struck_off, watch_until; /* WALL_NONE: not */
    uint64_t seq;                             /* of the event that made it so */
    const char *const *points;                /* "SITE/DEVICE/CHANNEL" */
    size_t point_count;
};
bool store_put_task(struct store *store, const struct task_row *row, struct error *err);
bool store_each_task(struct store *store,
                     bool (*each)(void *self, const char *id, const char *body), void *self,
                     struct error *err);

bool store_put_cursor(struct store *store, const char *name, uint64_t seq, struct error *err);
/* 0 when there is none. */
uint64_t store_cursor(struct store *store, const char *name);

bool store_add_quarantine(struct store *store, const char *output, uint64_t seq, const char *reason,
                          struct wall_time now, struct error *err);

/* Gives every poll and event of this boot that has no wall time the time mono + offset_ms; returns
 * how many through `filled`. Inside a transaction. */
bool store_fill_times(struct store *store, uint32_t boot, int64_t offset_ms, uint64_t *filled,
                      struct error *err);

/* Segments. A segment is closed when its period has passed, or when it holds more than
 * `most_readings` (memory of a move is bounded by that). False in `closed` when there is nothing to
 * close: no row, or one of this boot without a wall time. */
bool store_segment_due(const struct store *store, struct wall_time now, int64_t every_ms,
                       uint64_t most_readings);
/* Closing takes part in the caller's transaction if one is open, else it is one of its own. */
bool store_close_segment(struct store *store, struct wall_time now, bool *closed,
                         struct error *err);
/* The last entry of the newest closed segment; 0: none is closed. */
uint64_t store_closed_up_to(const struct store *store);
/* Moves readings of closed segments from `fresh` to `kept` in point order, at most about
 * `budget` readings in this call (0: as many as one call may, 100,000); `more` says whether another
 * call is needed. Own transactions; readers see each reading exactly once throughout. Each call
 * looks through the segment's polls once, so a segment should hold at most half a million
 * readings. */
bool store_move_step(struct store *store, size_t budget, bool *more, struct error *err);

/* Retention takes whole moved segments. Never one with a reading of a point that a task names which
 * is open, or whose watch period ends after `watched`: the newest rows of the ledger count. */
struct retention {
    struct wall_time before;  /* the segment's last time is; WALL_NONE: takes none */
    uint64_t confirmed;       /* its last seq is at most: the outputs' and the judge's */
    struct wall_time watched; /* watch periods that ended until then hold nothing any more */
};

/* Removes polls and readings of such segments, bounded steps as above. The segment's row stays,
 * marked pruned. */
bool store_prune_step(struct store *store, const struct retention *retention, size_t budget,
                      bool *more, struct error *err);

/* How far retention can come. */
struct retention_look {
    struct wall_time oldest; /* of the segments that are not held; WALL_NONE: none is old enough */
    uint64_t held;           /* segments before `before` that are */
};
bool store_retention_look(struct store *store, const struct retention *retention,
                          struct retention_look *look, struct error *err);

/* Which kinds of rows were changed by what was committed since the last call: a bit set of
 * 1 << enum change. */
enum change {
    CHANGE_READINGS, /* polls added, given their time, or removed by retention */
    CHANGE_AGGREGATES,
    CHANGE_PROBLEMS, /* versions and episodes, of doubts too */
    CHANGE_TASKS,
    CHANGE_SEALS, /* segments closed, sealed, pruned; anchors */
    CHANGE_EVENTS,
    CHANGE_COUNT
};
unsigned store_changes(struct store *store);

/* How much there is: for status. */
struct store_size {
    int64_t bytes;      /* database and log on disk */
    int64_t used_bytes; /* of the database, without pages that are free for what comes */
    int64_t free_bytes; /* left on that file system */
    struct wall_time oldest;
};
bool store_measure(struct store *store, struct store_size *size);

#endif
