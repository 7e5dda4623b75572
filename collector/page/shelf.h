/* shelf.h - answers that were made and still hold, so that fifty pages that ask the same cost one
 * making and one compressing.
 *
 * A fixed number of places and of bytes; who was asked for longest ago goes first. What was given
 * away stays until its last user lets go. The page's thread only.
 */
#ifndef PAGE_SHELF_H
#define PAGE_SHELF_H

#include "page/answer.h"

enum { SHELF_KEY = 2200, SHELF_PLACES = 64, SHELF_BYTES = 4 << 20, SHELF_ONE = 1 << 20 };

struct shelf;

struct shelf *shelf_new(void); /* NULL: no memory */
void shelf_free(struct shelf *shelf);

/* Fills the answer, gzip'd if `packed` and if that is worth it; false: nothing was put under this
 * key, or of another version. */
bool shelf_find(struct shelf *shelf, const char *key, uint64_t version, bool packed,
                struct http_answer *answer);
/* Keeps the answer's bytes, if they are few enough, in place of what stood under the key; what is
 * gzip'd is found by who takes gzip alone. */
void shelf_put(struct shelf *shelf, const char *key, uint64_t version,
               const struct http_answer *answer);

/* Compresses what is worth it, in place. */
void answer_pack(struct http_answer *answer);
/* Too much to be kept as it is. */
bool shelf_is_too_much(const struct http_answer *answer);

size_t shelf_bytes(const struct shelf *shelf);

#endif
