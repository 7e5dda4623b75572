/* keeper.h - closes segments, moves their readings into point order, seals them, and lets the
 * oldest go.
 *
 * All of it in bounded steps between commits, so that no commit waits longer than 200 ms for it.
 * Nothing is removed that an awaited output or the judge has not done with, nor what is held
 * because its points watch a task; and since a clock that jumps ahead would make everything look
 * old at once, one round of retention (an hour apart) takes at most two days off the oldest end.
 * While more is stored than may be, the oldest that is not held goes whatever its age.
 *
 * The recorder's thread only.
 */
#ifndef RECORD_KEEPER_H
#define RECORD_KEEPER_H

#include "record/sealer.h"

struct keeper {
    struct store *store;
    const struct clock *clock;
    struct notices *notices;
    int64_t keep_ms, hold_ms, max_bytes;
    int64_t seal_every_ms;
    const char *const *awaited;
    size_t awaited_count;
    size_t step_readings; /* of a move or removal, so that one takes 50 to 100 ms */
    size_t step_sealed;   /* rows of one step of sealing, likewise */
    bool moving;          /* readings of closed segments may wait to be moved */
    bool sealing;         /* segments that are moved may wait to be sealed */
    bool sealed;          /* one was, since somebody looked */
    struct sealer *sealer;
    bool pruning;               /* this round of retention has more to do */
    struct retention retention; /* of this round */
    uint64_t held;              /* segments that would be gone if their points watched no task */
    bool too_large;             /* and nothing was left that could go: a notice says so */
    struct mono_time next_prune;
};

void keeper_init(struct keeper *keeper, const struct recorder_setup *setup, struct sealer *sealer);
/* A segment was closed by somebody else. */
void keeper_closed(struct keeper *keeper);

/* Does what is due until `until`, at least one step. `more`: there is more to do at once. Closes,
 * seals and removes nothing while the clock is not trusted. */
bool keeper_work(struct keeper *keeper, bool trusted, struct mono_time until, bool *more,
                 struct error *err);

/* In how many ms it has something to do again. */
int64_t keeper_idle_ms(const struct keeper *keeper);

#endif
