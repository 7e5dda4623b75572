#include "ledger/point_sheet.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "ledger/fields.h"

#define ROWS(table)      (sizeof(table) / sizeof((table)[0]))
#define AT(type, member) offsetof(type, member), sizeof(((type *)0)->member)

#define TEXT(type, key, member)                                                                    \
    {                                                                                              \
        key, FIELD_TEXT, AT(type, member), 0, 0, FIELD_NONE, NULL                                  \
    }
#define BOOLEAN(type, key, member)                                                                 \
    {                                                                                              \
        key, FIELD_BOOL, AT(type, member), 0, 0, FIELD_NONE, NULL                                  \
    }
#define NUMBER(type, key, member)                                                                  \
    {                                                                                              \
        key, FIELD_NUMBER, AT(type, member), 0, 0, FIELD_NONE, NULL                                \
    }
#define TIME(type, key, member)                                                                    \
    {                                                                                              \
        key, FIELD_TIME, AT(type, member), 0, 0, FIELD_NONE, NULL                                  \
    }
#define INNER(key)                                                                                 \
    {                                                                                              \
        key, FIELD_INNER, 0, 0, 0, 0, FIELD_NONE, NULL                                             \
    }
#define WORD(type, key, member, list)                                                              \
    {                                                                                              \
        key, FIELD_WORD, AT(type, member), 0, 0, FIELD_NONE, list                                  \
    }
#define INT(type, key, member, least, most)                                                        \
    {                                                                                              \
        key, FIELD_INT, AT(type, member), least, most, FIELD_NONE, NULL                            \
    }
#define LONG(type, key, member, most)                                                              \
    {                                                                                              \
        key, FIELD_LONG, AT(type, member), 0, most, FIELD_NONE, NULL                               \
    }
#define OR_NULL(type, key, member, most, none)                                                     \
    {                                                                                              \
        key, FIELD_INT, AT(type, member), 0, most, none, NULL                                      \
    }

#define LONGEST_MS ((int64_t)3660 * 24 * 3600 * 1000)

enum { DECIMALS_MOST = 15, PER_DAY_MOST = 1440, DAY_MIN = 1440 };

static const char *const mediums[] = {"water", "air", "noise", "weather", NULL};
static const char *const natures[] = {"breach", "doubt", NULL};
static const char *const whens[] = {"always", "day", "night", NULL};
static const char *const bounds[] = {"above", "below", "between", NULL};
static const char *const statistics[] = {"mean", "max", "max_8h", NULL};
static const char *const periods[] = {"reading", "1min", "5min",  "10min",   "15min", "1h",   "4h",
                                      "8h",      "day",  "month", "daytime", "night", "year", NULL};

static_assert(ROWS(mediums) == MEDIUM_WEATHER + 2, "one word a medium");
static_assert(ROWS(periods) == PERIOD_COUNT + 1, "one word a period");
static_assert(ROWS(statistics) == STATISTIC_COUNT + 1, "one word a statistic");

/* In the order of their keys, as they are written. */
static const struct field sheet_fields[] = {
    INT(struct point_sheet, "decimals", decimals, 0, DECIMALS_MOST),
    TEXT(struct point_sheet, "decode", decode),
    TEXT(struct point_sheet, "device_title", device_title),
    LONG(struct point_sheet, "every_ms", every_ms, LONGEST_MS),
    WORD(struct point_sheet, "medium", medium, mediums),
    TEXT(struct point_sheet, "model", model),
    TEXT(struct point_sheet, "parameter", parameter),
    TEXT(struct point_sheet, "parameter_en", parameter_en),
    TEXT(struct point_sheet, "parameter_zh", parameter_zh),
    INNER("place"),
    TEXT(struct point_sheet, "point", point),
    INNER("rules"),
    TEXT(struct point_sheet, "serial_number", serial_number),
    BOOLEAN(struct point_sheet, "simulated", simulated),
    TIME(struct point_sheet, "since", since),
    TEXT(struct point_sheet, "site", site),
    TEXT(struct point_sheet, "site_kind", site_kind),
    TEXT(struct point_sheet, "unit", unit),
};

static const struct field place_fields[] = {
    INT(struct place, "air_class", air_class, 0, 2),
    TEXT(struct place, "kind", kind),
    TEXT(struct place, "noise_place", noise_place),
    TEXT(struct place, "noise_zone", noise_zone),
    TEXT(struct place, "water_body", water_body),
    INT(struct place, "water_class", water_class, 0, 5),
};

static const struct field rule_fields[] = {
    INT(struct rule, "count_m", count_m, 0, COUNT_MAX),
    INT(struct rule, "count_n", count_n, 0, COUNT_MAX),
    LONG(struct rule, "for_ms", for_ms, LONGEST_MS),
    LONG(struct rule, "gather_ms", gather_ms, LONGEST_MS),
    INNER("lanes"),
    TEXT(struct rule, "name", name),
    WORD(struct rule, "nature", nature, natures),
    INT(struct rule, "night_begins_min", night.begins_min, 0, DAY_MIN - 1),
    INT(struct rule, "night_ends_min", night.ends_min, 0, DAY_MIN - 1),
    NUMBER(struct rule, "recover", recover),
    LONG(struct rule, "recover_for_ms", recover_for_ms, LONGEST_MS),
    TEXT(struct rule, "title", title),
};

static const struct field lane_fields[] = {
    WORD(struct lane, "on", on, periods),
    INNER("stages"),
    WORD(struct lane, "statistic", statistic, statistics),
    WORD(struct lane, "when", when, whens),
};

static const struct field stage_fields[] = {
    WORD(struct stage, "bound", bound.kind, bounds),
    OR_NULL(struct stage, "decimals", bound.decimals, DECIMALS_MOST, DECIMALS_ALL),
    TIME(struct stage, "from", from),
    NUMBER(struct stage, "high", bound.high),
    INNER("limit"),
    NUMBER(struct stage, "low", bound.low),
    OR_NULL(struct stage, "per_day", per_day, PER_DAY_MOST, -1),
    TIME(struct stage, "to", to),
};

static const struct field limit_fields[] = {
    BOOLEAN(struct limit, "apart", apart),
    WORD(struct limit, "bound", bound, bounds),
    TEXT(struct limit, "class", class_),
    TEXT(struct limit, "clause", clause),
    OR_NULL(struct limit, "decimals", decimals, DECIMALS_MOST, DECIMALS_ALL),
    TEXT(struct limit, "edition", edition),
    BOOLEAN(struct limit, "foremost", foremost),
    TIME(struct limit, "from", from),
    NUMBER(struct limit, "high", high),
    TEXT(struct limit, "high_text", high_text),
    NUMBER(struct limit, "low", low),
    TEXT(struct limit, "low_text", low_text),
    TEXT(struct limit, "note", note),
    WORD(struct limit, "on", on, periods),
    BOOLEAN(struct limit, "or_shorter", or_shorter),
    NUMBER(struct limit, "or_saturation", or_saturation),
    TEXT(struct limit, "parameter", parameter),
    OR_NULL(struct limit, "per_day", per_day, PER_DAY_MOST, -1),
    TEXT(struct limit, "source", source),
    TEXT(struct limit, "standard", standard),
    WORD(struct limit, "statistic", statistic, statistics),
    TEXT(struct limit, "title", title),
    TIME(struct limit, "to", to),
    TEXT(struct limit, "unit", unit),
    BOOLEAN(struct limit, "verified", verified),
    WORD(struct limit, "when", when, whens),
    INNER("where"),
};

/* Writing ----------------------------------------------------------------------------------- */

#define WRITE(fields, from) fields_json(fields, ROWS(fields), from)

static json_t *limit_json(const struct limit *limit)
{
    json_t *object;

    if (limit == NULL)
        return json_null();
    object = WRITE(limit_fields, limit);
    json_object_set_new(object, "where", WRITE(place_fields, &limit->where));
    return object;
}

static json_t *lane_json(const struct lane *lane)
{
    json_t *object = WRITE(lane_fields, lane);
    json_t *stages = json_array();

    for (size_t i = 0; i < lane->stage_count; i++) {
        json_t *stage = WRITE(stage_fields, &lane->stages[i]);

        json_object_set_new(stage, "limit", limit_json(lane->stages[i].limit));
        json_array_append_new(stages, stage);
    }
    json_object_set_new(object, "stages", stages);
    return object;
}

static json_t *rule_json(const struct sheet_rule *rule)
{
    struct rule shown = rule->rule;
    json_t *object;
    json_t *lanes = json_array();

    if (!shown.has_recover)
        shown.recover = NAN;
    object = WRITE(rule_fields, &shown);
    for (size_t i = 0; i < rule->lanes.count; i++)
        json_array_append_new(lanes, lane_json(&rule->lanes.lane[i]));
    json_object_set_new(object, "lanes", lanes);
    return object;
}

json_t *point_sheet_json(const struct point_sheet *sheet)
{
    json_t *object = WRITE(sheet_fields, sheet);
    json_t *rules = json_array();

    json_object_set_new(object, "place", WRITE(place_fields, &sheet->place));
    for (size_t i = 0; i < sheet->rule_count; i++)
        json_array_append_new(rules, rule_json(&sheet->rules[i]));
    json_object_set_new(object, "rules", rules);
    return object;
}

/* Reading ----------------------------------------------------------------------------------- */

#define READ(fields, into, from, where, err)                                                       \
    fields_read(fields, ROWS(fields), into, from, where, err)

/* Where a fault stands: "rules[2].lanes[0].stages[1]". */
struct place_in {
    char words[64];
};

static struct place_in inside(const char *outer, const char *list, size_t index)
{
    struct place_in in;

    snprintf(in.words, sizeof in.words, "%.40s%s%s[%zu]", outer, *outer == '\0' ? "" : ".", list,
             index);
    return in;
}

static bool is_bounded(const struct bound *bound)
{
    bool low = isfinite(bound->low);
    bool high = isfinite(bound->high);

    return (bound->kind == BOUND_BELOW || high) && (bound->kind == BOUND_ABOVE || low) &&
           (bound->kind != BOUND_BETWEEN || bound->low < bound->high);
}

/* What is shown of the law is what is judged by. */
static bool is_of_limit(const struct stage *stage, const struct limit *limit)
{
    const struct bound bound = {limit->bound, limit->low, limit->high, limit->decimals};

    return bound_is_same(&stage->bound, &bound) && stage->from.ms == limit->from.ms &&
           stage->to.ms == limit->to.ms;
}

static bool read_stage(struct sheet_rule *rule, struct lane *lane, size_t index, const json_t *from,
                       const char *where, struct error *err)
{
    struct stage *stage = &lane->stages[index];
    struct limit *limit = &rule->limits[lane - rule->lanes.lane][index];
    const json_t *shown = json_object_get(from, "limit");

    if (!READ(stage_fields, stage, from, where, err))
        return false;
    if (!is_bounded(&stage->bound))
        return fields_refuse(where, "bound", SAY("限值不全", "its numbers are not there"), err);
    if (wall_is_known(stage->to) && stage->to.ms <= stage->from.ms)
        return fields_refuse(where, "to", SAY("应晚于 from", "it should be after from"), err);
    if (index > 0 && (!wall_is_known(stage[-1].to) || stage->from.ms < stage[-1].to.ms))
        return fields_refuse(where, "from", SAY("时间重叠", "the times overlap"), err);
    if (json_is_null(shown))
        return true;
    stage->limit = limit;
    if (!READ(limit_fields, limit, shown, where, err) ||
        !READ(place_fields, &limit->where, json_object_get(shown, "where"), where, err))
        return false;
    return is_of_limit(stage, limit) ||
           fields_refuse(where, "limit", SAY("与判断所用的限值不同", "it is not what is judged by"),
                         err);
}

/* A list of 1 to `most`. */
static bool is_list(const json_t *list, size_t least, size_t most)
{
    return json_is_array(list) && json_array_size(list) >= least && json_array_size(list) <= most;
}

static bool read_lane(struct sheet_rule *rule, struct lane *lane, const json_t *from,
                      const char *where, struct error *err)
{
    const json_t *stages = json_object_get(from, "stages");

    if (!READ(lane_fields, lane, from, where, err))
        return false;
    if (!is_list(stages, 1, STAGES_MAX))
        return fields_refuse(where, "stages", SAY("段数不对", "too few or too many of them"), err);
    lane->stage_count = json_array_size(stages);
    for (size_t i = 0; i < lane->stage_count; i++) {
        struct place_in in = inside(where, "stages", i);

        if (!read_stage(rule, lane, i, json_array_get(stages, i), in.words, err))
            return false;
    }
    return true;
}

static bool read_rule(struct sheet_rule *rule, const json_t *from, const char *where,
                      struct error *err)
{
    const json_t *lanes = json_object_get(from, "lanes");

    if (!READ(rule_fields, &rule->rule, from, where, err))
        return false;
    rule->rule.has_recover = isfinite(rule->rule.recover);
    if (!name_is_valid(rule->rule.name))
        return fields_refuse(where, "name", SAY("不是规则名", "no name of a rule"), err);
    if (rule->rule.count_m > rule->rule.count_n)
        return fields_refuse(where, "count_m", SAY("应不大于 count_n", "at most count_n"), err);
    if (!is_list(lanes, 1, LANES_MAX))
        return fields_refuse(where, "lanes", SAY("个数不对", "too few or too many of them"), err);
    rule->lanes.count = json_array_size(lanes);
    for (size_t i = 0; i < rule->lanes.count; i++) {
        struct place_in in = inside(where, "lanes", i);

        if (!read_lane(rule, &rule->lanes.lane[i], json_array_get(lanes, i), in.words, err))
            return false;
    }
    return true;
}

/* SITE/DEVICE/CHANNEL */
static bool is_point(const struct point_sheet *sheet)
{
    const char *device = strchr(sheet->point, '/');
    const char *channel = device == NULL ? NULL : strchr(device + 1, '/');
    char name[NAME_SIZE];

    if (channel == NULL || channel - device - 1 >= NAME_SIZE || channel - device < 2)
        return false;
    snprintf(name, sizeof name, "%.*s", (int)(channel - device - 1), device + 1);
    return strncmp(sheet->point, sheet->site, (size_t)(device - sheet->point)) == 0 &&
           strlen(sheet->site) == (size_t)(device - sheet->point) && name_is_valid(sheet->site) &&
           name_is_valid(name) && channel[1] != '\0' && strchr(channel + 1, '/') == NULL &&
           strlen(sheet->parameter) > 0 &&
           strncmp(channel + 1, sheet->parameter, strlen(sheet->parameter)) == 0 &&
           strchr(".", channel[1 + strlen(sheet->parameter)]) != NULL;
}

/* 64 digits; nothing where it was not known. */
static bool is_digest(const char *words)
{
    return strspn(words, "0123456789abcdef") == strlen(words) && strlen(words) % 64 == 0;
}

static bool is_rule_twice(const struct point_sheet *sheet)
{
    const char *last = sheet->rules[sheet->rule_count - 1].rule.name;

    for (size_t i = 0; i + 1 < sheet->rule_count; i++)
        if (strcmp(sheet->rules[i].rule.name, last) == 0)
            return true;
    return false;
}

static bool read_rules(struct point_sheet *sheet, const json_t *from, struct error *err)
{
    if (!is_list(from, 0, SHEET_RULES_MAX))
        return fields_refuse("", "rules", SAY("个数不对", "too many of them"), err);
    sheet->rules = calloc(json_array_size(from) + 1, sizeof *sheet->rules);
    if (sheet->rules == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    for (size_t i = 0; i < json_array_size(from); i++) {
        struct place_in in = inside("", "rules", i);

        if (!read_rule(&sheet->rules[sheet->rule_count++], json_array_get(from, i), in.words, err))
            return false;
        if (is_rule_twice(sheet))
            return fields_refuse(in.words, "name", SAY("写了两次", "it stands here twice"), err);
    }
    return true;
}

bool point_sheet_read(struct point_sheet *sheet, const json_t *from, struct error *err)
{
    *sheet = (struct point_sheet){.since = WALL_NONE};
    if (!READ(sheet_fields, sheet, from, "", err) ||
        !READ(place_fields, &sheet->place, json_object_get(from, "place"), "place", err))
        return false;
    if (!is_point(sheet))
        return fields_refuse("", "point",
                             SAY("应为 点位/设备/通道", "SITE/DEVICE/CHANNEL is wanted"), err);
    if (!is_digest(sheet->decode))
        return fields_refuse("", "decode", SAY("应为 64 位十六进制数", "64 hexadecimal digits"),
                             err);
    return read_rules(sheet, json_object_get(from, "rules"), err);
}

void point_sheet_end(struct point_sheet *sheet)
{
    free(sheet->rules);
    sheet->rules = NULL;
    sheet->rule_count = 0;
}
