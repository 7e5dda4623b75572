/* episode.h - one unbroken stretch of a broken rule at one point, as pure steps.
 *
 * The time is the value's own (of an aggregate its start), never the moment of judging, so the same
 * values always give the same episodes. Only judged values (N or T) come here.
 *
 * Opening, by the time it lasts (opening.h has the other ways): the first breached value starts a
 * pending stretch; the episode opens with the breached value that stands `for_ms` after it (0: with
 * the first). A value that is good, or between bound and recovery bound, ends a pending stretch: it
 * was no breach. Ending: the episode ends with the good value that stands `recover_for_ms` after
 * the first good one, and its end is the time of that first one. A value between the bounds keeps
 * it running and starts the proof of recovery anew. Holes: missing data neither opens nor ends nor
 * proves. When two judged values are farther apart than `gap_ms`, or the later one carries an
 * earlier time, nobody knows what was between: a pending stretch and a stretch of good values begin
 * anew with the later one; a running episode runs on.
 */
#ifndef LEDGER_EPISODE_H
#define LEDGER_EPISODE_H

#include "base/clock.h"
#include "ledger/rule.h"

enum episode_phase { EPISODE_NONE, EPISODE_PENDING, EPISODE_RUNNING };

struct episode {
    enum episode_phase phase;
    struct wall_time first; /* the first breached value */
    struct wall_time last;  /* the latest breached value; never before `first` */
    struct wall_time ended; /* set with EPISODE_ENDED; never before `last` */
    struct wall_time worst_at;
    double worst;
    struct wall_time seen;       /* the latest judged value; WALL_NONE: none yet */
    struct wall_time good_since; /* start of the unbroken good stretch up to `seen`, or WALL_NONE */
};

/* One judged value: how it stands, when, and what it is. */
struct judged {
    enum standing standing;
    struct wall_time time;
    double value;
};

/* Nothing seen, nothing running. */
void episode_clear(struct episode *episode);

enum episode_change { EPISODE_UNCHANGED, EPISODE_OPENED, EPISODE_WENT_ON, EPISODE_ENDED };

/* A value of a rule that opens by `for_ms`. EPISODE_WENT_ON: breached again while running. After
 * EPISODE_ENDED the phase is EPISODE_NONE and what the episode was can still be read. */
enum episode_change episode_step(struct episode *episode, const struct rule *rule,
                                 const struct bound *bound, int64_t gap_ms,
                                 const struct judged *judged);

/* Whether the good stretch up to the latest value has lasted `recover_for_ms`. */
bool episode_is_over(const struct episode *episode, const struct rule *rule);

/* How long two judged readings of a device may be apart without a hole between them: three of its
 * periods, and at least five minutes. */
int64_t episode_gap_ms(int64_t every_ms);

/* What the ways of opening are made of. ------------------------------------------------------ */

/* The next value: true when there is a hole before it. */
bool episode_see(struct episode *episode, int64_t gap_ms, struct wall_time time);
/* A breached value: of the pending stretch or running episode there is, else of a new stretch. */
void episode_add_breach(struct episode *episode, const struct bound *bound, struct wall_time time,
                        double value);
/* A good value: the good stretch goes on, or begins. */
void episode_add_good(struct episode *episode, bool hole, struct wall_time time);
void episode_end(struct episode *episode, struct wall_time ended);

#endif
