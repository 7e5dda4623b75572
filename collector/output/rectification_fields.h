/* rectification_fields.h - what the rectification system calls our fields. Pure but for the file.
 *
 * The file named by `fields` (config/rectification-fields.conf shows one) pairs names of the
 * contract with the server's own, for problems that go out and tasks that come in. What it does not
 * name keeps the contract's name. Both sides may be paths, as "site.name".
 *
 * It never changes after it is loaded, so any number of threads may use one.
 */
#ifndef OUTPUT_RECTIFICATION_FIELDS_H
#define OUTPUT_RECTIFICATION_FIELDS_H

#include <jansson.h>

#include "base/conf.h"

struct rectification_fields;

/* Gives the pairs of a file ("": none, every name is the contract's), ended with
 * rectification_fields_free(). NULL with its faults, or without memory. */
struct rectification_fields *rectification_fields_load(const char *path,
                                                       struct conf_faults *faults);
void rectification_fields_free(struct rectification_fields *fields); /* NULL is fine */

/* A problem of the contract as the server wants it. NULL: out of memory. */
json_t *rectification_fields_out(const struct rectification_fields *fields, const json_t *problem);

/* A field of the contract in what the server calls a problem; borrowed, NULL when it has none. */
const json_t *rectification_fields_of_problem(const struct rectification_fields *fields,
                                              const json_t *theirs, const char *ours);

/* Takes a field of the contract, and what is within it, out of what the server calls a problem. */
void rectification_fields_drop(const struct rectification_fields *fields, json_t *theirs,
                               const char *ours);

/* A task of the server with the contract's names, and nothing but the contract's fields: what else
 * it says, as who complained, is left behind. Fields it does not have are left out. NULL: out of
 * memory. */
json_t *rectification_fields_task(const struct rectification_fields *fields, const json_t *theirs);

#endif
