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
    char channel[CHANNEL_SIZE];
    char manual[24];
    int area, quality;
    int64_t address, mask, equals;
};

#define S_AT(member)   offsetof(struct state_row, member)
#define S_ROOM(member) sizeof(((struct state_row *)NULL)->member)
#define COUNT(keys)    (sizeof(keys) / sizeof(keys)[0])

/* clang-format off */
static const struct conf_key state_keys[] = {
    {"equals", CONF_INT, false, S_AT(equals), 0, 0, 65535, NULL, NULL,
     "屏蔽后等于它时成立", "holds when the masked word equals it"},
    {"mask", CONF_INT, false, S_AT(mask), 0, 0, 65535, NULL, NULL,
     "要看的位，默认全部", "the bits that count, default all"},
    {"channel", CONF_TEXT, false, S_AT(channel), S_ROOM(channel), 0, 0, "", NULL,
     "只对这个通道", "for this channel only"},
    {"area", CONF_CHOICE, true, S_AT(area), 0, 0, 0, NULL, profile_areas,
     "寄存器区", "the area"},
    {"address", CONF_INT, true, S_AT(address), 0, 0, 65535, NULL, NULL,
     "协议地址，从 0 起", "protocol address, counted from 0"},
    {"quality", CONF_CHOICE, true, S_AT(quality), 0, 0, 0, NULL, letters,
     "数据标记", "the letter of HJ 212"},
    {"manual", CONF_TEXT, false, S_AT(manual), S_ROOM(manual), 0, 0, "", NULL,
     "说明书上的编号", "the number the maker prints"},
};
/* clang-format on */

enum { SEEN_EQUALS = 1U << 0, SEEN_MASK = 1U << 1 }; /* the first rows */

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
    if (state->has_equals && (state->equals & ~state->mask) != 0)
        return conf_complain(draft->faults, profile_place(at, "equals"), "equals",
                             SAY("有 mask 之外的位，永远不会成立",
                                 "has bits outside the mask, so it can never hold"));
    return true;
}

static void read_state(struct profile_draft *draft, struct conf_at at)
{
    struct state_row row = {.mask = 0};
    struct state state;
    uint64_t seen = 0;

    if (!conf_read(at, state_keys, COUNT(state_keys), &row, &seen, draft->faults))
        return;
    if ((seen & SEEN_MASK) == 0)
        row.mask = area_is_bits((enum register_area)row.area) ? 1 : 0xFFFF;
    state = (struct state){
        .area = (enum register_area)row.area,
        .address = (uint16_t)row.address,
        .mask = (uint16_t)row.mask,
        .has_equals = (seen & SEEN_EQUALS) != 0,
        .equals = (uint16_t)row.equals,
        .quality = letter_qualities[row.quality],
    };
    snprintf(state.channel, sizeof state.channel, "%s", row.channel);
    snprintf(state.manual, sizeof state.manual, "%s", row.manual);
    if (check_state(draft, at, &state))
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
