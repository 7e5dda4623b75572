/* names.h - settings matched with the store: the catalog, and what the poller and judge need of it.
 */
#ifndef APP_NAMES_H
#define APP_NAMES_H

#include "app/settings.h"
#include "store/store.h"

/* Everything that carries the store's numbers. Ended with names_free(). */
struct names {
    struct catalog catalog;
    struct device_setup *devices; /* as many as settings->devices */
    size_t device_count;
    uint32_t *points;   /* backing of devices[].points */
    struct rule *rules; /* settings->rules with their points resolved */
    size_t rule_count;
};

/* Gives every device, point and profile its number (making new ones) and resolves the rules. */
bool names_resolve(struct names *names, const struct settings *settings, struct store *store,
                   struct wall_time now, struct error *err);
void names_free(struct names *names);

#endif
