/* error.h - what went wrong, as one sentence for a person.
 *
 * A function that can fail takes a `struct error *` last and returns false or NULL when it did; the
 * sentence is made where the facts are known and logged once, at the top of the thread. It says
 * what, where (file and line, device, register), since when, and what to do.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

/* The words of the contract's {"error":{"kind":…}}, and what exit code each gives. */
enum error_kind {
    ERROR_NONE,
    ERROR_SETTINGS,  /* 2: a file of settings, a profile or an argument is wrong */
    ERROR_WRONG_USE, /* 2: the command was called wrongly */
    ERROR_NOT_FOUND, /* 3: what was asked for does not exist */
    ERROR_REFUSED,   /* 3: understood, and not allowed now */
    ERROR_STORE,     /* 3: disk, database, lock */
    ERROR_DEVICE,    /* 3: a port, line or sensor */
    ERROR_PEER,      /* 3: broker, time-series store, rectification system */
    ERROR_MEMORY,    /* 3 */
};

struct error {
    enum error_kind kind;
    char where[256]; /* "FILE:LINE" where one is known, else "" */
    char text[768];
};

/* Fills `err` (NULL is fine) and returns false, so that a caller can `return error_set(…)`. */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, with "FILE:LINE" put before the sentence and kept in `where`. */
bool error_set_at(struct error *err, enum error_kind kind, const char *file, unsigned line,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* "settings", "wrong_use", … ; static. */
const char *error_word(enum error_kind kind);

/* The exit code of the contract for this kind: 2 or 3 (0 for ERROR_NONE). */
int error_exit_code(enum error_kind kind);

#endif
