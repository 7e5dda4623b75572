/* episode.h - one unbroken stretch of a broken rule at one point, as a pure step.
 *
 * The time is the reading's own, never the moment of judging, so the same readings always give the
 * same episodes. Only judged readings (a value, N or T) come here.
 *
 * Opening: the first breached reading starts a pending stretch; the episode opens with the breached
 * reading that stands `for_ms` after it (0: with the first). A reading that is good, or between
 * bound and recovery bound, ends a pending stretch: it was no breach. Ending: the episode ends with
 * the good reading that stands `recover_for_ms` after the first good one, and its end is the time
 * of that first one. A reading between the bounds keeps it running and starts the proof of recovery
 * anew. Holes: missing data neither opens nor ends nor proves. When two judged readings are farther
 * apart than `gap_ms`, or the later one carries an earlier time, nobody knows what was between: a
 * pending stretch and a stretch of good readings begin anew with the later one; a running episode
 * runs on.
 */
#ifndef LEDGER_EPISODE_H
#define LEDGER_EPISODE_H

#include "base/clock.h"
#include "ledger/rule.h"

enum episode_phase { EPISODE_NONE, EPISODE_PENDING, EPISODE_RUNNING };

struct episode {
    enum episode_phase phase;
    struct wall_time first; /* the first breached reading */
    struct wall_time last;  /* the latest breached reading; never before `first` */
    struct wall_time ended; /* set with EPISODE_ENDED; never before `last` */
    struct wall_time worst_at;
    double worst;
    struct wall_time seen;       /* the latest judged reading; WALL_NONE: none yet */
    struct wall_time good_since; /* start of the unbroken good stretch up to `seen`, or WALL_NONE */
};

/* Nothing seen, nothing running. */
void episode_clear(struct episode *episode);

enum episode_change { EPISODE_UNCHANGED, EPISODE_OPENED, EPISODE_WENT_ON, EPISODE_ENDED };

/* One judged reading: finite value, quality N or T, known time. EPISODE_WENT_ON: breached again
 * while running. After EPISODE_ENDED the phase is EPISODE_NONE and what the episode was can still
 * be read. */
enum episode_change episode_step(struct episode *episode, const struct rule *rule, int64_t gap_ms,
                                 struct wall_time time, double value, enum quality quality);

/* Whether the good stretch up to the latest reading has lasted `recover_for_ms`. */
bool episode_is_over(const struct episode *episode, const struct rule *rule);

/* Whether `value` is farther beyond the bound than `than`. */
bool episode_is_worse(const struct rule *rule, double value, double than);

/* How long two judged readings of a device may be apart without a hole between them: three of its
 * periods, and at least five minutes. */
int64_t episode_gap_ms(int64_t every_ms);

#endif
