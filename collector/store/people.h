/* people.h - people.sqlite beside the store: personal data of petitioners, mode 0600, in no seal.
 *
 * The store itself keeps only a salted digest of what stands here, so that erasing a person breaks
 * nothing. Opened by the writer alone, for the moment of an act.
 */
#ifndef STORE_PEOPLE_H
#define STORE_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct people;

/* DIR/people.sqlite, made (0600) if absent; refused when others may read it. */
struct people *people_open(const char *dir, struct error *err);
void people_close(struct people *people);

/* The petitioner of a task; replaces. `digest` gets 64 hex digits of SHA-256 over a random salt
 * kept here and the details: what may stand in the store. Equal details of the same task give the
 * same digest again. */
bool people_put(struct people *people, const char *task, const char *details, char digest[65],
                struct error *err);
/* Erases; done also when there is none. */
bool people_erase(struct people *people, const char *task, struct error *err);
/* False with NOT_FOUND when there is none. For people with the right to see it: no command prints
 * it yet. */
bool people_get(struct people *people, const char *task, char *details, size_t size,
                struct error *err);

#endif
