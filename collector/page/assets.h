/* assets.h - the files a browser is given: compiled in, so no address ever becomes a path.
 *
 * They stand at /app/DIGEST/NAME, DIGEST being one of all of them together: a browser keeps each
 * for ever, modules find each other by relative names, and an index.html that names a new digest
 * fetches all of them anew. A digest of an older program is not found: who asks for it has an old
 * index.html and loads it again. index.html itself stands at "/" and is asked for each time.
 */
#ifndef PAGE_ASSETS_H
#define PAGE_ASSETS_H

#include "page/answer.h"
#include "page/request.h"

struct asset {
    const char *name; /* "index.html"; NULL ends the table */
    const char *type;
    const unsigned char *packed; /* gzip */
    size_t packed_size, size;
};

/* Made by page_pack while building (assets.cmake). */
extern const struct asset assets[];
extern const char assets_digest[];

/* Borrowed; NULL: there is none. */
const struct asset *asset_find(const char *name);

/* Answers "/" and everything below "/app/", also with 404 and 405; false: another's address. */
bool assets_answer(const struct http_request *request, struct http_answer *answer);

#endif
