/* Reads the identity of a profile: the registers that say which instrument answers. */
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "drivers/identity.h"
#include "drivers/profile_parts.h"
#include "drivers/words.h"

#define COUNT(keys) (sizeof(keys) / sizeof(keys)[0])

static const char *const types[] = {"int16",  "uint16",  "int32", "uint32", "float32", "int64",
                                    "uint64", "float64", "bcd16", "bcd32",  "string",  NULL};
enum { STRING_CHOICE = 10 };

/* One element of `identity`, in the widths the table reader fills. */
struct identity_row {
    struct address_row where;
    char name[NAME_SIZE];
    char expect[IDENTITY_VALUE];
    char manual[24];
    int type, order;
    int64_t words;
};

#define I_AT(member)   offsetof(struct identity_row, member)
#define I_ROOM(member) sizeof(((struct identity_row *)NULL)->member)

/* clang-format off */
static const struct conf_key identity_keys[] = {
    ADDRESS_KEYS(struct identity_row),
    {"word_order", CONF_CHOICE, false, I_AT(order), 0, 0, 0, NULL, profile_orders,
     "字节顺序", "how its bytes are laid out"},
    {"words", CONF_INT, false, I_AT(words), 0, 1, IDENTITY_WORDS_MAX, NULL, NULL,
     "string 占几个寄存器", "registers of a string"},
    {"name", CONF_NAME, true, I_AT(name), 0, 0, 0, NULL, NULL,
     "这一项叫什么，如 serial_number", "what the item is called, such as serial_number"},
    {"type", CONF_CHOICE, true, I_AT(type), 0, 0, 0, NULL, types,
     "类型", "the type"},
    {"expect", CONF_TEXT, false, I_AT(expect), I_ROOM(expect), 0, 0, "", NULL,
     "这种型号应回答什么；不写则记住第一次的回答",
     "what this model answers; without it the first answer is remembered"},
};
/* clang-format on */

#define SEEN_ORDER  ((uint64_t)1 << ADDRESS_ROWS)
#define SEEN_WORDS  (SEEN_ORDER << 1)
#define SEEN_EXPECT (SEEN_ORDER << 4)

static bool check_place(struct profile_draft *draft, struct conf_at at,
                        const struct identity_item *item, bool order_is_given)
{
    if (area_is_bits(item->area))
        return conf_complain(draft->faults, profile_place(at, "area"), "area",
                             SAY("身份只能在寄存器里：input 或 holding",
                                 "an identity stands in registers: input or holding"));
    if (item->address + item->words > 65536)
        return conf_complain(
            draft->faults, profile_place(at, "address"), "address",
            SAY("它要 %u 个寄存器，超出了 65535", "it takes %u registers and goes beyond 65535"),
            (unsigned)item->words);
    if ((int)item->words > draft->profile->max_registers)
        return conf_complain(draft->faults, profile_place(at, "words"), "words",
                             SAY("它要 %u 个寄存器，而 max_registers 是 %d",
                                 "it takes %u registers, and max_registers is %d"),
                             (unsigned)item->words, draft->profile->max_registers);
    if (item->words > 1 && item->type != WORDS_STRING && !order_is_given)
        return conf_complain(
            draft->faults, profile_place(at, "word_order"), "word_order",
            SAY("%u 个寄存器的值必须写明字节顺序（ABCD、BADC、CDAB 或 DCBA），不猜",
                "a value of %u registers must say its order (ABCD, BADC, CDAB or "
                "DCBA): it is never guessed"),
            (unsigned)item->words);
    return true;
}

/* Whether words exist that have this text. */
static bool can_be_expected(const struct identity_item *item)
{
    uint16_t words[CHANNEL_WORDS_MAX];
    uint8_t bytes[2 * CHANNEL_WORDS_MAX];
    char text[IDENTITY_VALUE];
    double number;
    uint64_t raw;

    if (item->type == WORDS_STRING)
        return item->expect[strlen(item->expect) - 1] != ' ';
    if (!number_parse(item->expect, &number))
        return false;
    if (item->type == WORDS_INT64 || item->type == WORDS_UINT64)
        return true; /* a double need not hold it */
    if (!words_of_number(item->type, number, &raw))
        return false;
    words_lay_out(item->type, item->order, raw, words);
    for (unsigned i = 0; i < words_count(item->type); i++) {
        bytes[2 * i] = (uint8_t)(words[i] >> 8);
        bytes[2 * i + 1] = (uint8_t)words[i];
    }
    identity_value(item, bytes, text);
    return strcmp(text, item->expect) == 0;
}

static bool check_item(struct profile_draft *draft, struct conf_at at,
                       const struct identity_item *item, uint64_t seen)
{
    const struct profile *profile = draft->profile;

    for (size_t i = 0; i < profile->identity_count; i++)
        if (strcmp(profile->identity[i].name, item->name) == 0)
            return conf_complain(draft->faults, profile_place(at, "name"), "name",
                                 SAY("已经有名为 %s 的一项", "there is an item %s already"),
                                 item->name);
    if ((item->type == WORDS_STRING) != ((seen & SEEN_WORDS) != 0))
        return conf_complain(draft->faults, profile_place(at, "words"), "words",
                             SAY("string 要写明占几个寄存器（words），其他类型不写",
                                 "a string says how many registers it takes, other types do not"));
    if ((seen & SEEN_EXPECT) != 0 && (item->expect[0] == '\0' || !can_be_expected(item)))
        return conf_complain(draft->faults, profile_place(at, "expect"), "expect",
                             SAY("这种类型永远不会回答 \"%s\"；整数写十进制，不带前导 0",
                                 "this type can never answer \"%s\"; whole numbers are decimal, "
                                 "without leading noughts"),
                             item->expect);
    return true;
}

static void read_item(struct profile_draft *draft, struct conf_at at)
{
    struct identity_row row = {.where.area = AREA_UNSAID, .order = (int)draft->order};
    struct identity_item item;
    struct place place;
    uint64_t seen = 0;

    if (!conf_read(at, identity_keys, COUNT(identity_keys), &row, &seen, draft->faults) ||
        !profile_read_place(draft, at, &row.where, seen, &place))
        return;
    item = (struct identity_item){
        .area = place.area,
        .address = place.address,
        .type = row.type == STRING_CHOICE ? WORDS_STRING : (enum word_type)row.type,
        .order = (enum word_order)row.order,
    };
    item.words = item.type == WORDS_STRING ? (uint16_t)(row.words > 0 ? row.words : 1)
                                           : (uint16_t)words_count(item.type);
    snprintf(item.name, sizeof item.name, "%.23s", row.name);
    snprintf(item.expect, sizeof item.expect, "%s", row.expect);
    snprintf(item.manual, sizeof item.manual, "%s", row.manual);
    if (strlen(row.name) >= sizeof item.name)
        conf_complain(draft->faults, profile_place(at, "name"), "name",
                      SAY("最多 %zu 个字符", "at most %zu characters"), sizeof item.name - 1);
    else if (check_place(draft, at, &item, draft->order_is_given || (seen & SEEN_ORDER) != 0) &&
             check_item(draft, at, &item, seen))
        draft->profile->identity[draft->profile->identity_count++] = item;
}

void profile_read_identity(struct profile_draft *draft, struct conf_at list)
{
    size_t count;

    if (!conf_is_there(list))
        return;
    count = profile_list_length(draft, list, "identity", IDENTITY_ITEMS_MAX);
    for (size_t i = 0; i < count; i++)
        read_item(draft, conf_element(list, i));
}
