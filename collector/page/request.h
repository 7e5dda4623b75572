/* request.h - what a browser asks, as plain data: hostile until it was looked at.
 *
 * Pure: no socket and no library. page/server.c fills it from the wire; http_query_read() and
 * the gate look at it; the fuzzer feeds it. Everything is borrowed for as long as it is answered.
 */
#ifndef PAGE_HTTP_H
#define PAGE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

enum method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_OTHER };

enum {
    HTTP_BODY_MAX = 256 << 10, /* more is 413 (faults.md, A4) */
    HTTP_DEPTH_MAX = 32,       /* of JSON (A5) */
    HTTP_URL_MAX = 2048,
    HTTP_PAIRS_MAX = 16
};

/* A header that is not there is NULL; one that stands twice where one is allowed is refused before
 * this is made. */
struct http_request {
    enum method method;
    const char *path;  /* as on the wire: begins with '/', ends before '?' */
    const char *query; /* after '?', NULL: none */
    const char *host, *origin, *fetch_site, *authorization;
    const char *if_none_match, *accept_encoding, *accept_language, *content_type;
    const char *body;
    size_t body_size;
    const struct sockaddr *from;
    bool tls;
};

/* One name=value of the query, percent-decoded; no NUL, well-formed UTF-8. */
struct query_pair {
    char *name, *value;
};

/* The query, taken apart in its own copy. */
struct http_query {
    char bytes[HTTP_URL_MAX];
    struct query_pair pairs[HTTP_PAIRS_MAX];
    size_t count;
};
/* False: too long, too many, a bad escape, not UTF-8, or a name twice. */
bool http_query_read(struct http_query *query, const char *text);
/* NULL: is not there. */
const char *http_query_get(const struct http_query *query, const char *name);

#endif
