/* town.h - the settings' sites, devices and points as a catalog, and what a task of the ledger has
 * to do with them: for commands, which have no numbers of the store.
 */
#ifndef TOWN_TOWN_H
#define TOWN_TOWN_H

#include <jansson.h>

#include "town/settings.h"

/* Its ids are numbers of its own. NULL: out of memory; ended with catalog_free(). */
struct catalog *town_new(const struct settings *settings);

/* The contract's task: the ledger's row (`body`), its relapses (a JSON list) and who watches it.
 * `town` may as well be the catalog with the store's numbers. NULL: `body` is no JSON. The caller
 * ends it. */
json_t *town_task(const struct settings *settings, const struct catalog *town, const char *body,
                  const char *relapses);

#endif
