/* desk.h - what other threads leave for the recorder, and how it and they wait for each other.
 *
 * Cursors are coalesced (the newest position of each output counts), refusals and acts are queued.
 * All of it is collected under one lock, so a cursor is never committed without the refusals that
 * came before it.
 */
#ifndef RECORD_DESK_H
#define RECORD_DESK_H

#include "record/recorder.h"

enum { DESK_CURSORS = 128, REASON_SIZE = 512 };

struct refusal {
    struct refusal *next;
    char output[NAME_SIZE];
    uint64_t seq;
    char reason[REASON_SIZE];
};

/* A head that was left outside. */
struct outside {
    struct outside *next;
    uint64_t segment;
    char kind[NAME_SIZE], name[NAME_SIZE];
    size_t size;
    uint8_t body[];
};

/* A copy of a finding. */
struct found {
    struct found *next;
    struct device_finding finding; /* its pointers lead into this */
    struct lesson lesson;
    char words[]; /* event, arguments, identity, each with its '\0' */
};

struct cursor_move {
    char name[NAME_SIZE];
    uint64_t seq;
};

/* What one commit takes along. */
struct desk_load {
    struct cursor_move moves[DESK_CURSORS];
    size_t move_count;
    struct refusal *refusals; /* in the order they came */
    struct outside *anchors;  /* in any order */
    struct found *found;      /* in the order they came */
};

/* A copy of an act, waiting. */
struct errand {
    struct errand *next;
    char *name, *who, *by;
    int language; /* -1: the program's */
    json_t *args;
    void (*done)(void *self, uint64_t seq, const struct error *err);
    void *self;
};

struct desk;

struct desk *desk_new(void);
void desk_free(struct desk *desk); /* refuses the acts that still wait */

/* Any thread. */
void desk_move_cursor(struct desk *desk, const char *name, uint64_t seq);
void desk_refuse(struct desk *desk, const char *output, uint64_t seq, const char *reason);
void desk_anchor(struct desk *desk, uint64_t segment, const char *kind, const char *name,
                 const void *body, size_t size);
void desk_remember(struct desk *desk, const struct device_finding *finding);
void desk_act(struct desk *desk, struct act *act);
void desk_tell_news(struct desk *desk); /* something waits for the next commit */
void desk_tell_stop(struct desk *desk);
uint64_t desk_committed(const struct desk *desk);
uint64_t desk_wait(struct desk *desk, uint64_t seq, int64_t timeout_ms);
void desk_wake_all(struct desk *desk);

/* The recorder. ------------------------------------------------------------------------------ */

/* Fills `load` and forgets the news; true when there is anything in it. */
bool desk_collect(struct desk *desk, struct desk_load *load);
/* The load was committed, or comes again with the next one. */
void desk_done(struct desk *desk, struct desk_load *load);
void desk_return(struct desk *desk, struct desk_load *load);
/* Forgets a move that was not committed yet, as when an output is sent back. */
void desk_forget_cursor(struct desk *desk, const char *name);
void desk_publish(struct desk *desk, uint64_t committed);
/* The oldest act, NULL: none. Ended with errand_end(). */
struct errand *desk_next_act(struct desk *desk);
/* Answers (`err` NULL: done) and frees. */
void errand_end(struct errand *errand, uint64_t seq, const struct error *err);
/* After desk_tell_stop(): answers the acts that still wait with a refusal. */
void desk_refuse_acts(struct desk *desk);
/* Sleeps until an act or the stop comes, at most `wake_ms`; with news at most `commit_ms`. False:
 * the recorder is to stop. */
bool desk_sleep(struct desk *desk, int64_t commit_ms, int64_t wake_ms);

#endif
