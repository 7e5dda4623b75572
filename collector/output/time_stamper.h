/* time_stamper.h - a thread that has the newest sealed head stamped by an authority (RFC 3161),
 * `seal { time_stamp = "…" }`.
 *
 * Whatever the gateway's clock says, and whoever holds its key: with the stamp a stranger can tell
 * that a head existed at that moment. Only the newest head is stamped, once: it is chained to those
 * before. A response is kept when it is good in itself (time_stamp.h); whom to trust is for whoever
 * checks the evidence. Until there is one the authority is asked again, waiting longer each time.
 *
 * The address may be http: what goes out is a digest, what comes back is signed and checked.
 */
#ifndef OUTPUT_TIME_STAMPER_H
#define OUTPUT_TIME_STAMPER_H

#include "base/clock.h"
#include "base/error.h"
#include "record/notice.h"
#include "record/recorder.h"

struct source;
struct time_stamper;

struct time_stamper_setup {
    const char *url;    /* whole address of the authority; copied */
    int64_t timeout_ms; /* of one request */
    struct notices *notices;
    const struct clock *clock;
};

/* Reads seals of the store and leaves stamps with the recorder. NULL with a sentence: the address
 * cannot be used, no memory, no thread; an authority that is away is no error. */
struct time_stamper *time_stamper_start(const struct time_stamper_setup *setup,
                                        const char *store_dir, struct recorder *recorder,
                                        struct error *err);
/* The same with another source, which is taken, also on failure. */
struct time_stamper *time_stamper_start_on(const struct time_stamper_setup *setup,
                                           const struct source *source, struct error *err);
/* Gives up a request on its way; NULL is fine. */
void time_stamper_stop(struct time_stamper *stamper);

#endif
