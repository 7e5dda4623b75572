/* work_maker.h - the making of one bundle, in a process of its own: what goes wrong there ends
 * there, and it can be given up at any moment with all that it started.
 */
#ifndef APP_WORK_MAKER_H
#define APP_WORK_MAKER_H

#include <sys/types.h>

#include "record/orders.h"
#include "town/settings.h"

struct work_order {
    struct settings *settings;
    struct order order;
    long begun; /* with this time */
};

/* Starts it; it writes the order's state, the last one before it ends with 0. It dies with us. -1
 * with a sentence. */
pid_t work_maker_start(const struct work_order *work, struct error *err);
/* Ends it and what it started, at once, and waits for that. */
void work_maker_give_up(pid_t maker);

/* Refuses where less than the settings want to be left of the disk is free. */
bool work_has_room(const struct settings *settings, struct error *err);

/* An inotify descriptor on STORE: the socket appears, or somebody ordered. -1 with a sentence. */
int work_listen(const char *store_dir, struct error *err);
/* Whether it has heard of more than what reading the store changes by itself; it is forgotten. */
bool work_heard(int inotify);

#endif
