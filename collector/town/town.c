#include "town/town.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "town/shown.h"

static void add_points(struct catalog *town, const struct device_conf *conf,
                       struct catalog_device *device)
{
    device->first_point = (uint32_t)town->point_count;
    device->point_count = (uint32_t)conf->channel_count;
    for (size_t i = 0; i < conf->channel_count; i++) {
        struct catalog_point *point = &town->points[town->point_count++];

        point->id = (uint32_t)town->point_count;
        point->device = (uint32_t)(device - town->devices);
        snprintf(point->channel, sizeof point->channel, "%s", conf->channels[i]->name);
        point->parameter = conf->channels[i]->parameter;
    }
}

static void add_device(struct catalog *town, const struct device_conf *conf)
{
    struct catalog_device *device = &town->devices[town->device_count++];

    device->id = (uint32_t)town->device_count;
    device->site = conf->site_index;
    snprintf(device->name, sizeof device->name, "%s", conf->name);
    device->every_ms = conf->every_ms;
    device->simulated = conf->simulated;
    device->active = true;
    add_points(town, conf, device);
}

struct catalog *town_new(const struct settings *settings)
{
    struct catalog *town = calloc(1, sizeof *town);
    size_t points = 0;

    if (town == NULL)
        return NULL;
    for (size_t i = 0; i < settings->device_count; i++)
        points += settings->devices[i].channel_count;
    town->sites = calloc(settings->site_count + 1, sizeof *town->sites);
    town->devices = calloc(settings->device_count + 1, sizeof *town->devices);
    town->points = calloc(points + 1, sizeof *town->points);
    if (town->sites != NULL && town->devices != NULL && town->points != NULL) {
        for (; town->site_count < settings->site_count; town->site_count++)
            town->sites[town->site_count] = settings->sites[town->site_count].base;
        for (size_t i = 0; i < settings->device_count; i++)
            add_device(town, &settings->devices[i]);
        if (catalog_index(town))
            return town;
    }
    catalog_free(town);
    return NULL;
}

static bool has_site(const struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->site_count; i++)
        if (strcmp(settings->sites[i].base.name, name) == 0)
            return true;
    return false;
}

/* A catalog of the store also has what left the settings: nobody watches with that. */
static bool is_watched(const struct catalog *town, const char *name)
{
    const struct catalog_point *point = catalog_find_point(town, name);

    return point != NULL && town->devices[point->device].active;
}

static const char *who_watches(const struct settings *settings, const struct catalog *town,
                               const json_t *task)
{
    const json_t *points = json_object_get(task, "points");
    const char *site = text_of(task, "site");

    for (size_t i = 0; i < json_array_size(points); i++) {
        const char *name = json_string_value(json_array_get(points, i));

        if (name != NULL && is_watched(town, name))
            return "here";
    }
    if (json_array_size(points) > 0 || (site[0] != '\0' && !has_site(settings, site)))
        return "elsewhere";
    return "nobody";
}

json_t *town_task(const struct settings *settings, const struct catalog *town, const char *body,
                  const char *relapses)
{
    json_t *task = json_loads(body, 0, NULL);
    json_t *uids = json_loads(relapses, 0, NULL);

    if (task == NULL) {
        json_decref(uids);
        return NULL;
    }
    json_object_set_new(task, "relapses", uids == NULL ? json_array() : uids);
    json_object_set_new(task, "verdict", json_null());
    json_object_set_new(task, "watched", json_string(who_watches(settings, town, task)));
    return task;
}
