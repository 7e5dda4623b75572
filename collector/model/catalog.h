/* catalog.h - who is who: every site, device and point the collector knows, with the store's
 * numbers.
 *
 * Built once at start (settings matched with the store; devices that left the settings but have
 * rows in the store are there with `active` false), then only read, by any thread. A reload builds
 * a new one.
 */
#ifndef MODEL_CATALOG_H
#define MODEL_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/number.h"
#include "model/parameter.h"

#define TITLE_SIZE   128
#define CHANNEL_SIZE 66                                     /* PARAMETER[.SUFFIX] */
#define POINT_SIZE   (NAME_SIZE + NAME_SIZE + CHANNEL_SIZE) /* SITE/DEVICE/CHANNEL */

struct catalog_site {
    char name[NAME_SIZE];
    char title[TITLE_SIZE];
    char village[TITLE_SIZE];
    char grid[TITLE_SIZE];
};

struct catalog_point {
    uint32_t id;     /* the store's number */
    uint32_t device; /* index into devices */
    char channel[CHANNEL_SIZE];
    const struct parameter *parameter; /* NULL only for a retired point of an unknown parameter */
};

struct catalog_device {
    uint32_t id;   /* the store's number */
    uint32_t site; /* index into sites */
    char name[NAME_SIZE];
    char title[TITLE_SIZE];
    char model[64];
    int64_t every_ms;
    int64_t since_ms; /* completeness counts from this moment; 0: from when it was first asked */
    bool simulated;
    bool active;
    uint32_t first_point; /* its points stand together: first_point .. + point_count */
    uint32_t point_count;
};

struct catalog {
    char collector[NAME_SIZE];
    bool simulated; /* any device is */
    struct catalog_site *sites;
    size_t site_count;
    struct catalog_device *devices;
    size_t device_count;
    struct catalog_point *points;
    size_t point_count;
    uint32_t *device_of_id; /* id -> index + 1, 0: none; id_limit entries */
    uint32_t device_id_limit;
    uint32_t *point_of_id;
    uint32_t point_id_limit;
};

/* Fills the two id tables from devices and points. False: no memory. */
bool catalog_index(struct catalog *catalog);
void catalog_free(struct catalog *catalog); /* NULL is fine */

/* Borrowed; NULL when unknown. */
const struct catalog_device *catalog_device(const struct catalog *catalog, uint32_t id);
const struct catalog_point *catalog_point(const struct catalog *catalog, uint32_t id);
/* "SITE/DEVICE/CHANNEL"; NULL when unknown. */
const struct catalog_point *catalog_find_point(const struct catalog *catalog, const char *name);
/* Writes "SITE/DEVICE/CHANNEL" to `out` (POINT_SIZE bytes) and returns it. */
char *catalog_point_name(const struct catalog *catalog, const struct catalog_point *point,
                         char *out);
/* Whether "SITE/DEVICE/CHANNEL" fits a pattern whose whole parts may be "*". */
bool point_matches(const char *pattern, const char *name);

#endif
