/* track.h - one rule at one point: its episode and its problem, stepped by each judged reading.
 *
 * This is the whole memory of the judge for that pair, and pure: the same readings in the same
 * order give the same problems, uids and versions. track_write() and track_read() carry it over a
 * restart.
 */
#ifndef LEDGER_TRACK_H
#define LEDGER_TRACK_H

#include "base/error.h"
#include "ledger/problem.h"
#include "model/reading.h"

struct track {
    uint64_t meaning; /* rule_meaning() of the rule it was judged by */
    struct episode episode;
    struct problem
        problem;       /* PROBLEM_NONE or, for the moment of its last version, PROBLEM_CLOSED */
    int64_t proven_ms; /* how long the recovery has been proven, holes not counted */
    struct wall_time newest; /* the latest `first` of all problems there were, or WALL_NONE */
};

/* What a step did; the store is told accordingly. */
enum track_mark {
    TRACK_CHANGED = 1, /* it must be remembered anew */
    TRACK_VERSION = 2, /* the problem has a new version, already told */
    TRACK_EPISODE = 4, /* the episode (number problem.episodes) opened, went on or ended */
};

void track_clear(struct track *track, uint64_t meaning);

struct track_step {
    const struct rule *rule;
    const struct catalog *catalog;
    uint32_t point;
    int64_t gap_ms;
    struct wall_time time; /* of the poll; known */
    uint64_t seq;          /* of the poll */
    bool watched;          /* by a task: then the machine closes nothing */
};

/* Any reading of the point. Returns marks. A reading that is not judged, or has no value, does
 * nothing at all. */
unsigned track_step(struct track *track, const struct track_step *step,
                    const struct reading *reading);

/* The rule was edited or taken away: a running episode ends with its latest breached reading,
 * proven by nothing; the problem stays open until good readings under the new rule, or a person. */
unsigned track_rule_changed(struct track *track, uint64_t meaning);

/* A person has seen it, or closes it. The caller has asked whether that is allowed. */
unsigned track_acknowledge(struct track *track, const char *by, struct wall_time time);
unsigned track_close(struct track *track);

/* After its last version was written: forgets a closed problem. */
void track_settle(struct track *track);

/* Nothing to remember: the row may go. */
bool track_is_empty(const struct track *track);

void track_write(struct text *text, const struct track *track);
/* Whole, or false with ERROR_STORE and a sentence. */
bool track_read(struct track *track, const char *body, size_t size, struct error *err);

#endif
