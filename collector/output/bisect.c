#include "output/bisect.h"

#include <assert.h>

static void push(struct bisect *bisect, struct part part)
{
    assert(bisect->depth < BISECT_DEPTH);
    bisect->parts[bisect->depth++] = part;
}

/* The left half is the smaller one: it may cost two requests a level, the right one costs one. */
static void halve(struct bisect *bisect, const struct part *part, bool refused)
{
    size_t middle = part->from + (part->to - part->from) / 2;

    assert(part->to - part->from > 1);
    push(bisect, (struct part){.from = middle, .to = part->to});
    push(bisect, (struct part){.from = part->from, .to = middle, .left = refused});
}

void bisect_begin(struct bisect *bisect, size_t units)
{
    bisect->depth = 0;
    if (units > 0)
        push(bisect, (struct part){.from = 0, .to = units});
}

bool bisect_next(struct bisect *bisect, struct part *part)
{
    while (bisect->depth > 0) {
        *part = bisect->parts[--bisect->depth];
        if (!part->poisoned || part->to - part->from == 1)
            return true;
        halve(bisect, part, true);
    }
    return false;
}

void bisect_taken(struct bisect *bisect, const struct part *part)
{
    if (part->left)
        bisect->parts[bisect->depth - 1].poisoned = true;
}

void bisect_refused(struct bisect *bisect, const struct part *part)
{
    halve(bisect, part, true);
}

void bisect_too_large(struct bisect *bisect, const struct part *part)
{
    halve(bisect, part, false);
}

void bisect_again(struct bisect *bisect, const struct part *part)
{
    push(bisect, *part);
}
