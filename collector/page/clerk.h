/* clerk.h - answers that take longer than a visitor may wait: verdicts, a river's month.
 *
 * One thread of low priority makes them, when somebody asks and the last one is out of date; a
 * handler takes the last one made. Nobody asks: nothing is made, and the thread sleeps. One answer
 * a kind, language and arguments; CLERK_KEPT are kept, the one longest not asked for goes first;
 * one without arguments stays.
 *
 * Asked by the page's thread; stopped by whoever started it.
 */
#ifndef PAGE_CLERK_H
#define PAGE_CLERK_H

#include "page/answer.h"
#include "page/host.h"
#include "page/pieces.h"

enum { CLERK_KEPT = 16, CLERK_ARGUMENTS = 256, CLERK_EVERY_MS = 10000 };

/* What is being made. In the clerk's thread, in the language of who asked. */
struct clerk_work {
    json_t *details; /* an object that may be filled: parts that other answers show */
    const struct page_host *host;
    const char *arguments;
    struct wall_time now; /* when it was asked for */
    /* Asked between pieces of the work; true: the page ends, and what was made so far is thrown
     * away.
     */
    bool (*is_stopped)(void *self);
    void *self;
};

struct clerk_kind {
    const char *name;
    /* Another number: what is made now may be another answer. Of any thread. */
    uint64_t (*version)(const struct page_host *host, struct wall_time now);
    /* Opens what it reads with, and closes it. False with a sentence. */
    bool (*make)(const struct clerk_work *work, struct pieces *pieces, struct error *err);
};

struct clerk;

/* The host is copied. NULL with a sentence. */
struct clerk *clerk_start(const struct page_host *host, struct error *err);
/* Ends after the piece that is being made; NULL is fine. */
void clerk_stop(struct clerk *clerk);

/* The number of the last one made, 0: none yet; no number is ever given twice. Has it made, or made
 * anew when it is out of date, at most once every CLERK_EVERY_MS. Costs no query. */
uint64_t clerk_number(struct clerk *clerk, const struct clerk_kind *kind, const char *arguments);
/* The last one made; else 202 {"making":true} to be asked again in a second, or why it could not be
 * made (503). */
void clerk_answer(struct clerk *clerk, const struct clerk_kind *kind, const char *arguments,
                  struct http_answer *answer);

/* What stands under `key` in the details of the last one made; the caller ends it, NULL: nothing.
 */
json_t *clerk_detail(struct clerk *clerk, const struct clerk_kind *kind, const char *arguments,
                     const char *key);
/* As clerk_number(), but another number only when the details are others. */
uint64_t clerk_details_number(struct clerk *clerk, const struct clerk_kind *kind,
                              const char *arguments);

#endif
