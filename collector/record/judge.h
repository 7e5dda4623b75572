/* judge.h - reads the sequence with a cursor of its own and concludes episodes and problems.
 *
 * While it is caught up it is fed from memory, each poll right after the store has numbered it, so
 * a problem's version follows the poll that caused it in the sequence, however polls are batched.
 * Otherwise (at start, after empty times were filled) it reads them from the store; the step is the
 * same. What it concludes, its memory and its cursor are written in the transaction of the polls.
 *
 * The recorder's thread only. Nothing is allocated after judge_new().
 */
#ifndef RECORD_JUDGE_H
#define RECORD_JUDGE_H

#include "base/error.h"
#include "ledger/track.h"
#include "ledger/watch.h"
#include "store/reader.h"
#include "store/store.h"

#define JUDGE_CURSOR "judge"

struct judge;

/* Takes up its memory from the store. All pointers must outlive it. NULL with a sentence. */
struct judge *judge_new(struct store *store, const struct catalog *catalog,
                        const struct rule *rules, size_t rule_count, struct error *err);
void judge_free(struct judge *judge);

/* Whether it has looked at everything up to the end of the sequence. */
bool judge_is_caught_up(const struct judge *judge);
uint64_t judge_cursor(const struct judge *judge);
size_t judge_open_problems(const struct judge *judge);

/* Inside the store's transaction, in this order. -------------------------------------------- */

/* Once after judge_new(): ends the episodes of rules that were edited or taken away. */
bool judge_settle_rules(struct judge *judge, struct error *err);
/* A poll just added. When it has no wall time the judge stays behind it. */
bool judge_poll(struct judge *judge, const struct poll *poll, struct error *err);
/* An event just added. Kinds it does not know do nothing. */
bool judge_event(struct judge *judge, uint64_t seq, const char *kind, struct wall_time time,
                 const char *arguments, struct error *err);
/* Writes what it has to remember, and its cursor. */
bool judge_flush(struct judge *judge, struct error *err);

/* After the transaction: what was concluded stands, or never was. */
void judge_keep(struct judge *judge);
void judge_undo(struct judge *judge);

/* Outside a transaction: judges the next piece of the sequence in a transaction of its own. `more`
 * says whether there may be another piece now. */
bool judge_catch_up(struct judge *judge, struct reader *reader, bool *more, struct error *err);

/* A problem that is not closed; NULL: none of this uid. Borrowed. */
const struct problem *judge_problem(const struct judge *judge, const char *uid);
/* The uid of a problem with a running episode at one of the points of a task; NULL: none. */
const char *judge_running_at(const struct judge *judge, const struct task *task);
/* The ledger as the judge sees it; acts ask it before they are recorded. */
const struct watch *judge_watch(const struct judge *judge);

#endif
