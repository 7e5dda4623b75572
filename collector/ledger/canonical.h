/* canonical.h - JSON as it is sealed: one value has one text.
 *
 * One line: keys sorted as bytes, no spaces, UTF-8 not escaped, control characters as \n or \u000a
 * are, "/" as it is, numbers as the shortest decimal that reads back to the same double, ended by a
 * line feed. Pure.
 */
#ifndef LEDGER_CANONICAL_H
#define LEDGER_CANONICAL_H

#include <jansson.h>

/* Gives the text, ended with free(); its length goes to `size` (may be NULL). NULL: out of memory.
 * Numbers must be finite. */
char *canonical_json(const json_t *json, size_t *size);

#endif
