/* point_setup.h - what the settings say of one point, found by its name. */
#ifndef TOWN_POINT_SETUP_H
#define TOWN_POINT_SETUP_H

#include "town/settings.h"

/* Borrowed from the settings. */
struct point_setup {
    const struct device_conf *device;
    const struct channel *channel;
    const struct site_setup *site;
    const struct parameter *parameter;
};

/* "SITE/DEVICE/CHANNEL"; false: the settings have no such point (any more). */
bool point_setup_find(struct point_setup *setup, const struct settings *settings, const char *name);

/* Whether a rule's patterns take the point. */
bool rule_takes_point(const struct rule_conf *rule, const char *name);

/* The periods of which aggregates are kept there, by the plan and for the rules: a bit set of
 * 1 << enum period. */
unsigned point_setup_kept(const struct point_setup *setup, const struct settings *settings,
                          const char *name);

/* "10min", "60s", "24h", "1d", "month" to a period; false: no period is that long. */
bool period_asked(const char *words, enum period *period);

#endif
