#include "record/trust.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/version.h"

static const int64_t minute_ms = 60 * 1000;
static const int64_t ten_years_ms = (int64_t)3653 * 24 * 3600 * 1000;
static const int64_t step_ms = 1000; /* a slew is smaller between two looks */

struct trust {
    pthread_mutex_t lock;
    enum trust_by by;
    const struct clock *clock;
    struct wall_time newest; /* the latest moment known to be past */
    bool looked;
    bool trusted;
    struct mono_time since;
    struct wall_time wall; /* both clocks at the last look */
    struct mono_time mono;
    unsigned steps;
    int64_t stepped_by_ms;
};

struct trust *trust_new(enum trust_by by, const struct clock *clock, struct wall_time newest_stored)
{
    struct trust *trust = calloc(1, sizeof *trust);

    if (trust == NULL)
        return NULL;
    pthread_mutex_init(&trust->lock, NULL);
    trust->by = by;
    trust->clock = clock;
    trust->newest = newest_stored;
    return trust;
}

void trust_free(struct trust *trust)
{
    if (trust == NULL)
        return;
    pthread_mutex_destroy(&trust->lock);
    free(trust);
}

static int64_t offset_ms(const struct trust *trust)
{
    return trust->wall.ms - trust->mono.ns / 1000000;
}

static bool is_plausible(const struct trust *trust)
{
    int64_t built_ms = version_built().ms;

    if (trust->wall.ms < built_ms || trust->wall.ms > built_ms + ten_years_ms)
        return false;
    return !wall_is_known(trust->newest) || trust->wall.ms > trust->newest.ms - minute_ms;
}

static bool evaluate(const struct trust *trust)
{
    int64_t error_ms;

    switch (trust->by) {
    case TRUST_PLAUSIBLE:
        return is_plausible(trust);
    case TRUST_NTP:
        return clock_kernel_synchronised(&error_ms);
    case TRUST_ALWAYS:
        break;
    }
    return true;
}

/* Reads both clocks; true when the wall clock moved otherwise than the monotonic one. */
static bool read_clocks(struct trust *trust)
{
    int64_t before_ms = offset_ms(trust);
    int64_t by_ms;

    trust->mono = clock_mono(trust->clock);
    trust->wall = clock_wall(trust->clock);
    by_ms = offset_ms(trust) - before_ms;
    if (!trust->looked || (by_ms <= step_ms && by_ms >= -step_ms))
        return false;
    trust->steps++;
    trust->stepped_by_ms = by_ms;
    return true;
}

/* Once trusted, the clock stays so until it steps: a time server that is away for a day makes it no
 * worse than the crystal. */
bool trust_now(struct trust *trust)
{
    bool stepped, trusted;

    pthread_mutex_lock(&trust->lock);
    stepped = read_clocks(trust);
    trusted = trust->trusted && !stepped ? true : evaluate(trust);
    if (!trust->looked || trusted != trust->trusted)
        trust->since = trust->mono;
    trust->looked = true;
    trust->trusted = trusted;
    if (trusted && (!wall_is_known(trust->newest) || trust->wall.ms > trust->newest.ms))
        trust->newest = trust->wall;
    pthread_mutex_unlock(&trust->lock);
    return trusted;
}

int64_t trust_offset_ms(const struct trust *trust)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)&trust->lock;
    int64_t ms;

    pthread_mutex_lock(lock);
    ms = offset_ms(trust);
    pthread_mutex_unlock(lock);
    return ms;
}

unsigned trust_steps(struct trust *trust, int64_t *by_ms)
{
    unsigned steps;

    pthread_mutex_lock(&trust->lock);
    steps = trust->steps;
    *by_ms = trust->stepped_by_ms;
    trust->steps = 0;
    pthread_mutex_unlock(&trust->lock);
    return steps;
}

struct mono_time trust_since(const struct trust *trust)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)&trust->lock;
    struct mono_time since;

    pthread_mutex_lock(lock);
    since = trust->since;
    pthread_mutex_unlock(lock);
    return since;
}
