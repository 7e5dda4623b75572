/* replay.h - a fresh judge reads the stored sequence again, and what it concludes is compared with
 * what stands in the store: the same problems with the same uids, episodes and aggregates, or not.
 *
 * Reads only, also while a collector writes: as far as that one has judged. Settings are no part of
 * the sequence: what a rule concluded before its last change cannot be replayed by the rule as it
 * is now, nor what began before the oldest reading that retention has left. Such things are counted
 * as not provable, never as different. One thread.
 */
#ifndef RECORD_REPLAY_H
#define RECORD_REPLAY_H

#include "record/judge.h"

struct replay_setup {
    const char *dir; /* the store */
    struct judge_setup judge;
    struct wall_time from,
        to; /* what falls into from <= time < to is compared; WALL_NONE: no end */
    void (*progress)(void *self, double share); /* may be NULL */
    void *self;
};

struct replay_count {
    uint64_t same, differ, unprovable;
};

enum { REPLAY_SHOWN = 12, REPLAY_WORDS = 400 };

/* A rule that had another meaning in the stored past, or has another in the settings. */
struct replay_changed {
    char rule[NAME_SIZE];
    struct wall_time since; /* its last change; WALL_NONE: the settings are newer than the store */
    uint32_t points;
};

struct replay_answer {
    uint64_t entries, readings;
    struct wall_time
        oldest; /* reading that is left, when earlier ones were removed, or WALL_NONE */
    struct replay_count problems, episodes, aggregates;
    struct replay_changed *changed; /* in the order of names */
    size_t changed_count;
    char differences[REPLAY_SHOWN][REPLAY_WORDS]; /* the first, each a sentence */
    size_t difference_count;                      /* of those kept */
};

/* False with a sentence when it could not be done; whether it is equal stands in the answer, which
 * the caller ends. */
bool replay_run(const struct replay_setup *setup, struct replay_answer *answer, struct error *err);
bool replay_is_equal(const struct replay_answer *answer);
void replay_answer_end(struct replay_answer *answer);

#endif
