/* Reads the states of a profile: status bits that say how far its readings may be trusted. */
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "drivers/profile_parts.h"

static const char *const letters[] = {"T", "C", "M", "F", "D", NULL};
static const enum quality letter_qualities[] = {
    QUALITY_OVER_RANGE, QUALITY_CALIBRATING, QUALITY_MAINTENANCE, QUALITY_STOPPED, QUALITY_FAULT};

/* One element of `states`, in the widths the table reader fills. */
struct state_row {
    struct address_row where;
    char channel[CHANNEL_SIZE];
    char manual[24];
    int quality;
    int64_t mask, at_least;
    int64_t number; /* of equals and not_equals; read_numbers() reads it */
};

#define S_AT(member)   offsetof(struct state_row, member)
#define S_ROOM(member) sizeof(((struct state_row *)NULL)->member)
#define COUNT(keys)    (sizeof(keys) / sizeof(keys)[0])

/* clang-format off */
static const struct conf_key state_keys[] = {
    ADDRESS_KEYS(struct state_row),
    {"mask", CONF_INT, false, S_AT(mask), 0, 0, 65535, NULL, NULL,
     "要看的位，默认全部", "the bits that count, default all"},
    {"equals", CONF_INNER, false, S_AT(number), 0, 0, 65535, NULL, NULL,
     "屏蔽后等于它（或其中之一）时成立", "holds when the masked word is it, or one of them"},
    {"not_equals", CONF_INNER, false, S_AT(number), 0, 0, 65535, NULL, NULL,
     "屏蔽后不等于它（或都不等于）时成立", "holds when the masked word is not it, or none of them"},
    {"at_least", CONF_INT, false, S_AT(at_least), 0, 1, 65535, NULL, NULL,
     "屏蔽后不小于它时成立", "holds when the masked word is not less"},
    {"channel", CONF_TEXT, false, S_AT(channel), S_ROOM(channel), 0, 0, "", NULL,
     "只对这个通道", "for this channel only"},
    {"quality", CONF_CHOICE, true, S_AT(quality), 0, 0, 0, NULL, letters,
     "数据标记", "the letter of HJ 212"},
};
/* clang-format on */

enum { MASK_ROW = ADDRESS_ROWS, EQUALS_ROW, NOT_EQUALS_ROW, STATE_KEYS = COUNT(state_keys) };
#define SEEN_MASK       ((uint64_t)1 << MASK_ROW)
#define SEEN_EQUALS     (SEEN_MASK << 1)
#define SEEN_NOT_EQUALS (SEEN_MASK << 2)
#define SEEN_AT_LEAST   (SEEN_MASK << 3)

bool state_holds(const struct state *state, uint16_t word)
{
    bool is_one = false;

    word &= state->mask;
    for (unsigned i = 0; i < state->number_count; i++)
        is_one = is_one || word == state->numbers[i];
    switch (state->test) {
    case STATE_IS_ONE_OF:
        return is_one;
    case STATE_IS_NONE_OF:
        return !is_one;
    case STATE_AT_LEAST:
        return word >= state->numbers[0];
    case STATE_ANY_BIT:
        break;
    }
    return word != 0;
}

/* One number or a list of them. */
static bool read_numbers(struct profile_draft *draft, struct conf_at group, const char *key,
                         struct state *state)
{
    struct conf_at at = conf_member(group, key);
    size_t count = conf_is_list(at) ? conf_length(at) : 1;

    if (count == 0 || count > STATE_NUMBERS_MAX)
        return conf_complain(
            draft->faults, at, key,
            SAY("应为一个数，或 1 到 %d 个数的 [ … ]", "must be a number, or [ … ] of 1 to %d"),
            (int)STATE_NUMBERS_MAX);
    for (size_t i = 0; i < count; i++) {
        int64_t number;

        if (!conf_int(conf_is_list(at) ? conf_element(at, i) : at, &number) || number < 0 ||
            number > 65535)
            return conf_complain(
                draft->faults, at, key,
                SAY("应为 0 到 65535 的整数", "must be whole numbers from 0 to 65535"));
        state->numbers[i] = (uint16_t)number;
    }
    state->number_count = (unsigned)count;
    return true;
}

static bool read_test(struct profile_draft *draft, struct conf_at at, const struct state_row *row,
                      uint64_t seen, struct state *state)
{
    uint64_t tests = seen & (SEEN_EQUALS | SEEN_NOT_EQUALS | SEEN_AT_LEAST);

    if ((tests & (tests - 1)) != 0)
        return conf_complain(draft->faults, at, "equals",
                             SAY("equals、not_equals、at_least 只能写一个",
                                 "only one of equals, not_equals and at_least"));
    if (tests == 0)
        return true;
    if (tests == SEEN_AT_LEAST) {
        state->test = STATE_AT_LEAST;
        state->numbers[0] = (uint16_t)row->at_least;
        state->number_count = 1;
        return true;
    }
    state->test = tests == SEEN_EQUALS ? STATE_IS_ONE_OF : STATE_IS_NONE_OF;
    return read_numbers(draft, at, tests == SEEN_EQUALS ? "equals" : "not_equals", state);
}

static const char *const test_keys[] = {[STATE_ANY_BIT] = "mask",
                                        [STATE_IS_ONE_OF] = "equals",
                                        [STATE_IS_NONE_OF] = "not_equals",
                                        [STATE_AT_LEAST] = "at_least"};

static bool check_state(struct profile_draft *draft, struct conf_at at, const struct state *state)
{
    uint16_t widest = area_is_bits(state->area) ? 1 : 0xFFFF;

    if (state->channel[0] != '\0' && profile_channel(draft->profile, state->channel) == NULL)
        return conf_complain(draft->faults, profile_place(at, "channel"), "channel",
                             SAY("没有通道 \"%s\"", "there is no channel \"%s\""), state->channel);
    if (state->mask == 0 || (state->mask & ~widest) != 0)
        return conf_complain(draft->faults, profile_place(at, "mask"), "mask",
                             SAY("应在 1 到 %u 之间", "must be between 1 and %u"),
                             (unsigned)widest);
    for (unsigned i = 0; i < state->number_count; i++)
        if (state->test == STATE_AT_LEAST ? state->numbers[i] > state->mask
                                          : (state->numbers[i] & ~state->mask) != 0)
            return conf_complain(draft->faults, profile_place(at, test_keys[state->test]),
                                 test_keys[state->test],
                                 SAY("%u 有 mask 之外的位，永远不会出现",
                                     "%u has bits outside the mask, so it can never be"),
                                 (unsigned)state->numbers[i]);
    return true;
}

/* `equals` may be a number or a list, and a table row has one type: the one that stands here. */
static bool read_row(struct profile_draft *draft, struct conf_at at, struct state_row *row,
                     uint64_t *seen)
{
    struct conf_key keys[STATE_KEYS];

    memcpy(keys, state_keys, sizeof keys);
    for (size_t i = EQUALS_ROW; i <= NOT_EQUALS_ROW; i++)
        if (!conf_is_list(conf_member(at, keys[i].name)))
            keys[i].type = CONF_INT;
    return conf_read(at, keys, STATE_KEYS, row, seen, draft->faults);
}

static void read_state(struct profile_draft *draft, struct conf_at at)
{
    struct state_row row = {.where.area = AREA_UNSAID};
    struct state state;
    struct place place;
    uint64_t seen = 0;

    if (!read_row(draft, at, &row, &seen) ||
        !profile_read_place(draft, at, &row.where, seen, &place))
        return;
    if ((seen & SEEN_MASK) == 0)
        row.mask = area_is_bits(place.area) ? 1 : 0xFFFF;
    state = (struct state){
        .area = place.area,
        .address = place.address,
        .mask = (uint16_t)row.mask,
        .quality = letter_qualities[row.quality],
    };
    snprintf(state.channel, sizeof state.channel, "%s", row.channel);
    snprintf(state.manual, sizeof state.manual, "%s", row.manual);
    if (read_test(draft, at, &row, seen, &state) && check_state(draft, at, &state))
        draft->profile->states[draft->profile->state_count++] = state;
}

void profile_read_states(struct profile_draft *draft, struct conf_at list)
{
    size_t count;

    if (!conf_is_there(list))
        return;
    count = profile_list_length(draft, list, "states", PROFILE_STATES_MAX);
    for (size_t i = 0; i < count; i++)
        read_state(draft, conf_element(list, i));
}
