#include "drivers/simvalue.h"

#include <math.h>

#define DAY_MS        86400000
#define HIGHEST_MS    (7 * 3600000) /* 15:00 in China is 07:00 UTC */
#define NOISE_STEP_MS 1000
#define TAU           6.283185307179586

/* The remainder that is never negative, as moments before 1970 need it. */
static int64_t within(int64_t ms, int64_t period_ms)
{
    int64_t rest = ms % period_ms;

    return rest < 0 ? rest + period_ms : rest;
}

bool simspell_holds(const struct simspell *spell, struct wall_time time)
{
    if (spell->every_ms <= 0)
        return false;
    return within(time.ms - spell->after_ms, spell->every_ms) >= spell->every_ms - spell->lasts_ms;
}

/* Every bit of the result depends on every bit of `bits` (the finaliser of a 64-bit mixer). */
static uint64_t mixed(uint64_t bits)
{
    bits += 0x9E3779B97F4A7C15U;
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9U;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBU;
    return bits ^ (bits >> 31);
}

/* -1 .. 1, mostly near 0: the difference of two even throws. */
static double noise_at(uint64_t seed, int64_t step)
{
    uint64_t bits = mixed(seed ^ mixed((uint64_t)step));
    double one = (double)(bits >> 32) / 4294967296.0;
    double other = (double)(bits & 0xFFFFFFFFU) / 4294967296.0;

    return one - other;
}

double simvalue_at(const struct simvalue *value, struct wall_time time)
{
    double noise = value->noise * noise_at(value->seed, time.ms / NOISE_STEP_MS);
    double turn = (double)within(time.ms - HIGHEST_MS, DAY_MS) / DAY_MS;

    if (simspell_holds(&value->exceed, time))
        return value->to + noise;
    return value->base + value->daily * cos(TAU * turn) + noise;
}

uint64_t simvalue_seed(uint64_t seed, const char *link, unsigned unit, const char *channel)
{
    uint64_t bits = mixed(seed + unit);

    for (; *link != '\0'; link++)
        bits = mixed(bits ^ (unsigned char)*link);
    for (; *channel != '\0'; channel++)
        bits = mixed(bits ^ (unsigned char)*channel);
    return bits;
}
