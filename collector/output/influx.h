/* influx.h - POSTs bodies of line protocol to one address, by web.h.
 *
 * It says what the peer's answer means for what was sent, and decides nothing. One request at a
 * time: begun with influx_post(), moved by influx_pump() (which does not wait) or influx_wait(), so
 * the next batch can be prepared while this one is on its way. An answer is read up to 64 KiB.
 *
 * One thread; only influx_wake() may come from another.
 */
#ifndef OUTPUT_INFLUX_H
#define OUTPUT_INFLUX_H

#include "output/sender.h"

struct influx;

/* What an answer means for what was sent. */
enum answer_kind {
    ANSWER_STORED,    /* 204, and only that */
    ANSWER_TOO_LARGE, /* 413 */
    ANSWER_REFUSED,   /* 400, 422: something in it */
    ANSWER_HELD,      /* 401, 403, 404 and their like: asking again does not help, a person does */
    ANSWER_LATER,     /* 408, 429, 5xx, a broken connection, a page of a captive portal */
};

struct answer {
    enum answer_kind kind;
    long status;            /* 0: no answer */
    int64_t retry_after_ms; /* 0: not said; at most 1 h */
    char text[301];         /* what the peer or the connection said, secrets blanked, fit to show */
};

enum { ANSWER_MOST = 64 * 1024 };

/* What this status means. */
enum answer_kind answer_kind_of(long status);

/* Reads the output's secrets. NULL with a sentence when the settings cannot work. */
struct influx *influx_new(const struct output_setup *output, struct error *err);
void influx_free(struct influx *influx); /* NULL is fine; a request on its way is given up */

/* Begins a request; the body is borrowed until it is done. */
void influx_post(struct influx *influx, const void *body, size_t size, bool gzip);
/* Moves bytes; true when the request is done. */
bool influx_pump(struct influx *influx);
/* Waits up to `ms` for something to happen, and moves bytes; true when the request is done. */
bool influx_wait(struct influx *influx, int64_t ms);
/* Of the request that is done; borrowed until the next one. */
const struct answer *influx_answer(const struct influx *influx);
/* Ends a wait; any thread. */
void influx_wake(struct influx *influx);

#endif
