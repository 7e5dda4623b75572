/* What is known of one point: its first and last reading, limits, rules, and the tasks it watches.
 */
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "page/series_lists.h"
#include "page/series_write.h"
#include "town/shown.h"

enum { ROWS_MOST = 64 };

static json_t *text_or_null(const char *words)
{
    return *words == '\0' ? json_null() : json_string(words);
}

static json_t *limit_json(const struct limit *row)
{
    const struct bound bound = {.kind = row->bound, .low = row->low, .high = row->high};

    return json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:b, s:o, s:s, s:o, s:o}", "standard", row->standard,
        "edition", row->edition, "title", SAY(row->title, row->title_en), "clause", row->clause,
        "class", text_or_null(row->class_), "period", period_word(row->on), "statistic",
        statistic_word(row->statistic), "verified", row->verified, "bound", series_bound(&bound),
        "when", series_when(row->when), "from", series_time(row->from), "to", series_time(row->to));
}

/* Every row of a standard that is in force there now, whether a rule judges by it or not. */
static json_t *limits_json(const struct series_point *point, const struct settings *settings,
                           struct wall_time now)
{
    const struct standards *standards = settings->standards;
    json_t *limits = json_array();
    struct place place;
    const char *name;
    size_t next = 0;

    if (!point->is_set_up)
        return limits;
    place = settings_place(point->setup.site);
    while ((name = standards_next_name(standards, &next)) != NULL) {
        const struct limit *rows[ROWS_MOST];
        size_t count =
            standards_pick(standards, name, &place, point->setup.parameter->key, rows, ROWS_MOST);

        for (size_t i = 0; i < count && i < ROWS_MOST; i++)
            if (limit_is_in_force(rows[i], now))
                json_array_append_new(limits, limit_json(rows[i]));
    }
    return limits;
}

static void add_rule(json_t *rules, const struct rule *rule, const struct lane *lane,
                     struct wall_time now)
{
    const struct stage *stage = lane_stage(lane, now);
    char duration[24];

    duration_text(rule->for_ms, duration);
    json_array_append_new(
        rules,
        json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:s}", "name", rule->name, "title",
                  rule->title, "bound", stage == NULL ? json_null() : series_bound(&stage->bound),
                  "decimals", stage == NULL ? json_null() : series_decimals(&stage->bound), "on",
                  period_word(lane->on), "statistic", statistic_word(lane->statistic), "when",
                  series_when(lane->when), "for", duration, "nature",
                  rule_nature_word(rule->nature)));
}

static json_t *rules_json(const struct series_point *point, const struct settings *settings,
                          struct wall_time now)
{
    json_t *rules = json_array();

    for (size_t i = 0; point->is_set_up && i < settings->rule_count; i++) {
        const struct lanes *lanes = settings_lanes_at(&settings->rules[i], point->setup.site,
                                                      point->setup.parameter, point->name);

        for (size_t j = 0; lanes != NULL && j < lanes->count; j++)
            add_rule(rules, &settings->rules[i].rule, &lanes->lane[j], now);
    }
    return rules;
}

static bool take_task(void *self, const char *body)
{
    json_t *task = json_loads(body, 0, NULL);
    json_t *off = json_object_get(task, "struck_off");
    json_t *until = json_object_get(task, "watch_until");

    if (task != NULL)
        json_array_append_new(self, json_pack("{s:s, s:s, s:s, s:O?, s:O?}", "id",
                                              text_of(task, "id"), "title", text_of(task, "title"),
                                              "state", text_of(task, "state"), "struck_off", off,
                                              "watch_until", until));
    json_decref(task);
    return true;
}

static json_t *beside_json(const struct series_point *point, const struct catalog *catalog)
{
    json_t *beside = json_array();
    char name[POINT_SIZE];

    for (uint32_t i = 0; i < point->device->point_count; i++) {
        const struct catalog_point *other = &catalog->points[point->device->first_point + i];

        if (other != point->point)
            json_array_append_new(beside, json_string(catalog_point_name(catalog, other, name)));
    }
    return beside;
}

void answer_point(struct call *call)
{
    const struct settings *settings = call->host->settings;
    struct wall_time now = clock_wall(call->host->clock);
    json_t *tasks = json_array();
    struct series_point point;
    struct error err = {0};
    struct writing writing;
    struct span stored;
    json_t *card;

    if (!series_point_find(&point, call)) {
        json_decref(tasks);
        return;
    }
    if (!reader_point_tasks(call->reader, point.name, take_task, tasks, &err)) {
        json_decref(tasks);
        answer_refuse(call->answer, &err);
        return;
    }
    stored = reader_point_span(call->reader, point.point->id);
    card = json_pack(
        "{s:{s:s, s:s, s:s, s:s, s:o, s:s, s:i, s:I, s:b, s:o, s:o, s:o, s:o, s:o, s:o}}", "point",
        "point", point.name, "site", call->host->catalog->sites[point.device->site].name, "device",
        point.device->name, "channel", point.point->channel, "parameter",
        point.parameter == NULL ? json_null() : json_string(point.parameter->key), "unit",
        series_unit(&point), "decimals", point.parameter == NULL ? 6 : point.parameter->decimals,
        "every_ms", (json_int_t)point.device->every_ms, "simulated", point.device->simulated,
        "first", series_time(stored.start), "last", series_time(stored.end), "limits",
        limits_json(&point, settings, now), "rules", rules_json(&point, settings, now), "tasks",
        tasks, "beside", beside_json(&point, call->host->catalog));
    if (writing_begin(&writing, call)) {
        write_json(writing.to, card);
        writing_end(&writing, call, "application/json; charset=utf-8");
    }
    json_decref(card);
}
