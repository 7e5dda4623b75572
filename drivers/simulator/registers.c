/* registers.c - the registers of one played unit, laid out as its profile reads them. */
#include "drivers/simulator/town.h"

#include "drivers/simulator/registers.h"

struct span {
    int first, last; /* last < first: nothing of this area */
};

static void span_add(struct span *span, int address, int count)
{
    if (span->last < span->first) {
        span->first = address;
        span->last = address + count - 1;
        return;
    }
    if (address < span->first)
        span->first = address;
    if (address + count - 1 > span->last)
        span->last = address + count - 1;
}

static unsigned span_count(const struct span *span)
{
    return span->last < span->first ? 0 : (unsigned)(span->last - span->first + 1);
}

modbus_mapping_t *registers_new(const struct profile *profile)
{
    struct span spans[4] = {
        {0, -1},
        {0, -1},
        {0, -1},
        {0, -1}
    };

    for (size_t i = 0; i < profile->channel_count; i++) {
        const struct channel *channel = &profile->channels[i];

        span_add(&spans[channel->area], channel->address, (int)channel_word_count(channel));
    }
    for (size_t i = 0; i < profile->state_count; i++)
        span_add(&spans[profile->states[i].area], profile->states[i].address, 1);

    return modbus_mapping_new_start_address(
        (unsigned)spans[AREA_COIL].first, span_count(&spans[AREA_COIL]),
        (unsigned)spans[AREA_DISCRETE_INPUT].first, span_count(&spans[AREA_DISCRETE_INPUT]),
        (unsigned)spans[AREA_HOLDING_REGISTER].first, span_count(&spans[AREA_HOLDING_REGISTER]),
        (unsigned)spans[AREA_INPUT_REGISTER].first, span_count(&spans[AREA_INPUT_REGISTER]));
}

/* Only addresses the profile names are asked for, so each lies inside its area. */
static uint16_t word_at(const modbus_mapping_t *to, enum register_area area, uint16_t address)
{
    switch (area) {
    case AREA_COIL:
        return to->tab_bits[address - to->start_bits];
    case AREA_DISCRETE_INPUT:
        return to->tab_input_bits[address - to->start_input_bits];
    case AREA_INPUT_REGISTER:
        return to->tab_input_registers[address - to->start_input_registers];
    case AREA_HOLDING_REGISTER:
        return to->tab_registers[address - to->start_registers];
    }
    return 0;
}

static void put_word(modbus_mapping_t *to, enum register_area area, int address, uint16_t word)
{
    switch (area) {
    case AREA_COIL:
        to->tab_bits[address - to->start_bits] = word != 0;
        break;
    case AREA_DISCRETE_INPUT:
        to->tab_input_bits[address - to->start_input_bits] = word != 0;
        break;
    case AREA_INPUT_REGISTER:
        to->tab_input_registers[address - to->start_input_registers] = word;
        break;
    case AREA_HOLDING_REGISTER:
        to->tab_registers[address - to->start_registers] = word;
        break;
    }
}

void registers_put(modbus_mapping_t *to, const struct channel *channel, double value)
{
    uint16_t words[2];
    unsigned count = simvalue_encode(channel, value, words);

    for (unsigned i = 0; i < count; i++)
        put_word(to, channel->area, channel->address + (int)i, words[i]);
}

/* A bit of the mask that makes the condition false again when it must not hold. */
void registers_put_state(modbus_mapping_t *to, const struct state *state, bool holds)
{
    uint16_t word = word_at(to, state->area, state->address);
    uint16_t on = state->has_equals ? state->equals : state->mask;
    uint16_t off = 0;

    if (state->has_equals && state->equals == 0)
        off = state->mask;
    word = (uint16_t)((word & ~state->mask) | ((holds ? on : off) & state->mask));
    put_word(to, state->area, state->address, word);
}
