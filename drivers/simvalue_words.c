/* The way back from a value to the registers that say it: the inverse of decode.c. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "drivers/simvalue.h"
#include "drivers/words.h"

enum { DECIMALS_MAX = 9 };

/* How one value is played: by what it is decoded, and the mark in its absent register. */
struct playing {
    const struct channel *channel;
    unsigned decimals;
    const struct unit_scale *unit; /* NULL: none beside it */
    uint64_t mark;
};

/* A mark such as makers use: far outside of what is measured. */
static uint64_t mark_of(const struct channel *channel)
{
    double least;
    double most;
    uint64_t raw = 0;

    if (channel->absent_count > 0)
        return channel->absent[0];
    if (!words_range(channel->type, &least, &most))
        words_of_number(channel->type, -9999.0, &raw);
    else
        words_of_number(channel->type, least < 0.0 ? least : most, &raw);
    return raw;
}

static bool is_mark(const struct playing *playing, uint64_t raw)
{
    const struct channel *channel = playing->channel;

    for (unsigned i = 0; i < channel->absent_count; i++)
        if (words_same(channel->type, raw, channel->absent[i]))
            return true;
    return channel->absent_register.is_there && words_same(channel->type, raw, playing->mark);
}

/* The number the device holds for `value`. */
static double number_of(const struct playing *playing, double value)
{
    const struct channel *channel = playing->channel;

    if (playing->unit != NULL)
        value = (value - decimal_to_double(playing->unit->offset)) /
                decimal_to_double(playing->unit->scale);
    value = (value - decimal_to_double(channel->offset)) / decimal_to_double(channel->scale);
    return value * pow(10.0, playing->decimals);
}

static void range_of(const struct channel *channel, double *least, double *most)
{
    words_range(channel->type, least, most);
    if (channel->is_field)
        *most = fmin(*most, ldexp(1.0, channel->high - channel->low + 1) - 1.0);
}

/* Beyond 2^53 the next whole number a double can be is further away than one. */
static double next_whole(double whole, double towards)
{
    double near = whole + (towards < whole ? -1.0 : 1.0);

    return near != whole ? near : nextafter(whole, towards);
}

static uint64_t raw_of_whole(const struct playing *playing, double value)
{
    const struct channel *channel = playing->channel;
    double least = 0.0;
    double most = 0.0;
    double whole, towards;
    uint64_t raw = 0;

    range_of(channel, &least, &most);
    whole = fmax(least, fmin(most, nearbyint(number_of(playing, value))));
    towards = whole > 0.0 ? least : most; /* away from the end of the range */
    words_of_number(channel->type, whole, &raw);
    for (unsigned i = 0; i <= CHANNEL_ABSENT_MAX && whole != towards && is_mark(playing, raw);
         i++) {
        whole = next_whole(whole, towards);
        words_of_number(channel->type, whole, &raw);
    }
    return raw;
}

static uint64_t raw_of_float(const struct playing *playing, double value)
{
    enum word_type type = playing->channel->type;
    double number = number_of(playing, value);
    uint64_t raw = 0;

    if (type == WORDS_FLOAT32)
        number = fmax(-FLT_MAX, fmin(FLT_MAX, number));
    words_of_number(type, number, &raw);
    return raw;
}

static uint64_t raw_of_nothing(const struct playing *playing)
{
    const struct channel *channel = playing->channel;

    if (channel->absent_count > 0 || channel->absent_register.is_there)
        return playing->mark;
    if (channel->type == WORDS_FLOAT64)
        return 0x7FF8000000000000U;
    return channel->type == WORDS_FLOAT32 ? 0x7FC00000U : 0;
}

static uint64_t raw_of(const struct playing *playing, double value)
{
    if (isnan(value))
        return raw_of_nothing(playing);
    if (words_are_float(playing->channel->type))
        return raw_of_float(playing, value);
    if (playing->channel->type == WORDS_BIT)
        return number_of(playing, value) != 0.0;
    return raw_of_whole(playing, value);
}

/* All bits but the field's, for a channel that is one. */
static uint64_t others_of(const struct channel *channel)
{
    unsigned width = channel->high - channel->low + 1U;
    uint64_t field = width == 64 ? UINT64_MAX : ((1ULL << width) - 1) << channel->low;

    return channel->is_field ? ~field : 0;
}

static unsigned encode(const struct playing *playing, double value,
                       uint16_t words[CHANNEL_WORDS_MAX])
{
    const struct channel *channel = playing->channel;
    unsigned count = channel_word_count(channel);
    uint64_t raw = raw_of(playing, value);
    uint16_t own[CHANNEL_WORDS_MAX];
    uint16_t kept[CHANNEL_WORDS_MAX];

    if (channel->type == WORDS_BIT) {
        words[0] = (uint16_t)raw;
        return 1;
    }
    words_lay_out(channel->type, channel->order, channel->is_field ? raw << channel->low : raw,
                  own);
    words_lay_out(channel->type, channel->order, others_of(channel), kept);
    for (unsigned i = 0; i < count; i++)
        words[i] = channel->is_field ? (uint16_t)((words[i] & kept[i]) | own[i]) : own[i];
    return count;
}

static const struct unit_scale *unit_played(const struct channel *channel)
{
    return channel->unit_count > 0 ? &channel->units[0] : NULL;
}

unsigned simvalue_encode(const struct channel *channel, double value,
                         uint16_t words[CHANNEL_WORDS_MAX])
{
    const struct playing playing = {channel, 0, unit_played(channel), mark_of(channel)};

    return encode(&playing, value, words);
}

/* As many as the parameter has, while the whole span still fits the register and the bits that say
 * how many. */
static unsigned decimals_of(const struct channel *channel)
{
    struct playing playing = {channel, 0, unit_played(channel), 0};
    unsigned sayable = channel->decimals.mask >> channel->decimals.shift;
    unsigned wanted = (unsigned)channel->parameter->decimals;
    double least = 0.0;
    double most = 0.0;

    range_of(channel, &least, &most);
    wanted = wanted > DECIMALS_MAX ? DECIMALS_MAX : wanted;
    wanted = wanted > sayable ? sayable : wanted;
    for (playing.decimals = wanted; playing.decimals > 0; playing.decimals--)
        if (number_of(&playing, channel->valid_max) <= most &&
            number_of(&playing, channel->valid_min) >= least)
            break;
    return playing.decimals;
}

static bool is_same_register(const struct beside *one, const struct beside *other)
{
    return one->is_there && other->is_there && one->area == other->area &&
           one->address == other->address && one->mask == other->mask;
}

static unsigned decimals_played(const struct profile *profile, const struct channel *channel)
{
    unsigned fewest = DECIMALS_MAX;

    if (!channel->decimals.is_there)
        return 0;
    for (size_t i = 0; i < profile->channel_count; i++)
        if (is_same_register(&profile->channels[i].decimals, &channel->decimals) &&
            decimals_of(&profile->channels[i]) < fewest)
            fewest = decimals_of(&profile->channels[i]);
    return fewest;
}

static size_t put_beside(struct simword *out, size_t used, const struct beside *beside,
                         unsigned number)
{
    if (!beside->is_there)
        return used;
    out[used] = (struct simword){beside->area, beside->address, beside->mask,
                                 (uint16_t)(number << beside->shift)};
    return used + 1;
}

/* The bits of each register that are the channel's own. */
static void masks_of(const struct channel *channel, uint16_t masks[CHANNEL_WORDS_MAX])
{
    words_lay_out(channel->type, channel->order, ~others_of(channel), masks);
}

static size_t put_words(struct simword *out, size_t used, enum register_area area, unsigned address,
                        const uint16_t *masks, const uint16_t *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        out[used++] = (struct simword){area, (uint16_t)(address + i), masks[i], words[i]};
    return used;
}

size_t simvalue_words(const struct profile *profile, const struct channel *channel, double value,
                      struct simword out[SIMWORDS_MAX])
{
    const struct playing playing = {channel, decimals_played(profile, channel),
                                    unit_played(channel), mark_of(channel)};
    uint16_t words[CHANNEL_WORDS_MAX] = {0};
    uint16_t masks[CHANNEL_WORDS_MAX];
    unsigned count = encode(&playing, value, words);
    size_t used;

    masks_of(channel, masks);
    used = put_words(out, 0, channel->area, channel->address, masks, words, count);
    used = put_beside(out, used, &channel->decimals, playing.decimals);
    used = put_beside(out, used, &channel->unit_setting,
                      channel->unit_count > 0 ? channel->units[0].is : 0);
    if (!channel->absent_register.is_there)
        return used;
    words_lay_out(channel->type, channel->order, playing.mark, words);
    return put_words(out, used, channel->absent_register.area, channel->absent_register.address,
                     masks, words, count);
}

size_t simvalue_identity(const struct identity_item *item, const char *text,
                         uint16_t words[IDENTITY_WORDS_MAX])
{
    bool swapped = item->order == ORDER_BADC || item->order == ORDER_DCBA;
    size_t size = strlen(text);
    uint64_t raw = 0;
    double number;

    if (item->type == WORDS_STRING) {
        for (size_t i = 0; i < item->words; i++) {
            unsigned first = 2 * i < size ? (unsigned char)text[2 * i] : 0;
            unsigned second = 2 * i + 1 < size ? (unsigned char)text[2 * i + 1] : 0;

            words[i] = (uint16_t)(swapped ? second << 8 | first : first << 8 | second);
        }
        return item->words;
    }
    if (!number_parse(text, &number) || !words_of_number(item->type, number, &raw))
        raw = 0;
    words_lay_out(item->type, item->order, raw, words);
    return item->words;
}

void simvalue_identity_text(const struct identity_item *item, unsigned unit, char *out, size_t size)
{
    if (item->expect[0] != '\0')
        snprintf(out, size, "%s", item->expect);
    else if (item->type == WORDS_STRING && item->words >= 4)
        snprintf(out, size, "SIM-%u", unit);
    else
        snprintf(out, size, "%u", 1000 + unit);
}

uint16_t simvalue_state_word(const struct state *state, uint16_t word, bool holds)
{
    uint16_t other = (uint16_t)(word & ~state->mask);
    uint16_t first = holds && state->test == STATE_ANY_BIT ? state->mask : 0;

    if (state_holds(state, word) == holds)
        return word;
    for (unsigned i = 0; i < state->number_count; i++)
        if (state_holds(state, state->numbers[i]) == holds)
            return other | (state->numbers[i] & state->mask);
    for (uint32_t one = first; one <= UINT16_MAX; one++)
        if ((one & ~(uint32_t)state->mask) == 0 && state_holds(state, (uint16_t)one) == holds)
            return (uint16_t)(other | one);
    return word; /* no word makes it so */
}
