/* track.h - one rule at one point: its lanes' episodes and its one problem, stepped by each judged
 * value.
 *
 * This is the whole memory of the judge for that pair, and pure: the same values in the same order
 * give the same problems, uids and versions. track_write() and track_read() carry it over a
 * restart. All lanes share the problem: it runs while an episode of any lane runs, and is recovered
 * when none runs any more, by the values of the lane whose episode ended last.
 */
#ifndef LEDGER_TRACK_H
#define LEDGER_TRACK_H

#include "base/error.h"
#include "ledger/opening.h"
#include "ledger/problem.h"
#include "ledger/watch.h"
#include "model/reading.h"

struct track {
    uint64_t meaning; /* rule_meaning() of the rule and lanes it was judged by */
    bool calm;        /* no problem, and every lane is calm: values leave no trace */
    uint8_t told;     /* of the latest step: a bit a lane whose episode changed; LANES_MAX: `cut` */
    uint8_t lanes;    /* how many share `breaches`; 0: nobody yet */
    uint8_t prover;   /* the lane whose good values prove recovery; LANES_MAX: any */
    int64_t proven_ms;       /* how long the recovery has been proven, holes not counted */
    struct wall_time newest; /* the latest `first` of all problems there were, or WALL_NONE */
    struct lane_memory lane[LANES_MAX];
    struct problem problem; /* PROBLEM_NONE or, for the moment of its last version, PROBLEM_CLOSED
                             */
    struct lane_memory cut; /* the episode that ended in the latest step before the same lane's
                               next */
    struct breach breaches[COUNT_MAX]; /* m of n: each lane has its share */
};

/* What a step did; the store is told accordingly. */
enum track_mark {
    TRACK_CHANGED = 1, /* it must be remembered anew */
    TRACK_VERSION = 2, /* the problem has a new version, already told */
    TRACK_EPISODE = 4, /* episodes opened, went on or ended: track_episodes() has them */
};

void track_clear(struct track *track, uint64_t meaning);

struct track_step {
    const struct rule *rule;
    const struct lanes *lanes; /* of the rule at this point */
    size_t lane;               /* the one this value is for */
    const struct catalog *catalog;
    const struct watch *watch; /* NULL: no ledger */
    uint32_t point;
    int64_t gap_ms;        /* between two values of this lane without a hole */
    struct wall_time time; /* of the poll; of an aggregate its start; known */
    uint64_t seq;          /* of the poll */
};

/* Any value of the lane: a reading, or an aggregate that is `enough` (quality N). One that is not
 * judged, has no value, or stands outside the lane's `when` and stages does nothing at all; but the
 * end of a stage ends what ran under it. */
unsigned track_step(struct track *track, const struct track_step *step, double value,
                    enum quality quality);

/* True when track_step() with that value would do nothing at all: cheaper than to copy the track
 * for an undo. */
bool track_stays(const struct track *track, const struct track_step *step, double value,
                 enum quality quality);

/* After TRACK_EPISODE: the episodes that changed in that step, each with its number and why it
 * ended ("" while it runs), in the order of what happened. Gives how many; `out` holds
 * TRACK_EPISODES. Borrowed until the next step. */
enum { TRACK_EPISODES = LANES_MAX + 1 };
struct track_episode {
    const struct episode *episode;
    /* "recovered", "rule_changed", "limit_changed", "struck_off", "closed", "" */
    const char *ended_by;
    const struct stage *stage;
    uint32_t number;
    enum period on;
};
size_t track_episodes(const struct track *track, struct track_episode *out);

/* The rule was edited or taken away: running episodes end with their latest breached value, proven
 * by nothing; the problem stays open until good values under the new rule, or a person. */
unsigned track_rule_changed(struct track *track, uint64_t meaning);

/* A task that names this point was struck off (a running episode: only insisted on): episodes end,
 * and the problem closes, so that what comes now is a relapse and not more of the same. What was
 * pending or counted begins anew. */
unsigned track_struck_off(struct track *track);

/* A person has seen it, or closes it: what still runs ends then. The caller has asked whether that
 * is allowed. */
unsigned track_acknowledge(struct track *track, const char *by, struct wall_time time);
unsigned track_close(struct track *track);

/* After its last version was written: forgets a closed problem. */
void track_settle(struct track *track);

/* Nothing to remember: the row may go. */
bool track_is_empty(const struct track *track);

/* Tasks are written by their ids; the stage of a lane by its start. `watch` NULL: no ledger. */
void track_write(struct text *text, const struct track *track, const struct watch *watch);
/* Whole, or false with ERROR_STORE and a sentence. `lanes` and `watch` may be NULL (a rule that is
 * gone, no ledger). Tasks the ledger does not know are left out. */
bool track_read(struct track *track, const struct lanes *lanes, const struct watch *watch,
                const char *body, size_t size, struct error *err);

#endif
