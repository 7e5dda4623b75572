/* health.h - who is silent, and when it is asked again. Pure: time is handed in.
 *
 * Two levels: the link itself (its port or connection), and each unit on it. What fails is tried
 * again after 1 s, then twice as long each time up to 60 s, with jitter, so that a hundred lost
 * devices do not come back in step. A link that cannot be had, and a line on which nobody answers,
 * are tried no more rarely than their devices would be asked anyway (2 s at the shortest): a cable
 * put back is noticed within a period, however long it was out. On a shared line, asking the dead
 * never takes more than a twentieth of the time of the living; when nobody on it answers there is
 * no such cap.
 */
#ifndef FLOW_HEALTH_H
#define FLOW_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

enum { BACKOFF_MOST_MS = 60000 };

struct backoff {
    unsigned failures; /* in a row */
    int64_t wait_ms;   /* without jitter: what is said to people */
    struct mono_time next;
};

/* Deterministic from the seed, which moves on; never 0. */
uint64_t jitter_next(uint64_t *seed);

/* `most_ms`: no wait is longer; between 2 s and BACKOFF_MOST_MS, whatever is asked for. */
void backoff_fail(struct backoff *backoff, int64_t most_ms, uint64_t *seed, struct mono_time now);
void backoff_clear(struct backoff *backoff);

/* A line many units share. */
struct line_health {
    size_t units;
    size_t silent;               /* units known to be silent */
    struct mono_time probe_free; /* no dead unit is asked before this */
};

/* When a dead unit whose own turn is at `wanted` may be asked. */
struct mono_time line_probe_time(const struct line_health *line, struct mono_time wanted);
/* A dead unit was asked in vain, and that took `cost_ns` of the line until now. */
void line_probed(struct line_health *line, int64_t cost_ns, struct mono_time now);
bool line_is_dead(const struct line_health *line); /* nobody on it answers */

#endif
