/* problem.h - what somebody has to solve: the episodes of one rule at one point, until closed.
 *
 * One breach is one problem. A breach while it is open or recovered joins it; after closed it is a
 * new one. States: open (an episode runs, or one was cut short by an edited rule and nothing has
 * proven recovery since), recovered (none runs, proven by good readings), closed (by a person; by
 * the machine after `gather` of proven recovery, only while no task watches the point).
 *
 * Pure: all times are those of readings and acts. Each change that others must see is a new
 * version.
 */
#ifndef LEDGER_PROBLEM_H
#define LEDGER_PROBLEM_H

#include "base/clock.h"
#include "base/text.h"
#include "ledger/episode.h"
#include "model/catalog.h"

enum problem_state { PROBLEM_NONE, PROBLEM_OPEN, PROBLEM_RECOVERED, PROBLEM_CLOSED };

#define UID_SIZE 33

struct problem {
    enum problem_state state;
    char uid[UID_SIZE];
    uint32_t version; /* from 1; rises with each problem_tell() */
    uint32_t point;   /* the store's number */
    char rule[NAME_SIZE];
    enum rule_nature nature;
    enum bound_kind bound; /* as in the rule of the latest episode; unused bounds are 0 */
    double low, high;
    struct wall_time first, last;
    struct wall_time ended; /* WALL_NONE while an episode runs */
    uint32_t episodes;
    double worst;
    struct wall_time worst_at;
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

/* An episode has opened: begins a problem (version 0 until told), or joins the one there is. */
void problem_begin(struct problem *problem, const char *uid, const struct rule *rule,
                   uint32_t point, const struct episode *episode);
void problem_join(struct problem *problem, const struct rule *rule, const struct episode *episode);

/* The running episode was breached again. True when that is worth a version: a worse value at most
 * once a minute, otherwise only after a 64th of the problem's age, so that a year of breaches gives
 * hundreds of versions and not half a million. */
bool problem_go_on(struct problem *problem, const struct rule *rule, const struct episode *episode);

/* No episode runs: proven by good readings, or (`proven` false) because the rule was changed. */
void problem_end(struct problem *problem, struct wall_time ended, bool proven);
void problem_close(struct problem *problem);

/* Whether an episode runs. */
bool problem_is_running(const struct problem *problem);

/* A version is about to be written. */
void problem_tell(struct problem *problem);

/* How far the worst value is beyond the bound, as a multiple of it: (C - S) / S, four decimals. NAN
 * where the field has none: lower bounds, water temperature, pH, dissolved oxygen, redox potential,
 * noise (decibels), weather (domain: exceedance multiple). */
double problem_multiple(const struct problem *problem, const struct parameter *parameter);

/* The contract's JSON of the present version. */
void problem_write(struct text *text, const struct problem *problem, const struct catalog *catalog);

const char *problem_state_word(enum problem_state state); /* "open", "recovered", "closed" */

#endif
