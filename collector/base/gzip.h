/* gzip.h - bytes made small, and small ones made whole again (RFC 1952): without a name and without
 * a time, so that equal bytes give equal bytes.
 */
#ifndef BASE_GZIP_H
#define BASE_GZIP_H

#include <stdbool.h>
#include <stddef.h>

/* The room that gzip_into() needs for so many bytes, at most. */
size_t gzip_room(size_t size);
/* Level 1 (fast) to 9 (small). How many bytes were made; 0: no memory, or no room. */
size_t gzip_into(const void *bytes, size_t size, int level, void *out, size_t room);
/* The same into memory of its own, ended with free(); NULL: no memory. */
void *gzip_made(const void *bytes, size_t size, int level, size_t *made);
/* False unless `packed` holds exactly `size` bytes, which then are in `out`. */
bool gzip_open(const void *packed, size_t packed_size, void *out, size_t size);

#endif
