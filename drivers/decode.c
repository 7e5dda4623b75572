/* Words into values. A value leaves here canonical: what its shortest decimal says is what is
 * stored, sent and compared, so all scaling is done in decimal and -0 is 0. */
#include <math.h>
#include <string.h>

#include "drivers/profile_parts.h"
#include "drivers/words.h"

enum { DECIMALS_MAX = 9 };

/* What the registers beside a channel say of this moment. */
struct aside {
    unsigned decimals;
    const struct unit_scale *unit; /* NULL: the channel's own scale is all */
    bool has_mark;
    uint64_t mark;
};

unsigned channel_word_count(const struct channel *channel)
{
    return words_count(channel->type);
}

static uint64_t field_of(const struct channel *channel, uint64_t raw)
{
    unsigned width = channel->high - channel->low + 1U;

    return width == 64 ? raw : raw >> channel->low & ((1ULL << width) - 1);
}

static uint64_t raw_from_wire(const struct channel *channel, const uint8_t *bytes)
{
    uint64_t raw;

    if (channel->type == WORDS_BIT)
        return bytes[0] & 1U;
    raw = words_raw(channel->type, channel->order, bytes);
    return channel->is_field ? field_of(channel, raw) : raw;
}

static bool raw_is_absent(const struct channel *channel, uint64_t raw, const struct aside *aside)
{
    for (unsigned i = 0; i < channel->absent_count; i++)
        if (words_same(channel->type, raw, channel->absent[i]))
            return true;
    return aside->has_mark && words_same(channel->type, raw, aside->mark);
}

/* In decimal while it fits; a float32 may be too small or too large for 63 bits beside its offset.
 */
static double scaled(const struct channel *channel, struct decimal number,
                     const struct unit_scale *unit)
{
    struct decimal value;
    double rough;

    if (decimal_scale(number, channel->scale, channel->offset, &value) &&
        (unit == NULL || decimal_scale(value, unit->scale, unit->offset, &value)))
        return decimal_to_double(value) + 0.0;
    rough = decimal_to_double(number) * decimal_to_double(channel->scale) +
            decimal_to_double(channel->offset);
    if (unit != NULL)
        rough = rough * decimal_to_double(unit->scale) + decimal_to_double(unit->offset);
    return rough + 0.0;
}

static struct reading reading_of(double value, enum quality quality, enum cause cause)
{
    return (struct reading){.quality = (uint8_t)quality, .cause = (uint8_t)cause, .value = value};
}

static struct reading decode(const struct channel *channel, const uint8_t *bytes,
                             const struct aside *aside)
{
    uint64_t raw = raw_from_wire(channel, bytes);
    struct decimal number;
    enum cause cause;
    double value;

    if (raw_is_absent(channel, raw, aside))
        return reading_of(NAN, QUALITY_FAULT, CAUSE_ABSENT_MARK);
    cause = words_number(channel->type, raw, &number);
    if (cause != CAUSE_NONE)
        return reading_of(NAN, QUALITY_FAULT, cause);
    number.exponent -= (int)aside->decimals;
    value = scaled(channel, number, aside->unit);
    if (!isfinite(value))
        return reading_of(NAN, QUALITY_FAULT, CAUSE_NOT_A_NUMBER);
    if (value > channel->valid_max)
        return reading_of(value, QUALITY_OVER_RANGE, CAUSE_ABOVE_SPAN);
    if (value < channel->valid_min)
        return reading_of(value, QUALITY_FAULT, CAUSE_BELOW_SPAN);
    return reading_of(value, QUALITY_NORMAL, CAUSE_NONE);
}

struct reading channel_decode(const struct channel *channel, const uint8_t *bytes)
{
    return decode(channel, bytes, &(struct aside){0});
}

static bool block_covers(const struct block *block, enum register_area area, uint32_t address,
                         uint32_t words)
{
    return block->area == area && block->address <= address &&
           address + words <= (uint32_t)block->address + block->count;
}

/* The answered block that holds these registers; else an unanswered one that should have; else,
 * when a poll was given up before it asked, the block it was given up at. NULL: nothing is known.
 */
static const struct block *block_of(const struct block *blocks, size_t count,
                                    enum register_area area, uint32_t address, uint32_t words)
{
    const struct block *silent = NULL;
    const struct block *given_up = NULL;

    for (size_t i = 0; i < count; i++) {
        bool covers = block_covers(&blocks[i], area, address, words);

        if (covers && blocks[i].answered)
            return &blocks[i];
        if (covers && silent == NULL)
            silent = &blocks[i];
        if (!blocks[i].answered && given_up == NULL)
            given_up = &blocks[i];
    }
    return silent != NULL ? silent : given_up;
}

static struct reading no_answer(const struct block *block)
{
    enum cause cause = block == NULL ? CAUSE_BAD_FRAME : (enum cause)block->cause;

    return reading_of(NAN, QUALITY_NO_ANSWER, cause);
}

static uint8_t bit_at(const struct block *block, uint16_t address)
{
    unsigned index = (unsigned)address - block->address;

    return (block->bytes[index / 8] >> (index % 8)) & 1;
}

static const uint8_t *words_at(const struct block *block, uint16_t address)
{
    return block->bytes + 2 * ((size_t)address - block->address);
}

static uint16_t word_at(const struct block *block, uint16_t address)
{
    const uint8_t *bytes = words_at(block, address);

    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* One poll's blocks, and how well the registers beside one channel were answered. */
struct source {
    const struct block *blocks;
    size_t count;
    enum cause late; /* CAUSE_AFTER_TIMEOUT when one of them may be old, else none */
};

/* Registers beside a channel; NULL, with the reading, when they have no answer. */
static const struct block *block_beside(struct source *source, const struct beside *beside,
                                        unsigned words, struct reading *reading)
{
    const struct block *block =
        block_of(source->blocks, source->count, beside->area, beside->address, words);

    if (block == NULL || !block->answered) {
        *reading = no_answer(block);
        return NULL;
    }
    if (block->cause != CAUSE_NONE)
        source->late = (enum cause)block->cause;
    return block;
}

/* False, with the reading, when they have no answer. */
static bool number_beside(struct source *source, const struct beside *beside, unsigned *number,
                          struct reading *reading)
{
    const struct block *block = block_beside(source, beside, 1, reading);

    if (block == NULL)
        return false;
    *number = (unsigned)(word_at(block, beside->address) & beside->mask) >> beside->shift;
    return true;
}

static const struct unit_scale *unit_of(const struct channel *channel, unsigned is)
{
    for (unsigned i = 0; i < channel->unit_count; i++)
        if (channel->units[i].is == is)
            return &channel->units[i];
    return NULL;
}

/* Fills `aside`; false, with the reading, when what stands beside the value says there is none. */
static bool look_aside(const struct channel *channel, struct source *source, struct aside *aside,
                       struct reading *reading)
{
    const struct beside *mark = &channel->absent_register;
    const struct block *block;
    unsigned unit;

    if (mark->is_there) {
        block = block_beside(source, mark, channel_word_count(channel), reading);
        if (block == NULL)
            return false;
        aside->has_mark = true;
        aside->mark = words_raw(channel->type, channel->order, words_at(block, mark->address));
    }
    if (channel->decimals.is_there) {
        if (!number_beside(source, &channel->decimals, &aside->decimals, reading))
            return false;
        *reading = reading_of(NAN, QUALITY_FAULT, CAUSE_NOT_A_NUMBER);
        if (aside->decimals > DECIMALS_MAX)
            return false;
    }
    if (channel->unit_setting.is_there) {
        if (!number_beside(source, &channel->unit_setting, &unit, reading))
            return false;
        *reading = reading_of(NAN, QUALITY_FAULT, CAUSE_UNIT_UNKNOWN);
        aside->unit = unit_of(channel, unit);
        return aside->unit != NULL;
    }
    return true;
}

static struct reading reading_from_blocks(const struct channel *channel, const struct block *blocks,
                                          size_t count)
{
    const struct block *block =
        block_of(blocks, count, channel->area, channel->address, channel_word_count(channel));
    struct source source = {blocks, count, CAUSE_NONE};
    struct aside aside = {0};
    struct reading reading;

    if (block == NULL || !block->answered)
        return no_answer(block);
    if (!look_aside(channel, &source, &aside, &reading))
        return reading;
    if (area_is_bits(channel->area))
        reading = decode(channel, &(uint8_t){bit_at(block, channel->address)}, &aside);
    else
        reading = decode(channel, words_at(block, channel->address), &aside);
    if (reading.cause == CAUSE_NONE)
        reading.cause = block->cause != CAUSE_NONE ? block->cause : (uint8_t)source.late;
    return reading;
}

static bool state_holds_in(const struct state *state, const struct block *block)
{
    return state_holds(state, area_is_bits(state->area) ? bit_at(block, state->address)
                                                        : word_at(block, state->address));
}

/* A state takes a reading down to its letter, so the worst of several stands. It never improves
 * one: D and B are worse than any letter a state may have, and stay with their own cause. */
static void state_apply(const struct state *state, const struct block *block,
                        struct reading *reading)
{
    if (reading->quality == QUALITY_NO_ANSWER)
        return;
    if (block == NULL || !block->answered) {
        *reading = (struct reading){.point = reading->point,
                                    .quality = QUALITY_NO_ANSWER,
                                    .cause = (uint8_t)no_answer(block).cause,
                                    .value = NAN};
        return;
    }
    if (state_holds_in(state, block) && state->quality > reading->quality) {
        reading->quality = (uint8_t)state->quality;
        reading->cause = CAUSE_STATUS_BIT;
    }
    if (reading->cause == CAUSE_NONE)
        reading->cause = block->cause;
}

static bool state_governs(const struct state *state, const struct channel *channel)
{
    return state->channel[0] == '\0' || strcmp(state->channel, channel->name) == 0;
}

void profile_decode(const struct profile *profile, const struct channel *const *channels,
                    size_t count, const struct block *blocks, size_t block_count,
                    struct reading *readings)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t point = readings[i].point;

        readings[i] = reading_from_blocks(channels[i], blocks, block_count);
        readings[i].point = point;
    }
    for (size_t s = 0; s < profile->state_count; s++) {
        const struct state *state = &profile->states[s];
        const struct block *block = block_of(blocks, block_count, state->area, state->address, 1);

        for (size_t i = 0; i < count; i++)
            if (state_governs(state, channels[i]))
                state_apply(state, block, &readings[i]);
    }
}
