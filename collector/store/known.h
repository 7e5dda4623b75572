/* known.h - what is known of devices from before: what they taught and who they said they are.
 *
 * Memory, not evidence: the events of the sequence tell the same, and what is lost here is learned
 * again. A lesson holds for one version of the profile (its number is its digest's).
 */
#ifndef STORE_KNOWN_H
#define STORE_KNOWN_H

#include "drivers/plan.h"
#include "store/reader.h"
#include "store/store.h"

struct known_lesson {
    struct lesson lesson;
    struct wall_time learned; /* WALL_NONE: the clock was not trusted */
};

/* At most LESSONS_MAX of them, by area and address; the open transaction is seen. */
bool store_lessons(struct store *store, uint32_t device, uint32_t profile,
                   struct known_lesson *lessons, size_t *count, struct error *err);
/* The same from what is committed, without the numbers. A store of an older version knows none. */
bool reader_lessons(struct reader *reader, uint32_t device, const uint8_t digest[32],
                    struct known_lesson *lessons, size_t *count, struct error *err);
/* What the device answered as, whatever its profile was then; "": it was never asked. */
bool store_identity(struct store *store, uint32_t device, char text[IDENTITY_TEXT],
                    struct error *err);

/* The same from what is committed. */
bool reader_identity(struct reader *reader, uint32_t device, char text[IDENTITY_TEXT],
                     struct error *err);

/* Inside a transaction. A lesson that is there already stays as it is; an identity is replaced. */
bool store_put_lesson(struct store *store, uint32_t device, uint32_t profile,
                      const struct lesson *lesson, struct wall_time now, struct error *err);
bool store_put_identity(struct store *store, uint32_t device, uint32_t profile, const char *text,
                        struct wall_time now, struct error *err);

#endif
