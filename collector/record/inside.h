/* inside.h - what the files of the recorder share. Inside record/ only. */
#ifndef RECORD_INSIDE_H
#define RECORD_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "record/desk.h"
#include "record/disk.h"
#include "record/judge.h"
#include "record/keeper.h"
#include "record/latest.h"
#include "record/recorder.h"
#include "record/sealer.h"
#include "store/people.h"

enum { COMMIT_TIMES = 64 };

/* Events the next commit writes; they stay until it succeeded. */
struct owed {
    bool started;
    bool stopped;
    unsigned steps; /* of the wall clock */
    int64_t stepped_by_ms;
    struct mailbox_gap gap; /* count 0: none */
};

struct recorder {
    struct recorder_setup setup;
    struct judge *judge;
    struct keeper keeper;
    struct sealer sealer;
    struct disk disk;
    struct desk *desk;
    struct reader *reader; /* for catching up; opened when it is first needed */
    struct desk_load load;
    struct owed owed;
    bool trusted;
    bool untimed; /* entries of this boot may have no wall time */
    bool clock_notice;
    bool clock_behind; /* it says that the clock is behind what is stored */
    bool upkeep_failing;
    bool catching_up; /* there is another piece at once */
    bool keeper_more;
    bool acts_more; /* others may wait: polls that are due come first */
    bool act_waits; /* an act closed a segment, and whoever steps waits for its seal */
    bool measured;
    bool watching_told;
    uint32_t boot;
    struct mono_time upkeep_retry;
    struct mono_time last_commit;
    struct mono_time last_measure;
    double commit_ms[COMMIT_TIMES];
    size_t commit_count;
    double commit_ms_max;

    uint64_t watch_changes; /* of the ledger, when the poller was told last who watches */
    struct mono_time watching_looked;

    struct latest *latest;
    atomic_uint_least64_t news[NEWS_COUNT]; /* of users: users_version */
    atomic_bool cannot_commit;              /* the last commit failed; for other threads */

    pthread_mutex_t status_lock;
    struct recorder_status status;

    pthread_mutex_t users_lock;
    struct user users[USERS_MAX];
    size_t user_count;
    bool users_unread;              /* they could not be read: of the recorder's thread */
    struct mono_time users_again;   /* then they are looked for again */
    _Atomic uint64_t users_version; /* NEWS_USERS */

    pthread_t thread;
    bool running;
};

/* batch.c: one commit of everything that waits. True also when nothing waited. */
bool batch_run(struct recorder *recorder, struct error *err);

/* changes.c: adds what has changed since the last run, in a transaction of its own. `settings`:
 * those are looked at too, as once at the start, and not the signing key alone. */
bool changes_add(struct recorder *recorder, bool settings, struct error *err);

/* users.c: after an act (NULL: at the start), reads who may sign in, when it may have changed. */
void users_look(struct recorder *recorder, const char *act);
/* Every now and then while they cannot be read. */
enum { USERS_AGAIN_MS = 10 * 1000 };
void users_look_again(struct recorder *recorder);

/* watching.c: tells the setup which devices watch a task, when that may have changed. */
void watching_tell(struct recorder *recorder);

/* tell.c */

int64_t recorder_ms_since(const struct recorder *recorder, struct mono_time then);
/* Status and committed seq, for other threads. */
void recorder_publish(struct recorder *recorder);
/* Lets those who keep answers know what the commits since the last call have changed. */
void recorder_tell_news(struct recorder *recorder);
/* After every commit, whoever made it; and when one failed. */
void commit_succeeded(struct recorder *recorder, struct mono_time begun);
void commit_failed(struct recorder *recorder, const struct error *err);
/* Now, by the clock as it was trusted last: a step since then is not believed. WALL_NONE while it
 * is not trusted. */
struct wall_time recorder_wall(const struct recorder *recorder);
/* Looks at the clocks, and owes an event for a step. */
void clock_look(struct recorder *recorder);
/* What is no commit of polls failed; it is tried again in a minute. */
void upkeep_failed(struct recorder *recorder, const struct error *err);

#endif
