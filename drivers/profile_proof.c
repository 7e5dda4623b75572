/* Replays the proofs of a profile: words a device sent, and what they meant. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "drivers/identity.h"
#include "drivers/profile_parts.h"

/* One profile being proven. */
struct trial {
    const struct profile *profile;
    struct conf_faults *faults;
    const struct channel *channels[POLL_READINGS_MAX];
    bool proven[POLL_READINGS_MAX];
    struct reading readings[POLL_READINGS_MAX];
    struct proof_wire wire;
};

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

    if (channel_word_count(&other) < 2)
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

/* identity_serial_number = "20231107" */
static bool judge_identity(struct trial *trial, struct conf_at expected, const char *name)
{
    const struct profile *profile = trial->profile;
    const char *wanted = conf_text(expected);
    char got[IDENTITY_VALUE];

    for (size_t i = 0; i < profile->identity_count; i++) {
        const struct identity_item *item = &profile->identity[i];

        if (strcmp(item->name, name) != 0)
            continue;
        if (!profile_wire_identity(&trial->wire, item, got))
            return conf_complain(
                trial->faults, expected, item->name,
                SAY("实证里没有它的寄存器", "its registers are not laid out in this proof"));
        return (wanted != NULL && strcmp(wanted, got) == 0) ||
               conf_complain(trial->faults, expected, item->name,
                             SAY("实证不成立：应为 \"%s\"，解出 \"%s\"（写成带引号的文字）",
                                 "the proof fails: expected \"%s\", got \"%s\" (written as text in "
                                 "quotes)"),
                             wanted == NULL ? "" : wanted, got);
    }
    return conf_complain(trial->faults, expected, name,
                         SAY("identity 里没有这一项", "there is no such item in identity"));
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
    static const char of_identity[] = "identity_";
    size_t judged = 0;
    const char *key;

    for (size_t i = 0; (key = conf_key_name(proof, i)) != NULL; i++) {
        struct conf_at at = conf_member(proof, key);
        size_t index = channel_of_key(profile, key);

        if (is_of_the_wire(key))
            continue;
        judged++;
        if (strncmp(key, of_identity, strlen(of_identity)) == 0)
            judge_identity(trial, at, key + strlen(of_identity));
        else if (index < profile->channel_count)
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
    if (!conf_is_group(proof)) {
        conf_complain(trial->faults, proof, "proofs", SAY("应为 { … }", "must be { … }"));
        return;
    }
    if (!profile_wire_lay_out(&trial->wire, trial->profile, proof, trial->faults))
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
