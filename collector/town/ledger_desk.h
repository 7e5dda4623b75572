/* ledger_desk.h - what commands about tasks, and the page, begin with: settings, the town, the
 * tasks there are, and the words a task is shown with.
 */
#ifndef TOWN_LEDGER_DESK_H
#define TOWN_LEDGER_DESK_H

#include <jansson.h>

#include "base/day.h"
#include "store/reader.h"
#include "town/town.h"
#include "town/verdicts.h"

struct ledger_desk {
    const struct settings *settings;
    struct catalog *town;
    struct reader *reader;
    json_t *tasks; /* the contract's, in the order of their ids */
    struct wall_time now;
    char today[DAY_TEXT];      /* "2026-11-23", in the collector's zone */
    struct verdicts *verdicts; /* made when they are first asked for */
    json_t *waiting;           /* problems that are not closed, likewise */
    /* Asked between tasks where it takes long; true: no further. NULL: nobody asks. */
    bool (*is_stopped)(void *self);
    void *self;
    struct error trouble;
    struct error *err; /* `trouble`: what could not be read while answers were made */
};

/* Reads the tasks there are; `settings` must stay. Ended with ledger_desk_end() in both cases. */
bool ledger_desk_begin(struct ledger_desk *desk, const struct settings *settings,
                       struct error *err);
/* The same at a moment of one's own; `struck_off` only tasks that were struck off, once. */
bool ledger_desk_begin_at(struct ledger_desk *desk, const struct settings *settings,
                          struct wall_time now, bool struck_off, struct error *err);
void ledger_desk_end(struct ledger_desk *desk);

/* The task of that id, borrowed; NULL: there is none. */
json_t *ledger_desk_find(const struct ledger_desk *desk, const char *id);
/* The ledger's row of it. False: it is none. */
bool ledger_task_of(const json_t *task, struct task *row);

/* verdict.json of a struck-off task that is watched here, else NULL; the caller ends it. */
json_t *ledger_verdict(struct ledger_desk *desk, const json_t *task);
/* Puts the short form of it into each task of a list. */
void ledger_add_verdicts(struct ledger_desk *desk, json_t *list);
/* "held" as a person reads it, "" where there is no verdict. */
const char *ledger_verdict_title(const json_t *task);

/* "catering" as a person reads it. */
const char *ledger_category_title(const struct ledger_desk *desk, const json_t *task);
/* The state as a person reads it. */
const char *ledger_state_title(const json_t *task);
/* The unit, else the lead, else the person. */
const char *ledger_owner_of(const json_t *task);
/* At most `columns` columns of a text, its line ends made spaces; "…" where it was cut. */
char *ledger_cut(const char *words, size_t columns, char *out, size_t size);

/* How many problems that are not closed stand at the points of a task, or name it. Calls `each`
 * (may be NULL) with each one. */
size_t ledger_open_problems(struct ledger_desk *desk, const json_t *task,
                            void (*each)(void *self, const json_t *problem), void *self);

/* The doubts at the points of a task that it must answer for: of a task that was struck off all
 * since then, of another those that are not closed. Returns how many. */
size_t ledger_doubts(const struct ledger_desk *desk, const json_t *task,
                     void (*each)(void *self, const json_t *doubt), void *self);

#endif
