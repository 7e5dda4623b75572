/* poller.h - the poll engine: one event loop asks every device on every link when it is due.
 *
 * One libuv loop around pure state machines (agenda: what is due when; exchange: one request and
 * its answers; health: who is silent and when it is asked again). No thread per device, no
 * allocation after poller_start(), nothing that blocks the loop: names are resolved in libuv's
 * pool, connections are made asynchronously, descriptors beyond 1,024 are ordinary.
 *
 * Everything here runs in the loop's thread.
 */
#ifndef FLOW_POLLER_H
#define FLOW_POLLER_H

#include <uv.h>

#include "base/clock.h"
#include "drivers/diagnosis.h"
#include "drivers/exchange.h"
#include "drivers/identity.h"
#include "drivers/link_dialin.h"
#include "drivers/plan.h"
#include "drivers/profile.h"
#include "model/reading.h"

enum link_kind { LINK_SERIAL, LINK_TCP, LINK_RTU_TCP, LINK_DIALIN };

struct link_setup {
    char name[NAME_SIZE];
    enum link_kind kind;
    char host[256]; /* tcp, rtu_tcp */
    int port;       /* tcp, rtu_tcp */
    char path[256]; /* serial */
    int baud;
    char parity; /* 'N', 'E', 'O' */
    int stop_bits;
    bool echo;
    bool rs485;
    int64_t timeout_ms;
    int64_t guard_ms; /* quiet time after a timeout; the contract's default is the timeout */
    int64_t gap_us;   /* serial silence before each request; 0: 3.5 characters */
    int64_t after_connect_ms;
    bool allow_public;
    char listen[DIALIN_ADDRESS_TEXT]; /* dialin */
    struct registration_id id;        /* dialin */
};

struct device_setup {
    uint32_t id;   /* the store's number */
    uint32_t link; /* index into links */
    uint8_t unit;
    int64_t every_ms;   /* 0: again at once (benchmarks only) */
    int64_t timeout_ms; /* 0: the link's */
    const struct profile *profile;
    uint32_t profile_id;             /* the store's number of the profile's digest */
    const struct channel **channels; /* in the order of `points` */
    const uint32_t *points;          /* the store's numbers */
    size_t channel_count;
    char label[80]; /* for log lines: "outfall pH (zj-03/ph1)" */
    /* What is known of it from before; borrowed for poller_new(). */
    const struct lesson *lessons;
    size_t lesson_count;
    const char *identity; /* what it answered as; NULL or "": never asked */
    /* What the settings say it answers as: the item serial_number, and any. NULL or "": nothing. */
    const char *serial_number;
    const char *identity_said;
};

/* What a device said of itself when it was asked who it is. */
struct identity_finding {
    enum identity_verdict verdict;
    const char *was;        /* what it should be: "model=12; serial_number=7"; "": never asked */
    const char *is;         /* what it answered */
    bool is_news;           /* RIGHT, and not what was remembered: to be remembered now */
    struct wall_time since; /* when it began to be this */
};

struct poller_setup {
    const struct link_setup *links;
    size_t link_count;
    const struct device_setup *devices;
    size_t device_count;
    uint32_t boot;
    const struct clock *clock;
    /* Whether the wall clock may be put on a poll now. */
    bool (*clock_is_trusted)(void *self);
    /* Room for one poll more? Asked before a poll starts; false: the tick is skipped and counted.
     */
    bool (*has_room)(void *self, struct wall_time due);
    /* A finished poll, good or failed; everything in it is borrowed for the call. */
    void (*done)(void *self, const struct poll *poll);
    /* A device taught something: to be remembered. `index` is the device's in the setup. May be
     * NULL. */
    void (*learned)(void *self, size_t index, const struct lesson *lesson);
    /* A device said who it is, for the first time or otherwise than before; while it is not the one
     * it should be its values are withheld. The finding is borrowed for the call. May be NULL. */
    void (*identified)(void *self, size_t index, const struct identity_finding *finding);
    /* Each exchange as it ends, borrowed for the call: for who measures the line. May be NULL. */
    void (*exchanged)(void *self, size_t index, const struct exchange_result *result);
    /* Whether the frames of the poll that begins are kept: a point of the device watches a task.
     * NULL: never. */
    bool (*keeps_frames)(void *self, size_t index);
    /* What the bytes of a link say about it has changed; kind NONE: it is well again. NULL: nobody
     * asks. */
    void (*found)(void *self, size_t link, const struct finding *finding);
    /* Somebody dialled in whom nobody knows, or the last such is forgotten. May be NULL. */
    void (*strangers_changed)(void *self);
    void *self;
};

struct poller;

/* Copies the setup's arrays; what they point to (profiles, channels) must outlive the poller. */
struct poller *poller_new(uv_loop_t *loop, const struct poller_setup *setup, struct error *err);
void poller_start(struct poller *poller);
/* Ends exchanges under way (their polls are given up, not reported), closes all handles, then calls
 * `stopped` from the loop. */
void poller_stop(struct poller *poller, void (*stopped)(void *), void *self);
/* After `stopped`. */
void poller_free(struct poller *poller);

enum { LINK_SETTINGS = 24 };
/* "9600 8N1"; "" where the port is not ours. `out` holds LINK_SETTINGS bytes. */
const char *link_settings_text(const struct link_setup *setup, char *out);

/* What `status` shows. */
struct link_status {
    const char *name;
    enum link_kind kind;
    bool used;
    bool up;
    struct wall_time since;
    double load; /* share of the time since start that an exchange, gap or guard took */
    struct wall_time next_attempt; /* while down */
    uint8_t cause;                 /* why it is down */
    struct finding finding;        /* what its bytes say about it */
};

enum device_state {
    DEVICE_UNASKED,
    DEVICE_ANSWERING,
    DEVICE_SILENT,
    DEVICE_REFUSING,
    DEVICE_CHANGED
};

struct device_status {
    uint32_t id;
    uint32_t link;
    uint8_t unit;
    enum device_state state;
    struct wall_time since;
    struct wall_time last_good;
    struct wall_time next_attempt;
    uint64_t polls;
    uint64_t skipped;
    uint64_t errors[CAUSE_COUNT];
    int32_t answer_ms_p50, answer_ms_p99; /* -1: no answer yet */
    /* the last poll's readings, in the order of the setup's channels; borrowed */
    const struct reading *readings;
    size_t reading_count;
    struct wall_time read_at;
};

/* One request of somebody else (`lookback probe --via-collector`), asked between two polls. It
 * waits for the exchange under way, never for a whole queue. */
struct poller_guest {
    size_t link; /* index into links */
    struct request request;
    int64_t timeout_ms;                                             /* 0: the link's */
    void (*over)(void *self, const struct exchange_result *result); /* borrowed for the call */
    void *self;
};
/* Copied. False with a sentence: another guest is on this link, or it cannot be opened. */
bool poller_ask(struct poller *poller, const struct poller_guest *guest, struct error *err);

size_t poller_link_count(const struct poller *poller);
void poller_link_status(const struct poller *poller, size_t index, struct link_status *status);
size_t poller_device_count(const struct poller *poller);
void poller_device_status(const struct poller *poller, size_t index, struct device_status *status);

/* Who dialled in lately and is not known, the newest first; returns how many. */
size_t poller_strangers(const struct poller *poller, struct dialin_stranger *out, size_t most);

/* Upper ends of classes, inclusive; one more class holds what is beyond the last. */
enum { ANSWER_CLASSES = 11, LATE_CLASSES = 9 };
extern const double poller_answer_ms[ANSWER_CLASSES - 1];
extern const double poller_late_ms[LATE_CLASSES - 1];

/* Since start. An answer's time runs from its request being sent; late is how long after its tick
 * the first request of a poll was sent, which waits for its link and for others on it. */
struct poller_totals {
    uint64_t polls, failed, skipped, requests;
    uint64_t readings;
    uint64_t answers[ANSWER_CLASSES]; /* how many took so long */
    uint64_t answers_us;              /* together */
    uint64_t late[LATE_CLASSES];      /* ticks that were polled, by how late */
    uint64_t late_us, late_most_us;   /* together; the latest */
};
void poller_totals(const struct poller *poller, struct poller_totals *totals);

const char *device_state_word(enum device_state state);
const char *link_kind_word(enum link_kind kind);

#endif
