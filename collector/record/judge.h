/* judge.h - reads the sequence with a cursor of its own and concludes aggregates, episodes,
 * problems and doubts.
 *
 * It is a function of the sequence: polls, and the events that change how they are judged
 * (device.every, aggregates.changed, rule.changed, device.maintenance, problem.*, and those that
 * leave tasks behind). While it is caught up it is fed from memory, each entry right after the
 * store has numbered it; otherwise (at start, after empty times were filled, after an undo, in a
 * replay) it reads them from a store; the step is the same. What it concludes goes into a sink: the
 * store in the same transaction, or, in a replay, a comparison.
 *
 * Settings are no part of the sequence, so a rule judges only from the event on that says it came
 * into force with the meaning it has now; the same holds for the aggregates and the screening of a
 * point. Polls that waited for their time while a rule was edited are judged by neither.
 *
 * Two kinds of memory: tracks are written with each commit; tallies and screens now and then, with
 * the number they stand at, and are fed again from there at start, in silence.
 *
 * One thread. Nothing is allocated on the way of a reading.
 */
#ifndef RECORD_JUDGE_H
#define RECORD_JUDGE_H

#include "base/error.h"
#include "ledger/screen.h"
#include "ledger/tally.h"
#include "ledger/track.h"
#include "ledger/watch.h"
#include "store/reader.h"
#include "store/store.h"

#define JUDGE_CURSOR "judge"

struct judge;

/* Where conclusions go. judge_store_sink() makes the one that writes into a store. */
struct judge_sink {
    bool (*problem)(void *self, struct problem_row *row, struct error *err);
    bool (*episode)(void *self, const struct episode_row *row, struct error *err);
    bool (*aggregate)(void *self, const struct aggregate *aggregate, struct error *err);
    bool (*task)(void *self, const struct task *task, uint64_t seq, struct error *err);
    /* Memory; NULL in a replay, which remembers nothing. */
    bool (*judged)(void *self, const char *rule, uint32_t point, const void *body, size_t size,
                   struct error *err);
    bool (*memory)(void *self, const char *name, uint64_t seq, const void *body, size_t size,
                   struct error *err);
    /* What a tally counts again from: readings up to a number of the sequence, and the newest
     * version of what was concluded. */
    bool (*readings)(void *self, uint32_t point, struct span span, uint64_t last_seq,
                     bool (*each)(void *of, uint64_t seq, struct wall_time time,
                                  const struct reading *reading),
                     void *of, struct error *err);
    bool (*aggregates)(void *self, uint32_t point, enum period period, struct span span,
                       bool (*each)(void *of, const struct aggregate *aggregate), void *of,
                       struct error *err);
    void *self;
};
struct judge_sink judge_store_sink(struct store *store);

struct judge_setup {
    const struct catalog *catalog;
    const struct rule *rules;
    size_t rule_count;
    const struct tally_plans *tallies;  /* NULL: no aggregates */
    const struct screen_plans *screens; /* NULL: no screening */
};

/* Takes up its memory and the ledger from the store (`store` NULL: empty, for a replay). All
 * pointers must outlive it. NULL with a sentence. */
struct judge *judge_new(const struct judge_setup *setup, struct store *store,
                        const struct judge_sink *sink, struct error *err);
void judge_free(struct judge *judge);

/* Whether it has looked at everything up to the end of the sequence. */
bool judge_is_caught_up(const struct judge *judge);
uint64_t judge_cursor(const struct judge *judge);
size_t judge_open_problems(const struct judge *judge);

/* Inside the store's transaction, in this order. -------------------------------------------- */

/* Once after judge_new(): the events that say what has changed since the last run, to be added to
 * the sequence by the caller and then given to judge_event(). Calls `add` for each; the arguments
 * are JSON. */
bool judge_changes(struct judge *judge,
                   bool (*add)(void *self, const char *kind, const char *arguments,
                               struct error *err),
                   void *self, struct error *err);
/* A poll just added. When it has no wall time the judge stays behind it. */
bool judge_poll(struct judge *judge, const struct poll *poll, struct error *err);
/* An event just added. Kinds it does not know do nothing. */
bool judge_event(struct judge *judge, uint64_t seq, const char *kind, struct wall_time time,
                 const char *arguments, struct error *err);
/* Writes what it has to remember, and its cursor. */
bool judge_flush(struct judge *judge, struct error *err);

/* After the transaction: what was concluded stands, or never was. After an undo everything is taken
 * up from the store again at the next catching up. */
void judge_keep(struct judge *judge);
void judge_undo(struct judge *judge);

/* Outside a transaction: judges the next piece of the sequence in a transaction of its own. `more`
 * says whether there may be another piece now. */
bool judge_catch_up(struct judge *judge, struct reader *reader, bool *more, struct error *err);

/* A problem that is not closed; NULL: none of this uid. Borrowed. */
const struct problem *judge_problem(const struct judge *judge, const char *uid);
/* The uid of a problem with a running episode at one of the points of a task; NULL: none. */
const char *judge_running_at(const struct judge *judge, const struct task *task);
/* The point of a task that is over its bound since then, though not yet for as long as its rule
 * asks for; NULL: none. */
const char *judge_pending_at(const struct judge *judge, const struct task *task,
                             struct wall_time *since);
/* The ledger as the judge sees it; acts ask it before they are recorded. */
const struct watch *judge_watch(const struct judge *judge);

/* For a replay: this rule judges this point only by what stands after a number of the sequence. */
void judge_hold(struct judge *judge, const char *rule, uint32_t point, uint64_t until);
/* For a replay: whether a rule judges a point, or the point is counted, as the settings say, and up
 * to when it was otherwise (0, WALL_NONE: never). */
bool judge_rule_since(const struct judge *judge, const char *rule, uint32_t point, uint64_t *since,
                      struct wall_time *at);
bool judge_counts_since(const struct judge *judge, uint32_t point, struct wall_time *at);
/* For a replay: looks at one entry that was read. */
bool judge_item(struct judge *judge, const struct item *item, struct error *err);

#endif
