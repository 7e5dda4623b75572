/* Lays out what the device of one proof sent. */
#include <string.h>

#include "base/say.h"
#include "drivers/identity.h"
#include "drivers/plan.h"
#include "drivers/profile_parts.h"

struct laying {
    struct proof_wire *wire;
    const struct profile *profile;
    struct conf_faults *faults;
};

static void lower_to(uint16_t *lowest, enum register_area area, const struct beside *beside)
{
    if (beside->is_there && beside->area == area && beside->address < *lowest)
        *lowest = beside->address;
}

/* The lowest address of this area that a poll asks for: where a plain list of words begins. What
 * says the identity often stands far away, and is left out of it. */
static uint16_t lowest_address(const struct profile *profile, enum register_area area)
{
    uint16_t lowest = UINT16_MAX;

    for (size_t i = 0; i < profile->channel_count; i++) {
        const struct channel *channel = &profile->channels[i];

        if (channel->area == area && channel->address < lowest)
            lowest = channel->address;
        lower_to(&lowest, area, &channel->decimals);
        lower_to(&lowest, area, &channel->unit_setting);
        lower_to(&lowest, area, &channel->absent_register);
    }
    for (size_t i = 0; i < profile->state_count; i++)
        if (profile->states[i].area == area && profile->states[i].address < lowest)
            lowest = profile->states[i].address;
    return lowest;
}

static bool wire_add_bits(struct proof_wire *wire, struct conf_at list)
{
    size_t count = conf_length(list);

    memset(wire->bytes + wire->used, 0, (count + 7) / 8);
    for (size_t i = 0; i < count; i++) {
        int64_t bit;

        if (!conf_int(conf_element(list, i), &bit) || bit < 0 || bit > 1)
            return false;
        wire->bytes[wire->used + i / 8] |= (uint8_t)(bit << i % 8);
    }
    wire->used += (count + 7) / 8;
    return true;
}

static bool wire_add_words(struct proof_wire *wire, struct conf_at list)
{
    for (size_t i = 0; i < conf_length(list); i++) {
        int64_t word;

        if (!conf_int(conf_element(list, i), &word) || word < 0 || word > 65535)
            return false;
        wire->bytes[wire->used++] = (uint8_t)(word >> 8);
        wire->bytes[wire->used++] = (uint8_t)word;
    }
    return true;
}

/* One run of words from `address` on. */
static bool wire_add(struct laying *laying, enum register_area area, int64_t address,
                     struct conf_at list)
{
    struct proof_wire *wire = laying->wire;
    const char *key = area_word(area);
    size_t count = conf_length(list);
    size_t bytes = area_is_bits(area) ? (count + 7) / 8 : 2 * count;

    if (count == 0 || (uint64_t)address + count > 65536 || wire->count == PROOF_BLOCKS_MAX ||
        bytes > sizeof wire->bytes - wire->used)
        return conf_complain(laying->faults, list, key,
                             SAY("没有内容，或超出了地址范围", "holds nothing, or goes too far"));
    wire->blocks[wire->count++] = (struct block){area, (uint16_t)address, (uint16_t)count,
                                                 true, CAUSE_NONE,        wire->bytes + wire->used};
    if (area_is_bits(area) ? wire_add_bits(wire, list) : wire_add_words(wire, list))
        return true;
    return conf_complain(laying->faults, list, key,
                         area_is_bits(area) ? SAY("只能是 0 和 1", "must be 0 or 1 each")
                                            : SAY("应为 0 到 65535 的整数",
                                                  "must be whole numbers from 0 to 65535"));
}

/* A protocol address, or a reference of this area: "40001". */
static bool read_at(struct conf_at at, enum register_area area, int64_t *address)
{
    const char *reference = conf_text(at);
    long of_reference;

    if (reference == NULL)
        return conf_int(at, address) && *address >= 0 && *address <= 65535;
    if (!profile_manual_address(area, reference, &of_reference))
        return false;
    *address = of_reference;
    return true;
}

/* { at = 0x2400; words = [ … ]; } */
static bool wire_add_run(struct laying *laying, enum register_area area, struct conf_at run)
{
    struct conf_at words = conf_member(run, "words");
    int64_t at;

    if (!read_at(conf_member(run, "at"), area, &at) || !conf_is_list(words))
        return conf_complain(
            laying->faults, run, area_word(area),
            SAY("应为 { at = 地址; words = [ … ]; }，带区号的编号要与 %s 相符",
                "must be { at = ADDRESS; words = [ … ]; }; a reference must be one "
                "of the area %s"),
            area_word(area));
    return wire_add(laying, area, at, words);
}

/* `at` of a proof: where its one plain list of registers begins. */
static bool read_start(struct laying *laying, struct conf_at proof, enum register_area area,
                       int64_t *address)
{
    struct conf_at at = conf_member(proof, "at");

    if (conf_is_there(conf_member(proof, "holding")) && conf_is_there(conf_member(proof, "input")))
        return conf_complain(
            laying->faults, at, "at",
            SAY("同时有 holding 和 input 时不知道指谁；请写成 ( { at = …; words = "
                "[ … ]; } )",
                "may mean holding or input; write ( { at = …; words = [ … ]; } )"));
    return read_at(at, area, address) ||
           conf_complain(laying->faults, at, "at",
                         SAY("应为 0 到 65535 的地址，或 %s 区的编号（带引号）",
                             "must be an address from 0 to 65535, or a reference of the area %s in "
                             "quotes"),
                         area_word(area));
}

static bool wire_add_area(struct laying *laying, struct conf_at proof, enum register_area area)
{
    struct conf_at list = conf_member(proof, area_word(area));
    struct conf_at at = conf_member(proof, "at");
    int64_t address = lowest_address(laying->profile, area);
    bool added = true;

    if (!conf_is_there(list))
        return true;
    if (conf_is_group(conf_element(list, 0)) && conf_is_list(list)) {
        for (size_t i = 0; i < conf_length(list); i++)
            added = wire_add_run(laying, area, conf_element(list, i)) && added;
        return added;
    }
    if (!conf_is_list(list))
        return conf_complain(laying->faults, list, area_word(area),
                             SAY("应为 [ … ]", "must be [ … ]"));
    if (!area_is_bits(area) && conf_is_there(at) && !read_start(laying, proof, area, &address))
        return false;
    return wire_add(laying, area, address, list);
}

bool profile_wire_lay_out(struct proof_wire *wire, const struct profile *profile,
                          struct conf_at proof, struct conf_faults *faults)
{
    struct laying laying = {wire, profile, faults};
    bool laid_out = true;

    wire->count = 0;
    wire->used = 0;
    for (enum register_area area = AREA_COIL; area <= AREA_HOLDING_REGISTER; area++)
        laid_out = wire_add_area(&laying, proof, area) && laid_out;
    return laid_out;
}

bool profile_wire_identity(const struct proof_wire *wire, const struct identity_item *item,
                           char *out)
{
    for (size_t i = 0; i < wire->count; i++) {
        const struct block *block = &wire->blocks[i];

        if (block->area == item->area && block->address <= item->address &&
            item->address + item->words <= block->address + block->count) {
            identity_value(item, block->bytes + 2 * (size_t)(item->address - block->address), out);
            return true;
        }
    }
    return false;
}
