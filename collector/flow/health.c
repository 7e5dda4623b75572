#include "flow/health.h"

enum {
    WAIT_FIRST_MS = 1000,
    LEAST_MOST_MS = 2000,
    JITTER_PERCENT = 20,
    PROBE_SHARE = 20, /* the dead get one part in so many */
};

uint64_t jitter_next(uint64_t *seed)
{
    uint64_t x = *seed != 0 ? *seed : 0x9E3779B97F4A7C15u;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *seed = x;
}

/* Only ever earlier: the wait that people are told is the longest. */
void backoff_fail(struct backoff *backoff, int64_t most_ms, uint64_t *seed, struct mono_time now)
{
    int64_t early;

    if (most_ms < LEAST_MOST_MS)
        most_ms = LEAST_MOST_MS;
    if (most_ms > BACKOFF_MOST_MS)
        most_ms = BACKOFF_MOST_MS;
    backoff->wait_ms = backoff->failures == 0 ? WAIT_FIRST_MS : backoff->wait_ms * 2;
    if (backoff->wait_ms > most_ms)
        backoff->wait_ms = most_ms;
    backoff->failures++;
    early = (int64_t)(jitter_next(seed) % (uint64_t)(backoff->wait_ms * JITTER_PERCENT / 100 + 1));
    backoff->next.ns = now.ns + ns_from_ms(backoff->wait_ms - early);
}

void backoff_clear(struct backoff *backoff)
{
    *backoff = (struct backoff){.failures = 0};
}

bool line_is_dead(const struct line_health *line)
{
    return line->silent >= line->units;
}

struct mono_time line_probe_time(const struct line_health *line, struct mono_time wanted)
{
    if (line_is_dead(line) || wanted.ns >= line->probe_free.ns)
        return wanted;
    return line->probe_free;
}

void line_probed(struct line_health *line, int64_t cost_ns, struct mono_time now)
{
    line->probe_free.ns = now.ns + cost_ns * (PROBE_SHARE - 1);
}
