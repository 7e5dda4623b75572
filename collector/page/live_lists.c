/* /latest, /points and /devices: lists of what the settings have, page by page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "page/live_inside.h"
#include "store/known.h"

enum { LIST_DEFAULT = 200, LIST_MOST = 1000 };

/* A page of a list: what stands after `after`, at most `limit`, of those that fit. */
struct listing {
    struct live *live;
    long limit, after;
    const char *site, *device, *parameter; /* NULL: any */
    long count;
    long last; /* place of the last one given */
    bool more;
};

static bool begin(struct listing *listing, struct call *call)
{
    *listing = (struct listing){
        .live = live_begin(call),
        .site = http_query_get(call->query, "site"),
        .device = http_query_get(call->query, "device"),
        .parameter = http_query_get(call->query, "parameter"),
    };
    return listing->live != NULL &&
           call_number(call, "limit", 1, LIST_MOST, LIST_DEFAULT, &listing->limit) &&
           call_number(call, "after", 0, INT32_MAX, -1, &listing->after);
}

static bool is_word(const char *wanted, const char *is)
{
    return wanted == NULL || strcmp(wanted, is) == 0;
}

static bool fits(const struct listing *listing, const struct catalog_device *device)
{
    const struct catalog *catalog = listing->live->host.catalog;

    return device->active && is_word(listing->site, catalog->sites[device->site].name) &&
           is_word(listing->device, device->name);
}

/* Whether the next one belongs to this page; notes where it ends. */
static bool takes(struct listing *listing, long place)
{
    if (listing->count >= listing->limit) {
        listing->more = true;
        return false;
    }
    listing->count++;
    listing->last = place;
    return true;
}

/* The points that fit, in the settings' order; `each` gives false when there is no memory. */
static bool walk_points(struct listing *listing, bool (*each)(void *self, uint32_t place),
                        void *self)
{
    const struct catalog *catalog = listing->live->host.catalog;

    for (uint32_t i = 0; i < catalog->point_count; i++) {
        const struct catalog_point *point = &catalog->points[i];
        const char *parameter = point->parameter != NULL ? point->parameter->key : "";

        if ((long)i <= listing->after || !fits(listing, &catalog->devices[point->device]) ||
            !is_word(listing->parameter, parameter))
            continue;
        if (!takes(listing, i))
            return true;
        if (!each(self, i))
            return false;
    }
    return true;
}

static json_t *next_json(const struct listing *listing)
{
    char words[24];

    snprintf(words, sizeof words, "%ld", listing->last);
    return listing->more ? json_string(words) : json_null();
}

static void answer_list(struct call *call, const struct listing *listing, const char *key,
                        json_t *list)
{
    live_answer(call, json_pack("{s:o, s:o}", key, list, "next", next_json(listing)));
}

/* /latest ------------------------------------------------------------------------------------- */

struct rows {
    struct live *live;
    struct mono_time now;
    struct bytes out;
};

static bool add_row(void *self, uint32_t place)
{
    struct rows *rows = self;
    char bytes[LIVE_ROW_SIZE];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    text_add(&text, rows->out.used == 0 ? "{\"latest\":[" : ",");
    live_row(rows->live, place, rows->now, &text);
    return !text.full && bytes_add(&rows->out, text.bytes, text.used, NULL);
}

static bool end_rows(struct rows *rows, const struct listing *listing)
{
    char end[48];

    if (listing->more)
        snprintf(end, sizeof end, "],\"next\":\"%ld\"}", listing->last);
    else
        snprintf(end, sizeof end, "],\"next\":null}");
    return (rows->out.used > 0 || bytes_words(&rows->out, "{\"latest\":[", NULL)) &&
           bytes_words(&rows->out, end, NULL);
}

void live_answer_latest(struct call *call)
{
    struct rows rows = {.now = clock_mono(call->host->clock)};
    struct listing listing;

    if (!begin(&listing, call) || !live_read_problems(listing.live, call))
        return;
    rows.live = listing.live;
    live_note_stale(listing.live, rows.now);
    if (walk_points(&listing, add_row, &rows) && end_rows(&rows, &listing)) {
        answer_bytes(call->answer, LIVE_JSON, rows.out.at, rows.out.used);
        return;
    }
    free(rows.out.at);
    call_refuse(call, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

/* /points ------------------------------------------------------------------------------------- */

struct facts {
    const struct live *live;
    json_t *list;
};

static bool add_facts(void *self, uint32_t place)
{
    const struct facts *facts = self;
    const struct catalog *catalog = facts->live->host.catalog;
    const struct catalog_point *point = &catalog->points[place];
    const struct catalog_device *device = &catalog->devices[point->device];
    const struct parameter *parameter = point->parameter;
    json_t *tasks = facts->live->point_tasks[place];
    char name[POINT_SIZE];

    return json_array_append_new(facts->list,
                                 json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:I, s:b, s:o}",
                                           "point", catalog_point_name(catalog, point, name),
                                           "site", catalog->sites[device->site].name, "device",
                                           device->name, "channel", point->channel, "parameter",
                                           parameter == NULL ? point->channel : parameter->key,
                                           "unit", parameter == NULL ? "" : parameter->unit,
                                           "decimals", parameter == NULL ? 0 : parameter->decimals,
                                           "every_ms", (json_int_t)device->every_ms, "simulated",
                                           device->simulated, "tasks",
                                           tasks == NULL ? json_array() : json_incref(tasks))) == 0;
}

void live_answer_points(struct call *call)
{
    struct facts facts = {.list = json_array()};
    struct listing listing;

    if (!begin(&listing, call) || !live_read_tasks(listing.live, call)) {
        json_decref(facts.list);
        return;
    }
    facts.live = listing.live;
    walk_points(&listing, add_facts, &facts);
    answer_list(call, &listing, "points", facts.list);
}

/* /devices ------------------------------------------------------------------------------------ */

static json_t *text_or_null(const char *words)
{
    return words[0] == '\0' ? json_null() : json_string(words);
}

static json_t *points_json(const struct catalog *catalog, const struct catalog_device *device)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < device->point_count; i++) {
        char name[POINT_SIZE];

        json_array_append_new(list, json_string(catalog_point_name(
                                        catalog, &catalog->points[device->first_point + i], name)));
    }
    return list;
}

/* The settings' devices stand first in the catalog, in their order, and the copy's as well. */
static json_t *device_json(struct call *call, const struct status_copy *copy, size_t place)
{
    const struct catalog_device *device = &call->host->catalog->devices[place];
    const struct device_conf *conf = &call->host->settings->devices[place];
    char identity[IDENTITY_TEXT] = "";
    json_t *json = status_device_json(copy, &copy->devices[place]);

    if (!reader_identity(call->reader, device->id, identity, NULL))
        identity[0] = '\0';
    json_object_set_new(json, "title", json_string(device->title));
    json_object_set_new(json, "serial_number", text_or_null(conf->serial_number));
    json_object_set_new(json, "identity", text_or_null(identity));
    json_object_set_new(json, "simulated", json_boolean(device->simulated));
    json_object_set_new(json, "points", points_json(call->host->catalog, device));
    return json;
}

static void list_devices(struct call *call, struct listing *listing, const struct status_copy *copy)
{
    json_t *list = json_array();

    for (size_t i = 0; i < copy->device_count; i++) {
        if ((long)i <= listing->after || !fits(listing, &call->host->catalog->devices[i]))
            continue;
        if (!takes(listing, (long)i))
            break;
        json_array_append_new(list, device_json(call, copy, i));
    }
    answer_list(call, listing, "devices", list);
}

void live_answer_devices(struct call *call)
{
    const struct status_copy *copy = live_copy(call);
    struct listing listing;

    if (copy != NULL && begin(&listing, call))
        list_devices(call, &listing, copy);
    status_copy_release(copy);
}
