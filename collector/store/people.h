/* people.h - people.sqlite beside the store: personal data of petitioners, and who may sign in to
 * the page; mode 0600, in no seal.
 *
 * The store itself keeps only a salted digest of what stands here, so that erasing a person breaks
 * nothing. Opened by the writer alone, for the moment of an act.
 */
#ifndef STORE_PEOPLE_H
#define STORE_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/number.h"

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

/* Who may sign in to the page. ---------------------------------------------------------------- */

enum { USERS_MAX = 128, ROLE_SIZE = 12, TOKEN_DIGEST_SIZE = 32 };

struct user {
    char name[NAME_SIZE];
    char role[ROLE_SIZE];             /* "reader", "steward", "office" */
    uint8_t token[TOKEN_DIGEST_SIZE]; /* its SHA-256: the token itself is nobody's but theirs */
    struct wall_time made;            /* this token; WALL_NONE: the clock was not trusted */
    char by[64];                      /* who gave it */
};

/* Puts a user, in place of one of the same name: a new token ends the old one. Refused when they
 * would be too many, or the token is somebody else's. */
bool people_put_user(struct people *people, const struct user *user, struct error *err);
/* False with NOT_FOUND when there is none. */
bool people_remove_user(struct people *people, const char *name, struct error *err);
/* All of them by name, into room for USERS_MAX. */
bool people_users(struct people *people, struct user *users, size_t *count, struct error *err);

/* What is put or removed between the two counts from people_commit() on; people_close() without it
 * takes it back. */
bool people_begin(struct people *people, struct error *err);
bool people_commit(struct people *people, struct error *err);

#endif
