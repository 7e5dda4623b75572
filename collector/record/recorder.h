/* recorder.h - the one thread that writes: polls, events, cursors, what the judge concludes.
 *
 * It takes polls from the mailbox and commits them, at most once a second; an act is committed at
 * once, because somebody waits. The judge reads the same sequence with a cursor of its own, and
 * what it concludes commits together with that cursor: kill -9 anywhere changes nothing. While a
 * commit cannot be made it is tried again each second, the mailbox fills, and one notice says so,
 * until commits have succeeded for a minute.
 */
#ifndef RECORD_RECORDER_H
#define RECORD_RECORDER_H

#include <jansson.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/say.h"
#include "flow/mailbox.h"
#include "ledger/rule.h"
#include "ledger/screen.h"
#include "ledger/tally.h"
#include "ledger/terms.h"
#include "model/catalog.h"
#include "record/notice.h"
#include "record/trust.h"
#include "store/known.h"
#include "store/seals.h"

struct recorder_setup {
    struct store *store; /* used by the recorder alone from recorder_new() on */
    struct mailbox *mailbox;
    const struct catalog *catalog;
    const struct rule *rules;
    size_t rule_count;
    const struct tally_plans *tallies;  /* NULL: no aggregates */
    const struct screen_plans *screens; /* NULL: no screening */
    bool ledger;                        /* the ledger is owned here (`collector.ledger`) */
    const char *ledger_owner;           /* the output whose system owns it instead, or NULL */
    const struct terms *terms;          /* its words and numbers; NULL: no acts on the ledger */
    const struct clock *clock;
    struct trust *trust;
    struct notices *notices;
    int64_t keep_ms;       /* retention by age; 0: never */
    int64_t hold_ms;       /* … of what watched a task, after its watch period at the earliest */
    int64_t max_bytes;     /* more than this in the store, and the oldest go first; 0: no bound */
    int64_t reserve_bytes; /* less left on the store's disk: a notice; 0: never */
    int64_t seal_every_ms; /* a segment */
    int64_t patience_ms;   /* untrusted clock longer than this: a notice; behind
                              what is stored: at once */
    const char *const *awaited; /* cursors retention waits for */
    size_t awaited_count;
    const char
        *settings; /* digest of the settings in force, for the event "started"; may be NULL */
    /* What seals name as in force; written, with an event "configuration", when it is not the one
     * of the last run. Borrowed for recorder_new(). NULL: none. */
    const struct configuration *configuration;
    bool
        seals; /* segments are sealed with the key of the store's folder, made when there is none */
    /* After output.resend was committed: that sender starts again after `seq`. May be NULL. */
    void (*resend)(void *self, const char *output, uint64_t seq);
    /* Whether a point of the device (`index` in the catalog) watches a task: told of every device
     * in recorder_new(), and again when the ledger has changed. May be NULL. */
    void (*watches)(void *self, size_t index, bool watches);
    void *self;
};

struct recorder;

/* Brings the judge up to the sequence's end before it returns. NULL with a sentence. */
struct recorder *recorder_new(const struct recorder_setup *setup, struct error *err);
bool recorder_start(struct recorder *recorder, struct error *err); /* its thread */
/* Commits what is in the mailbox, closes the segment, ends the thread. The running act is ended,
 * waiting ones are refused. */
void recorder_stop(struct recorder *recorder);
void recorder_free(struct recorder *recorder);

/* Without a thread, for a held clock: does whatever is due now, commits, and returns. Returns false
 * when a commit failed. */
bool recorder_step(struct recorder *recorder, struct error *err);

/* Any thread. --------------------------------------------------------------------------------- */

/* The last committed seq. */
uint64_t recorder_committed(const struct recorder *recorder);
/* Whether the last commit succeeded. */
bool recorder_can_commit(const struct recorder *recorder);
/* Waits until something after `seq` is committed, or until recorder_wake_all(), or `timeout_ms`
 * (< 0: for ever). Returns the last committed seq. */
uint64_t recorder_wait(struct recorder *recorder, uint64_t seq, int64_t timeout_ms);
/* Wakes every waiter, as when a sender is to stop. */
void recorder_wake_all(struct recorder *recorder);
/* An output has delivered the unbroken prefix up to `seq`: committed with the next batch. */
void recorder_move_cursor(struct recorder *recorder, const char *name, uint64_t seq);
/* A peer refused one entry: kept with its reason. */
void recorder_quarantine(struct recorder *recorder, const char *output, uint64_t seq,
                         const char *reason);

/* A head was left outside (store/seals.h): committed with the next batch. `body` is copied. */
void recorder_anchor(struct recorder *recorder, uint64_t segment, const char *kind,
                     const char *name, const void *body, size_t size);

/* What a device taught or said of itself: with the next commit an event of the sequence, and what
 * is known of the device from then on (store/known.h). Copied; without memory for it it is lost,
 * and found out again after a restart. */
struct device_finding {
    const char *event;           /* its kind, "device.lesson" */
    const char *arguments;       /* its JSON object */
    uint32_t device, profile;    /* the store's numbers */
    const struct lesson *lesson; /* NULL: none */
    const char *identity;        /* NULL: none */
};
void recorder_remember(struct recorder *recorder, const struct device_finding *finding);

/* An act (contract, "Acts"): run by the recorder's thread between commits, answered after its own
 * commit. `args` is taken. `done` is called from the recorder's thread; on success `err` is NULL.
 */
struct act {
    const char *name; /* "problem.close", … borrowed for the call */
    json_t *args;
    const char *who;               /* the peer's user by the kernel */
    const char *by;                /* who they say they are, or "" */
    const enum language *language; /* of a refusal; NULL: the program's. Borrowed for the call */
    void (*done)(void *self, uint64_t seq, const struct error *err);
    void *self;
};
void recorder_act(struct recorder *recorder, struct act *act);

/* Who may sign in to the page, by name, into room for USERS_MAX (store/people.h). Gives the number
 * recorder_news() had for NEWS_USERS then. */
struct user;
uint64_t recorder_users(struct recorder *recorder, struct user *users, size_t *count);

struct recorder_status {
    uint64_t committed;
    double commit_ms_p50, commit_ms_max;
    size_t mailbox_bytes;
    struct store_size size;
    uint64_t held; /* segments older than `keep`, kept because their points watch a task */
    size_t open_problems;
    uint64_t sealed; /* the newest sealed segment, 0: none; its head and when */
    char seal_head[DIGEST_HEX];
    char seal_key[DIGEST_HEX];
    struct wall_time seal_time;
};
void recorder_status(struct recorder *recorder, struct recorder_status *status);

/* Numbers that rise with each commit that changed something of that kind: who keeps an answer made
 * of it knows by them that it still holds. Any thread, without a lock. */
enum news {
    NEWS_READINGS,   /* polls */
    NEWS_AGGREGATES, /* what the judge counted */
    NEWS_PROBLEMS,   /* a version of a problem or doubt, an episode */
    NEWS_TASKS,      /* the ledger */
    NEWS_SEALS,      /* a segment, an anchor */
    NEWS_EVENTS,     /* any event: acts, maintenance, settings */
    NEWS_USERS,      /* who may sign in */
    NEWS_COUNT
};
uint64_t recorder_news(const struct recorder *recorder, enum news kind);

/* The last committed reading of every point (record/latest.h); borrowed. From recorder_start() on
 * also those from before this run. */
struct latest;
struct latest *recorder_latest(struct recorder *recorder);

#endif
