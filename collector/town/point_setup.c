#include "town/point_setup.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"

static bool find_channel(struct point_setup *setup, const struct device_conf *device,
                         const char *name)
{
    char own[POINT_SIZE];

    for (size_t i = 0; i < device->channel_count; i++) {
        snprintf(own, sizeof own, "%s/%s/%s", device->site, device->name,
                 device->channels[i]->name);
        if (strcmp(own, name) != 0)
            continue;
        setup->device = device;
        setup->channel = device->channels[i];
        setup->parameter = device->channels[i]->parameter;
        return true;
    }
    return false;
}

bool point_setup_find(struct point_setup *setup, const struct settings *settings, const char *name)
{
    *setup = (struct point_setup){0};
    for (size_t i = 0; i < settings->device_count; i++) {
        if (!find_channel(setup, &settings->devices[i], name))
            continue;
        setup->site = &settings->sites[settings->devices[i].site_index];
        return true;
    }
    return false;
}

bool rule_takes_point(const struct rule_conf *rule, const char *name)
{
    for (size_t i = 0; i < rule->pattern_count; i++)
        if (point_matches(rule->patterns[i], name))
            return true;
    return false;
}

static unsigned periods_of_lanes(const struct lanes *lanes)
{
    unsigned wanted = 0;

    for (size_t i = 0; lanes != NULL && i < lanes->count; i++)
        if (lanes->lane[i].on != PERIOD_READING)
            wanted |= 1u << lanes->lane[i].on;
    return wanted;
}

unsigned point_setup_kept(const struct point_setup *setup, const struct settings *settings,
                          const char *name)
{
    unsigned wanted = 0;

    for (size_t i = 0; i < settings->rule_count; i++)
        wanted |= periods_of_lanes(
            settings_lanes_at(&settings->rules[i], setup->site, setup->parameter, name));
    return tally_plan_kept(settings->tallies, setup->parameter, wanted, setup->device->every_ms);
}

bool period_asked(const char *words, enum period *period)
{
    static const struct {
        int64_t ms;
        enum period period;
    } lengths[] = {
        {60000,    PERIOD_1MIN },
        {300000,   PERIOD_5MIN },
        {600000,   PERIOD_10MIN},
        {900000,   PERIOD_15MIN},
        {3600000,  PERIOD_1H   },
        {14400000, PERIOD_4H   },
        {28800000, PERIOD_8H   },
        {86400000, PERIOD_DAY  },
    };
    int64_t ms;

    if (period_find(words, period))
        return *period != PERIOD_READING && *period != PERIOD_YEAR;
    if (!duration_parse(words, &ms))
        return false;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        if (lengths[i].ms != ms)
            continue;
        *period = lengths[i].period;
        return true;
    }
    return false;
}
