/* Words into values. A value leaves here canonical: what its shortest decimal says is what is
 * stored, sent and compared, so all scaling is done in decimal and -0 is 0. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "drivers/profile_parts.h"

unsigned channel_word_count(const struct channel *channel)
{
    switch (channel->type) {
    case WORDS_INT32:
    case WORDS_UINT32:
    case WORDS_FLOAT32:
        return 2;
    case WORDS_INT16:
    case WORDS_UINT16:
    case WORDS_BIT:
        break;
    }
    return 1;
}

/* The raw words as one number, high byte first, whatever the order on the wire. */
static uint32_t raw_from_wire(const struct channel *channel, const uint8_t *bytes)
{
    bool bytes_swapped = channel->order == ORDER_BADC || channel->order == ORDER_DCBA;
    bool words_swapped = channel->order == ORDER_CDAB || channel->order == ORDER_DCBA;
    uint32_t words[2] = {0, 0};
    unsigned count = channel_word_count(channel);

    for (unsigned i = 0; i < count; i++) {
        uint32_t high = bytes[2 * i + bytes_swapped];
        uint32_t low = bytes[2 * i + !bytes_swapped];

        words[i] = high << 8 | low;
    }
    if (count == 1)
        return words[0];
    return words_swapped ? words[1] << 16 | words[0] : words[0] << 16 | words[1];
}

static bool raw_is_absent(const struct channel *channel, uint32_t raw)
{
    for (unsigned i = 0; i < channel->absent_count; i++)
        if (channel->absent[i] == raw)
            return true;
    return false;
}

static float float32_from_raw(uint32_t raw)
{
    float value;

    static_assert(sizeof value == sizeof raw, "a float32 is IEEE 754 binary32");
    memcpy(&value, &raw, sizeof value);
    return value;
}

/* False when the words are not a finite number. */
static bool raw_to_decimal(const struct channel *channel, uint32_t raw, struct decimal *number)
{
    *number = (struct decimal){raw, 0};
    switch (channel->type) {
    case WORDS_UINT16:
    case WORDS_UINT32:
    case WORDS_BIT:
        return true;
    case WORDS_INT16:
        number->digits = raw >= 0x8000 ? (int64_t)raw - 0x10000 : (int64_t)raw;
        return true;
    case WORDS_INT32:
        number->digits = raw >= 0x80000000 ? (int64_t)raw - 0x100000000 : (int64_t)raw;
        return true;
    case WORDS_FLOAT32:
        break;
    }
    if (!isfinite(float32_from_raw(raw)))
        return false;
    *number = decimal_from_float32(float32_from_raw(raw));
    return true;
}

/* In decimal while it fits; a float32 may be too small or too large for 63 bits beside its offset.
 */
static double scaled(const struct channel *channel, struct decimal number)
{
    struct decimal value;

    if (decimal_scale(number, channel->scale, channel->offset, &value))
        return decimal_to_double(value) + 0.0;
    return decimal_to_double(number) * decimal_to_double(channel->scale) +
           decimal_to_double(channel->offset) + 0.0;
}

static struct reading reading_of(double value, enum quality quality, enum cause cause)
{
    return (struct reading){.quality = (uint8_t)quality, .cause = (uint8_t)cause, .value = value};
}

struct reading channel_decode(const struct channel *channel, const uint8_t *bytes)
{
    uint32_t raw = channel->type == WORDS_BIT ? bytes[0] & 1U : raw_from_wire(channel, bytes);
    struct decimal number;
    double value;

    if (raw_is_absent(channel, raw))
        return reading_of(NAN, QUALITY_FAULT, CAUSE_ABSENT_MARK);
    if (!raw_to_decimal(channel, raw, &number))
        return reading_of(NAN, QUALITY_FAULT, CAUSE_NOT_A_NUMBER);
    value = scaled(channel, number);
    if (!isfinite(value))
        return reading_of(NAN, QUALITY_FAULT, CAUSE_NOT_A_NUMBER);
    if (value > channel->valid_max)
        return reading_of(value, QUALITY_OVER_RANGE, CAUSE_ABOVE_SPAN);
    if (value < channel->valid_min)
        return reading_of(value, QUALITY_FAULT, CAUSE_BELOW_SPAN);
    return reading_of(value, QUALITY_NORMAL, CAUSE_NONE);
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

static struct reading reading_from_blocks(const struct channel *channel, const struct block *blocks,
                                          size_t count)
{
    const struct block *block =
        block_of(blocks, count, channel->area, channel->address, channel_word_count(channel));
    struct reading reading;

    if (block == NULL || !block->answered)
        return no_answer(block);
    if (area_is_bits(channel->area))
        reading = channel_decode(channel, &(uint8_t){bit_at(block, channel->address)});
    else
        reading = channel_decode(channel, words_at(block, channel->address));
    if (reading.cause == CAUSE_NONE)
        reading.cause = block->cause;
    return reading;
}

static bool state_holds(const struct state *state, const struct block *block)
{
    uint16_t word;

    if (area_is_bits(state->area)) {
        word = bit_at(block, state->address);
    } else {
        const uint8_t *bytes = words_at(block, state->address);

        word = (uint16_t)(bytes[0] << 8 | bytes[1]);
    }
    word &= state->mask;
    return state->has_equals ? word == state->equals : word != 0;
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
    if (state_holds(state, block) && state->quality > reading->quality) {
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
