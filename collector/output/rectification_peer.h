/* rectification_peer.h - the rectification system as a peer (deploy/rectification-api.yaml): where
 * it is asked, by which headers, under which signature, and what its answers mean.
 *
 * One request at a time, as web.h. One thread; only rectification_peer_wake() may come from
 * another.
 */
#ifndef OUTPUT_RECTIFICATION_PEER_H
#define OUTPUT_RECTIFICATION_PEER_H

#include <jansson.h>

#include "output/rectification_fields.h"
#include "output/web.h"

struct rectification_peer;

/* Reads the output's secrets. `clock` dates signatures. NULL with a sentence when the settings
 * cannot work. */
struct rectification_peer *rectification_peer_new(const struct output_setup *output,
                                                  const struct clock *clock, size_t answer_most,
                                                  struct error *err);
void rectification_peer_free(struct rectification_peer *peer); /* NULL is fine */

struct rectification_request {
    const char *method; /* "GET", "POST" or "PATCH" */
    const char *path;   /* behind the output's url: "/problems/…" */
    const char *key;    /* Idempotency-Key, NULL: none */
    const char *etag;   /* If-None-Match, NULL: none */
    const char *body;   /* JSON, NULL: none; copied */
};

/* Begins a request; it ends as one without an answer when there is no memory for it. */
void rectification_peer_ask(struct rectification_peer *peer,
                            const struct rectification_request *request);
bool rectification_peer_wait(struct rectification_peer *peer, int64_t ms); /* as web_wait() */
const struct web_answer *rectification_peer_answer(const struct rectification_peer *peer);
void rectification_peer_wake(struct rectification_peer *peer);

/* The hexadecimal HMAC-SHA256 over METHOD, PATH, DATE and BODY, each but the last followed by a
 * line feed; PATH as in the request line. False: the library failed. */
bool rectification_sign(const char *secret, const char *method, const char *path, const char *date,
                        const char *body, char out[65]);

/* An answer as JSON, a new object; NULL when it is none: cut off, no object, names given twice, or
 * nested deeper than 32, which no answer of the API is. */
json_t *rectification_object(const char *body, size_t size);

/* What an answer says about one version of a problem. */
enum rectification_verdict {
    VERDICT_THERE,    /* it is there, this version or a newer one */
    VERDICT_OLDER,    /* to a GET: it is there, and older */
    VERDICT_OTHER,    /* to a GET: this version is there with other content */
    VERDICT_MISSING,  /* 404, 410 */
    VERDICT_CONFLICT, /* 409 */
    VERDICT_REFUSED,  /* 400, 413, 415, 422: something in it */
    VERDICT_HELD,     /* 401, 403, 405 and their like: a person must look */
    VERDICT_UNCLEAR,  /* 5xx, no answer, a success that does not say so as the API does */
    VERDICT_AWAY,     /* not now, and for nothing: no connection, 429, 502 to 504, a redirect */
};

/* `problem` is the one of the contract that was sent or asked for. `version` gets the version the
 * server says it has, 0: it did not say. */
enum rectification_verdict rectification_judge(const struct rectification_fields *fields,
                                               const struct web_answer *answer, const char *method,
                                               const json_t *problem, uint32_t *version);

/* Whether the server has the head in `problem`: it shows that head, or nothing of it and the answer
 * is to a body it has `taken`. */
bool rectification_has_head(const struct rectification_fields *fields,
                            const struct web_answer *answer, const json_t *problem, bool taken);

#endif
