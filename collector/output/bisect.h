/* bisect.h - which part of a batch to send next, so that poison is found in few requests. Pure.
 *
 * A batch of n units is sent whole; a part that is refused is halved. Parts come in order, so what
 * is done is always an unbroken prefix. One poisoned unit costs at most 2 log2(n) + 2 requests:
 * when the left half of a refused part was taken, the right half is not tried whole again.
 */
#ifndef OUTPUT_BISECT_H
#define OUTPUT_BISECT_H

#include <stdbool.h>
#include <stddef.h>

struct part {
    size_t from, to; /* units [from, to) */
    bool left;       /* the next part is its other half, and the two together were refused */
    bool poisoned;   /* known to hold poison: not worth a request as a whole */
};

enum { BISECT_DEPTH = 80 };

struct bisect {
    struct part parts[BISECT_DEPTH];
    size_t depth;
};

void bisect_begin(struct bisect *bisect, size_t units);
/* The part to send now; false: all is done. */
bool bisect_next(struct bisect *bisect, struct part *part);
/* What became of the part: taken (or, of one unit, given up); refused for what is in it; or only
 * too large. The last two want a part of more than one unit. */
void bisect_taken(struct bisect *bisect, const struct part *part);
void bisect_refused(struct bisect *bisect, const struct part *part);
void bisect_too_large(struct bisect *bisect, const struct part *part);
/* Send the part again later. */
void bisect_again(struct bisect *bisect, const struct part *part);

#endif
