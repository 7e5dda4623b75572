/* names.h - settings matched with the store: the catalog, and what the poller and judge need of it.
 */
#ifndef TOWN_NAMES_H
#define TOWN_NAMES_H

#include "store/reader.h"
#include "store/store.h"
#include "town/settings.h"

/* What the store knows of a device from before. */
struct known {
    struct lesson *lessons; /* NULL: none */
    char *identity;         /* NULL: none */
};

/* Everything that carries the store's numbers. Ended with names_free(). */
struct names {
    struct catalog catalog;
    struct device_setup *devices; /* as many as settings->devices */
    size_t device_count;
    uint32_t *points;    /* backing of devices[].points */
    struct known *known; /* backing of devices[].lessons and .identity, as many */
    struct rule *rules;  /* settings->rules with their points resolved */
    size_t rule_count;
};

/* Gives every device, point and profile its number (making new ones) and resolves the rules. */
bool names_resolve(struct names *names, const struct settings *settings, struct store *store,
                   struct wall_time now, struct error *err);
/* The same from what a store knows already, without writing: what it does not know has number 0 and
 * is in no rule. For the judge alone: there are no profiles, and none who left the settings. */
bool names_look(struct names *names, const struct settings *settings, struct reader *reader,
                struct error *err);
void names_free(struct names *names);

#endif
