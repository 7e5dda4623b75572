/* canonical.h - JSON as it is sealed: one value has one text.
 *
 * One line: keys sorted as bytes, no spaces, strings and numbers in the forms of SEAL.md (bytes
 * below 0x20 as \u000a, everything else as it is; the shortest decimal that reads back to the same
 * double), ended by a line feed. Pure.
 */
#ifndef LEDGER_CANONICAL_H
#define LEDGER_CANONICAL_H

#include <jansson.h>

/* Gives the text, ended with free(); its length goes to `size` (may be NULL). NULL: out of memory.
 * Numbers must be finite. */
char *canonical_json(const json_t *json, size_t *size);

#endif
