/* ledger_inside.h - what the files of the ledger's views share. Inside page/ only. */
#ifndef PAGE_LEDGER_INSIDE_H
#define PAGE_LEDGER_INSIDE_H

#include "page/clerk.h"
#include "page/pieces.h"
#include "page/route.h"
#include "store/reader_lists.h"
#include "town/deeds.h"

enum { LEDGER_PAGE = 200, LEDGER_PAGE_MOST = 1000 };

void ledger_problems(struct call *call);
void ledger_problem(struct call *call);
void ledger_tasks(struct call *call);
void ledger_task(struct call *call);
void ledger_seals(struct call *call);
void ledger_watch(struct call *call);
void ledger_river(struct call *call);
void ledger_sections(struct call *call);
uint64_t ledger_watch_version(const struct call *call);
uint64_t ledger_river_version(const struct call *call);

/* The clerk's: the watch list, with the verdicts (short) in its details by the ids of the tasks. */
extern const struct clerk_kind ledger_watch_kind;

/* The date in the collector's zone, 20261123: what is due changes at midnight. */
uint64_t ledger_day(struct wall_time now);

/* ?limit=; false after 400. */
bool ledger_limit(struct call *call, size_t *most);
json_t *ledger_moment(struct wall_time time); /* null: WALL_NONE */
json_t *ledger_words(const char *words);      /* null: "" */

/* The contract's task, of a row of the ledger, and the page's own "overdue" and "days": nothing
 * else a row may hold. NULL: it is none. */
json_t *ledger_task_json(const struct call *call, const char *body, const char *relapses);
bool ledger_is_open(const char *state);
/* The states of tasks that are open, as a JSON list. */
enum { LEDGER_STATES = 256 };
void ledger_open_states(char out[LEDGER_STATES]);
/* The task of that id; NULL: there is none, or (`err`) the store cannot be read. */
json_t *ledger_task_of_id(const struct call *call, const char *id, struct error *err);

/* [{"seq","time","who","by","kind","note","from","to","even_so"}]. NULL with a sentence. */
json_t *ledger_deeds(const struct call *call, const struct deeds_about *about, struct error *err);

/* A body of the store, added to the pieces `self`; what is no JSON object is left out. */
bool ledger_add_body(void *self, const char *body);

#endif
