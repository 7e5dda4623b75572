/* identity.h - which instrument answers: the text of its identity registers, and whether it is the
 * one it should be. Pure.
 *
 * A text names items in the profile's order, "model=12; serial_number=20231107". Bytes that cannot
 * be printed, and what separates items, stand in it as %HH, so that it can be copied into settings
 * as it is; a value too long for its place ends in a digest, so two instruments never look the
 * same.
 */
#ifndef DRIVERS_IDENTITY_H
#define DRIVERS_IDENTITY_H

#include "drivers/profile.h"

enum { IDENTITY_VALUE = 48 };

/* One value: "" stands for an empty string. */
void identity_value(const struct identity_item *item, const uint8_t *bytes,
                    char out[IDENTITY_VALUE]);

/* What has been heard of the items, in the profile's order. */
struct identity_heard {
    char values[IDENTITY_ITEMS_MAX][IDENTITY_VALUE];
    bool known[IDENTITY_ITEMS_MAX];
};

/* The items that are known. */
void identity_text(const struct profile *profile, const struct identity_heard *heard,
                   char out[IDENTITY_TEXT]);
/* Takes the items of the profile out of a text; others are left. */
void identity_parse(const struct profile *profile, const char *text, struct identity_heard *heard);

/* What one device's answers have to be. */
struct identity_terms {
    struct identity_heard said;     /* by the settings: holds whatever was remembered */
    struct identity_heard accepted; /* remembered: what it answered first */
};

/* `remembered` and `setting` are texts of identities; `serial_number` is the value of the item of
 * that name. NULL or "": nothing is known, or said. */
void identity_terms_init(struct identity_terms *terms, const struct profile *profile,
                         const char *remembered, const char *setting, const char *serial_number);

enum identity_verdict {
    IDENTITY_RIGHT,       /* as far as it was heard */
    IDENTITY_OTHER_MODEL, /* an item is not what the profile expects */
    IDENTITY_CHANGED      /* an item is not what was said or remembered */
};

/* Of the items that were heard; one that could not be read is no change. Where the settings name
 * another serial number than was remembered, and it is the one that answers, the instrument was
 * replaced, and what is remembered of the old one counts no more. */
enum identity_verdict identity_judge(const struct profile *profile,
                                     const struct identity_terms *terms,
                                     const struct identity_heard *heard);
/* Remembers what was heard; true when that is more than, or other than, was remembered. */
bool identity_accept(struct identity_terms *terms, const struct identity_heard *heard);
/* What the device should answer: the profile's word, the settings', else what is remembered. */
void identity_wanted(const struct profile *profile, const struct identity_terms *terms,
                     struct identity_heard *wanted);

#endif
