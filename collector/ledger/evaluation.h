/* evaluation.h - held, relapsed or not proven: VERDICT.md, step by step.
 *
 * Fed with what is sealed and nothing else, so that the exporter and a stranger's verifier reach
 * the same verdict from the same bytes; the watch list feeds it with stored aggregates instead of
 * readings. Pure. One thread at a time.
 */
#ifndef LEDGER_EVALUATION_H
#define LEDGER_EVALUATION_H

#include <jansson.h>

#include "ledger/point_sheet.h"
#include "ledger/tally.h"

/* config/verdict.conf */
struct verdict_terms;
struct verdict_terms *verdict_terms_load(const char *path, struct conf_faults *faults);
void verdict_terms_free(struct verdict_terms *terms);
/* How far the clock may step inside the span (`clock_step`), in ms: a larger step is a doubt that
 * blocks. */
int64_t verdict_terms_clock_step_ms(const struct verdict_terms *terms);
/* How far before a strike-off the ledger looks back at most. */
int64_t verdict_terms_before_ms(const struct verdict_terms *terms);

enum verdict_answer { VERDICT_HELD, VERDICT_RELAPSED, VERDICT_NOT_PROVEN };
const char *verdict_word(enum verdict_answer answer);  /* "held", "relapsed", "not_proven" */
const char *verdict_title(enum verdict_answer answer); /* 已守住, 已回潮, 不能证明 */

struct evaluation_setup {
    const struct verdict_terms *terms;
    const struct tally_plans *tallies;
    const struct parameters *parameters;
    const char *task;            /* its id */
    const char *category;        /* its watch period may be said by it */
    struct wall_time struck_off; /* WALL_NONE: not: then it cannot be held */
    struct wall_time watch_until;
    struct span span; /* from, to */
};

struct evaluation;
struct evaluation *evaluation_new(const struct evaluation_setup *setup, struct error *err);
void evaluation_free(struct evaluation *evaluation);

/* One point after the other: begin, what its device was and underwent (all of it), then its
 * readings in (time, seq) order (all of the span, others are passed over) or its stored aggregates
 * in order of start, end. `sheet` must stay until evaluation_conclude(). */
bool evaluation_begin_point(struct evaluation *evaluation, const struct point_sheet *sheet,
                            struct error *err);
bool evaluation_every(struct evaluation *evaluation, struct wall_time from, int64_t every_ms,
                      struct error *err); /* device.every, in order */
bool evaluation_window(struct evaluation *evaluation, struct span maintenance, struct error *err);
bool evaluation_reading(struct evaluation *evaluation, struct wall_time time, double value,
                        enum quality quality, struct error *err);
/* Which periods it wants of the point begun (bit set of 1 << enum period), and their newest
 * versions, by period and then start. */
unsigned evaluation_wants(const struct evaluation *evaluation);
bool evaluation_aggregate(struct evaluation *evaluation, const struct aggregate *aggregate,
                          struct error *err);
bool evaluation_end_point(struct evaluation *evaluation, struct error *err);

/* A problem at one of its points, as its newest version before the span's end says: the contract's
 * JSON, and its entry's seq. Breaches make relapses, doubts must be answered for. */
bool evaluation_problem(struct evaluation *evaluation, const json_t *problem, struct error *err);
/* Anything else that casts doubt: `kind` is a word ("clock_step", "settings_changed",
 * "rows_differ", "gap", …); `blocks`: with it nothing is proven (of a settings_changed and an
 * unsealed verdict.conf alone says so). `time` may be WALL_NONE; `point` may be "". Both sentences
 * are kept. */
bool evaluation_doubt(struct evaluation *evaluation, const char *kind, bool blocks,
                      struct wall_time time, const char *point, const char *zh, const char *en,
                      struct error *err);

/* Ends it. The verdict and everything it rests on, as VERDICT.md describes verdict.json; the caller
 * ends it. NULL: out of memory. */
json_t *evaluation_conclude(struct evaluation *evaluation, struct error *err);

/* Its short form, the contract's "verdict" of a task: {"answer","reason","provable_from"}; `reason`
 * is one sentence in the language of the moment. The caller ends it. */
json_t *verdict_brief(const json_t *verdict);
/* The sentence of one reason ({"reason","zh","en",…}), borrowed. */
const char *verdict_reason_text(const json_t *reason);

/* Room for the least and greatest that JSON_REAL_PRECISION of verdict.json keeps. */
enum { VERDICT_DIGITS = 6 };

#endif
