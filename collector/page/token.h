/* token.h - what a person signs in with: 256 random bits as text, known to us by its digest alone.
 *
 * "lb_" and 43 characters of base64url. The prefix lets a scanner of files and logs find one that
 * was left lying about. Pure but for token_make(), which asks the kernel.
 */
#ifndef PAGE_TOKEN_H
#define PAGE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { TOKEN_LENGTH = 3 + 43, TOKEN_SIZE = TOKEN_LENGTH + 1, TOKEN_DIGEST = 32 };

/* A new one. False when the kernel gives no random bytes. */
bool token_make(char token[TOKEN_SIZE], struct error *err);

/* Whether the words have the form of a token, to their end. */
bool token_is_one(const char *words);
/* Whether one stands anywhere in the words. */
bool token_is_in(const char *words);

/* SHA-256 of the token's text. */
bool token_digest(const char *token, uint8_t digest[TOKEN_DIGEST]);

#endif
