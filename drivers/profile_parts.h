/* profile_parts.h - what the files behind profile.h share; nobody else includes it. */
#ifndef DRIVERS_PROFILE_PARTS_H
#define DRIVERS_PROFILE_PARTS_H

#include "drivers/profile.h"

/* One profile while it is being read. */
struct profile_draft {
    struct profile *profile;
    const struct parameters *parameters;
    struct conf_faults *faults;
    bool order_is_given; /* `word_order` stands at the top of the file */
    enum word_order order;
};

/* The words of `area`, `type` and `word_order` in a file, in the order of their enums; the types
 * end where a channel's do, before WORDS_STRING. */
extern const char *const profile_areas[];
extern const char *const profile_types[];
extern const char *const profile_orders[];

/* Where a register stands, as it is written; AREA_UNSAID before `area` was read. */
enum { AREA_UNSAID = -1 };
struct address_row {
    int area;
    int64_t address; /* from 0 */
    int64_t number;  /* `register`: from 1 */
    char reference[8];
};

struct place {
    enum register_area area;
    uint16_t address;
};

/* The rows a table begins with whose groups hold an address, for a struct with `where` and
 * `manual`; and their bits in `seen`. */
enum { ADDRESS_ROWS = 5 };
#define SEEN_AREA      ((uint64_t)1 << 0)
#define SEEN_ADDRESS   ((uint64_t)1 << 1)
#define SEEN_REGISTER  ((uint64_t)1 << 2)
#define SEEN_REFERENCE ((uint64_t)1 << 3)

/* clang-format off */
#define ADDRESS_KEYS(row)                                                                          \
    {"area", CONF_CHOICE, false, offsetof(row, where.area), 0, 0, 0, NULL, profile_areas,          \
     "寄存器区", "the area"},                                                                      \
    {"address", CONF_INT, false, offsetof(row, where.address), 0, 0, 65535, NULL, NULL,            \
     "协议地址，从 0 起", "protocol address, counted from 0"},                                     \
    {"register", CONF_INT, false, offsetof(row, where.number), 0, 1, 65536, NULL, NULL,            \
     "从 1 起数的编号", "its number, counted from 1"},                                             \
    {"reference", CONF_TEXT, false, offsetof(row, where.reference),                                \
     sizeof(((row *)NULL)->where.reference), 0, 0, NULL, NULL,                                     \
     "带区号的编号，如 \"40001\"", "its number with the area in it, such as \"40001\""},          \
    {"manual", CONF_TEXT, false, offsetof(row, manual), sizeof(((row *)NULL)->manual), 0, 0, "",   \
     NULL, "说明书上的编号", "the number the maker prints"}
/* clang-format on */

/* Complains, and gives false, where there is not exactly one way or no area. A row whose area has a
 * default brings it in `row->area`. */
bool profile_read_place(struct profile_draft *draft, struct conf_at at,
                        const struct address_row *row, uint64_t seen, struct place *place);

/* What stands beside a channel: with a mask and a shift, with units too, or as a whole value. */
enum beside_kind { BESIDE_NUMBER, BESIDE_UNIT, BESIDE_VALUE };
bool profile_read_beside(struct profile_draft *draft, struct conf_at channel, const char *key,
                         enum beside_kind kind, struct beside *beside);

/* Fills the profile's channels, states and identity. Everything wrong is complained about. */
void profile_read_channels(struct profile_draft *draft, struct conf_at list);
void profile_read_states(struct profile_draft *draft, struct conf_at list);
void profile_read_identity(struct profile_draft *draft, struct conf_at list);

/* The parts of a channel that a table cannot read: its marks, its bits, what stands beside it. */
bool profile_read_absent(struct profile_draft *draft, struct conf_at group,
                         struct channel *channel);
bool profile_read_field(struct profile_draft *draft, struct conf_at group, struct channel *channel);
bool profile_read_all_beside(struct profile_draft *draft, struct conf_at group,
                             struct channel *channel);

/* How many elements of a list there are to read: 0, with a complaint, when it is no list or longer
 * than `most`. */
size_t profile_list_length(struct profile_draft *draft, struct conf_at list, const char *key,
                           size_t most);

/* The protocol address of a number as manuals print it, "40101" (or "400101") in the holding area;
 * false when it is not of that form. */
bool profile_manual_address(enum register_area area, const char *manual, long *address);
/* The same, where the area follows from the first digit. */
bool profile_reference(const char *reference, enum register_area *area, long *address);

/* Replays every proof of a profile that is otherwise right, and complains where what comes out is
 * not what the proof says, and about channels no proof speaks of. */
void profile_prove(const struct profile *profile, struct conf_at root, struct conf_faults *faults);

/* What the device of one proof sent. */
enum { PROOF_BLOCKS_MAX = 32 };
struct proof_wire {
    struct block blocks[PROOF_BLOCKS_MAX];
    size_t count;
    uint8_t bytes[POLL_RAW_MAX];
    size_t used;
};

/* False, with every complaint, when the proof's lists cannot be laid out. */
bool profile_wire_lay_out(struct proof_wire *wire, const struct profile *profile,
                          struct conf_at proof, struct conf_faults *faults);
/* What the item says there; false when its registers are not laid out. */
bool profile_wire_identity(const struct proof_wire *wire, const struct identity_item *item,
                           char *out);

/* Where a complaint about `key` of this group belongs: at the key, or at the group that lacks it.
 */
static inline struct conf_at profile_place(struct conf_at group, const char *key)
{
    struct conf_at at = conf_member(group, key);

    return conf_is_there(at) ? at : group;
}

/* Whether addresses of this area are single bits. */
static inline bool area_is_bits(enum register_area area)
{
    return area == AREA_COIL || area == AREA_DISCRETE_INPUT;
}

#endif
