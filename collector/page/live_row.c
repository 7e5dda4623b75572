/* One point as it is now, as JSON. Written as text: a station may have ten thousand. */
#include <inttypes.h>
#include <math.h>

#include "base/number.h"
#include "page/live_inside.h"

static const int64_t stale_least_ms = 10 * 1000;
enum { STALE_INTERVALS = 3 };

static int64_t stale_after_ns(const struct live *live, uint32_t place)
{
    const struct catalog *catalog = live->host.catalog;
    int64_t ms = STALE_INTERVALS * catalog->devices[catalog->points[place].device].every_ms;

    return ns_from_ms(ms > stale_least_ms ? ms : stale_least_ms);
}

/* When the value goes stale; INT64_MIN: it is. */
static int64_t stale_at(const struct live *live, uint32_t place)
{
    const struct latest_reading *reading = &live->latest[place];

    return reading->of_this_run ? reading->mono.ns + stale_after_ns(live, place) : INT64_MIN;
}

bool live_is_stale(const struct live *live, uint32_t place, struct mono_time now)
{
    return now.ns >= stale_at(live, place);
}

void live_note_stale(struct live *live, struct mono_time now)
{
    const struct catalog *catalog = live->host.catalog;

    live->stale_ns = INT64_MAX;
    for (uint32_t i = 0; i < catalog->point_count; i++) {
        int64_t at = stale_at(live, i);

        if (catalog->devices[catalog->points[i].device].active && at > now.ns &&
            at < live->stale_ns)
            live->stale_ns = at;
    }
}

void live_add_time(struct text *text, struct wall_time time)
{
    char words[WALL_TEXT];

    if (!wall_is_known(time)) {
        text_add(text, "null");
        return;
    }
    text_add_char(text, '"');
    text_add(text, wall_text(time, words));
    text_add_char(text, '"');
}

static void add_word(struct text *text, const char *word)
{
    if (word[0] == '\0') {
        text_add(text, "null");
        return;
    }
    text_add_char(text, '"');
    text_add(text, word);
    text_add_char(text, '"');
}

static void add_value(struct text *text, double value)
{
    if (isfinite(value))
        text_add_number(text, value);
    else
        text_add(text, "null");
}

static bool limit_is_none(const struct live_limit *limit)
{
    return isnan(limit->low) && isnan(limit->high);
}

static void add_limit(struct text *text, const struct live_limit *limit)
{
    if (limit_is_none(limit)) {
        text_add(text, "null");
    } else if (isnan(limit->low)) {
        text_add(text, "{\"above\":");
        text_add_number(text, limit->high);
        text_add_char(text, '}');
    } else if (isnan(limit->high)) {
        text_add(text, "{\"below\":");
        text_add_number(text, limit->low);
        text_add_char(text, '}');
    } else {
        text_add(text, "{\"between\":[");
        text_add_number(text, limit->low);
        text_add_char(text, ',');
        text_add_number(text, limit->high);
        text_add(text, "]}");
    }
}

/* Names need no escaping: they are letters, digits, '.', '_' and '-'. */
static void add_names(const struct live *live, const struct catalog_point *point, struct text *text)
{
    const struct catalog_device *device = &live->host.catalog->devices[point->device];
    const char *site = live->host.catalog->sites[device->site].name;

    text_add(text, "{\"point\":\"");
    text_add(text, site);
    text_add_char(text, '/');
    text_add(text, device->name);
    text_add_char(text, '/');
    text_add(text, point->channel);
    text_add(text, "\",\"site\":\"");
    text_add(text, site);
    text_add(text, "\",\"device\":\"");
    text_add(text, device->name);
    text_add(text, "\",\"channel\":\"");
    text_add(text, point->channel);
    text_add(text, "\",\"parameter\":\"");
    text_add(text, point->parameter != NULL ? point->parameter->key : point->channel);
}

static void add_reading(const struct live *live, uint32_t place, struct text *text)
{
    const struct latest_reading *reading = &live->latest[place];

    text_add(text, "\",\"seq\":");
    if (reading->seq == 0) {
        text_add(text, "null,\"time\":null,\"value\":null,\"quality\":null,\"cause\":null");
        return;
    }
    text_add_int(text, (int64_t)reading->seq);
    text_add(text, ",\"time\":");
    live_add_time(text, reading->time);
    text_add(text, ",\"value\":");
    add_value(text, reading->value);
    text_add(text, ",\"quality\":\"");
    text_add_char(text, quality_letter((enum quality)reading->quality));
    text_add(text, "\",\"cause\":");
    add_word(text, cause_word((enum cause)reading->cause));
}

void live_row(const struct live *live, uint32_t place, struct mono_time now, struct text *text)
{
    const struct catalog_point *point = &live->host.catalog->points[place];
    const struct catalog_device *device = &live->host.catalog->devices[point->device];

    add_names(live, point, text);
    add_reading(live, place, text);
    text_add(text, ",\"doubt\":");
    add_word(text, live->doubts[place]);
    text_add(text, live_is_stale(live, place, now) ? ",\"stale\":true" : ",\"stale\":false");
    text_add(text, ",\"every_ms\":");
    text_add_int(text, device->every_ms);
    text_add(text, ",\"bound\":");
    add_limit(text, &live->limits[place]);
    text_add(text, ",\"bound_on\":");
    add_word(text, limit_is_none(&live->limits[place]) ? "" : period_word(live->limits[place].on));
    text_add(text, device->simulated ? ",\"simulated\":true}" : ",\"simulated\":false}");
}
