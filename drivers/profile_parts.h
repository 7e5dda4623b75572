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

/* The words of `area`, `type` and `word_order` in a file, in the order of their enums. */
extern const char *const profile_areas[];
extern const char *const profile_orders[];

/* Fills the profile's channels and states. Everything wrong is complained about. */
void profile_read_channels(struct profile_draft *draft, struct conf_at list);
void profile_read_states(struct profile_draft *draft, struct conf_at list);

/* How many elements of a list there are to read: 0, with a complaint, when it is no list or longer
 * than `most`. */
size_t profile_list_length(struct profile_draft *draft, struct conf_at list, const char *key,
                           size_t most);

/* The protocol address of a number as manuals print it, "40101" (or "400101") in the holding area;
 * false when it is not of that form. */
bool profile_manual_address(enum register_area area, const char *manual, long *address);

/* Replays every proof of a profile that is otherwise right, and complains where what comes out is
 * not what the proof says, and about channels no proof speaks of. */
void profile_prove(const struct profile *profile, struct conf_at root, struct conf_faults *faults);

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
