/* blank.h - what a peer said, without our secrets in it.
 *
 * A peer may answer with the request it was sent. A secret is known in the shapes it may come back
 * in: as it is, percent-encoded, in a JSON string, and as Base64, alone or behind "user:". A piece
 * of one that is cut off behind its beginning is blanked too.
 *
 * It never changes after the last blank_hide(), so from then on any number of threads may use it.
 */
#ifndef OUTPUT_BLANK_H
#define OUTPUT_BLANK_H

#include "base/text.h"

struct blank;

enum { BLANK_SECRETS = 2 };

/* Gives a blank that hides nothing yet, ended with blank_free(); NULL: no memory. */
struct blank *blank_new(void);
void blank_free(struct blank *blank); /* NULL is fine */

/* From now on this secret (up to 1023 bytes; "": none) is hidden; at most BLANK_SECRETS of them. */
void blank_hide(struct blank *blank, const char *user, const char *secret);

/* Adds the bytes, control characters shown as "\xNN", "***" for each secret. Stops at the first
 * that does not fit. */
void text_add_blanked(struct text *text, const struct blank *blank, const char *bytes, size_t size);

#endif
