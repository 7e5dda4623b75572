#include "model/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool catalog_index(struct catalog *catalog)
{
    uint32_t device_limit = 0;
    uint32_t point_limit = 0;

    for (size_t i = 0; i < catalog->device_count; i++)
        if (catalog->devices[i].id >= device_limit)
            device_limit = catalog->devices[i].id + 1;
    for (size_t i = 0; i < catalog->point_count; i++)
        if (catalog->points[i].id >= point_limit)
            point_limit = catalog->points[i].id + 1;
    free(catalog->device_of_id);
    free(catalog->point_of_id);
    catalog->device_of_id = calloc((size_t)device_limit + 1, sizeof(uint32_t));
    catalog->point_of_id = calloc((size_t)point_limit + 1, sizeof(uint32_t));
    catalog->device_id_limit = device_limit;
    catalog->point_id_limit = point_limit;
    if (catalog->device_of_id == NULL || catalog->point_of_id == NULL)
        return false;
    for (size_t i = 0; i < catalog->device_count; i++)
        catalog->device_of_id[catalog->devices[i].id] = (uint32_t)i + 1;
    for (size_t i = 0; i < catalog->point_count; i++)
        catalog->point_of_id[catalog->points[i].id] = (uint32_t)i + 1;
    catalog->device_of_id[0] = catalog->point_of_id[0] = 0; /* not in the store yet */
    return true;
}

void catalog_free(struct catalog *catalog)
{
    if (catalog == NULL)
        return;
    free(catalog->sites);
    free(catalog->devices);
    free(catalog->points);
    free(catalog->device_of_id);
    free(catalog->point_of_id);
    free(catalog);
}

const struct catalog_device *catalog_device(const struct catalog *catalog, uint32_t id)
{
    if (id >= catalog->device_id_limit || catalog->device_of_id[id] == 0)
        return NULL;
    return &catalog->devices[catalog->device_of_id[id] - 1];
}

const struct catalog_point *catalog_point(const struct catalog *catalog, uint32_t id)
{
    if (id >= catalog->point_id_limit || catalog->point_of_id[id] == 0)
        return NULL;
    return &catalog->points[catalog->point_of_id[id] - 1];
}

/* Whether `name` begins with `part` and a slash; moves it behind the slash. */
static bool part_matches(const char **name, const char *part)
{
    size_t length = strlen(part);

    if (strncmp(*name, part, length) != 0 || (*name)[length] != '/')
        return false;
    *name += length + 1;
    return true;
}

const struct catalog_point *catalog_find_point(const struct catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->device_count; i++) {
        const struct catalog_device *device = &catalog->devices[i];
        const char *channel = name;

        if (!part_matches(&channel, catalog->sites[device->site].name) ||
            !part_matches(&channel, device->name))
            continue;
        for (uint32_t j = 0; j < device->point_count; j++) {
            const struct catalog_point *point = &catalog->points[device->first_point + j];

            if (strcmp(point->channel, channel) == 0)
                return point;
        }
    }
    return NULL;
}

char *catalog_point_name(const struct catalog *catalog, const struct catalog_point *point,
                         char *out)
{
    const struct catalog_device *device = &catalog->devices[point->device];

    snprintf(out, POINT_SIZE, "%s/%s/%s", catalog->sites[device->site].name, device->name,
             point->channel);
    return out;
}

bool point_matches(const char *pattern, const char *name)
{
    for (;;) {
        size_t part = strcspn(pattern, "/");
        size_t length = strcspn(name, "/");
        bool any = part == 1 && *pattern == '*' && length > 0;

        if (!any && (part != length || strncmp(pattern, name, length) != 0))
            return false;
        if (pattern[part] != name[length])
            return false;
        if (pattern[part] == '\0')
            return true;
        pattern += part + 1;
        name += length + 1;
    }
}
