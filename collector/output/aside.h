/* aside.h - what an output set aside lately, so that a person hears of it. One thread at a time.
 *
 * It is told until nothing more was set aside for ASIDE_TOLD_MS.
 */
#ifndef OUTPUT_ASIDE_H
#define OUTPUT_ASIDE_H

#include <stdbool.h>
#include <stdint.h>

enum { ASIDE_TOLD_MS = 10 * 60 * 1000 };

struct aside {
    uint64_t count; /* 0: nothing lately */
    int64_t last_ms;
    char text[400]; /* one sentence; "" when there is nothing to tell */
};

void aside_add(struct aside *aside, const char *output, uint64_t seq, const char *reason,
               int64_t now_ms);
/* True once: when there was something to tell and it has been quiet for long enough. */
bool aside_ends(struct aside *aside, int64_t now_ms);

#endif
