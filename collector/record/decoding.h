/* decoding.h - the whole store once more: every reading is decoded again from the raw words of its
 * poll, by the profile the store keeps for it, and compared bit for bit.
 *
 * Reads only, also while a collector writes. What raw words cannot say is counted apart by its
 * cause: that nobody answered, that an answer came after a timeout (its value is compared, the mark
 * is not), that a probe was warming up (likewise), that values were withheld. What was made up and
 * has no raw words is counted as made up, and is never called equal. One thread.
 */
#ifndef RECORD_DECODING_H
#define RECORD_DECODING_H

#include "model/parameter.h"
#include "store/reader.h"

struct decoding_setup {
    const char *dir;                     /* the store */
    const struct parameters *parameters; /* where the store has none */
    struct wall_time from, to;           /* polls of from <= time < to; WALL_NONE: no end */
    /* Whether the device (the store's number) is simulated: a value of it without any raw words was
     * made up. Of any other it is a difference. */
    bool (*simulated)(void *self, uint32_t device);
    void (*progress)(void *self, double share); /* may be NULL */
    void *self;
};

enum { DECODING_SHOWN = 20, DECODING_WORDS = 500 };

struct decoding_answer {
    uint64_t polls, readings;
    uint64_t equal;              /* value, quality and cause, all from raw */
    uint64_t differ;             /* readings, and polls, profiles and frames that do not fit */
    uint64_t apart[CAUSE_COUNT]; /* readings whose cause does not stand in raw words */
    uint64_t made_up;
    uint64_t untimed;            /* polls without a wall time: not looked at */
    bool pruned;                 /* retention has removed earlier ones */
    uint64_t frames, frames_cut; /* polls with frames; those of them that are cut */
    double seconds;
    struct decoding_difference {
        char point[POINT_SIZE]; /* "": a poll, a profile */
        uint64_t seq;
        char stored[64], decoded[64];
        char words[DECODING_WORDS]; /* the whole as a sentence */
    } differences[DECODING_SHOWN];
    size_t difference_count; /* of those kept */
};

/* False with a sentence when it could not be done. */
bool decoding_run(const struct decoding_setup *setup, struct decoding_answer *answer,
                  struct error *err);
/* Nothing differs, and nothing is made up. */
bool decoding_is_equal(const struct decoding_answer *answer);

/* decoding_frames.c: whether a poll's frames hold its raw blocks, each as a whole answer to a
 * request for it. `cut`: the frames end before all was kept. */
enum frames_say { FRAMES_HOLD, FRAMES_LACK, FRAMES_BROKEN };
enum frames_say frames_hold(const struct poll *poll, bool *cut);

#endif
