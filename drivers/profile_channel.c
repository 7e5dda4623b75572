/* Reads the channels of a profile. */
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "drivers/profile_parts.h"

const char *const profile_types[] = {"int16",  "uint16",  "int32", "uint32", "float32", "int64",
                                     "uint64", "float64", "bcd16", "bcd32",  "bit",     NULL};

/* One element of `channels`, in the widths the table reader fills. */
struct channel_row {
    char parameter[NAME_SIZE];
    char suffix[NAME_SIZE];
    char unit[16];
    char title[64];
    char manual[24];
    char absent[32]; /* taken only to be known; read_absent() reads it */
    struct address_row where;
    int type, order;
    double scale, offset;
    double absent_number; /* as `absent` */
};

#define C_AT(member)   offsetof(struct channel_row, member)
#define C_ROOM(member) sizeof(((struct channel_row *)NULL)->member)
#define COUNT(keys)    (sizeof(keys) / sizeof(keys)[0])

/* clang-format off */
static const struct conf_key channel_keys[] = {
    ADDRESS_KEYS(struct channel_row),
    {"word_order", CONF_CHOICE, false, C_AT(order), 0, 0, 0, NULL, profile_orders,
     "本通道的字节顺序", "how the bytes of this value are laid out"},
    {"absent", CONF_INNER, false, C_AT(absent), C_ROOM(absent), 0, 0, NULL, NULL,
     "表示“没有测量”的原始值", "raw words that mean \"no measurement\""},
    {"parameter", CONF_TEXT, true, C_AT(parameter), C_ROOM(parameter), 0, 0, NULL, NULL,
     "监测因子，见 parameters.conf", "the parameter, a key of parameters.conf"},
    {"suffix", CONF_NAME, false, C_AT(suffix), 0, 0, 0, NULL, NULL,
     "同一因子有几个通道时的后缀", "tells several channels of one parameter apart"},
    {"unit", CONF_TEXT, true, C_AT(unit), C_ROOM(unit), 0, 0, NULL, NULL,
     "换算后的单位", "unit of the decoded value"},
    {"title", CONF_TEXT, false, C_AT(title), C_ROOM(title), 0, 0, "", NULL,
     "厂家的叫法", "the maker's name for it"},
    {"type", CONF_CHOICE, true, C_AT(type), 0, 0, 0, NULL, profile_types,
     "类型", "the type"},
    {"scale", CONF_NUMBER, false, C_AT(scale), 0, -1e12, 1e12, "1", NULL,
     "值 = 原始值 × scale + offset", "value = raw x scale + offset"},
    {"offset", CONF_NUMBER, false, C_AT(offset), 0, -1e12, 1e12, "0", NULL,
     "见 scale", "see scale"},
    {"valid", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL,
     "量程 [最小, 最大]", "the span [least, most]"},
    {"bits", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "只取这几位 [最低位, 最高位]", "only these bits, [lowest, highest]"},
    {"decimals_register", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "说明有几位小数的寄存器", "the register that says how many decimals"},
    {"unit_register", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "说明当前单位的寄存器", "the register that says the unit"},
    {"absent_register", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "存放“没有测量”标志值的寄存器", "the register that holds the mark of absence"},
};
/* clang-format on */

enum { ORDER_ROW = ADDRESS_ROWS, ABSENT_ROW, CHANNEL_KEYS = COUNT(channel_keys) };

/* Units people write with the keys they have. */
static const char *unit_as_ours(const char *written)
{
    static const struct {
        const char *written, *ours;
    } spellings[] = {
        {"degC",    "°C"    },
        {"C",       "°C"    },
        {"℃",     "°C"    },
        {"deg",     "°"     },
        {"uS/cm",   "µS/cm" },
        {"μS/cm",  "µS/cm" },
        {"ug/m3",   "µg/m³"},
        {"µg/m3",  "µg/m³"},
        {"μg/m³", "µg/m³"},
        {"mg/m3",   "mg/m³" },
        {"ug/L",    "µg/L"  },
        {"μg/L",   "µg/L"  },
        {"m3/h",    "m³/h"  },
        {"m3/s",    "m³/s"  },
        {"pH",      ""       },
        {"%RH",     "%"      },
        {"dBA",     "dB"     },
        {"dB(A)",   "dB"     },
    };

    for (size_t i = 0; i < COUNT(spellings); i++)
        if (strcmp(written, spellings[i].written) == 0)
            return spellings[i].ours;
    return written;
}

static bool check_unit(struct profile_draft *draft, struct conf_at at, const char *written,
                       const struct parameter *parameter)
{
    if (strcmp(unit_as_ours(written), unit_as_ours(parameter->unit)) == 0)
        return true;
    return conf_complain(draft->faults, profile_place(at, "unit"), "unit",
                         SAY("%s 以 \"%s\" 存储，这里写的是 \"%s\"；厂家单位不同时用 scale 换算",
                             "%s is stored in \"%s\", not \"%s\"; where the maker's unit differs, "
                             "convert with scale"),
                         parameter->key, parameter->unit, written);
}

static const struct parameter *find_parameter(struct profile_draft *draft, struct conf_at at,
                                              const char *key)
{
    const struct parameter *parameter = parameter_find(draft->parameters, key);
    const char *nearest = parameter_nearest(draft->parameters, key);

    if (parameter == NULL && nearest != NULL)
        conf_complain(draft->faults, profile_place(at, "parameter"), "parameter",
                      SAY("parameters.conf 里没有 \"%s\"，是否想写 \"%s\"？",
                          "\"%s\" is not in parameters.conf, did you mean \"%s\"?"),
                      key, nearest);
    else if (parameter == NULL)
        conf_complain(draft->faults, profile_place(at, "parameter"), "parameter",
                      SAY("parameters.conf 里没有 \"%s\"", "\"%s\" is not in parameters.conf"),
                      key);
    return parameter;
}

static bool read_valid(struct profile_draft *draft, struct conf_at group, struct channel *channel)
{
    struct conf_at at = conf_member(group, "valid");

    if (!conf_is_there(at))
        return false; /* the table has said so */
    if (conf_is_list(at) && conf_length(at) == 2 &&
        conf_number(conf_element(at, 0), &channel->valid_min) &&
        conf_number(conf_element(at, 1), &channel->valid_max) &&
        channel->valid_min < channel->valid_max)
        return true;
    return conf_complain(draft->faults, at, "valid",
                         SAY("应为 [最小, 最大]，最小在前且小于最大",
                             "must be [least, most], the least first and smaller"));
}

/* What the table cannot know: that the parts of a channel fit each other. */
static bool check_channel(struct profile_draft *draft, struct conf_at at,
                          const struct channel *channel, bool order_is_given)
{
    unsigned words = channel_word_count(channel);

    if ((channel->type == WORDS_BIT) != area_is_bits(channel->area))
        return conf_complain(draft->faults, profile_place(at, "type"), "type",
                             SAY("bit 只在 coil 和 discrete 区，那里也只有 bit",
                                 "coil and discrete hold bits, and only they do"));
    if (channel->address + words > 65536)
        return conf_complain(
            draft->faults, profile_place(at, "address"), "address",
            SAY("它要 %u 个寄存器，超出了 65535", "it takes %u registers and goes beyond 65535"),
            words);
    if ((int)words > draft->profile->max_registers)
        return conf_complain(draft->faults, profile_place(at, "type"), "type",
                             SAY("它要 %u 个寄存器，而 max_registers 是 %d",
                                 "it takes %u registers, and max_registers is %d"),
                             words, draft->profile->max_registers);
    if (words > 1 && !order_is_given)
        return conf_complain(
            draft->faults, profile_place(at, "word_order"), "word_order",
            SAY("%u 个寄存器的值必须写明字节顺序（ABCD、BADC、CDAB 或 DCBA），不猜",
                "a value of %u registers must say its order (ABCD, BADC, CDAB or "
                "DCBA): it is never guessed"),
            words);
    if (channel->scale.digits == 0)
        return conf_complain(draft->faults, profile_place(at, "scale"), "scale",
                             SAY("不能是 0：每个值都会变成一样", "must not be 0: every value would "
                                                                 "be the same"));
    return true;
}

/* Bits of the same value that are not each other's. */
static bool fields_differ(const struct channel *one, const struct channel *other)
{
    return one->is_field && other->is_field && one->address == other->address &&
           one->type == other->type && one->order == other->order &&
           (one->high < other->low || other->high < one->low);
}

static bool channels_overlap(const struct channel *one, const struct channel *other)
{
    if (fields_differ(one, other))
        return false;
    return one->area == other->area && one->address < other->address + channel_word_count(other) &&
           other->address < one->address + channel_word_count(one);
}

static bool check_against_others(struct profile_draft *draft, struct conf_at at,
                                 const struct channel *channel)
{
    const struct profile *profile = draft->profile;

    for (size_t i = 0; i < profile->channel_count; i++) {
        const struct channel *other = &profile->channels[i];

        if (strcmp(other->name, channel->name) == 0)
            return conf_complain(draft->faults, profile_place(at, "parameter"), "parameter",
                                 SAY("已有通道 %s；第二个要有 suffix",
                                     "there is a channel %s already; the second needs a suffix"),
                                 channel->name);
        if (channels_overlap(channel, other))
            return conf_complain(draft->faults, profile_place(at, "address"), "address",
                                 SAY("与 %s 的寄存器重叠", "shares a register with %s"),
                                 other->name);
    }
    return true;
}

static void channel_from_row(struct channel *channel, const struct channel_row *row,
                             struct place place, const struct parameter *parameter)
{
    *channel = (struct channel){
        .parameter = parameter,
        .area = place.area,
        .address = place.address,
        .type = (enum word_type)row->type,
        .order = (enum word_order)row->order,
        .scale = decimal_from_double(row->scale),
        .offset = decimal_from_double(row->offset),
    };
    snprintf(channel->name, sizeof channel->name, "%s%s%s", row->parameter,
             row->suffix[0] == '\0' ? "" : ".", row->suffix);
    snprintf(channel->title, sizeof channel->title, "%s", row->title);
    snprintf(channel->manual, sizeof channel->manual, "%s", row->manual);
}

/* `absent` may be a text, a number or a list of them, and a table row has one type: the one that
 * stands here. */
static bool read_row(struct profile_draft *draft, struct conf_at at, struct channel_row *row,
                     struct place *place, bool *order_is_given)
{
    struct conf_at absent = conf_member(at, "absent");
    struct conf_key keys[CHANNEL_KEYS];
    uint64_t seen = 0;
    double number;
    bool read;

    memcpy(keys, channel_keys, sizeof keys);
    if (conf_text(absent) != NULL)
        keys[ABSENT_ROW].type = CONF_TEXT;
    else if (conf_number(absent, &number)) {
        keys[ABSENT_ROW].type = CONF_NUMBER;
        keys[ABSENT_ROW].offset = C_AT(absent_number);
    }
    read = conf_read(at, keys, CHANNEL_KEYS, row, &seen, draft->faults);
    *order_is_given = draft->order_is_given || (seen >> ORDER_ROW & 1U) != 0;
    return read && profile_read_place(draft, at, &row->where, seen, place);
}

static void read_channel(struct profile_draft *draft, struct conf_at at)
{
    struct channel_row row = {.where.area = AREA_UNSAID, .scale = 1.0, .order = (int)draft->order};
    const struct parameter *parameter;
    struct channel channel;
    struct place place;
    bool order_is_given;

    if (!read_row(draft, at, &row, &place, &order_is_given))
        return;
    parameter = find_parameter(draft, at, row.parameter);
    if (parameter == NULL)
        return;
    channel_from_row(&channel, &row, place, parameter);
    if (!check_unit(draft, at, row.unit, parameter) || !read_valid(draft, at, &channel) ||
        !check_channel(draft, at, &channel, order_is_given) ||
        !profile_read_field(draft, at, &channel) || !profile_read_absent(draft, at, &channel) ||
        !profile_read_all_beside(draft, at, &channel) || !check_against_others(draft, at, &channel))
        return;
    draft->profile->channels[draft->profile->channel_count++] = channel;
}

size_t profile_list_length(struct profile_draft *draft, struct conf_at list, const char *key,
                           size_t most)
{
    if (!conf_is_list(list)) {
        conf_complain(draft->faults, list, key,
                      SAY("应为列表：( { … }, { … } )", "must be a list: ( { … }, { … } )"));
        return 0;
    }
    if (conf_length(list) <= most)
        return conf_length(list);
    conf_complain(draft->faults, list, key,
                  SAY("最多 %zu 个，这里有 %zu 个", "at most %zu, not %zu"), most,
                  conf_length(list));
    return 0;
}

void profile_read_channels(struct profile_draft *draft, struct conf_at list)
{
    size_t count;

    if (!conf_is_there(list))
        return; /* the table has said so */
    count = profile_list_length(draft, list, "channels", POLL_READINGS_MAX);
    if (conf_is_list(list) && conf_length(list) == 0)
        conf_complain(draft->faults, list, "channels",
                      SAY("至少要有一个通道", "there must be at least one"));
    for (size_t i = 0; i < count; i++)
        read_channel(draft, conf_element(list, i));
}
