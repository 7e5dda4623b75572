/* request.h - what a browser asks, as plain data: hostile until it was looked at.
 *
 * Pure: no socket and no library. page/server.c fills it from the wire; http_query_read() and
 * the gate look at it; the fuzzer feeds it. Everything is borrowed for as long as it is answered.
 * A1 to A17, here and beside it, are the attacks of tests/faults/test_page.py.
 */
#ifndef PAGE_REQUEST_H
#define PAGE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/say.h"

enum method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_OTHER };

enum {
    HTTP_BODY_MAX = 256 << 10, /* more is 413 (A4) */
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

/* The head of a request, one header after the other as it stands on the wire. */
struct http_head {
    struct http_request *request;
    const char *content_length, *transfer_encoding; /* NULL: not there */
    bool bytes_wrong, doubled;
};
/* "GET", case and all. */
enum method http_method(const char *word);
/* Takes the request target apart in place: path and query. False: neither begins with '/' nor
 * fits, or a byte that stands in no address. */
bool http_target(char *target, struct http_request *request);
/* What the request says is borrowed. A name that is none, a control character, or a header that
 * stands twice where it may stand once (A6) is remembered. */
void http_head_add(struct http_head *head, const char *name, size_t name_size, const char *value,
                   size_t value_size);
/* The status to refuse the request with before its body is read, `err` saying why; 0: none. A body
 * where none belongs, a length that is no number, a length and chunks: 400. Too long: 413. */
int http_head_judge(const struct http_head *head, struct error *err);
/* 413, for a body whose length nobody said. */
int http_body_too_long(struct error *err);

/* English for who prefers it, else Chinese. */
enum language http_language(const struct http_request *request);
/* Whether the answer may be gzip'd. */
bool http_takes_gzip(const struct http_request *request);
/* Whether If-None-Match names this ETag (with its quotation marks), as it is or gzip'd. "*" is
 * passed over: whether there is anything is not known yet. */
bool http_has(const struct http_request *request, const char *etag);
/* Whether it is the gzip'd one that it names. */
bool http_has_packed(const struct http_request *request, const char *etag);

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
