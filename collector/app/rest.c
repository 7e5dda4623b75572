#include "app/rest.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/say.h"
#include "base/text.h"
#include "base/version.h"
#include "report/seal_status.h"
#include "report/table.h"
#include "store/reader.h"
#include "town/shown.h"

struct last {
    struct wall_time time; /* WALL_NONE: no value yet */
    double value;
};

static bool keep_last(void *self, uint64_t seq, struct wall_time time,
                      const struct reading *reading)
{
    struct last *last = self;

    (void)seq;
    if (reading_has_value(reading))
        *last = (struct last){time, reading->value};
    return true;
}

/* Looks back step by step: most points have a value in the last hour that was stored, and nobody
 * waits for a point that never had one. */
static bool last_value(struct reader *reader, uint32_t point, struct last *last, struct error *err)
{
    static const int64_t back_ms[] = {3600000, 86400000, 30LL * 86400000};
    struct wall_time now = clock_wall(clock_system());
    struct wall_time to = {INT64_MAX};

    last->time = WALL_NONE;
    for (size_t i = 0; i < sizeof back_ms / sizeof back_ms[0]; i++) {
        struct wall_time from = {now.ms - back_ms[i]};

        if (point != 0 && !reader_readings(reader, point, from, to, keep_last, last, err))
            return false;
        if (wall_is_known(last->time))
            return true;
        to = from;
    }
    return true;
}

static json_t *json_time(struct wall_time time)
{
    char text[WALL_TEXT];

    return wall_is_known(time) ? json_string(wall_text(time, text)) : json_null();
}

static json_t *json_point(const char *name, const struct channel *channel, const struct last *last)
{
    char words[64];
    struct text text;

    text_init(&text, words, sizeof words);
    if (wall_is_known(last->time)) {
        text_add_number(&text, last->value);
        text_format(&text, " %s", channel->parameter->unit);
    }
    return json_pack("{s:s, s:s, s:s, s:o}", "point", name, "parameter",
                     parameter_title(channel->parameter), "value", words, "time",
                     json_time(last->time));
}

/* Adds the device's points to `points` and gives it, with the newest of their times. */
static json_t *rest_device(struct reader *reader, const struct device_conf *device, json_t *points,
                           struct error *err)
{
    struct wall_time newest = WALL_NONE;

    for (size_t i = 0; i < device->channel_count; i++) {
        char name[POINT_SIZE];
        struct last last;

        snprintf(name, sizeof name, "%s/%s/%s", device->site, device->name,
                 device->channels[i]->name);
        if (!last_value(reader, reader_point(reader, name), &last, err))
            return NULL;
        if (wall_is_known(last.time) && (!wall_is_known(newest) || last.time.ms > newest.ms))
            newest = last.time;
        json_array_append_new(points, json_point(name, device->channels[i], &last));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:n, s:n, s:o, s:I, s:n, s:n, s:{}, s:{s:n, s:n}, "
                     "s:n}",
                     "site", device->site, "name", device->name, "model", device->model, "link",
                     device->link_name, "unit", (json_int_t)device->unit, "state", "since",
                     "last_good", json_time(newest), "every_ms", (json_int_t)device->every_ms,
                     "polls", "skipped", "errors", "answer_ms", "p50", "p99", "next_attempt");
}

static json_t *rest_devices(struct reader *reader, const struct settings *settings, json_t *points,
                            struct error *err)
{
    json_t *devices = json_array();

    for (size_t i = 0; i < settings->device_count; i++) {
        json_t *device = rest_device(reader, &settings->devices[i], points, err);

        if (device == NULL) {
            json_decref(devices);
            return NULL;
        }
        json_array_append_new(devices, device);
    }
    return devices;
}

static bool any_simulated(const struct settings *settings)
{
    for (size_t i = 0; i < settings->device_count; i++)
        if (settings->devices[i].simulated)
            return true;
    return false;
}

json_t *rest_status(const struct settings *settings, json_t **points, struct error *err)
{
    struct reader *reader = reader_open(settings->store_dir, err);
    json_t *seal = NULL, *key = NULL, *devices = NULL, *status = NULL;

    *points = json_array();
    if (reader == NULL)
        return NULL;
    seal = seal_status(reader, err);
    key = seal == NULL ? NULL : seal_key_status(reader, err);
    devices = key == NULL ? NULL : rest_devices(reader, settings, *points, err);
    if (devices != NULL)
        status = json_pack("{s:s, s:s, s:n, s:I, s:s, s:n, s:n, s:[], s:O, s:[], s:[], s:O, s:O, "
                           "s:[], s:b}",
                           "collector", settings->name, "version", version_text(), "boot", "seq",
                           (json_int_t)reader_last_seq(reader), "state", "stopped", "clock",
                           "store", "links", "devices", devices, "strangers", "outputs", "seal",
                           seal, "key", key, "notices", "simulated", any_simulated(settings));
    json_decref(seal);
    json_decref(key);
    json_decref(devices);
    reader_close(reader);
    return status;
}

void rest_print(const json_t *points)
{
    const char *const headings[] = {SAY("监测点", "POINT"), SAY("因子", "PARAMETER"),
                                    SAY("最后一个数值", "LAST VALUE"), SAY("时间", "TIME")};
    struct table *table = table_new(4, headings);
    size_t index;
    json_t *point;
    char when[LOCAL_TEXT];

    json_array_foreach(points, index, point)
    {
        const char *time = text_of(point, "time");

        table_cell(table, "%s", text_of(point, "point"));
        table_cell(table, "%s", text_of(point, "parameter"));
        table_cell(table, "%s", text_of(point, "value"));
        table_cell(table, "%s",
                   *time == '\0' ? SAY("30 天内没有", "none in 30 days") : local_time(time, when));
    }
    table_print(table, stdout);
    table_free(table);
}
