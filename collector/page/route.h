/* route.h - the addresses of the page, and who answers them.
 *
 * A file of views exports one table that ends with an empty row; route.c lists the tables. Handlers
 * run in the page's one thread: each is short (some ms), reads through call->reader in a
 * transaction of its own, and waits for nobody. What takes longer is the clerk's (page/clerk.h).
 */
#ifndef PAGE_ROUTE_H
#define PAGE_ROUTE_H

#include "page/answer.h"
#include "page/host.h"
#include "page/request.h"

enum { ROUTE_VARS_MAX = 3, VAR_SIZE = 96 };

/* Later ones may all that earlier ones may. */
enum role { ROLE_PUBLIC, ROLE_READER, ROLE_STEWARD, ROLE_OFFICE, ROLE_COUNT };
extern const char
    *const role_words[]; /* "public", "reader", "steward", "office"; NULL-terminated */

struct act_desk;

struct clerk;

struct page;

struct call {
    const struct http_request *request;
    const struct http_query *query;
    char vars[ROUTE_VARS_MAX][VAR_SIZE]; /* of the path's {}; names by their letters, checked */
    const struct page_host *host;
    struct reader *reader; /* of the page's thread */
    struct clerk *clerk;   /* makes what takes longer */
    struct act_desk *acts; /* of the page (page/act_desk.h) */
    struct page *page;     /* what it counts of itself (page/page.h) */
    enum role role;
    const char *person; /* who signed in; "": nobody */
    json_t *body;       /* POST: the checked JSON object, borrowed; NULL else */
    struct http_answer *answer;
};

struct route {
    enum method method; /* GET answers HEAD too */
    enum role role;     /* the least */
    const char *path;   /* "/api/v1/problems/{uid}" */
    /* A number that changes whenever the answer could; with it an If-None-Match is answered without
     * `answer` being called, and equal questions share one answer: equal in path, query, language
     * and role, so who asks must not matter otherwise. The query is there, its values unchecked.
     * NULL: the digest of the answer is its ETag. */
    uint64_t (*version)(const struct call *call);
    void (*answer)(struct call *call);
};

extern const struct route live_routes[];     /* status, links, devices, points, latest, now, town */
extern const struct route series_routes[];   /* one point: series, readings, aggregates, limits */
extern const struct route ledger_routes[];   /* problems, tasks, watch, river, seals */
extern const struct route evidence_routes[]; /* bundles */
extern const struct route act_routes[];      /* acts, me, health */
extern const struct route metrics_routes[];

/* The route of a path, its vars filled. NULL: none; `*allowed` gets a bit set of 1 << method that
 * the path knows, for 405. */
const struct route *route_find(enum method method, const char *path,
                               char vars[ROUTE_VARS_MAX][VAR_SIZE], unsigned *allowed);

/* Arguments of a query, for handlers. Each answers 400 with a sentence and gives false when it is
 * there and wrong. ------------------------------------------------------------------------------
 */

/* "?name="; `fallback` when it is not there. */
bool call_number(struct call *call, const char *name, long low, long high, long fallback,
                 long *number);
bool call_moment(struct call *call, const char *name, struct wall_time fallback,
                 struct wall_time *time);
/* One of `words` (NULL-terminated); *word NULL when it is not there. */
bool call_word(struct call *call, const char *name, const char *const *words, const char **word);

/* 400: this ?after= is no place in the list. Gives false. */
bool call_refuse_after(struct call *call, const char *after);
/* 400, 404 … with a sentence. */
void call_refuse(struct call *call, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
