/* Numbers for names: devices, points, profiles; and what is here but left the settings. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "model/parameter.h"
#include "store/inside.h"

/* Runs `find`, and when it gives nothing `add` and then `find` again; both have the same values
 * bound by `bind`. 0 on failure. */
struct naming {
    const char *find, *add;
    void (*bind)(sqlite3_stmt *statement, const void *what);
    const void *what;
};

static bool naming_run(struct store *store, const struct naming *naming, const char *sql,
                       int64_t *number, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    bool done;

    if (sqlite3_prepare_v2(store->c.db, sql, -1, &statement, NULL) != SQLITE_OK)
        return store_complain(store, err);
    naming->bind(statement, naming->what);
    done = statement_number(&store->c, statement, number, err);
    sqlite3_finalize(statement);
    return done;
}

static uint32_t number_of(struct store *store, const struct naming *naming, struct error *err)
{
    int64_t number = 0;
    int64_t none;
    bool mine;

    if (!store_ready(store, err) || !naming_run(store, naming, naming->find, &number, err))
        return 0;
    if (number != 0)
        return (uint32_t)number;
    if (!store_begin_step(store, &mine, err) ||
        !store_end_step(store, mine, naming_run(store, naming, naming->add, &none, err), err) ||
        !naming_run(store, naming, naming->find, &number, err))
        return 0;
    if (number == 0)
        error_set(err, ERROR_STORE,
                  SAY("存储 %s：没有这样的设备", "store %s: there is no such device"),
                  store->c.path);
    return (uint32_t)number;
}

struct device_name {
    const char *site, *name;
    struct wall_time since;
};

static void bind_device(sqlite3_stmt *statement, const void *what)
{
    const struct device_name *device = what;

    bind_text(statement, 1, device->site);
    bind_text(statement, 2, device->name);
    bind_time(statement, 3, device->since);
}

uint32_t store_device(struct store *store, const char *site, const char *name, struct wall_time now,
                      struct error *err)
{
    const struct device_name device = {site, name, now};
    const struct naming naming = {
        .find = "SELECT id FROM device WHERE site = ?1 AND name = ?2",
        .add = "INSERT INTO device(site, name, since) VALUES(?1, ?2, ?3)",
        .bind = bind_device,
        .what = &device,
    };

    return number_of(store, &naming, err);
}

struct point_name {
    uint32_t device;
    const char *channel;
};

static void bind_point(sqlite3_stmt *statement, const void *what)
{
    const struct point_name *point = what;

    sqlite3_bind_int64(statement, 1, point->device);
    bind_text(statement, 2, point->channel);
}

uint32_t store_point(struct store *store, uint32_t device, const char *channel, struct error *err)
{
    const struct point_name name = {device, channel};
    const struct naming naming = {
        .find = "SELECT id FROM point WHERE device = ?1 AND channel = ?2",
        .add = "INSERT INTO point(device, channel, name)"
               " SELECT id, ?2, site || '/' || name || '/' || ?2 FROM device WHERE id = ?1",
        .bind = bind_point,
        .what = &name,
    };
    uint32_t point = number_of(store, &naming, err);

    if (point == 0 || !store_learn_point(store, point, device, err))
        return 0;
    return point;
}

struct profile_name {
    const uint8_t *digest;
    const char *model, *text;
};

static void bind_profile(sqlite3_stmt *statement, const void *what)
{
    const struct profile_name *profile = what;

    sqlite3_bind_blob(statement, 1, profile->digest, 32, SQLITE_STATIC);
    bind_text(statement, 2, profile->model);
    bind_text(statement, 3, profile->text);
}

uint32_t store_profile(struct store *store, const uint8_t digest[32], const char *model,
                       const char *text, struct error *err)
{
    const struct profile_name profile = {digest, model, text};
    const struct naming naming = {
        .find = "SELECT id FROM profile WHERE digest = ?1",
        .add = "INSERT INTO profile(digest, model, text) VALUES(?1, ?2, ?3)",
        .bind = bind_profile,
        .what = &profile,
    };

    return number_of(store, &naming, err);
}

/* One more place at the end of an array of the catalog, zeroed; NULL: no memory. */
static void *grow(void **array, size_t *count, size_t size)
{
    char *larger = realloc(*array, (*count + 1) * size);

    if (larger == NULL)
        return NULL;
    *array = larger;
    memset(larger + *count * size, 0, size);
    return larger + (*count)++ * size;
}

static bool site_index(struct catalog *catalog, const char *name, uint32_t *index)
{
    struct catalog_site *site;

    for (*index = 0; *index < catalog->site_count; ++*index)
        if (strcmp(catalog->sites[*index].name, name) == 0)
            return true;
    site = grow((void **)&catalog->sites, &catalog->site_count, sizeof *site);
    if (site == NULL)
        return false;
    snprintf(site->name, sizeof site->name, "%s", name);
    snprintf(site->title, sizeof site->title, "%s", name);
    return true;
}

/* The device of this row, added as inactive when the settings do not know it. */
static struct catalog_device *device_of_row(struct catalog *catalog, sqlite3_stmt *row)
{
    uint32_t id = (uint32_t)sqlite3_column_int64(row, 0);
    struct catalog_device *device;
    uint32_t site;

    for (size_t i = 0; i < catalog->device_count; i++)
        if (catalog->devices[i].id == id)
            return &catalog->devices[i];
    if (!site_index(catalog, column_text(row, 1), &site))
        return NULL;
    device = grow((void **)&catalog->devices, &catalog->device_count, sizeof *device);
    if (device == NULL)
        return NULL;
    device->id = id;
    device->site = site;
    snprintf(device->name, sizeof device->name, "%s", column_text(row, 2));
    snprintf(device->title, sizeof device->title, "%s", column_text(row, 2));
    device->first_point = (uint32_t)catalog->point_count;
    return device;
}

static bool has_point(const struct catalog *catalog, const struct catalog_device *device,
                      uint32_t id)
{
    for (uint32_t i = 0; i < device->point_count; i++)
        if (catalog->points[device->first_point + i].id == id)
            return true;
    return false;
}

/* Puts a point behind the others of its device; the devices after it make room. */
static bool add_point(struct catalog *catalog, struct catalog_device *device, sqlite3_stmt *row,
                      const struct parameters *parameters)
{
    size_t at = device->first_point + device->point_count;
    char key[CHANNEL_SIZE];
    struct catalog_point *point =
        grow((void **)&catalog->points, &catalog->point_count, sizeof *point);

    if (point == NULL)
        return false;
    point = &catalog->points[at];
    memmove(point + 1, point, (catalog->point_count - 1 - at) * sizeof *point);
    memset(point, 0, sizeof *point);
    for (size_t i = 0; i < catalog->device_count; i++)
        if (catalog->devices[i].first_point >= at && &catalog->devices[i] != device)
            catalog->devices[i].first_point++;
    point->id = (uint32_t)sqlite3_column_int64(row, 3);
    point->device = (uint32_t)(device - catalog->devices);
    snprintf(point->channel, sizeof point->channel, "%s", column_text(row, 4));
    snprintf(key, sizeof key, "%s", point->channel);
    key[strcspn(key, ".")] = '\0';
    point->parameter = parameters == NULL ? NULL : parameter_find(parameters, key);
    device->point_count++;
    return true;
}

bool store_retired(struct store *store, struct catalog *catalog,
                   const struct parameters *parameters, struct error *err)
{
    static const char sql[] = "SELECT d.id, d.site, d.name, p.id, p.channel FROM device AS d"
                              " LEFT JOIN point AS p ON p.device = d.id ORDER BY d.id, p.id";
    sqlite3_stmt *row = NULL;
    bool failed = false;
    bool room = true;

    if (!store_ready(store, err))
        return false;
    if (sqlite3_prepare_v2(store->c.db, sql, -1, &row, NULL) != SQLITE_OK)
        return store_complain(store, err);
    while (room && statement_next(&store->c, row, &failed, err)) {
        struct catalog_device *device = device_of_row(catalog, row);

        room = device != NULL;
        if (room && sqlite3_column_type(row, 3) != SQLITE_NULL &&
            !has_point(catalog, device, (uint32_t)sqlite3_column_int64(row, 3)))
            room = add_point(catalog, device, row, parameters);
    }
    sqlite3_finalize(row);
    if (!room)
        return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
    return !failed;
}
