/* status.h - how the station is, as the contract's status object.
 *
 * In two steps, so that the loop gives only its own numbers and is done within some milliseconds,
 * whatever the station has: status_copy_take() in the loop's thread copies what only that thread
 * may look at; any thread makes JSON of the copy later, asking recorder, outputs, notices and store
 * itself, as any thread may.
 */
#ifndef REPORT_STATUS_H
#define REPORT_STATUS_H

#include <jansson.h>

#include "flow/poller.h"
#include "output/sender.h"
#include "record/notice.h"
#include "record/recorder.h"
#include "record/trust.h"
#include "store/reader.h"

/* Everything is borrowed, and outlives every copy made of it. */
struct status_view {
    const char *collector;
    const char *timezone;
    uint32_t boot;
    const struct catalog *catalog;
    struct trust *trust;
    const struct clock *clock;
    struct recorder *recorder;
    const struct poller *poller; /* the loop's thread alone */
    struct sender **senders;
    size_t sender_count;
    struct notices *notices;
    struct reader *reader; /* the loop's own, of the same store, for what only the store knows */
};

struct device_copy {
    struct device_status status; /* its `readings` are NULL: they went into the two below */
    enum cause failed;           /* why the last poll gave nothing at all */
    uint32_t with_value;         /* readings of the last poll that have one */
};

/* The loop's part of the status at one moment. Never changes until it is released. */
struct status_copy {
    struct status_view view; /* poller and reader are NULL */
    uint64_t number;         /* rises with each copy of this pool, from 1 */
    uint64_t states;         /* differs when a link or device differs in state, since or last_good,
                                or the clock in its trust */
    struct mono_time made;
    bool trusted;
    int64_t error_ms; /* of the clock; < 0: not known */
    struct wall_time trusted_since;
    struct poller_totals totals;
    struct link_status *links;
    size_t link_count;
    struct device_copy *devices; /* in the settings' order */
    size_t device_count;
    struct dialin_stranger strangers[DIALIN_STRANGERS_MAX];
    size_t stranger_count;
};

/* Where the memory of copies is kept for the next ones. */
struct status_pool;
struct status_pool *status_pool_new(void); /* NULL: no memory */
/* After every copy of it was released; NULL is fine. */
void status_pool_free(struct status_pool *pool);

/* The loop's thread. Gives a copy held once; NULL: no memory. */
const struct status_copy *status_copy_take(struct status_pool *pool,
                                           const struct status_view *view);

/* Any thread, each copy held once more or once less; NULL is fine. */
const struct status_copy *status_copy_hold(const struct status_copy *copy);
void status_copy_release(const struct status_copy *copy);

/* Any thread; the caller ends what is given. `reader` is the thread's own. */
json_t *status_json(const struct status_copy *copy, struct reader *reader);
json_t *status_link_json(const struct link_status *link);
/* NULL: the catalog does not know it. */
json_t *status_device_json(const struct status_copy *copy, const struct device_copy *device);

#endif
