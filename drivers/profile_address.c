/* Reads where a register stands: a protocol address, a number counted from 1, or a number with its
 * area in the first digit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "drivers/profile_parts.h"

static const char lead[] = {[AREA_COIL] = '0',
                            [AREA_DISCRETE_INPUT] = '1',
                            [AREA_INPUT_REGISTER] = '3',
                            [AREA_HOLDING_REGISTER] = '4'};

bool profile_manual_address(enum register_area area, const char *manual, long *address)
{
    size_t digits = strspn(manual, "0123456789");

    if ((digits != 5 && digits != 6) || manual[digits] != '\0' || manual[0] != lead[area])
        return false;
    *address = strtol(manual + 1, NULL, 10) - 1;
    return *address >= 0 && *address <= 65535;
}

bool profile_reference(const char *reference, enum register_area *area, long *address)
{
    for (enum register_area one = AREA_COIL; one <= AREA_HOLDING_REGISTER; one++)
        if (profile_manual_address(one, reference, address)) {
            *area = one;
            return true;
        }
    return false;
}

/* A number as manuals print it, 40101, written for the address 100. A device that really answers at
 * 40101 says so by a `manual` of another form. */
static bool check_counting(struct profile_draft *draft, struct conf_at at, enum register_area area,
                           int64_t protocol_address)
{
    const char *manual = conf_text(conf_member(at, "manual"));
    char written[8];
    long address;
    long of_manual;

    snprintf(written, sizeof written, "%u", (unsigned)protocol_address);
    if (area == AREA_COIL || !profile_manual_address(area, written, &address))
        return true;
    if (manual != NULL && manual[0] != '\0' && !profile_manual_address(area, manual, &of_manual))
        return true;
    return conf_complain(
        draft->faults, profile_place(at, "address"), "address",
        SAY("地址从 0 起数：说明书上的 %s 是地址 %ld，也可写成 reference = \"%s\"；设备的协议地址"
            "确为 %s 时，写明 manual = \"protocol address %s\";",
            "address counts from 0: manual %s is address %ld; reference = \"%s\" says the same; "
            "where %s is the protocol address, say manual = \"protocol address %s\";"),
        written, address, written, written, written);
}

static bool read_reference(struct profile_draft *draft, struct conf_at at,
                           const struct address_row *row, uint64_t seen, struct place *place)
{
    enum register_area area;
    long address;

    if (!profile_reference(row->reference, &area, &address))
        return conf_complain(
            draft->faults, profile_place(at, "reference"), "reference",
            SAY("应为五位或六位编号，首位是区：\"00001\" 是 coil，\"10001\" 是 discrete，\"30001\" "
                "是 "
                "input，\"40001\" 是 holding；从 1 起数；没有区号的编号用 register",
                "must have five or six digits, the first says the area: \"00001\" a coil, "
                "\"10001\" discrete, \"30001\" input, \"40001\" holding, counted from 1; for a "
                "number without area use register"));
    if ((seen & SEEN_AREA) != 0 && area != (enum register_area)row->area)
        return conf_complain(draft->faults, profile_place(at, "area"), "area",
                             SAY("reference \"%s\" 在 %s 区，这里写的是 %s；可以不写 area",
                                 "reference \"%s\" is in the area %s, not %s; area may be left "
                                 "out"),
                             row->reference, profile_areas[area], profile_areas[row->area]);
    *place = (struct place){area, (uint16_t)address};
    return true;
}

bool profile_read_place(struct profile_draft *draft, struct conf_at at,
                        const struct address_row *row, uint64_t seen, struct place *place)
{
    uint64_t ways = seen & (SEEN_ADDRESS | SEEN_REGISTER | SEEN_REFERENCE);

    if (ways == 0 || (ways & (ways - 1)) != 0)
        return conf_complain(
            draft->faults, at, "address",
            SAY("要写且只写一种：address（协议地址，从 0 起）、register（从 1 起数）或 reference"
                "（\"40001\"）",
                "exactly one of: address (protocol address, from 0), register (counted from 1) or "
                "reference (\"40001\")"));
    if (ways == SEEN_REFERENCE)
        return read_reference(draft, at, row, seen, place);
    if ((seen & SEEN_AREA) == 0 && row->area == AREA_UNSAID)
        return conf_complain(draft->faults, at, "area",
                             SAY("缺少这一项：holding、input、discrete 或 coil（只有 reference "
                                 "自带区号）",
                                 "is missing: holding, input, discrete or coil (only a reference "
                                 "brings its own)"));
    *place = (struct place){(enum register_area)row->area,
                            (uint16_t)(ways == SEEN_REGISTER ? row->number - 1 : row->address)};
    return ways == SEEN_REGISTER || check_counting(draft, at, place->area, row->address);
}

/* A register beside a channel, in the widths the table reader fills. */
struct beside_row {
    struct address_row where;
    char manual[24];
    int64_t mask, shift;
};

/* clang-format off */
static const struct conf_key beside_keys[] = {
    ADDRESS_KEYS(struct beside_row),
    {"mask", CONF_INT, false, offsetof(struct beside_row, mask), 0, 1, 65535, "65535", NULL,
     "要看的位，默认全部", "the bits that count, default all"},
    {"shift", CONF_INT, false, offsetof(struct beside_row, shift), 0, 0, 15, "0", NULL,
     "屏蔽之后右移几位", "how far they are moved down after the mask"},
    {"units", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "每个单位号怎样换算", "what each unit setting does to the number"},
};
/* clang-format on */

bool profile_read_beside(struct profile_draft *draft, struct conf_at channel, const char *key,
                         enum beside_kind kind, struct beside *beside)
{
    struct conf_at at = conf_member(channel, key);
    struct beside_row row = {.where.area = AREA_UNSAID, .mask = 0xFFFF};
    size_t count = sizeof beside_keys / sizeof beside_keys[0];
    uint64_t seen = 0;
    struct place place = {0};

    if (!conf_is_there(at))
        return true;
    if (!conf_is_group(at))
        return conf_complain(draft->faults, at, key,
                             SAY("应为一组设置：{ … }", "must be a group: { … }"));
    if (kind == BESIDE_VALUE) /* no bits of it: only its place and number */
        count = ADDRESS_ROWS;
    else if (kind == BESIDE_NUMBER)
        count--;
    if (!conf_read(at, beside_keys, count, &row, &seen, draft->faults) ||
        !profile_read_place(draft, at, &row.where, seen, &place))
        return false;
    if (area_is_bits(place.area))
        return conf_complain(draft->faults, profile_place(at, "area"), "area",
                             SAY("只能是寄存器：input 或 holding", "must be a register: input or "
                                                                   "holding"));
    if (row.mask >> row.shift == 0)
        return conf_complain(draft->faults, profile_place(at, "shift"), "shift",
                             SAY("把 mask 的位全移走了", "moves every bit of the mask away"));
    *beside = (struct beside){
        true, place.area, place.address, (uint16_t)row.mask, (uint8_t)row.shift, ""};
    snprintf(beside->manual, sizeof beside->manual, "%s", row.manual);
    return true;
}
