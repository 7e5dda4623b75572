/* orders.h - bundles that were asked for: events "evidence.order", and what has become of each.
 *
 * The event is the truth of what was ordered and by whom; its seq is the order's id. What has
 * become of it stands in STORE/bundles/ID.json, written by `lookback work` alone, and the bundle in
 * STORE/bundles/ID.zip. Everything under STORE/bundles is opened beside its folder, never through a
 * link, and only where it is a plain file of our own. One thread at a time per `struct orders`.
 */
#ifndef RECORD_ORDERS_H
#define RECORD_ORDERS_H

#include <jansson.h>

#include "store/reader.h"

#define ORDER_EVENT "evidence.order"

/* What came before the newest ORDERS_MOST is no longer looked at. */
enum { ORDERS_MOST = 200, ORDERS_WAITING_MOST = 20, ORDER_FILE_MOST = 64 << 10 };

struct order {
    uint64_t id;
    struct wall_time asked;
    char task[48];
    char who[64], by[64]; /* the peer's user by the kernel, and who they say they are */
    struct wall_time from, to;
    bool public_form;
};

/* The newest orders, the oldest of them first, and how far the sequence was looked at. Begins with
 * zeros. */
struct orders {
    struct order list[ORDERS_MOST];
    size_t count;
    uint64_t reached;
};
/* Adds what came since; begins anew on a store that has less than was seen. */
bool orders_read(struct orders *orders, struct reader *reader, struct error *err);
const struct order *orders_find(const struct orders *orders, uint64_t id); /* NULL: no such */

/* What has become of an order: ID.json, borrowed by nobody, ended by the caller; NULL: nothing yet,
 * or nothing that can be read. */
json_t *order_state(const char *store_dir, uint64_t id);
/* "waiting", "making", "done", "failed" or "expired"; of NULL "waiting". Static. */
const char *order_state_word(const json_t *state);
/* Done, failed or expired: it will not change any more, but that a bundle expires. */
bool order_is_over(const json_t *state);
/* How many of the newest wait or are being made. */
size_t orders_waiting(const struct orders *orders, const char *store_dir);

/* A file of an order, `ending` "json" or "zip", opened for reading; -1: none of our own there. */
int order_open(const char *store_dir, uint64_t id, const char *ending);
/* STORE/bundles, made if absent (0750), as a descriptor; -1 with a sentence. */
int orders_folder(const char *store_dir, struct error *err);

/* After the commit of an order: whoever makes bundles is woken (its inotify on STORE says that
 * `bundles` was touched). */
void orders_wake(const char *store_dir);

/* Whether a `lookback work` serves this store now. Tests its lock without taking it. */
bool orders_are_served(const char *store_dir);
/* That lock, for as long as the descriptor and its copies in children are open; -1 with a sentence:
 * another one holds it. */
int orders_serve(const char *store_dir, struct error *err);

#endif
