/* acts.h - what a person may have the recorder do: a table of acts, each checked, then written as
 * an event with its arguments and done in the same transaction.
 *
 * A refusal is a sentence and changes nothing. The recorder's thread only.
 */
#ifndef RECORD_ACTS_H
#define RECORD_ACTS_H

#include <jansson.h>

#include "record/judge.h"

struct act_call {
    /* given */
    struct store *store;
    struct judge *judge;
    const struct clock *clock;
    bool trusted; /* the wall clock */
    const char *name;
    const json_t *args;
    const char *who, *by;
    /* found out */
    json_t *recorded;   /* the arguments as the event keeps them */
    uint64_t seq;       /* of the event */
    const char *output; /* output.resend: this one … (borrowed from `args`) */
    uint64_t after;     /* … starts again after this */
    bool closed_segment;
};

/* Runs it, with its commit. False: nothing was done, the sentence says why; ERROR_WRONG_USE when
 * there is no such act or its arguments are not as they must be. */
bool act_run(struct act_call *call, struct error *err);

#endif
