/* stored_profile.h - profiles as the store keeps them: what a poll was decoded by, made again from
 * its text, with what the device put over it and the parameters that were in force then.
 *
 * One thread; reads only.
 */
#ifndef RECORD_STORED_PROFILE_H
#define RECORD_STORED_PROFILE_H

#include "drivers/profile.h"
#include "store/reader.h"

struct stored_profiles;

/* `parameters` are used where the store has none of its own; both are borrowed for its life. NULL:
 * no memory. */
struct stored_profiles *stored_profiles_new(struct reader *reader,
                                            const struct parameters *parameters);
void stored_profiles_free(struct stored_profiles *profiles); /* NULL is fine */

struct stored_profile {
    uint32_t number;         /* the store's */
    bool is_right;           /* its text is what its digest says */
    char why[400];           /* where it cannot be used: a sentence */
    struct profile *profile; /* NULL: `why` says why not */
};

/* The one of that number, for a poll of that seq; borrowed until stored_profiles_free(). NULL: an
 * error of the store or no memory. */
const struct stored_profile *stored_profile(struct stored_profiles *profiles, uint32_t number,
                                            uint64_t seq, struct error *err);

/* The channel that a point of the store is in this profile; NULL: it has none of that name. */
const struct channel *stored_profile_channel(struct stored_profiles *profiles,
                                             const struct stored_profile *profile, uint32_t point);

/* A poll's raw blocks (model/reading.h), which point into `raw`. False: they are not whole, or more
 * than there is room for. */
bool raw_blocks(const uint8_t *raw, size_t size, struct block *blocks, size_t room, size_t *count);

#endif
