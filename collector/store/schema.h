/* schema.h - the tables, and how an older file becomes a newer one. Inside store/ only.
 *
 * A step leads from one schema to the next. All steps a file needs run in one transaction together
 * with the number of the schema, so a step that dies half way leaves the file as it was.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/connection.h"

/* "LBK1": what `file` and the program know our database by. */
#define STORE_APPLICATION_ID 0x4c424b31

/* steps[i] leads from schema i to i + 1. */
struct schema_step {
    const char *sql;
    bool (*fill)(struct connection *c, struct error *err); /* after `sql`; may be NULL */
};

/* Adds every word of this program that `cause` does not hold yet, so that the view can show it. */
bool schema_fill_causes(struct connection *c, struct error *err);

/* The steps of this program, STORE_SCHEMA of them. Static. */
const struct schema_step *schema_steps(void);

/* Whether the file is one of ours that this program can read; `*version` is its schema, 0 for an
 * empty file. Nothing is changed. */
bool schema_look(struct connection *c, int newest, int *version, struct error *err);

/* Takes the file from `version` to `newest`. */
bool schema_migrate(struct connection *c, const struct schema_step *steps, int version, int newest,
                    struct error *err);

#endif
