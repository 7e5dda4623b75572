/* desk_parts.h - what the files of the desk share; for desk*.c alone.
 *
 * desk.c          what other threads leave, and what one commit takes along
 * desk_waiting.c  acts that wait, and those who wait for a commit
 */
#ifndef RECORD_DESK_PARTS_H
#define RECORD_DESK_PARTS_H

#include <pthread.h>

#include "record/desk.h"

struct slot {
    struct cursor_move move;
    bool waiting; /* not committed yet */
    bool frozen;  /* a refusal before it could not be kept: it may not pass */
};

struct desk {
    pthread_mutex_t lock;
    pthread_cond_t for_recorder;
    pthread_cond_t for_readers;
    struct slot slots[DESK_CURSORS];
    size_t slot_count;
    struct refusal *refusals, **last_refusal;
    struct outside *anchors;
    struct found *found, **last_found;
    struct errand *errands, **last_errand;
    bool news;
    bool stopping;
    uint64_t committed;
    uint64_t woken; /* rises with desk_wake_all() */
};

void desk_tell(struct desk *desk); /* the recorder, with the lock held */

#endif
