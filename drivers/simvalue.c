/* simvalue.c - see simvalue.h. */
#include "drivers/simvalue.h"

#include <math.h>
#include <string.h>

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

static bool is_absent_mark(const struct channel *channel, uint32_t raw)
{
    for (unsigned i = 0; i < channel->absent_count; i++) {
        if (channel->absent[i] == raw)
            return true;
    }
    return false;
}

/* The whole number a register holds for `value`, cut to `bits` bits. */
static uint32_t whole_number(const struct channel *channel, double value, double low, double high,
                             uint32_t bits)
{
    double raw = (value - decimal_to_double(channel->offset)) / decimal_to_double(channel->scale);
    int64_t whole = (int64_t)fmax(low, fmin(high, nearbyint(raw)));
    int64_t step = whole > 0 ? -1 : 1; /* away from the end of the range */

    while (is_absent_mark(channel, (uint32_t)whole & bits))
        whole += step;
    return (uint32_t)whole & bits;
}

static uint32_t float_bits(const struct channel *channel, double value)
{
    float raw =
        (float)((value - decimal_to_double(channel->offset)) / decimal_to_double(channel->scale));
    uint32_t bits;

    memcpy(&bits, &raw, sizeof bits);
    return bits;
}

static uint32_t raw_number(const struct channel *channel, double value)
{
    if (isnan(value)) {
        if (channel->absent_count > 0)
            return channel->absent[0];
        return channel->type == WORDS_FLOAT32 ? 0x7FC00000U : 0;
    }
    switch (channel->type) {
    case WORDS_INT16:
        return whole_number(channel, value, -32768.0, 32767.0, 0xFFFFU);
    case WORDS_UINT16:
        return whole_number(channel, value, 0.0, 65535.0, 0xFFFFU);
    case WORDS_INT32:
        return whole_number(channel, value, -2147483648.0, 2147483647.0, 0xFFFFFFFFU);
    case WORDS_UINT32:
        return whole_number(channel, value, 0.0, 4294967295.0, 0xFFFFFFFFU);
    case WORDS_FLOAT32:
        return float_bits(channel, value);
    case WORDS_BIT:
        return value != 0.0;
    }
    return 0;
}

static uint16_t swapped(uint16_t word)
{
    return (uint16_t)((word << 8) | (word >> 8));
}

unsigned simvalue_encode(const struct channel *channel, double value, uint16_t words[2])
{
    uint32_t raw = raw_number(channel, value);
    bool swap_bytes = channel->order == ORDER_BADC || channel->order == ORDER_DCBA;
    bool swap_words = channel->order == ORDER_CDAB || channel->order == ORDER_DCBA;

    if (channel->type == WORDS_BIT) {
        words[0] = (uint16_t)raw;
        return 1;
    }
    if (channel->type == WORDS_INT16 || channel->type == WORDS_UINT16) {
        words[0] = swap_bytes ? swapped((uint16_t)raw) : (uint16_t)raw;
        return 1;
    }
    words[swap_words ? 1 : 0] = (uint16_t)(raw >> 16);
    words[swap_words ? 0 : 1] = (uint16_t)(raw & 0xFFFFU);
    if (swap_bytes) {
        words[0] = swapped(words[0]);
        words[1] = swapped(words[1]);
    }
    return 2;
}
