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

static void span_add_beside(struct span spans[4], const struct beside *beside, int count)
{
    if (beside->is_there)
        span_add(&spans[beside->area], beside->address, count);
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

        int words = (int)channel_word_count(channel);

        span_add(&spans[channel->area], channel->address, words);
        span_add_beside(spans, &channel->decimals, 1);
        span_add_beside(spans, &channel->unit_setting, 1);
        span_add_beside(spans, &channel->absent_register, words);
    }
    for (size_t i = 0; i < profile->identity_count; i++)
        span_add(&spans[profile->identity[i].area], profile->identity[i].address,
                 profile->identity[i].words);
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

void registers_put(modbus_mapping_t *to, const struct profile *profile,
                   const struct channel *channel, double value)
{
    struct simword words[SIMWORDS_MAX];
    size_t count = simvalue_words(profile, channel, value, words);

    for (size_t i = 0; i < count; i++) {
        const struct simword *one = &words[i];
        uint16_t kept = word_at(to, one->area, one->address) & (uint16_t)~one->mask;

        put_word(to, one->area, one->address, kept | (one->word & one->mask));
    }
}

void registers_put_identity(modbus_mapping_t *to, const struct identity_item *item, unsigned unit)
{
    uint16_t words[IDENTITY_WORDS_MAX];
    char text[64];
    size_t count;

    simvalue_identity_text(item, unit, text, sizeof text);
    count = simvalue_identity(item, text, words);
    for (size_t i = 0; i < count; i++)
        put_word(to, item->area, item->address + (int)i, words[i]);
}

void registers_put_state(modbus_mapping_t *to, const struct state *state, bool holds)
{
    put_word(to, state->area, state->address,
             simvalue_state_word(state, word_at(to, state->area, state->address), holds));
}
