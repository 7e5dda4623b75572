/* act_desk.h - acts that were asked for on the page: what became of each, for ten minutes.
 *
 * An act goes to the recorder, which answers from its own thread when it is committed or refused;
 * the page never waits for it. Bounded: each is a commit of its own, so only some may wait at a
 * time; and of the answered ones the oldest gives way when there is no other place.
 */
#ifndef PAGE_ACT_DESK_H
#define PAGE_ACT_DESK_H

#include <jansson.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/number.h"
#include "record/recorder.h"

enum {
    ACT_ID_SIZE = 33,
    ACT_NAME_SIZE = 32,
    ACTS_MAX = 256,
    ACTS_WAITING_MAX = 32,
    ACTS_KEPT_MS = 10 * 60 * 1000,
    ACTS_A_MINUTE = 60 /* of one person; each stays in the store for good */
};

enum act_state { ACT_WAITING, ACT_DONE, ACT_REFUSED };

/* What became of an act, copied out. */
struct asked_act {
    char id[ACT_ID_SIZE]; /* 128 random bits: nobody guesses that of another */
    char name[ACT_NAME_SIZE];
    char person[NAME_SIZE];
    enum act_state state;
    uint64_t seq;     /* of its event, once it is done */
    struct error err; /* why not, once it is refused */
};

struct act_desk;

/* NULL: no memory. */
struct act_desk *act_desk_new(const struct clock *clock);
/* Acts that still wait are answered by the recorder as ever; the last answer frees it. */
void act_desk_close(struct act_desk *desk);

/* The page's thread. Whether this person may ask for one more now, which is counted; false: in
 * `*retry_s` seconds. */
bool act_desk_admits(struct act_desk *desk, const char *person, int *retry_s);
/* The page's thread. Gives the act to the recorder as "page:PERSON"; `args` is taken. False, with
 * nothing done: too many wait. */
bool act_desk_ask(struct act_desk *desk, struct recorder *recorder, const char *name,
                  const char *person, json_t *args, struct asked_act *asked, struct error *err);

/* False: there is no such act, or not any more, or it is somebody else's. */
bool act_desk_find(struct act_desk *desk, const char *id, const char *person,
                   struct asked_act *asked);

#endif
