/* intake_merge.h - what a row of a table, or of the rectification system, makes of the task there
 * is. Pure: the dry run of a command and the act in the collector ask the same code.
 *
 * A row speaks about the keys it has; the others stay. A strike-off that a person made here is not
 * undone by a table, except by 退回 (returned).
 */
#ifndef LEDGER_INTAKE_MERGE_H
#define LEDGER_INTAKE_MERGE_H

#include "ledger/terms.h"

enum intake_change { INTAKE_ADDED, INTAKE_CHANGED, INTAKE_LEFT };

struct intake_merge {
    /* given */
    const struct terms *terms;
    const struct task *old; /* NULL: there is none of that id */
    bool struck_here;       /* its strike-off was an act of a person here */
    bool from_owner;        /* the row comes from the system that owns the ledger: it wins */
    struct wall_time now;
    /* found out */
    enum intake_change change;
    struct task task;
    json_t *fields;  /* a list of the keys that changed; the caller ends it */
    bool kept_state; /* the row says another state, and the one set here stays */
};

/* False with a sentence (the row cannot be); `fields` is NULL then. */
bool intake_merge(struct intake_merge *merge, const json_t *row, struct error *err);

#endif
