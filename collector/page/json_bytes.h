/* json_bytes.h - JSON as bytes, numbers as the contract writes them: the shortest decimal that
 * reads back to the same number (jansson writes 71.8 as 71.799999999999997). */
#ifndef PAGE_JSON_BYTES_H
#define PAGE_JSON_BYTES_H

#include <jansson.h>

#include "report/bytes.h"

/* False: out of memory, or a number no JSON can say. */
bool json_bytes(struct bytes *out, const json_t *json);

#endif
