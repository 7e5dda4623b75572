/* sealer.h - the recorder's side of seals: its key, the events that explain it, and the notice when
 * something about it needs a person.
 *
 * Without a key nothing is sealed and all else goes on; what waits is sealed later. A key signs
 * nothing before its event key.made is committed. The recorder's thread only.
 */
#ifndef RECORD_SEALER_H
#define RECORD_SEALER_H

#include "record/recorder.h"

struct sealer {
    struct store *store;
    const struct clock *clock;
    struct notices *notices;
    const char *collector;
    bool on;
    struct seal_key *key;  /* NULL: none could be opened yet */
    bool announced;        /* its event is committed */
    struct seal_key *next; /* prepared by an act; takes over when its event is committed */
    bool noticed;
    char why[400]; /* why there is no key */
    struct mono_time retry;
};

void sealer_init(struct sealer *sealer, const struct recorder_setup *setup);
void sealer_end(struct sealer *sealer);

/* Opens the key, or makes the first one; again each minute while it cannot. Trouble is a notice. */
void sealer_look(struct sealer *sealer);
/* Whether a segment closed now will be sealed soon; looks for the key again, else says what is
 * wrong with it. */
bool sealer_can(struct sealer *sealer, struct error *err);
/* An event is owed for the key. */
bool sealer_owes(const struct sealer *sealer);
/* Adds it, in the transaction; sealer_announced() once that is committed. */
bool sealer_announce(struct sealer *sealer, struct wall_time time, struct error *err);
void sealer_announced(struct sealer *sealer);
bool sealer_may_sign(const struct sealer *sealer);

/* Another key takes the place of this one: prepared, its event added in a transaction, and settled
 * by whether that was committed. */
bool sealer_prepare(struct sealer *sealer, struct error *err);
bool sealer_add_next(struct sealer *sealer, struct wall_time time, struct error *err);
void sealer_settle(struct sealer *sealer, bool committed);

#endif
