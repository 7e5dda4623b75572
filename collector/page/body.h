/* body.h - the JSON of a POST, looked at before anybody believes it. Pure. */
#ifndef PAGE_BODY_H
#define PAGE_BODY_H

#include <jansson.h>

#include "page/request.h"

/* Gives the object; NULL with `*status` 415 (not JSON by its type) or 400 and a sentence: deeper
 * than HTTP_DEPTH_MAX, no object, a key twice, half a character, a NUL, or no JSON (A5). */
json_t *body_read(const struct http_request *request, int *status, struct error *err);

#endif
