/* Reads what a channel says beyond its table: marks of absence, bits, the registers beside it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "drivers/profile_parts.h"
#include "drivers/words.h"

#define COUNT(keys) (sizeof(keys) / sizeof(keys)[0])

/* One of `units`, in the widths the table reader fills. */
struct unit_row {
    int64_t is;
    double scale, offset;
};

/* clang-format off */
static const struct conf_key unit_keys[] = {
    {"is", CONF_INT, true, offsetof(struct unit_row, is), 0, 0, 65535, NULL, NULL,
     "单位号", "the number of the unit"},
    {"scale", CONF_NUMBER, false, offsetof(struct unit_row, scale), 0, -1e12, 1e12, "1", NULL,
     "换算成因子的单位：× scale + offset", "into the parameter's unit: x scale + offset"},
    {"offset", CONF_NUMBER, false, offsetof(struct unit_row, offset), 0, -1e12, 1e12, "0", NULL,
     "见 scale", "see scale"},
};
/* clang-format on */

/* Manuals also print the marks of a signed value without its sign: 65535 for -1. */
static bool mark_of_number(enum word_type type, double number, uint64_t *raw)
{
    if (words_of_number(type, number, raw))
        return true;
    if (type == WORDS_INT16)
        return words_of_number(WORDS_UINT16, number, raw);
    return type == WORDS_INT32 && words_of_number(WORDS_UINT32, number, raw);
}

static bool mark_fits_field(const struct channel *channel, uint64_t raw)
{
    return !channel->is_field || raw >> (channel->high - channel->low) <= 1;
}

/* "0xFFFF" is raw bits; a number, quoted or not, is what the type makes of it. */
static bool read_mark(const struct channel *channel, struct conf_at at, uint64_t *raw)
{
    const char *words = conf_text(at);
    double number;

    if (words == NULL)
        return conf_number(at, &number) && mark_of_number(channel->type, number, raw);
    if (strncmp(words, "0x", 2) == 0) {
        size_t digits = strspn(words + 2, "0123456789abcdefABCDEF");

        *raw = strtoull(words + 2, NULL, 16);
        return digits > 0 && digits <= (size_t)4 * channel_word_count(channel) &&
               words[2 + digits] == '\0';
    }
    return number_parse(words, &number) && mark_of_number(channel->type, number, raw);
}

bool profile_read_absent(struct profile_draft *draft, struct conf_at group, struct channel *channel)
{
    struct conf_at at = conf_member(group, "absent");
    size_t count = conf_is_list(at) ? conf_length(at) : 1;

    if (!conf_is_there(at))
        return true;
    if (channel->type == WORDS_BIT)
        return conf_complain(draft->faults, at, "absent",
                             SAY("一个位没有“无测量”的写法", "a bit has no absent mark"));
    if (count > CHANNEL_ABSENT_MAX)
        return conf_complain(draft->faults, at, "absent", SAY("最多 %d 个", "at most %d"),
                             (int)CHANNEL_ABSENT_MAX);
    for (size_t i = 0; i < count; i++)
        if (!read_mark(channel, conf_is_list(at) ? conf_element(at, i) : at, &channel->absent[i]) ||
            !mark_fits_field(channel, channel->absent[i]))
            return conf_complain(
                draft->faults, at, "absent",
                SAY("%s%s 装不下：应为 \"0x…\"（原始位）或该类型的数",
                    "does not fit %s%s: \"0x…\" (raw bits) or a number of that type"),
                profile_types[channel->type], channel->is_field ? " bits" : "");
    channel->absent_count = (unsigned)count;
    return true;
}

static bool type_is_unsigned(enum word_type type)
{
    return type == WORDS_UINT16 || type == WORDS_UINT32 || type == WORDS_UINT64;
}

bool profile_read_field(struct profile_draft *draft, struct conf_at group, struct channel *channel)
{
    struct conf_at at = conf_member(group, "bits");
    int64_t most = 16 * (int64_t)channel_word_count(channel) - 1;
    int64_t low;
    int64_t high;

    if (!conf_is_there(at))
        return true;
    if (!type_is_unsigned(channel->type))
        return conf_complain(draft->faults, at, "bits",
                             SAY("位段只能取自 uint16、uint32 或 uint64，这里是 %s",
                                 "bits are taken from uint16, uint32 or uint64, not from %s"),
                             profile_types[channel->type]);
    if (!conf_is_list(at) || conf_length(at) != 2 || !conf_int(conf_element(at, 0), &low) ||
        !conf_int(conf_element(at, 1), &high) || low < 0 || low > high || high > most)
        return conf_complain(draft->faults, at, "bits",
                             SAY("应为 [最低位, 最高位]，0 到 %d，低位在前",
                                 "must be [lowest, highest], from 0 to %d, the lowest first"),
                             (int)most);
    channel->is_field = true;
    channel->low = (uint8_t)low;
    channel->high = (uint8_t)high;
    return true;
}

static bool read_unit(struct profile_draft *draft, struct conf_at at, struct channel *channel)
{
    struct unit_row row = {0};

    if (!conf_is_group(at))
        return conf_complain(draft->faults, at, "units",
                             SAY("应为 { is = 117; scale = 1; }", "must be { is = 117; scale = 1; "
                                                                  "}"));
    if (!conf_read(at, unit_keys, COUNT(unit_keys), &row, NULL, draft->faults))
        return false;
    if (row.scale == 0.0)
        return conf_complain(
            draft->faults, profile_place(at, "scale"), "scale",
            SAY("不能是 0：每个值都会变成一样", "must not be 0: every value would be the same"));
    for (unsigned i = 0; i < channel->unit_count; i++)
        if (channel->units[i].is == row.is)
            return conf_complain(draft->faults, profile_place(at, "is"), "is",
                                 SAY("单位号 %u 写了两次", "the unit %u stands here twice"),
                                 (unsigned)row.is);
    if ((row.is & channel->unit_setting.mask >> channel->unit_setting.shift) != row.is)
        return conf_complain(
            draft->faults, profile_place(at, "is"), "is",
            SAY("有 mask 之外的位，永远不会出现", "has bits outside the mask, so it can never be"));
    channel->units[channel->unit_count++] = (struct unit_scale){
        (uint16_t)row.is, decimal_from_double(row.scale), decimal_from_double(row.offset)};
    return true;
}

static bool read_units(struct profile_draft *draft, struct conf_at group, struct channel *channel)
{
    struct conf_at setting = conf_member(group, "unit_register");
    struct conf_at list = conf_member(setting, "units");
    size_t count;

    if (!channel->unit_setting.is_there)
        return true;
    if (!conf_is_there(list) || (conf_is_list(list) && conf_length(list) == 0))
        return conf_complain(
            draft->faults, profile_place(setting, "units"), "units",
            SAY("要写出每个单位号：units = ( { is = 117; scale = 1; }, { is = 118; scale = 0.001; "
                "} )",
                "must say each unit: units = ( { is = 117; scale = 1; }, { is = 118; scale = "
                "0.001; } )"));
    if (!conf_is_list(list) || conf_length(list) > CHANNEL_UNITS_MAX) {
        profile_list_length(draft, list, "units", CHANNEL_UNITS_MAX);
        return false;
    }
    count = conf_length(list);
    for (size_t i = 0; i < count; i++)
        if (!read_unit(draft, conf_element(list, i), channel))
            return false;
    return true;
}

bool profile_read_all_beside(struct profile_draft *draft, struct conf_at group,
                             struct channel *channel)
{
    if (!profile_read_beside(draft, group, "decimals_register", BESIDE_NUMBER,
                             &channel->decimals) ||
        !profile_read_beside(draft, group, "unit_register", BESIDE_UNIT, &channel->unit_setting) ||
        !profile_read_beside(draft, group, "absent_register", BESIDE_VALUE,
                             &channel->absent_register) ||
        !read_units(draft, group, channel))
        return false;
    if (channel->decimals.is_there &&
        (words_are_float(channel->type) || channel->type == WORDS_BIT))
        return conf_complain(draft->faults, profile_place(group, "decimals_register"),
                             "decimals_register",
                             SAY("只对整数和 BCD 有意义，%s 自带小数",
                                 "is for whole numbers and BCD; a %s has decimals of its own"),
                             profile_types[channel->type]);
    if (channel->absent_register.is_there && (channel->type == WORDS_BIT || channel->is_field))
        return conf_complain(draft->faults, profile_place(group, "absent_register"),
                             "absent_register", SAY("不能用于位或位段", "is not for bits"));
    if (channel->absent_register.is_there &&
        channel->absent_register.address + channel_word_count(channel) > 65536)
        return conf_complain(draft->faults, profile_place(group, "absent_register"),
                             "absent_register",
                             SAY("它的寄存器超出了 65535", "its registers go beyond 65535"));
    return true;
}
