/* Replays the proofs of a profile: words a device sent, and what they meant. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "drivers/plan.h"
#include "drivers/profile_parts.h"

enum { PROOF_BLOCKS_MAX = 32 };

/* What the device of one proof sent. */
struct wire {
    struct block blocks[PROOF_BLOCKS_MAX];
    size_t count;
    uint8_t bytes[POLL_RAW_MAX];
    size_t used;
};

/* One profile being proven. */
struct trial {
    const struct profile *profile;
    struct conf_faults *faults;
    const struct channel *channels[POLL_READINGS_MAX];
    bool proven[POLL_READINGS_MAX];
    struct reading readings[POLL_READINGS_MAX];
    struct wire wire;
};

/* The lowest address of this area that the profile uses: where a plain list of words begins. */
static uint16_t lowest_address(const struct profile *profile, enum register_area area)
{
    uint16_t lowest = UINT16_MAX;

    for (size_t i = 0; i < profile->channel_count; i++)
        if (profile->channels[i].area == area && profile->channels[i].address < lowest)
            lowest = profile->channels[i].address;
    for (size_t i = 0; i < profile->state_count; i++)
        if (profile->states[i].area == area && profile->states[i].address < lowest)
            lowest = profile->states[i].address;
    return lowest;
}

static bool wire_add_bits(struct wire *wire, struct conf_at list)
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

static bool wire_add_words(struct wire *wire, struct conf_at list)
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
static bool wire_add(struct trial *trial, enum register_area area, int64_t address,
                     struct conf_at list)
{
    struct wire *wire = &trial->wire;
    const char *key = area_word(area);
    size_t count = conf_length(list);
    size_t bytes = area_is_bits(area) ? (count + 7) / 8 : 2 * count;

    if (count == 0 || (uint64_t)address + count > 65536 || wire->count == PROOF_BLOCKS_MAX ||
        bytes > sizeof wire->bytes - wire->used)
        return conf_complain(trial->faults, list, key,
                             SAY("没有内容，或超出了地址范围", "holds nothing, or goes too far"));
    wire->blocks[wire->count++] = (struct block){area, (uint16_t)address, (uint16_t)count,
                                                 true, CAUSE_NONE,        wire->bytes + wire->used};
    if (area_is_bits(area) ? wire_add_bits(wire, list) : wire_add_words(wire, list))
        return true;
    return conf_complain(trial->faults, list, key,
                         area_is_bits(area) ? SAY("只能是 0 和 1", "must be 0 or 1 each")
                                            : SAY("应为 0 到 65535 的整数",
                                                  "must be whole numbers from 0 to 65535"));
}

/* { at = 0x2400; words = [ … ]; } */
static bool wire_add_run(struct trial *trial, enum register_area area, struct conf_at run)
{
    struct conf_at words = conf_member(run, "words");
    int64_t at;

    if (!conf_int(conf_member(run, "at"), &at) || at < 0 || at > 65535 || !conf_is_list(words))
        return conf_complain(
            trial->faults, run, area_word(area),
            SAY("应为 { at = 地址; words = [ … ]; }", "must be { at = ADDRESS; words = [ … ]; }"));
    return wire_add(trial, area, at, words);
}

/* `at` of a proof: where its one plain list of registers begins. */
static bool read_start(struct trial *trial, struct conf_at proof, int64_t *address)
{
    struct conf_at at = conf_member(proof, "at");

    if (conf_is_there(conf_member(proof, "holding")) && conf_is_there(conf_member(proof, "input")))
        return conf_complain(
            trial->faults, at, "at",
            SAY("同时有 holding 和 input 时不知道指谁；请写成 ( { at = …; words = "
                "[ … ]; } )",
                "may mean holding or input; write ( { at = …; words = [ … ]; } )"));
    if (conf_int(at, address) && *address >= 0 && *address <= 65535)
        return true;
    return conf_complain(trial->faults, at, "at",
                         SAY("应为 0 到 65535 的地址", "must be an address from 0 to 65535"));
}

static bool wire_add_area(struct trial *trial, struct conf_at proof, enum register_area area)
{
    struct conf_at list = conf_member(proof, area_word(area));
    struct conf_at at = conf_member(proof, "at");
    int64_t address = lowest_address(trial->profile, area);
    bool added = true;

    if (!conf_is_there(list))
        return true;
    if (conf_is_group(conf_element(list, 0)) && conf_is_list(list)) {
        for (size_t i = 0; i < conf_length(list); i++)
            added = wire_add_run(trial, area, conf_element(list, i)) && added;
        return added;
    }
    if (!conf_is_list(list))
        return conf_complain(trial->faults, list, area_word(area),
                             SAY("应为 [ … ]", "must be [ … ]"));
    if (!area_is_bits(area) && conf_is_there(at) && !read_start(trial, proof, &address))
        return false;
    return wire_add(trial, area, address, list);
}

/* A key cannot hold a dot, so PARAMETER.SUFFIX is written parameter_suffix in a proof. */
static void proof_key(const struct channel *channel, char *key, size_t size)
{
    snprintf(key, size, "%s", channel->name);
    for (char *at = key; *at != '\0'; at++)
        if (*at == '.')
            *at = '_';
}

static size_t channel_of_key(const struct profile *profile, const char *key)
{
    char words[CHANNEL_SIZE];

    for (size_t i = 0; i < profile->channel_count; i++) {
        proof_key(&profile->channels[i], words, sizeof words);
        if (strcmp(words, key) == 0)
            return i;
    }
    return profile->channel_count;
}

/* "7.32", "D (absent_mark)" or "7.32, D (status_bit)". */
static const char *reading_text(const struct reading *reading, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    if (isfinite(reading->value))
        text_add_number(&text, reading->value);
    if (isfinite(reading->value) && reading->quality != QUALITY_NORMAL)
        text_add(&text, ", ");
    if (reading->quality != QUALITY_NORMAL)
        text_format(&text, "%c (%s)", quality_letter((enum quality)reading->quality),
                    cause_word((enum cause)reading->cause));
    return out;
}

/* The one other order in which the words of this channel give the number, or NULL. */
static const char *order_that_fits(const struct trial *trial, size_t index, double number)
{
    struct channel other = *trial->channels[index];
    const struct channel *only = &other;
    const char *fits = NULL;

    if (channel_word_count(&other) != 2)
        return NULL;
    for (enum word_order order = ORDER_ABCD; order <= ORDER_DCBA; order++) {
        struct reading reading = {0};

        if (order == trial->channels[index]->order)
            continue;
        other.order = order;
        profile_decode(trial->profile, &only, 1, trial->wire.blocks, trial->wire.count, &reading);
        if (reading.quality != QUALITY_NORMAL || reading.value != number)
            continue;
        if (fits != NULL)
            return NULL;
        fits = profile_orders[order];
    }
    return fits;
}

/* What is probably wrong with a channel whose proof fails: "" or a half-sentence. */
static void add_likely_cause(const struct trial *trial, size_t index, double number,
                             struct text *text)
{
    const struct channel *channel = trial->channels[index];
    const char *order = isfinite(number) ? order_that_fits(trial, index, number) : NULL;
    long address;

    if (order != NULL) {
        text_format(
            text,
            SAY("；如果 word_order = \"%s\"，就是 ", "; with word_order = \"%s\" it would be "),
            order);
        text_add_number(text, number);
    } else if (profile_manual_address(channel->area, channel->manual, &address) &&
               address != channel->address) {
        text_format(text,
                    SAY("；地址从 0 起数：说明书上的 %s 是地址 %ld，这里写的是 %u",
                        "; address counts from 0: manual %s is address %ld, not %u"),
                    channel->manual, address, (unsigned)channel->address);
    }
}

/* Compares one reading with what the proof says of it. */
static void judge_channel(struct trial *trial, struct conf_at expected, size_t index)
{
    const struct reading *reading = &trial->readings[index];
    const char *name = trial->channels[index]->name;
    const char *letter = conf_text(expected);
    char wanted[40] = "";
    char got[80];
    char likely[160];
    struct text text;
    enum quality quality;
    double number = NAN;
    bool holds;

    if (conf_number(expected, &number)) {
        holds = reading->quality == QUALITY_NORMAL && reading->value == number;
        text_init(&text, wanted, sizeof wanted);
        text_add_number(&text, number);
    } else if (letter != NULL && strlen(letter) == 1 && quality_from_letter(letter[0], &quality)) {
        holds = reading->quality == quality;
        snprintf(wanted, sizeof wanted, "%s", letter);
    } else {
        conf_complain(
            trial->faults, expected, name,
            SAY("应为一个数或一个数据标记字母", "must be a number or a letter of quality"));
        return;
    }
    trial->proven[index] = true;
    if (holds)
        return;
    text_init(&text, likely, sizeof likely);
    add_likely_cause(trial, index, number, &text);
    conf_complain(trial->faults, expected, name,
                  SAY("实证不成立：应为 %s，解出 %s%s", "the proof fails: expected %s, got %s%s"),
                  wanted, reading_text(reading, got, sizeof got), likely);
}

static bool is_of_the_wire(const char *key)
{
    static const char *const keys[] = {"note", "at", "holding", "input", "discrete", "coil"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

static void judge_proof(struct trial *trial, struct conf_at proof)
{
    const struct profile *profile = trial->profile;
    size_t judged = 0;
    const char *key;

    for (size_t i = 0; (key = conf_key_name(proof, i)) != NULL; i++) {
        struct conf_at at = conf_member(proof, key);
        size_t index = channel_of_key(profile, key);

        if (is_of_the_wire(key))
            continue;
        judged++;
        if (index < profile->channel_count)
            judge_channel(trial, at, index);
        else
            conf_complain(trial->faults, at, key,
                          SAY("没有这个通道（PARAMETER.SUFFIX 在这里写作 PARAMETER_SUFFIX）",
                              "there is no such channel (PARAMETER.SUFFIX is written "
                              "PARAMETER_SUFFIX here)"));
    }
    if (judged == 0)
        conf_complain(trial->faults, proof, NULL,
                      SAY("这条实证没有说任何通道的值", "this proof says nothing of any channel"));
}

static void replay(struct trial *trial, struct conf_at proof)
{
    static const enum register_area areas[] = {AREA_COIL, AREA_DISCRETE_INPUT, AREA_INPUT_REGISTER,
                                               AREA_HOLDING_REGISTER};
    bool laid_out = true;

    if (!conf_is_group(proof)) {
        conf_complain(trial->faults, proof, "proofs", SAY("应为 { … }", "must be { … }"));
        return;
    }
    trial->wire.count = 0;
    trial->wire.used = 0;
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++)
        laid_out = wire_add_area(trial, proof, areas[i]) && laid_out;
    if (!laid_out)
        return;
    profile_decode(trial->profile, trial->channels, trial->profile->channel_count,
                   trial->wire.blocks, trial->wire.count, trial->readings);
    judge_proof(trial, proof);
}

void profile_prove(const struct profile *profile, struct conf_at root, struct conf_faults *faults)
{
    struct conf_at proofs = conf_member(root, "proofs");
    struct trial trial = {.profile = profile, .faults = faults};

    for (size_t i = 0; i < profile->channel_count; i++)
        trial.channels[i] = &profile->channels[i];
    if (conf_is_there(proofs) && !conf_is_list(proofs)) {
        conf_complain(faults, proofs, "proofs",
                      SAY("应为列表：( { … }, { … } )", "must be a list: ( { … }, { … } )"));
        return;
    }
    for (size_t i = 0; i < conf_length(proofs); i++)
        replay(&trial, conf_element(proofs, i));
    for (size_t i = 0; i < profile->channel_count; i++)
        if (!trial.proven[i])
            conf_complain(faults, conf_is_there(proofs) ? proofs : root, "proofs",
                          SAY("没有一条实证说到通道 %s", "no proof speaks of channel %s"),
                          profile->channels[i].name);
}
