/* Patterns of points, "SITE/DEVICE/CHANNEL" with * for a whole part: what fits one, and what was
 * probably meant by one that fits nothing. */
#include "town/settings_inside.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"

/* One part of a pattern, in memory of the caller; false when it is empty or too long. */
static bool pattern_part(const char **at, char *out, size_t size)
{
    size_t length = strcspn(*at, "/");

    snprintf(out, size, "%.*s", (int)length, *at);
    *at += length + ((*at)[length] == '/');
    return length > 0 && length < size;
}

static bool part_fits(const char *part, const char *name)
{
    return strcmp(part, "*") == 0 || strcmp(part, name) == 0;
}

/* A device whose profile is not known has every channel: its fault is said elsewhere. */
static bool device_has(const struct device_conf *device, const char *channel)
{
    if (device->profile == NULL || strcmp(channel, "*") == 0)
        return true;
    for (size_t i = 0; i < device->channel_count; i++)
        if (strcmp(device->channels[i]->name, channel) == 0)
            return true;
    return false;
}

static bool pattern_fits(const struct settings *settings, const char *site, const char *name,
                         const char *channel)
{
    for (size_t i = 0; i < settings->device_count; i++) {
        const struct device_conf *device = &settings->devices[i];

        if (part_fits(site, device->site) && part_fits(name, device->name) &&
            device_has(device, channel))
            return true;
    }
    return false;
}

/* The part as written where it is *, else the name that is there. */
static const char *part_or(const char *part, const char *name)
{
    return strcmp(part, "*") == 0 ? part : name;
}

static unsigned part_distance(const char *part, const char *name)
{
    return strcmp(part, "*") == 0 ? 0 : word_distance(part, name);
}

/* The point nearest to a pattern that fits none, its * kept; "" when there is no point at all.
 * Gives how far it is. */
static unsigned pattern_nearest(const struct settings *settings, const char *site, const char *name,
                                const char *channel, char nearest[POINT_SIZE])
{
    unsigned best = UINT_MAX;

    nearest[0] = '\0';
    for (size_t i = 0; i < settings->device_count; i++) {
        const struct device_conf *device = &settings->devices[i];
        unsigned above = part_distance(site, device->site) + part_distance(name, device->name);

        for (size_t j = 0; j < device->channel_count; j++) {
            const char *has = device->channels[j]->name;
            unsigned distance = above + part_distance(channel, has);

            if (distance >= best)
                continue;
            best = distance;
            snprintf(nearest, POINT_SIZE, "%s/%s/%s", part_or(site, device->site),
                     part_or(name, device->name), part_or(channel, has));
        }
    }
    return best;
}

/* What can be meant is suggested; else a point that is there shows how one is written. */
static void complain_pattern(const struct loading *loading, const char *pattern,
                             const char *nearest, unsigned distance, struct conf_at at)
{
    if (nearest[0] == '\0')
        conf_complain(loading->faults, at, "points",
                      SAY("没有监测点符合 \"%s\"", "no point fits \"%s\""), pattern);
    else if (distance <= strlen(pattern) / 3)
        conf_complain(loading->faults, at, "points",
                      SAY("没有监测点符合 \"%s\"，是否想写 \"%s\"？",
                          "no point fits \"%s\", did you mean \"%s\"?"),
                      pattern, nearest);
    else
        conf_complain(loading->faults, at, "points",
                      SAY("没有监测点符合 \"%s\"；最接近的监测点是 \"%s\"",
                          "no point fits \"%s\"; the nearest point there is is \"%s\""),
                      pattern, nearest);
}

bool settings_check_pattern(const struct loading *loading, const char *pattern, struct conf_at at)
{
    char site[NAME_SIZE];
    char name[NAME_SIZE];
    char channel[CHANNEL_SIZE];
    char nearest[POINT_SIZE];
    const char *words = pattern;
    unsigned distance;

    if (!pattern_part(&words, site, sizeof site) || !pattern_part(&words, name, sizeof name) ||
        !pattern_part(&words, channel, sizeof channel) || *words != '\0' ||
        pattern[strlen(pattern) - 1] == '/')
        return conf_complain(
            loading->faults, at, "points",
            SAY("\"%s\" 不是监测点；要写 \"点位/设备/通道\"，每一部分可以整个用 * 代替",
                "\"%s\" is no point; \"SITE/DEVICE/CHANNEL\" is wanted, where a whole part "
                "may be *"),
            pattern);
    if (!loading->sites_known || !loading->devices_known)
        return false; /* the files that would say are refused already */
    if (pattern_fits(loading->settings, site, name, channel))
        return true;
    distance = pattern_nearest(loading->settings, site, name, channel, nearest);
    complain_pattern(loading, pattern, nearest, distance, at);
    return false;
}
