/* described.h - the town and its words as JSON, in both languages, for who shows them. */
#ifndef TOWN_DESCRIBED_H
#define TOWN_DESCRIBED_H

#include <jansson.h>

#include "town/load.h"
#include "town/settings.h"

/* Collector, sites, parameters, and what the words of the contract are called; see deploy/api.yaml,
 * "Town". The caller ends it; NULL: no memory. */
json_t *described_town(const struct settings *settings);

/* {"links":[…]} of `lookback plan --json`. The same. */
json_t *described_load(const struct load *load);

/* What the manual calls the registers of a request: of its first and last channel; "": nothing. */
enum { DESCRIBED_RANGE = 80 };
char *described_range(const struct load_device *device, const struct planned *request,
                      char out[DESCRIBED_RANGE]);

#endif
