#include "output/patience.h"

#include <stdlib.h>
#include <sys/random.h>

void patience_init(struct patience *patience, int64_t first_ms, int64_t most_ms)
{
    *patience = (struct patience){first_ms, most_ms, first_ms, 0};
    if (getrandom(&patience->random, sizeof patience->random, GRND_NONBLOCK) < 0)
        patience->random = (uint64_t)(uintptr_t)patience;
    patience->random |= 1;
}

int64_t patience_next(struct patience *patience)
{
    int64_t base = patience->next_ms;
    int64_t scattered;

    patience->random ^= patience->random << 13;
    patience->random ^= patience->random >> 7;
    patience->random ^= patience->random << 17;
    scattered = base - base / 4 + (int64_t)(patience->random % (uint64_t)(base / 2 + 1));
    patience->next_ms = base > patience->most_ms / 2 ? patience->most_ms : base * 2;
    if (scattered < patience->first_ms)
        return patience->first_ms;
    return scattered > patience->most_ms ? patience->most_ms : scattered;
}

void patience_reset(struct patience *patience)
{
    patience->next_ms = patience->first_ms;
}
