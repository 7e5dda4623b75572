/* fields.h - a struct as a JSON object and back, by one table of its fields.
 *
 * What is sealed is read again by strangers: a key that is missing, unknown, of another type or out
 * of its range is refused, and so is a number or a time written otherwise than we write it. Numbers
 * that must come back as they were are text, their shortest decimal. Pure.
 */
#ifndef LEDGER_FIELDS_H
#define LEDGER_FIELDS_H

#include <jansson.h>

#include "base/clock.h"
#include "base/error.h"

enum field_kind {
    FIELD_TEXT,   /* char[size], no control characters */
    FIELD_INT,    /* int: least..most */
    FIELD_LONG,   /* int64_t: least..most */
    FIELD_BOOL,   /* bool */
    FIELD_WORD,   /* an enum: index into `words` */
    FIELD_NUMBER, /* double; NAN: null */
    FIELD_TIME,   /* struct wall_time; WALL_NONE: null */
    FIELD_INNER,  /* written and read by the caller; only known here */
};

#define FIELD_NONE INT64_MIN

struct field {
    const char *key;
    enum field_kind kind;
    size_t offset, size;
    int64_t least, most;
    int64_t none;             /* of FIELD_INT: this number is null; FIELD_NONE: none is */
    const char *const *words; /* NULL-terminated */
};

/* Gives the object, without its inner ones; NULL: out of memory. */
json_t *fields_json(const struct field *fields, size_t count, const void *from);

/* Fills `into` from an object. False with a sentence that begins with `where` ("rules[2]: title:
 * …"). */
bool fields_read(const struct field *fields, size_t count, void *into, const json_t *from,
                 const char *where, struct error *err);

/* The sentence of fields_read() for what a caller reads itself. Returns false. */
bool fields_refuse(const char *where, const char *key, const char *why, struct error *err);

#endif
