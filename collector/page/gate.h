/* gate.h - who may come in: what is asked of every request before it is routed.
 *
 * In this order: is the page called by one of its own names (a foreign one is a name that somebody
 * else turned to our address), does a token stand in the address, does a page of somebody else send
 * it, and who signed in. Pure: no socket, the clock is given. The page's thread only.
 */
#ifndef PAGE_GATE_H
#define PAGE_GATE_H

#include "base/clock.h"
#include "base/error.h"
#include "page/request.h"
#include "page/route.h"
#include "store/people.h"
#include "town/settings.h"

struct gate;

/* `page` is copied. `certificate`: the PEM text of the chain the page serves, its own first;
 * NULL: no TLS. */
struct gate *gate_new(const struct page_setup *page, const char *certificate,
                      const struct clock *clock, struct error *err);
void gate_free(struct gate *gate);

/* Who may sign in from now on; copied. At the start nobody may. */
void gate_set_users(struct gate *gate, const struct user *users, size_t count);

struct visitor {
    enum role role;
    char person[NAME_SIZE]; /* who signed in; "": nobody */
};

/* Why not. */
struct refusal_word {
    int status;        /* 400, 401 (goes with "WWW-Authenticate: Bearer"), 403, 421, 429 */
    int retry_after_s; /* 0: none */
    struct error err;
};

/* False with `refused` filled. A good token passes always. Wrong ones are counted, for each address
 * and in all: ten a minute are answered 401, what is more 429 (A7). */
bool gate_pass(struct gate *gate, const struct http_request *request, struct visitor *visitor,
               struct refusal_word *refused);

/* Whether who came in may what this route wants. */
bool gate_allows(const struct visitor *visitor, enum role least, struct refusal_word *refused);

/* Now and then: says when wrong tokens have stopped coming. */
void gate_sweep(struct gate *gate);

#endif
