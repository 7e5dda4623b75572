/* shares.h - whose questions may take how much of the page's one thread.
 *
 * Answers are made one after another, so who asks dear questions without end would keep all others
 * waiting. Whoever asks alone may use all of the thread. While more than one asks and half of the
 * thread's time is used, those who used more than their even part of that half are told to ask
 * again later: who asks little is always answered.
 *
 * Pure: no socket, the clock is given. The page's thread only.
 */
#ifndef PAGE_SHARES_H
#define PAGE_SHARES_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/clock.h"

enum {
    SHARES_MAX = 256,              /* then who used least is forgotten */
    SHARES_WINDOW_MS = 2 * 1000,   /* use is forgotten over so long, bit by bit */
    SHARES_PRESENT_MS = 15 * 1000, /* since the last question; pages ask more often */
    SHARES_IN_ALL_MS = SHARES_WINDOW_MS / 2
};

struct shares;
struct share;

struct shares *shares_new(const struct clock *clock); /* NULL: no memory */
void shares_free(struct shares *shares);

/* The share of who asks now: of the person who signed in ("": nobody), else of the address (of
 * IPv6 of the network). Good until the next call. */
struct share *shares_of(struct shares *shares, const char *person, const struct sockaddr *from);
/* Whether a question of theirs may be answered now. */
bool shares_allow(const struct shares *shares, const struct share *share);
/* So long it took. */
void shares_spend(struct shares *shares, struct share *share, int64_t ns);

#endif
