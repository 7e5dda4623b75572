/* watch.h - which tasks watch which points: what makes a problem new, ongoing or a relapse.
 *
 * Built from the ledger's rows and stepped by events of the sequence, so a replay sees the ledger
 * as it was. A task is found again by its slot, which never changes while the program runs.
 * Memory is taken when a task joins, never on the way of a reading.
 */
#ifndef LEDGER_WATCH_H
#define LEDGER_WATCH_H

#include "ledger/task.h"

struct watch;

struct watch *watch_new(const struct catalog *catalog);
void watch_free(struct watch *watch);

/* Adds the task, or puts it in the place of the one of that id. False: out of memory. Points that
 * the catalog does not know are kept in the task and watch nothing here. */
bool watch_put(struct watch *watch, const struct task *task, struct error *err);

size_t watch_count(const struct watch *watch);
/* Grows with every watch_put(): the same number means the same ledger. */
uint64_t watch_changes(const struct watch *watch);
/* Borrowed until the next watch_put(). */
const struct task *watch_task(const struct watch *watch, uint32_t slot);
/* NULL: no task of that id. `slot` may be NULL. */
const struct task *watch_find(const struct watch *watch, const char *id, uint32_t *slot);

/* The slots of the tasks that name this point, whatever their state, in the order of their ids;
 * borrowed until the next watch_put(). */
const uint32_t *watch_of_point(const struct watch *watch, uint32_t point, size_t *count);

enum problem_kind { PROBLEM_NEW, PROBLEM_ONGOING, PROBLEM_RELAPSE };
const char *problem_kind_word(enum problem_kind kind); /* "new", "ongoing", "relapse" */

/* What a breach is whose first value stands at `first`: a relapse if a task that names the point is
 * struck off and in its watch period then, else ongoing if one is open, else new. */
enum { WATCH_TASKS_MAX = 8 };
struct watch_view {
    enum problem_kind kind;
    uint32_t tasks[WATCH_TASKS_MAX]; /* open ones and those in their watch period */
    uint8_t task_count;
    uint8_t relapse; /* a bit for each of `tasks` it is a relapse of */
};
void watch_look(const struct watch *watch, uint32_t point, struct wall_time first,
                struct watch_view *view);
/* Whether any task watches the point at that moment: then the machine closes nothing there. */
bool watch_holds(const struct watch *watch, uint32_t point, struct wall_time time);

#endif
