#include "output/message.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "model/quality.h"

#define PROBLEM_SHOWN_MS (30LL * 86400000)

void message_topic(struct text *text, const char *root, const char *collector, const char *leaf,
                   const char *first, const char *second)
{
    const char *levels[] = {root, collector, leaf, first, second};

    for (size_t i = 0; i < sizeof levels / sizeof levels[0] && levels[i] != NULL; i++) {
        if (i > 0)
            text_add_char(text, '/');
        text_add(text, levels[i]);
    }
}

static void add_time(struct text *text, struct wall_time time)
{
    char words[WALL_TEXT];

    if (wall_is_known(time))
        text_add_json(text, wall_text(time, words));
    else
        text_add(text, "null");
}

void message_online(struct text *text, struct wall_time now, const char *version)
{
    text_add(text, "{\"state\":\"online\",\"time\":");
    add_time(text, now);
    text_add(text, ",\"version\":");
    text_add_json(text, version);
    text_add_char(text, '}');
}

void message_offline(struct text *text)
{
    text_add(text, "{\"state\":\"offline\"}");
}

static void add_channel(struct text *text, const struct catalog_point *point)
{
    const struct parameter *parameter = point->parameter;

    text_add_json(text, point->channel);
    if (parameter == NULL) {
        text_add(text, ":{\"title\":null,\"unit\":null,\"decimals\":null,\"hj212\":null}");
        return;
    }
    text_add(text, ":{\"title\":");
    text_add_json(text, parameter_title(parameter));
    text_add(text, ",\"unit\":");
    text_add_json(text, parameter->unit);
    text_add(text, ",\"decimals\":");
    text_add_int(text, parameter->decimals);
    text_add(text, ",\"hj212\":");
    text_add_json(text, parameter->hj212);
    text_add_char(text, '}');
}

void message_device(struct text *text, const struct catalog *catalog,
                    const struct catalog_device *device)
{
    if (!device->active)
        return;
    text_add(text, "{\"title\":");
    text_add_json(text, device->title);
    text_add(text, ",\"site_title\":");
    text_add_json(text, catalog->sites[device->site].title);
    text_add(text, ",\"model\":");
    text_add_json(text, device->model);
    text_add(text, ",\"every_ms\":");
    text_add_int(text, device->every_ms);
    text_add(text, device->simulated ? ",\"simulated\":true" : ",\"simulated\":false");
    text_add(text, ",\"channels\":{");
    for (uint32_t i = 0; i < device->point_count; i++) {
        if (i > 0)
            text_add_char(text, ',');
        add_channel(text, &catalog->points[device->first_point + i]);
    }
    text_add(text, "}}");
}

/* What stands after a channel's name in each of the three groups; false: nothing, not even the
 * name. */
typedef bool add_part(struct text *text, const struct reading *reading);

static bool add_value(struct text *text, const struct reading *reading)
{
    if (reading_has_value(reading))
        text_add_number(text, reading->value);
    else
        text_add(text, "null");
    return true;
}

static bool add_quality(struct text *text, const struct reading *reading)
{
    const char letter[] = {quality_letter((enum quality)reading->quality), '\0'};

    text_add_json(text, letter);
    return true;
}

static bool add_cause(struct text *text, const struct reading *reading)
{
    const char *word = cause_word((enum cause)reading->cause);

    if (*word == '\0')
        return false;
    text_add_json(text, word);
    return true;
}

static void add_group(struct text *text, const struct catalog *catalog, const struct poll *poll,
                      const char *name, add_part *add)
{
    bool first = true;

    text_add_char(text, ',');
    text_add_json(text, name);
    text_add(text, ":{");
    for (size_t i = 0; i < poll->reading_count; i++) {
        const struct catalog_point *point = catalog_point(catalog, poll->readings[i].point);
        size_t used = text->used;

        if (point == NULL)
            continue;
        if (!first)
            text_add_char(text, ',');
        text_add_json(text, point->channel);
        text_add_char(text, ':');
        if (add(text, &poll->readings[i]))
            first = false;
        else if (!text->full)
            text_cut(text, used);
    }
    text_add_char(text, '}');
}

void message_reading(struct text *text, const struct catalog *catalog, const struct poll *poll)
{
    text_format(text, "{\"seq\":%llu,\"time\":", (unsigned long long)poll->seq);
    add_time(text, poll->time);
    add_group(text, catalog, poll, "values", add_value);
    add_group(text, catalog, poll, "quality", add_quality);
    add_group(text, catalog, poll, "cause", add_cause);
    text_add_char(text, '}');
}

void message_notice(struct text *text, const struct notice *notice)
{
    if (notice->ended)
        return;
    text_add(text, "{\"id\":");
    text_add_json(text, notice->id);
    text_add(text, ",\"subject\":");
    text_add_json(text, notice->subject);
    text_add(text, ",\"text\":");
    text_add_json(text, notice->text);
    text_add(text, ",\"since\":");
    add_time(text, notice->since);
    text_add_char(text, '}');
}

static void add_hex(struct text *text, const uint8_t *bytes, size_t size)
{
    text_add_char(text, '"');
    for (size_t i = 0; i < size; i++)
        text_format(text, "%02x", bytes[i]);
    text_add_char(text, '"');
}

void message_seal(struct text *text, const struct sealed *sealed)
{
    text_format(text, "{\"segment\":%llu,\"head\":", (unsigned long long)sealed->head.segment);
    add_hex(text, sealed->digest, sizeof sealed->digest);
    text_add(text, ",\"previous\":");
    add_hex(text, sealed->head.previous, sizeof sealed->head.previous);
    text_add(text, ",\"time\":");
    add_time(text, sealed->head.sealed);
    text_add(text, ",\"signature\":");
    add_hex(text, sealed->signature, sizeof sealed->signature);
    text_add(text, ",\"key\":");
    text_add_json(text, sealed->head.key);
    text_add_char(text, '}');
}

/* The member stands last in every body: what is cut off is its null and the closing brace. */
void message_problem(struct text *text, const char *body, const struct sealed *sealed)
{
    static const char last[] = "\"seal\":null}";
    static const char null[] = "null}";
    size_t length = strlen(body);

    if (sealed == NULL || length < sizeof last - 1 ||
        strcmp(body + length - (sizeof last - 1), last) != 0) {
        text_add(text, body);
        return;
    }
    text_add_bytes(text, body, length - (sizeof null - 1));
    text_format(text, "{\"segment\":%llu,\"head\":", (unsigned long long)sealed->head.segment);
    add_hex(text, sealed->digest, sizeof sealed->digest);
    text_add(text, "}}");
}

bool message_problem_is_old(const char *body, struct wall_time now, char *uid)
{
    json_t *problem = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
    const char *state = json_string_value(json_object_get(problem, "state"));
    const char *ended = json_string_value(json_object_get(problem, "ended"));
    const char *name = json_string_value(json_object_get(problem, "uid"));
    struct wall_time time = WALL_NONE;
    bool old;

    if (ended == NULL)
        ended = json_string_value(json_object_get(problem, "last"));
    old = state != NULL && strcmp(state, "closed") == 0 && name != NULL && ended != NULL &&
          moment_parse(ended, &time) && wall_is_known(now) && now.ms - time.ms > PROBLEM_SHOWN_MS;
    if (old && uid != NULL)
        snprintf(uid, 33, "%s", name);
    json_decref(problem);
    return old;
}
