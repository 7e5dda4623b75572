/* answer.h - what goes back to a browser, as plain data.
 *
 * A handler begins with an empty answer (ANSWER_EMPTY) and fills it by one of the functions below;
 * the server sends it and ends it. What refuses an answer that was begun ends it first.
 */
#ifndef PAGE_ANSWER_H
#define PAGE_ANSWER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct http_answer {
    int status;        /* 200 */
    const char *type;  /* static; "application/json; charset=utf-8" */
    char *bytes;       /* given: freed by answer_end(); NULL: none, or `fixed` or `fd` */
    const void *fixed; /* static bytes instead, or `held` ones */
    void *held; /* what keeps `fixed` alive until `release` is called with it; NULL: static */
    void (*release)(void *held);
    size_t size;
    int fd;             /* -1; a file to send instead: closed by answer_end() */
    bool is_gzip;       /* bytes or fixed are compressed already */
    char etag[72];      /* with its quotation marks; "": none */
    char location[128]; /* "": none */
    char download[128]; /* file name to save under; "": none */
    unsigned allow;     /* 405: bit set of 1 << method */
    int retry_after_s;  /* 0: none */
    bool lasting;       /* may be kept for ever: its address changes with its contents */
    bool no_store;      /* is kept nowhere; a refusal never is */
    bool closes;        /* the connection ends with it: the rest of what was sent is not read */
};

#define ANSWER_EMPTY ((struct http_answer){.status = 200, .fd = -1})
void answer_end(struct http_answer *answer);

/* `json` is taken; NULL is an answer of 500. */
void answer_json(struct http_answer *answer, json_t *json);
/* `bytes` is taken. */
void answer_bytes(struct http_answer *answer, const char *type, char *bytes, size_t size);

/* Problem details (RFC 9457):
 * {"type":"urn:lookback:KIND","title","status","detail","kind","where"}, in the language of the
 * thread. The status follows from the kind: wrong_use 400, not_found 404, refused 409, store and
 * peer 503, others 500; answer_refuse_with() says another. */
void answer_refuse(struct http_answer *answer, const struct error *err);
void answer_refuse_with(struct http_answer *answer, int status, const struct error *err);
/* The same as an object of its own, for what was refused later than it was asked. */
json_t *answer_problem(const struct error *err);
/* 405, and what is allowed (GET stands for HEAD too). */
void answer_wrong_method(struct http_answer *answer, unsigned allow);

#endif
