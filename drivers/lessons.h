/* lessons.h - which gaps of its read plan a device lets us read through, found out in few failed
 * reads. Pure.
 *
 * Every gap is tried until a read through it fails. The same poll then asks without gaps, so no
 * reading is lost; where that is answered, the gaps of the failed read are doubted, all others not
 * yet proven rest, and each following poll tries half of the doubted, until one is left: a hole. So
 * of k gaps with one hole, that one is found after log2(k) further polls and the others stay
 * merged. What has been read through before is doubted only when it fails twice.
 */
#ifndef DRIVERS_LESSONS_H
#define DRIVERS_LESSONS_H

#include "drivers/plan.h"

/* Sets of gaps (plan.h). */
struct taught {
    uint64_t holes;   /* the lessons */
    uint64_t fine;    /* read through before */
    uint64_t doubted; /* at least one of them is a hole */
    uint64_t rested;  /* not read through in this run: without them some registers answer */
    uint8_t cause;    /* why the doubted are */
    bool was_away;    /* it has been silent since: what is fine may be blamed too */
};

void taught_begin(struct taught *taught, const struct gaps *gaps, const struct lesson *lessons,
                  size_t count);

/* The gaps the next poll reads through. */
uint64_t taught_open(const struct taught *taught);

/* A read through `crossed` failed: may that be because of them? */
bool taught_blames(const struct taught *taught, uint64_t crossed, enum cause cause);

/* What a poll showed: the read through `crossed` was answered; or failed and was answered without
 * them; or failed, and without them some registers were refused and others answered. */
void taught_answered(struct taught *taught, uint64_t crossed);
void taught_failed(struct taught *taught, uint64_t crossed, enum cause cause);
void taught_unclear(struct taught *taught, uint64_t crossed);

/* The gap that is now known to be a hole: counted among the holes, no doubt is left. False: none.
 */
bool taught_hole(struct taught *taught, const struct gaps *gaps, struct lesson *lesson);

#endif
