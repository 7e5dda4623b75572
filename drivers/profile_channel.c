/* Reads the channels of a profile. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "drivers/profile_parts.h"

static const char *const types[] = {"int16", "uint16", "int32", "uint32", "float32", "bit", NULL};

/* One element of `channels`, in the widths the table reader fills. */
struct channel_row {
    char parameter[NAME_SIZE];
    char suffix[NAME_SIZE];
    char unit[16];
    char title[64];
    char manual[24];
    char absent[32]; /* taken only to be known; read_absent() reads it */
    int area, type, order;
    int64_t address;
    double scale, offset;
    double absent_number; /* as `absent` */
};

#define C_AT(member)   offsetof(struct channel_row, member)
#define C_ROOM(member) sizeof(((struct channel_row *)NULL)->member)
#define COUNT(keys)    (sizeof(keys) / sizeof(keys)[0])

/* clang-format off */
static const struct conf_key channel_keys[] = {
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
    {"area", CONF_CHOICE, true, C_AT(area), 0, 0, 0, NULL, profile_areas,
     "寄存器区", "the area"},
    {"address", CONF_INT, true, C_AT(address), 0, 0, 65535, NULL, NULL,
     "协议地址，从 0 起", "protocol address, counted from 0"},
    {"type", CONF_CHOICE, true, C_AT(type), 0, 0, 0, NULL, types,
     "类型", "the type"},
    {"scale", CONF_NUMBER, false, C_AT(scale), 0, -1e12, 1e12, "1", NULL,
     "值 = 原始值 × scale + offset", "value = raw x scale + offset"},
    {"offset", CONF_NUMBER, false, C_AT(offset), 0, -1e12, 1e12, "0", NULL,
     "见 scale", "see scale"},
    {"valid", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL,
     "量程 [最小, 最大]", "the span [least, most]"},
    {"manual", CONF_TEXT, false, C_AT(manual), C_ROOM(manual), 0, 0, "", NULL,
     "说明书上的编号", "the number the maker prints"},
};
/* clang-format on */

enum { SEEN_ORDER = 1U << 0, ABSENT_ROW = 1, CHANNEL_KEYS = COUNT(channel_keys) };

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

/* The bits a device sends for this number; false when the type cannot hold it. */
static bool raw_of_number(const struct channel *channel, double number, uint32_t *raw)
{
    bool is_short = channel_word_count(channel) == 1;
    double least = is_short ? -32768.0 : -2147483648.0;
    double most = is_short ? 65535.0 : 4294967295.0;

    if (channel->type == WORDS_FLOAT32) {
        float value = fabs(number) > FLT_MAX ? 0.0F : (float)number;

        memcpy(raw, &value, sizeof *raw);
        return fabs(number) <= FLT_MAX;
    }
    if (channel->type == WORDS_UINT16 || channel->type == WORDS_UINT32)
        least = 0.0;
    if (number < least || number > most || number != rint(number))
        return false;
    *raw = (uint32_t)(int64_t)number & (is_short ? 0xFFFFU : 0xFFFFFFFFU);
    return true;
}

/* "0xFFFF" is raw bits; a number, quoted or not, is what the type makes of it. */
static bool read_mark(const struct channel *channel, struct conf_at at, uint32_t *raw)
{
    const char *words = conf_text(at);
    double number;

    if (words == NULL)
        return conf_number(at, &number) && raw_of_number(channel, number, raw);
    if (strncmp(words, "0x", 2) == 0) {
        size_t digits = strspn(words + 2, "0123456789abcdefABCDEF");

        *raw = (uint32_t)strtoul(words + 2, NULL, 16);
        return digits > 0 && digits <= (size_t)4 * channel_word_count(channel) &&
               words[2 + digits] == '\0';
    }
    return number_parse(words, &number) && raw_of_number(channel, number, raw);
}

static bool read_absent(struct profile_draft *draft, struct conf_at group, struct channel *channel)
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
        if (!read_mark(channel, conf_is_list(at) ? conf_element(at, i) : at, &channel->absent[i]))
            return conf_complain(
                draft->faults, at, "absent",
                SAY("%s 装不下：应为 \"0x…\"（原始位）或该类型的数",
                    "does not fit %s: \"0x…\" (raw bits) or a number of that type"),
                types[channel->type]);
    channel->absent_count = (unsigned)count;
    return true;
}

bool profile_manual_address(enum register_area area, const char *manual, long *address)
{
    static const char lead[] = {[AREA_COIL] = '0',
                                [AREA_DISCRETE_INPUT] = '1',
                                [AREA_INPUT_REGISTER] = '3',
                                [AREA_HOLDING_REGISTER] = '4'};
    size_t digits = strspn(manual, "0123456789");

    if ((digits != 5 && digits != 6) || manual[digits] != '\0' || manual[0] != lead[area])
        return false;
    *address = strtol(manual + 1, NULL, 10) - 1;
    return *address >= 0 && *address <= 65535;
}

/* A number as manuals print it, 40101, written for the address 100. A device that really answers at
 * 40101 says so by a `manual` of another form. */
static bool check_counting(struct profile_draft *draft, struct conf_at at,
                           const struct channel *channel)
{
    char written[8];
    long address;
    long of_manual;

    snprintf(written, sizeof written, "%u", (unsigned)channel->address);
    if (channel->area == AREA_COIL || !profile_manual_address(channel->area, written, &address))
        return true;
    if (channel->manual[0] != '\0' &&
        !profile_manual_address(channel->area, channel->manual, &of_manual))
        return true;
    return conf_complain(
        draft->faults, profile_place(at, "address"), "address",
        SAY("地址从 0 起数：说明书上的 %s 是地址 %ld；设备的协议地址确为 %s 时，写明 "
            "manual = \"protocol address %s\";",
            "address counts from 0: manual %s is address %ld; where %s is the "
            "protocol address, say manual = \"protocol address %s\";"),
        written, address, written, written);
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
        return conf_complain(draft->faults, profile_place(at, "address"), "address",
                             SAY("两个寄存器超出了 65535", "its second register is beyond 65535"));
    if ((int)words > draft->profile->max_registers)
        return conf_complain(draft->faults, profile_place(at, "type"), "type",
                             SAY("它要 2 个寄存器，而 max_registers 是 1",
                                 "it takes 2 registers, and max_registers is 1"));
    if (words == 2 && !order_is_given)
        return conf_complain(draft->faults, profile_place(at, "word_order"), "word_order",
                             SAY("两个寄存器的值必须写明字节顺序（ABCD、BADC、CDAB 或 DCBA），不猜",
                                 "a value of two registers must say its order (ABCD, BADC, CDAB or "
                                 "DCBA): it is never guessed"));
    if (channel->scale.digits == 0)
        return conf_complain(draft->faults, profile_place(at, "scale"), "scale",
                             SAY("不能是 0：每个值都会变成一样", "must not be 0: every value would "
                                                                 "be the same"));
    return true;
}

static bool channels_overlap(const struct channel *one, const struct channel *other)
{
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
                             const struct parameter *parameter)
{
    *channel = (struct channel){
        .parameter = parameter,
        .area = (enum register_area)row->area,
        .address = (uint16_t)row->address,
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
                     bool *order_is_given)
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
    *order_is_given = draft->order_is_given || (seen & SEEN_ORDER) != 0;
    return read;
}

static void read_channel(struct profile_draft *draft, struct conf_at at)
{
    struct channel_row row = {.scale = 1.0, .order = (int)draft->order};
    const struct parameter *parameter;
    struct channel channel;
    bool order_is_given;

    if (!read_row(draft, at, &row, &order_is_given))
        return;
    parameter = find_parameter(draft, at, row.parameter);
    if (parameter == NULL)
        return;
    channel_from_row(&channel, &row, parameter);
    if (!check_unit(draft, at, row.unit, parameter) || !read_valid(draft, at, &channel) ||
        !check_channel(draft, at, &channel, order_is_given) ||
        !check_counting(draft, at, &channel) || !read_absent(draft, at, &channel) ||
        !check_against_others(draft, at, &channel))
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
