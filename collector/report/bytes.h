/* bytes.h - bytes and lists that grow in memory: for reports, never on the way of a reading. */
#ifndef REPORT_BYTES_H
#define REPORT_BYTES_H

#include <stddef.h>

#include "base/error.h"

struct bytes {
    char *at; /* '\0' behind what is used; NULL while nothing was added; ended with free() */
    size_t used, room;
};
bool bytes_add(struct bytes *bytes, const void *more, size_t size, struct error *err);
bool bytes_words(struct bytes *bytes, const char *words, struct error *err);
/* At most 511 bytes at once. */
bool bytes_format(struct bytes *bytes, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Room for one row more in a list: `rows` is the address of the pointer to its first. */
bool list_room(void *rows, size_t count, size_t *room, size_t size, struct error *err);

#endif
