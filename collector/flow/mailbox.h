/* mailbox.h - where polls wait until the recorder has committed them. Bounded, in memory.
 *
 * One producer (the poll loop's thread), one consumer (the recorder's thread). Nothing is allocated
 * after mailbox_new(). When a poll does not fit, it is refused: the poller asks mailbox_has_room()
 * before it starts one, skips the tick when there is none and counts it, and the recorder writes
 * one gap event with the first commit afterwards.
 */
#ifndef FLOW_MAILBOX_H
#define FLOW_MAILBOX_H

#include "model/reading.h"

struct mailbox;

/* `size` bytes at most, but never less than four polls of the largest size; NULL: no memory. */
struct mailbox *mailbox_new(size_t size);
void mailbox_free(struct mailbox *mailbox);

/* Called on the consumer's behalf, from the producer's thread, after each push; may be NULL. */
void mailbox_on_push(struct mailbox *mailbox, void (*wake)(void *), void *self);

/* Producer. Room for a poll of the largest size, and an eighth of the whole for those under way. */
bool mailbox_has_room(const struct mailbox *mailbox);
/* False: it did not fit; the producer counts it with mailbox_skip(). */
bool mailbox_push(struct mailbox *mailbox, const struct poll *poll);
/* Producer: a tick that was due and not polled because there was no room. */
void mailbox_skip(struct mailbox *mailbox, struct wall_time time, struct mono_time mono);

/* Consumer: the oldest poll that was not yet taken, valid until mailbox_drop(); false: none. */
bool mailbox_take(struct mailbox *mailbox, struct poll *poll);
/* Consumer: what was taken is safe (committed) and its room is free again. */
void mailbox_drop(struct mailbox *mailbox);
/* Consumer: the commit failed; what was taken will be given again. */
void mailbox_rewind(struct mailbox *mailbox);

/* Ticks skipped for want of room since the last call that returned true; with first and last. */
struct mailbox_gap {
    uint64_t count;
    struct wall_time first, last;
    struct mono_time first_mono, last_mono;
};
bool mailbox_gap(struct mailbox *mailbox, struct mailbox_gap *gap);

/* Any thread. */
size_t mailbox_used(const struct mailbox *mailbox);

#endif
