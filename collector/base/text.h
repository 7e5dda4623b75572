/* text.h - a text builder that cannot overflow: it stops, and says that it stopped.
 *
 * It writes into memory it is given and allocates nothing, so it may be used on the way of a
 * reading. One thread at a time.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *bytes; /* always ends with '\0' while size > 0 */
    size_t size; /* capacity, the '\0' included */
    size_t used; /* without the '\0' */
    bool full;   /* something did not fit; what did not fit is left out whole */
};

void text_init(struct text *text, char *bytes, size_t size);
void text_add(struct text *text, const char *words);
void text_add_bytes(struct text *text, const char *bytes, size_t count);
void text_add_char(struct text *text, char one);
void text_add_int(struct text *text, int64_t number);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Forgets what came after the first `used` bytes, and `full`. */
void text_cut(struct text *text, size_t used);

/* A JSON string with its quotation marks, control characters and invalid UTF-8 made harmless. */
void text_add_json(struct text *text, const char *words);

/* How many bytes the UTF-8 character at `at` has (1 at the closing '\0'); 0 if it is not one
 * (RFC 3629). */
size_t utf8_length(const char *at);
/* Takes out, in place, every byte that belongs to no character: what was cut by a size in bytes is
 * text again. */
void utf8_mend(char *words);

#endif
