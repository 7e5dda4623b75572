/* identity.h - which instrument answers: the text of its identity registers, and whether it is the
 * one it should be. Pure.
 *
 * A text names items in the profile's order, "model=12; serial_number=20231107". Bytes that cannot
 * be printed, and what separates items, stand in it as \xHH; a value too long for its place ends in
 * a digest, so two instruments never look the same.
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

#endif
