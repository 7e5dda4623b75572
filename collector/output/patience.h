/* patience.h - how long to wait before asking a peer again. Pure but for its seed. */
#ifndef OUTPUT_PATIENCE_H
#define OUTPUT_PATIENCE_H

#include <stdint.h>

struct patience {
    int64_t first_ms, most_ms;
    int64_t next_ms;
    uint64_t random;
};

/* Waits grow from `first_ms` to `most_ms`, doubling. Each is scattered by a quarter either way, so
 * that a hundred gateways do not come back at the same moment. */
void patience_init(struct patience *patience, int64_t first_ms, int64_t most_ms);
/* Never less than first_ms nor more than most_ms. */
int64_t patience_next(struct patience *patience);
void patience_reset(struct patience *patience);

#endif
