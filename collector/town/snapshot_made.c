/* What the settings come to, one object each: the collector, a site, a point. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/version.h"
#include "town/snapshot_inside.h"

static json_t *text_or_null(const char *words)
{
    return *words == '\0' ? json_null() : json_string(words);
}

/* --- the collector and its sites ------------------------------------------------------------- */

static bool add_collector(struct drafted *draft, const struct settings *settings, struct error *err)
{
    return snapshot_add_json(draft, "collector.json",
                             json_pack("{s:s, s:s, s:s}", "name", settings->name, "timezone",
                                       settings->timezone, "version", version_text()),
                             err);
}

static json_t *section_json(const struct site_setup *site)
{
    if (!site->is_section)
        return json_null();
    return json_pack("{s:s, s:o, s:s, s:s}", "river", site->river, "river_title",
                     text_or_null(site->river_title), "target", water_classes[site->target - 1],
                     "body", water_bodies[site->body]);
}

static json_t *site_json(const struct site_setup *site)
{
    json_t *location = site->has_location ? json_pack("[f, f]", site->lon, site->lat) : json_null();

    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:i, s:o}", "name",
                     site->base.name, "title", site->base.title, "kind", settings_site_kind(site),
                     "village", text_or_null(site->base.village), "grid",
                     text_or_null(site->base.grid), "address", text_or_null(site->address),
                     "credit_code", text_or_null(site->credit_code), "location", location,
                     "noise_zone", text_or_null(site->noise_zone), "noise_place",
                     noise_places[site->noise_place], "air_class", site->air_class, "section",
                     section_json(site));
}

static bool add_sites(struct drafted *draft, const struct settings *settings, struct error *err)
{
    for (size_t i = 0; i < settings->site_count; i++) {
        char name[160];

        snprintf(name, sizeof name, "sites/%s.json", settings->sites[i].base.name);
        if (!snapshot_add_json(draft, name, site_json(&settings->sites[i]), err))
            return false;
    }
    return true;
}

/* --- points ---------------------------------------------------------------------------------- */

/* One point on its way to a sheet. */
struct at_point {
    const struct settings *settings;
    const struct device_conf *device;
    const struct channel *channel;
    const struct site_setup *site;
    char name[POINT_SIZE];
};

static struct at_point point_at(const struct settings *settings, size_t device, size_t channel)
{
    struct at_point at = {.settings = settings, .device = &settings->devices[device]};

    at.channel = at.device->channels[channel];
    at.site = &settings->sites[at.device->site_index];
    snprintf(at.name, sizeof at.name, "%s/%s/%s", at.device->site, at.device->name,
             at.channel->name);
    return at;
}

/* What the rule judges there, or NULL: nothing. */
static const struct lanes *lanes_at(const struct at_point *at, const struct rule_conf *rule)
{
    return settings_lanes_at(rule, at->site, at->channel->parameter, at->name);
}

static void copy_rule(struct sheet_rule *to, const struct rule *rule, const struct lanes *lanes)
{
    to->rule = *rule;
    to->rule.points = NULL;
    to->rule.lanes = NULL;
    to->rule.point_count = 0;
    to->lanes = *lanes;
    for (size_t i = 0; i < lanes->count; i++)
        for (size_t j = 0; j < lanes->lane[i].stage_count; j++) {
            struct stage *stage = &to->lanes.lane[i].stages[j];

            if (stage->limit == NULL)
                continue;
            to->limits[i][j] = *stage->limit;
            stage->limit = &to->limits[i][j];
        }
}

static bool add_rules(struct point_sheet *sheet, const struct at_point *at, struct error *err)
{
    const struct settings *settings = at->settings;
    size_t count = 0;

    for (size_t i = 0; i < settings->rule_count; i++)
        count += lanes_at(at, &settings->rules[i]) != NULL;
    if (count > SHEET_RULES_MAX)
        return error_set(err, ERROR_SETTINGS,
                         SAY("监测点 %s 上有 %zu 条规则，最多 %d 条：请合并或删去一些",
                             "the point %s has %zu rules, at most %d are allowed: put some "
                             "together or take some away"),
                         at->name, count, (int)SHEET_RULES_MAX);
    sheet->rules = calloc(count + 1, sizeof *sheet->rules);
    if (sheet->rules == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    for (size_t i = 0; i < settings->rule_count; i++) {
        const struct lanes *lanes = lanes_at(at, &settings->rules[i]);

        if (lanes != NULL)
            copy_rule(&sheet->rules[sheet->rule_count++], &settings->rules[i].rule, lanes);
    }
    return true;
}

static void describe_device(struct point_sheet *sheet, const struct device_conf *device)
{
    snprintf(sheet->device_title, sizeof sheet->device_title, "%s",
             device->title[0] != '\0' ? device->title : device->profile->title);
    snprintf(sheet->model, sizeof sheet->model, "%s", device->model);
    snprintf(sheet->serial_number, sizeof sheet->serial_number, "%s", device->serial_number);
    sheet->every_ms = device->every_ms;
    sheet->since = device->since;
    sheet->simulated = device->simulated;
}

static void describe_parameter(struct point_sheet *sheet, const struct parameter *parameter)
{
    snprintf(sheet->parameter, sizeof sheet->parameter, "%s", parameter->key);
    snprintf(sheet->unit, sizeof sheet->unit, "%s", parameter->unit);
    snprintf(sheet->parameter_zh, sizeof sheet->parameter_zh, "%s", parameter->title_zh);
    snprintf(sheet->parameter_en, sizeof sheet->parameter_en, "%s", parameter->title_en);
    sheet->decimals = parameter->decimals;
    sheet->medium = parameter->medium;
}

/* All but what its polls are decoded by, which is the same for a whole device. */
static bool describe_point(struct point_sheet *sheet, const struct at_point *at, struct error *err)
{
    *sheet = (struct point_sheet){0};
    snprintf(sheet->point, sizeof sheet->point, "%s", at->name);
    describe_parameter(sheet, at->channel->parameter);
    snprintf(sheet->site, sizeof sheet->site, "%s", at->site->base.name);
    snprintf(sheet->site_kind, sizeof sheet->site_kind, "%s", settings_site_kind(at->site));
    sheet->place = settings_place(at->site);
    describe_device(sheet, at->device);
    return add_rules(sheet, at, err);
}

static bool decode_of(const struct device_conf *device, char decode[DIGEST_HEX], struct error *err)
{
    uint8_t digest[DIGEST_BYTES];

    if (!settings_device_digest(device, digest))
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    digest_hex(digest, decode);
    return true;
}

bool snapshot_sheet(const struct settings *settings, size_t device, size_t channel,
                    struct point_sheet *sheet, struct error *err)
{
    struct at_point at = point_at(settings, device, channel);

    if (describe_point(sheet, &at, err) && decode_of(at.device, sheet->decode, err))
        return true;
    point_sheet_end(sheet);
    return false;
}

static bool add_point(struct drafted *draft, const struct at_point *at,
                      const char decode[DIGEST_HEX], struct error *err)
{
    struct point_sheet sheet;
    char name[160];
    bool added;

    snprintf(name, sizeof name, "points/%s.json", at->name);
    if (!describe_point(&sheet, at, err)) {
        point_sheet_end(&sheet);
        return false;
    }
    memcpy(sheet.decode, decode, DIGEST_HEX);
    added = snapshot_add_json(draft, name, point_sheet_json(&sheet), err);
    point_sheet_end(&sheet);
    return added;
}

static bool add_points(struct drafted *draft, const struct settings *settings, struct error *err)
{
    for (size_t i = 0; i < settings->device_count; i++) {
        const struct device_conf *device = &settings->devices[i];
        char decode[DIGEST_HEX];

        if (!decode_of(device, decode, err))
            return false;
        for (size_t j = 0; j < device->channel_count; j++) {
            struct at_point at = point_at(settings, i, j);

            if (!add_point(draft, &at, decode, err))
                return false;
        }
    }
    return true;
}

bool snapshot_add_made(struct drafted *draft, const struct settings *settings, struct error *err)
{
    return add_collector(draft, settings, err) && add_sites(draft, settings, err) &&
           add_points(draft, settings, err);
}
