/* rectification_tasks.h - one page of tasks as the rectification system answers it. Pure.
 *
 * Nothing but the contract's fields of a task comes in; whatever else stands there, as who
 * complained, is dropped before it is looked at.
 */
#ifndef OUTPUT_RECTIFICATION_TASKS_H
#define OUTPUT_RECTIFICATION_TASKS_H

#include "output/rectification_fields.h"

enum { TASKS_PAGE_MOST = 1000, TASKS_TOKEN_SIZE = 512 };

struct rectification_tasks {
    json_t *tasks;               /* a list of the contract's tasks */
    char next[TASKS_TOKEN_SIZE]; /* asks for the page behind this one; "": there is none */
    struct wall_time as_of;      /* what changed later is not in it; WALL_NONE: not said */
};

/* Reads one answer. False with a sentence that names the task and the field; then nothing is given.
 * Ended with rectification_tasks_end(). */
bool rectification_tasks_read(struct rectification_tasks *page,
                              const struct rectification_fields *fields, const char *body,
                              size_t size, struct error *err);
void rectification_tasks_end(struct rectification_tasks *page);

#endif
