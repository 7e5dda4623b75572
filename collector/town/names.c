#include "town/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "store/known.h"

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足，无法启动", "out of memory at start"));
}

static size_t count_points(const struct settings *settings)
{
    size_t count = 0;

    for (size_t i = 0; i < settings->device_count; i++)
        count += settings->devices[i].channel_count;
    return count;
}

/* The text of a profile is kept beside its digest, so that evidence can show what was in force. */
static uint32_t add_profile(const struct settings *settings, const struct device_conf *conf,
                            struct store *store, struct error *err)
{
    char *over = settings_device_overrides(conf);
    const struct settings_file *file;
    char *text = NULL;
    uint8_t digest[32];
    uint32_t id = 0;
    char name[160];

    snprintf(name, sizeof name, "profiles/%s.conf", conf->profile->model);
    file = settings_file(settings, name);
    if (file == NULL || over == NULL || !settings_device_digest(conf, digest) ||
        asprintf(&text, "%s%s%s", file->bytes, *over == '\0' ? "" : STORE_PROFILE_OVER, over) < 0)
        no_memory(err);
    else
        id = store_profile(store, digest, conf->profile->model, text, err);
    free(text);
    free(over);
    return id;
}

/* A thousand devices of one model ask once; a device that puts its own word over the profile asks
 * for itself. */
static uint32_t number_profile(const struct names *names, const struct settings *settings,
                               size_t index, struct store *store, struct error *err)
{
    const struct device_conf *conf = &settings->devices[index];

    if (index > 0 && conf->own_channels == NULL && conf[-1].own_channels == NULL &&
        conf->profile == conf[-1].profile)
        return names->devices[index - 1].profile_id;
    return add_profile(settings, conf, store, err);
}

static void describe_device(struct catalog_device *to, const struct device_conf *from)
{
    to->site = from->site_index;
    snprintf(to->name, sizeof to->name, "%s", from->name);
    snprintf(to->title, sizeof to->title, "%s",
             from->title[0] != '\0' ? from->title : from->profile->title);
    snprintf(to->model, sizeof to->model, "%s", from->model);
    to->every_ms = from->every_ms;
    to->since_ms = wall_is_known(from->since) ? from->since.ms : 0;
    to->simulated = from->simulated;
    to->active = true;
}

static bool number_points(struct names *names, const struct device_conf *conf,
                          struct catalog_device *device, uint32_t *points, struct store *store,
                          struct error *err)
{
    struct catalog *catalog = &names->catalog;

    device->first_point = (uint32_t)catalog->point_count;
    device->point_count = (uint32_t)conf->channel_count;
    for (size_t i = 0; i < conf->channel_count; i++) {
        struct catalog_point *point = &catalog->points[catalog->point_count++];

        point->id = store_point(store, device->id, conf->channels[i]->name, err);
        if (point->id == 0)
            return false;
        point->device = (uint32_t)(device - catalog->devices);
        snprintf(point->channel, sizeof point->channel, "%s", conf->channels[i]->name);
        point->parameter = conf->channels[i]->parameter;
        points[i] = point->id;
    }
    return true;
}

static void set_up_device(struct device_setup *to, const struct device_conf *from,
                          const struct catalog_device *device, const uint32_t *points)
{
    *to = (struct device_setup){
        .id = device->id,
        .link = from->link_index,
        .unit = (uint8_t)from->unit,
        .every_ms = from->every_ms,
        .timeout_ms = from->timeout_ms,
        .profile = from->profile,
        .channels = from->channels,
        .points = points,
        .channel_count = from->channel_count,
        .serial_number = from->serial_number,
        .identity_said = from->identity,
    };
    snprintf(to->label, sizeof to->label, "%.40s/%.36s", from->site, from->name);
}

/* A device that taught nothing and said nothing of itself costs no memory. */
static bool recall_device(struct device_setup *device, struct known *known, struct store *store,
                          struct error *err)
{
    struct known_lesson lessons[LESSONS_MAX];
    char identity[IDENTITY_TEXT];
    size_t count = 0;

    if (!store_lessons(store, device->id, device->profile_id, lessons, &count, err) ||
        !store_identity(store, device->id, identity, err))
        return false;
    if (count > 0) {
        known->lessons = calloc(count, sizeof *known->lessons);
        if (known->lessons == NULL)
            return no_memory(err);
    }
    for (size_t i = 0; i < count; i++)
        known->lessons[i] = lessons[i].lesson;
    if (identity[0] != '\0' && (known->identity = strdup(identity)) == NULL)
        return no_memory(err);
    device->lessons = known->lessons;
    device->lesson_count = count;
    device->identity = known->identity;
    return true;
}

static bool resolve_devices(struct names *names, const struct settings *settings,
                            struct store *store, struct wall_time now, struct error *err)
{
    struct catalog *catalog = &names->catalog;
    size_t done = 0;

    for (size_t i = 0; i < settings->device_count; i++) {
        const struct device_conf *conf = &settings->devices[i];
        struct catalog_device *device = &catalog->devices[i];

        describe_device(device, conf);
        device->id = store_device(store, conf->site, conf->name, now, err);
        if (device->id == 0 ||
            !number_points(names, conf, device, names->points + done, store, err))
            return false;
        set_up_device(&names->devices[i], conf, device, names->points + done);
        names->devices[i].profile_id = number_profile(names, settings, i, store, err);
        if (names->devices[i].profile_id == 0 ||
            !recall_device(&names->devices[i], &names->known[i], store, err))
            return false;
        catalog->simulated = catalog->simulated || conf->simulated;
        done += conf->channel_count;
    }
    return true;
}

static bool resolve_rule(struct rule *rule, const struct rule_conf *conf,
                         const struct settings *settings, const struct catalog *catalog,
                         struct error *err)
{
    *rule = conf->rule;
    rule->point_count = 0;
    rule->points = calloc(catalog->point_count + 1, sizeof *rule->points);
    rule->lanes = calloc(catalog->point_count + 1, sizeof *rule->lanes);
    if (rule->points == NULL || rule->lanes == NULL)
        return no_memory(err);
    for (size_t i = 0; i < catalog->point_count; i++) {
        const struct catalog_point *point = &catalog->points[i];
        const struct catalog_device *device = &catalog->devices[point->device];
        const struct lanes *lanes;
        char name[POINT_SIZE];

        if (!device->active || point->id == 0)
            continue;
        lanes = settings_lanes_at(conf, &settings->sites[device->site], point->parameter,
                                  catalog_point_name(catalog, point, name));
        if (lanes == NULL)
            continue;
        rule->lanes[rule->point_count] = lanes;
        rule->points[rule->point_count++] = point->id;
    }
    return true;
}

static bool reserve(struct names *names, const struct settings *settings, struct error *err)
{
    struct catalog *catalog = &names->catalog;
    size_t points = count_points(settings);

    catalog->sites = calloc(settings->site_count + 1, sizeof *catalog->sites);
    catalog->devices = calloc(settings->device_count + 1, sizeof *catalog->devices);
    catalog->points = calloc(points + 1, sizeof *catalog->points);
    names->devices = calloc(settings->device_count + 1, sizeof *names->devices);
    names->points = calloc(points + 1, sizeof *names->points);
    names->known = calloc(settings->device_count + 1, sizeof *names->known);
    names->rules = calloc(settings->rule_count + 1, sizeof *names->rules);
    if (catalog->sites == NULL || catalog->devices == NULL || catalog->points == NULL ||
        names->devices == NULL || names->points == NULL || names->known == NULL ||
        names->rules == NULL)
        return no_memory(err);
    for (size_t i = 0; i < settings->site_count; i++)
        catalog->sites[i] = settings->sites[i].base;
    snprintf(catalog->collector, sizeof catalog->collector, "%s", settings->name);
    catalog->site_count = settings->site_count;
    catalog->device_count = settings->device_count;
    names->device_count = settings->device_count;
    return true;
}

/* One transaction for all names: a sync a name would take minutes on an SD card. */
static bool number_devices(struct names *names, const struct settings *settings,
                           struct store *store, struct wall_time now, struct error *err)
{
    if (!store_begin(store, err))
        return false;
    if (resolve_devices(names, settings, store, now, err))
        return store_commit(store, err);
    store_rollback(store);
    return false;
}

static bool resolve_rules(struct names *names, const struct settings *settings, struct error *err)
{
    if (!catalog_index(&names->catalog))
        return no_memory(err);
    names->rule_count = settings->rule_count;
    for (size_t i = 0; i < names->rule_count; i++)
        if (!resolve_rule(&names->rules[i], &settings->rules[i], settings, &names->catalog, err))
            return false;
    return true;
}

bool names_resolve(struct names *names, const struct settings *settings, struct store *store,
                   struct wall_time now, struct error *err)
{
    *names = (struct names){0};
    if (reserve(names, settings, err) && number_devices(names, settings, store, now, err) &&
        store_retired(store, &names->catalog, settings->parameters, err) &&
        resolve_rules(names, settings, err))
        return true;
    names_free(names);
    return false;
}

static void look_at_device(struct names *names, const struct device_conf *conf,
                           struct catalog_device *device, struct reader *reader)
{
    struct catalog *catalog = &names->catalog;
    char name[POINT_SIZE];

    describe_device(device, conf);
    device->id = reader_device(reader, conf->site, conf->name);
    device->first_point = (uint32_t)catalog->point_count;
    device->point_count = (uint32_t)conf->channel_count;
    for (size_t i = 0; i < conf->channel_count; i++) {
        struct catalog_point *point = &catalog->points[catalog->point_count++];

        point->device = (uint32_t)(device - catalog->devices);
        snprintf(point->channel, sizeof point->channel, "%s", conf->channels[i]->name);
        point->parameter = conf->channels[i]->parameter;
        point->id = reader_point(reader, catalog_point_name(catalog, point, name));
    }
}

bool names_look(struct names *names, const struct settings *settings, struct reader *reader,
                struct error *err)
{
    *names = (struct names){0};
    if (reserve(names, settings, err)) {
        for (size_t i = 0; i < settings->device_count; i++)
            look_at_device(names, &settings->devices[i], &names->catalog.devices[i], reader);
        if (resolve_rules(names, settings, err))
            return true;
    }
    names_free(names);
    return false;
}

void names_free(struct names *names)
{
    for (size_t i = 0; i < names->rule_count; i++) {
        free(names->rules[i].points);
        free(names->rules[i].lanes);
    }
    for (size_t i = 0; names->known != NULL && i < names->device_count; i++) {
        free(names->known[i].lessons);
        free(names->known[i].identity);
    }
    free(names->known);
    free(names->rules);
    free(names->devices);
    free(names->points);
    /* the catalog's arrays are ours; catalog_free() ends the catalog itself, which is a member */
    free(names->catalog.sites);
    free(names->catalog.devices);
    free(names->catalog.points);
    free(names->catalog.device_of_id);
    free(names->catalog.point_of_id);
    *names = (struct names){0};
}
