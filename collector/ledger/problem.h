/* problem.h - what somebody has to solve: the episodes of one rule at one point, until closed.
 *
 * One breach is one problem. A breach while it is open or recovered joins it; after closed it is a
 * new one. States: open (an episode runs, or one was cut short by an edited rule or another limit
 * and nothing has proven recovery since), recovered (none runs, proven by good readings), closed
 * (by a person; by the machine after `gather` of proven recovery, only while no task watches the
 * point).
 *
 * Pure: all times are those of readings and acts. Each change that others must see is a new
 * version.
 */
#ifndef LEDGER_PROBLEM_H
#define LEDGER_PROBLEM_H

#include "base/clock.h"
#include "base/text.h"
#include "ledger/episode.h"
#include "ledger/watch.h"
#include "model/catalog.h"

enum problem_state { PROBLEM_NONE, PROBLEM_OPEN, PROBLEM_RECOVERED, PROBLEM_CLOSED };

#define UID_SIZE 33

/* The limit its latest episode was judged by, as the contract shows it; standard "": a bound. */
struct problem_limit {
    char standard[40], edition[16], clause[64], class_[16];
    enum period period;
    bool verified;
};

struct problem {
    enum problem_state state;
    char uid[UID_SIZE];
    uint32_t version; /* from 1; rises with each problem_tell() */
    uint32_t point;   /* the store's number */
    char rule[NAME_SIZE];
    enum rule_nature nature;
    struct watch_view about; /* kind and tasks, fixed at opening */
    enum bound_kind bound;   /* as in the stage of the latest episode; unused bounds are 0 */
    double low, high;
    struct problem_limit limit;
    struct wall_time first, last;
    struct wall_time ended; /* WALL_NONE while an episode runs */
    uint32_t episodes;
    double worst; /* of the values as measured, not as rounded */
    struct wall_time worst_at;
    double worst_low, worst_high;  /* the bounds it broke: an edition before may have had others */
    struct wall_time told;         /* `last` as of the latest version */
    double told_worst;             /* `worst` as of the latest version */
    struct wall_time acknowledged; /* WALL_NONE: not */
    char acknowledged_by[NAME_SIZE * 2];
};

/* The uid: the first 32 hex digits of SHA-256 over these bytes, UTF-8, each part but the last
 * followed by one line feed (0x0a):
 *
 *   collector name, rule name, "SITE/DEVICE/CHANNEL", time as "2026-11-22T08:00:00.000Z"
 *
 * `again` is 0; when a clock set back would give the first reading of an earlier problem of the
 * same rule and point once more, it is the poll's seq, and a fifth part in decimal.
 */
void problem_uid(const char *collector, const char *rule, const char *point, struct wall_time first,
                 uint64_t again, char uid[UID_SIZE]);

/* An episode, and what it is judged by. */
struct problem_cause {
    const struct rule *rule;
    const struct stage *stage;
    enum period on;
    const struct episode *episode;
};

/* An episode has opened: begins a problem (version 0 until told), or joins the one there is. */
void problem_begin(struct problem *problem, const char *uid, uint32_t point,
                   const struct watch_view *about, const struct problem_cause *cause);
void problem_join(struct problem *problem, const struct problem_cause *cause);

/* The running episode was breached again. True when that is worth a version: a worse value at most
 * once a minute, otherwise only after a 64th of the problem's age, so that a year of breaches gives
 * hundreds of versions and not half a million. */
bool problem_go_on(struct problem *problem, const struct problem_cause *cause);

/* The latest episode goes on under another edition with the same bound. */
void problem_take_stage(struct problem *problem, const struct problem_cause *cause);

/* No episode runs: proven by good values, or (`proven` false) because the rule or its limit was
 * changed. */
void problem_end(struct problem *problem, struct wall_time ended, bool proven);
void problem_close(struct problem *problem);

/* Whether an episode runs. */
bool problem_is_running(const struct problem *problem);

/* A version is about to be written. */
void problem_tell(struct problem *problem);

/* How far the worst value is beyond the upper bound it was judged by, as a multiple of it:
 * (C - S) / S, four decimals. NAN where the field has none: lower bounds, water temperature, pH,
 * dissolved oxygen, redox potential, noise (decibels), weather (domain: exceedance multiple). */
double problem_multiple(const struct problem *problem, const struct parameter *parameter);
/* Whether the field says an exceedance of it as a multiple of the bound. */
bool parameter_has_multiple(const struct parameter *parameter);

/* The contract's JSON of the present version. `watch` knows the tasks; NULL: no ledger. */
void problem_write(struct text *text, const struct problem *problem, const struct catalog *catalog,
                   const struct watch *watch);

const char *problem_state_word(enum problem_state state); /* "open", "recovered", "closed" */

#endif
