/* rectification_courier_parts.h - what the files of the courier of rectification share; for
 * rectification_courier.c and rectification_delivery.c alone. */
#ifndef OUTPUT_RECTIFICATION_COURIER_PARTS_H
#define OUTPUT_RECTIFICATION_COURIER_PARTS_H

#include "output/courier.h"
#include "output/patience.h"
#include "output/rectification_peer.h"
#include "output/rectification_pull.h"
#include "output/rectification_window.h"
#include "output/url.h"

struct rectification_sender {
    struct sender *sender;
    const struct sender_setup *setup;
    const struct output_setup *output;
    const struct source *source;
    struct url url;
    struct rectification_fields *fields;
    struct rectification_peer *peer;
    struct rectification_pull *pull;
    struct rectification_window window;
    struct item *items;
    uint64_t read_to;    /* everything up to here is in the window or done */
    uint64_t known;      /* the last commit heard of */
    uint64_t anchored;   /* the segment of the newest head the server is known to have */
    bool cautious;       /* what is read now may have been sent before a stop or a rewind */
    size_t aside_in_row; /* set aside, and nothing taken since */
    bool lost;           /* the server lost a problem: it may have lost others too */
    int64_t recheck_ms;  /* not before that are they all looked for */
    struct patience recheck;
    struct patience soon, late; /* waiting; held */
};

int64_t rectification_now_ms(const struct rectification_sender *me);

/* rectification_delivery.c -------------------------------------------------------------------- */
/* Sees one version through: it is there afterwards, or set aside, or waits with a sentence. */
void rectification_deliver(struct rectification_sender *me, struct waiting *waiting);

#endif
