/* warden.h - keeps the times of guests.h with a thread that sleeps until the next of them is over,
 * and as long as nobody is connected.
 *
 * It ends a connection by shutdown(2) of its descriptor, under the lock that warden_go() takes too:
 * so the descriptor is never closed, and another's, when it does. Any thread.
 */
#ifndef PAGE_WARDEN_H
#define PAGE_WARDEN_H

#include "base/error.h"
#include "page/guests.h"

struct warden;

struct warden *warden_start(const struct clock *clock, struct error *err);
/* After the last warden_go(); NULL is fine. */
void warden_stop(struct warden *warden);

/* As guests_come() … guests_go(); a NULL guest is passed over. */
struct guest *warden_come(struct warden *warden, int fd, const struct sockaddr *from);
void warden_take(struct warden *warden, struct guest *guest, uint64_t bytes);
void warden_ask(struct warden *warden, struct guest *guest);
/* Before the descriptor is closed. */
void warden_go(struct warden *warden, struct guest *guest);

void warden_count(struct warden *warden, struct guests_count *count);

#endif
