/* web.h - asks one HTTP peer, one request at a time; the one file that knows libcurl.
 *
 * It says what the peer answered, and decides nothing. A request is begun with web_begin() and
 * moved by web_pump() (which does not wait) or web_wait(), so other work can be done while it is on
 * its way. No redirect is followed, no proxy is taken from the environment, certificates are
 * verified, an answer is read up to a cap, every wait has an end.
 *
 * One thread; only web_wake() may come from another.
 */
#ifndef OUTPUT_WEB_H
#define OUTPUT_WEB_H

#include "output/sender.h"

struct web;

enum { WEB_HEADERS_MOST = 8, WEB_ETAG_SIZE = 256 };

struct web_request {
    const char *method;                    /* "GET", "POST" or "PATCH" */
    const char *url;                       /* NULL: the output's */
    const char *headers[WEB_HEADERS_MOST]; /* copied; NULL ends them early */
    const void *body;                      /* borrowed until the request is done */
    size_t size;
    bool alone; /* on a connection of its own: no left-over answer can be taken for its */
};

struct web_answer {
    long status;            /* 0: no answer */
    int64_t retry_after_ms; /* 0: not said; at most 1 h */
    const char *body;       /* as it came, ended with '\0'; borrowed until the next request */
    size_t size;
    bool capped;              /* it went on past the cap */
    char etag[WEB_ETAG_SIZE]; /* "" when there is none that may be sent back */
    char text[301]; /* what the peer or the connection said, secrets blanked, fit to show */
};

/* Reads the output's secrets; a token is sent as "Authorization: SCHEME TOKEN". NULL with a
 * sentence when the settings cannot work. */
struct web *web_new(const struct output_setup *output, const char *scheme, size_t answer_most,
                    struct error *err);
void web_free(struct web *web); /* NULL is fine; a request on its way is given up */

/* Begins a request. Should there be no memory for it, it ends as one without an answer. */
void web_begin(struct web *web, const struct web_request *request);
/* Gives up a request on its way. */
void web_drop(struct web *web);
/* Moves bytes; true when the request is done, or none was begun. */
bool web_pump(struct web *web);
/* Waits up to `ms` for something to happen, and moves bytes; true when the request is done. */
bool web_wait(struct web *web, int64_t ms);
/* Of the request that is done; borrowed until the next one. */
const struct web_answer *web_answer(const struct web *web);
/* Ends a wait; any thread. */
void web_wake(struct web *web);

#endif
