/* status.h - how the station is, as the contract's status object. The loop's thread. */
#ifndef REPORT_STATUS_H
#define REPORT_STATUS_H

#include <jansson.h>

#include "flow/poller.h"
#include "output/sender.h"
#include "record/notice.h"
#include "record/recorder.h"
#include "record/trust.h"
#include "store/reader.h"

/* Everything is borrowed for the call. */
struct status_view {
    const char *collector;
    const char *timezone;
    uint32_t boot;
    const struct catalog *catalog;
    struct trust *trust;
    const struct clock *clock;
    struct recorder *recorder;
    const struct poller *poller;
    struct sender **senders;
    size_t sender_count;
    struct notices *notices;
    struct reader *reader; /* of the same store, for what only the store knows */
};

/* Gives the object. */
json_t *status_json(const struct status_view *view);

#endif
