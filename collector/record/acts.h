/* acts.h - what a person may have the recorder do: a table of acts, each checked, then written as
 * an event with its arguments and done in the same transaction.
 *
 * A refusal is a sentence and changes nothing. An act that bears on judging (problems, maintenance,
 * the ledger) is only checked and recorded here: judge_event() does it, on the event, now and in
 * every replay. The recorder's thread only.
 */
#ifndef RECORD_ACTS_H
#define RECORD_ACTS_H

#include <jansson.h>

#include "record/judge.h"

struct people;
struct sealer;

struct act_call {
    /* given */
    struct store *store;
    struct judge *judge;
    struct sealer *sealer;
    const struct catalog *catalog;
    const struct clock *clock;
    bool trusted;      /* the wall clock */
    bool ledger;       /* this collector owns the ledger (`collector.ledger`) */
    const char *owner; /* the output whose system owns it, or NULL */
    const struct terms *terms;
    struct wall_time time; /* of the act and its event; WALL_NONE while not trusted */
    const char *name;
    const json_t *args;
    const char *who, *by;
    int language; /* of a refusal; -1: the program's */
    /* found out */
    json_t *recorded;   /* the arguments as the event keeps them; the check fills it */
    uint64_t seq;       /* of the event */
    const char *output; /* output.resend: this one … (borrowed from `args`) */
    uint64_t after;     /* … starts again after this */
    bool closed_segment;
    bool ordered;          /* a bundle: after the commit whoever makes them is woken */
    struct people *people; /* a change of people.sqlite that waits for the event; ended here */
    bool committed;        /* the event is, also when what came after it failed */
    bool nothing;          /* the check found nothing to do: no event, `seq` is the last one */
};

/* Runs it, with its commit. False: nothing was done, the sentence says why; ERROR_WRONG_USE when
 * there is no such act or its arguments are not as they must be. */
bool act_run(struct act_call *call, struct error *err);

/* One act. `check` looks, fills `recorded`, and changes nothing; `apply` (NULL: nothing) does, in
 * the transaction of the event, what is not the judge's. */
struct act_kind {
    const char *name;
    bool (*check)(struct act_call *call, struct error *err);
    bool (*apply)(struct act_call *call, struct error *err);
};

/* Each ends with a row without a name.
 *
 * Ledger: an event whose arguments hold "tasks", a list of task_json(), leaves these tasks behind:
 * judge_event() puts each into the watch and the store's table. One that is struck off by it
 * (task_is_watched() at the event's time, and not struck off at that same moment before) also ends
 * and closes what runs at its points, so that the next breach there is a relapse. So the check
 * decides everything (states, times, watch period) and records the tasks as they are afterwards. */
extern const struct act_kind problem_acts[]; /* acts_problems.c */
extern const struct act_kind device_acts[];  /* acts_device.c */
extern const struct act_kind tasks_acts[];   /* acts_tasks.c */

/* Arguments, for checks. -------------------------------------------------------------------- */

/* A text of 1 to 4000 bytes, also put into the record. NULL with a sentence when it is not there.
 */
const char *act_text(struct act_call *call, const char *key, struct error *err);
/* The argument "note". What a person typed for all to read names no petitioner: NULL with a
 * sentence also where the number of a mobile or an identity card stands in it. */
const char *act_note(struct act_call *call, struct error *err);
/* A moment in any form people type; recorded as UTC with milliseconds. */
bool act_moment(struct act_call *call, const char *key, struct wall_time *time, struct error *err);
/* Refuses while readings before the act are not judged yet (the clock is not trusted); `what` it
 * is about is named. */
bool act_in_time(const struct act_call *call, const char *what, struct error *err);

#endif
