#include "record/trust.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/version.h"

static const int64_t minute_ms = 60 * 1000;
static const int64_t ten_years_ms = (int64_t)3653 * 24 * 3600 * 1000;
static const int64_t step_ms = 1000; /* a slew is smaller between two looks */
/* A clock that is being set passes through wrong times: a battery clock is read, a first server
 * answers, a hand is corrected. What stands still for so long is meant; a whole step of a time
 * daemon takes less, and polls lose nothing by waiting. */
static const int64_t steady_ms = 10 * 1000;

struct trust {
    pthread_mutex_t lock;
    enum trust_by by;
    const struct clock *clock;
    struct wall_time newest; /* the latest moment known to be past */
    bool looked;
    bool trusted;
    bool plausible; /* at the last look that asked */
    bool settling;  /* plausible, and not steady for long enough */
    struct mono_time steady_from;
    int64_t steady_offset_ms;
    int64_t trusted_offset_ms;
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

static bool exceeds(int64_t difference_ms, int64_t limit_ms)
{
    return difference_ms > limit_ms || difference_ms < -limit_ms;
}

/* What was plausible at the first look is trusted at once; afterwards it must stand still first. */
static bool is_plausible_and_steady(struct trust *trust, int64_t stepped_by_ms)
{
    bool was = trust->plausible || !trust->looked;

    trust->plausible = is_plausible(trust);
    if (!trust->plausible)
        return false;
    if (!was || exceeds(stepped_by_ms, minute_ms) ||
        (trust->settling && exceeds(offset_ms(trust) - trust->steady_offset_ms, step_ms))) {
        trust->settling = true;
        trust->steady_from = trust->mono;
        trust->steady_offset_ms = offset_ms(trust);
    }
    if (trust->mono.ns - trust->steady_from.ns >= ns_from_ms(steady_ms))
        trust->settling = false;
    return !trust->settling;
}

static bool evaluate(struct trust *trust, int64_t stepped_by_ms)
{
    int64_t error_ms;

    switch (trust->by) {
    case TRUST_PLAUSIBLE:
        return is_plausible_and_steady(trust, stepped_by_ms);
    case TRUST_NTP:
        return clock_kernel_synchronised(&error_ms);
    case TRUST_ALWAYS:
        break;
    }
    return true;
}

/* Reads both clocks; by how much the wall clock moved otherwise than the monotonic one, 0: it did
 * not. */
static int64_t read_clocks(struct trust *trust)
{
    int64_t before_ms = offset_ms(trust);
    int64_t by_ms;

    trust->mono = clock_mono(trust->clock);
    trust->wall = clock_wall(trust->clock);
    by_ms = offset_ms(trust) - before_ms;
    if (!trust->looked || !exceeds(by_ms, step_ms))
        return 0;
    trust->steps++;
    trust->stepped_by_ms = by_ms;
    return by_ms;
}

static void note_trusted(struct trust *trust)
{
    trust->trusted_offset_ms = offset_ms(trust);
    if (!wall_is_known(trust->newest) || trust->wall.ms > trust->newest.ms)
        trust->newest = trust->wall;
}

/* Once trusted, the clock stays so until it steps: a time server that is away for a day makes it no
 * worse than the crystal. */
bool trust_now(struct trust *trust)
{
    int64_t by_ms;
    bool trusted;

    pthread_mutex_lock(&trust->lock);
    by_ms = read_clocks(trust);
    trusted = trust->trusted && by_ms == 0 ? true : evaluate(trust, by_ms);
    if (!trust->looked || trusted != trust->trusted)
        trust->since = trust->mono;
    trust->looked = true;
    trust->trusted = trusted;
    if (trusted)
        note_trusted(trust);
    pthread_mutex_unlock(&trust->lock);
    return trusted;
}

int64_t trust_offset_ms(const struct trust *trust)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)&trust->lock;
    int64_t ms;

    pthread_mutex_lock(lock);
    ms = trust->trusted_offset_ms;
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

bool trust_is_behind(const struct trust *trust, struct wall_time *newest)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)&trust->lock;
    bool behind;

    pthread_mutex_lock(lock);
    *newest = trust->newest;
    behind = trust->by == TRUST_PLAUSIBLE && !trust->trusted && trust->looked &&
             wall_is_known(trust->newest) && trust->wall.ms <= trust->newest.ms - minute_ms;
    pthread_mutex_unlock(lock);
    return behind;
}
