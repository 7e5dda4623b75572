/* guests.h - who is connected, for how long they may ask and take, and who has to go first.
 *
 * A connection either asks (no complete request yet, or none after the last answer) or takes an
 * answer. Asking may last GUEST_ASKS_MS from the connection's beginning or the last answer's end;
 * taking GUEST_TAKES_MS, and longer for what is long. So a connection that sends or reads a byte
 * now and then ends as one that does nothing does (A2 and A3): the library's own timeout
 * begins anew with every byte.
 *
 * Pure: no socket, the clock is given. One thread at a time (page/warden.c holds the lock).
 */
#ifndef PAGE_GUESTS_H
#define PAGE_GUESTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/clock.h"

enum {
    GUESTS_MAX = 512,
    GUESTS_AN_ADDRESS = 64, /* of IPv6, a network of 64 bits */
    GUESTS_LINGER = 128,    /* were told to go and are still on their way */
    GUEST_ASKS_MS = 10 * 1000,
    GUEST_TAKES_MS = 60 * 1000,
    GUEST_BYTES_A_SECOND = 16 << 10 /* who takes a long answer slower than this is cut off */
};

struct guests;
struct guest;

/* `cut` has to end the connection of that descriptor: called from within the functions below.
 * NULL: no memory. */
struct guests *guests_new(const struct clock *clock, void (*cut)(void *self, int fd), void *self);
void guests_free(struct guests *guests);

/* One more. Where that is too many, in all or from that address, another is cut: who has asked
 * longest, and only if nobody asks who has taken longest. NULL: no place at all. */
struct guest *guests_come(struct guests *guests, int fd, const struct sockaddr *from);
/* The request is complete and its answer has so many bytes. */
void guests_take(struct guests *guests, struct guest *guest, uint64_t bytes);
/* The answer is sent. */
void guests_ask(struct guests *guests, struct guest *guest);
/* The connection has ended; its descriptor is not used any more. */
void guests_go(struct guests *guests, struct guest *guest);

/* Cuts whose time is over. The next moment at which somebody's is; GUESTS_NEVER: nobody's. */
#define GUESTS_NEVER ((struct mono_time){INT64_MAX})
struct mono_time guests_sweep(struct guests *guests);

struct guests_count {
    size_t now, most;
    uint64_t slow;    /* cut because their time was over */
    uint64_t crowded; /* cut because another came */
};
void guests_count(const struct guests *guests, struct guests_count *count);

#endif
