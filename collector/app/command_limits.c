/* lookback limits: which rows of which standards apply at a point and a moment, and why. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "base/day.h"
#include "base/say.h"
#include "report/table.h"
#include "town/point_setup.h"
#include "town/shown.h"

enum { ROWS_MOST = 64, WORDS_SIZE = 300 };

/* One row of a standard at one point. */
struct shown_limit {
    const struct limit *row;
    char point[POINT_SIZE];
    char reason[WORDS_SIZE];
    const char *rules[32];
    size_t rule_count;
};

struct listing {
    const struct settings *settings;
    struct wall_time at;
    const char *point; /* NULL: all */
    json_t *json;      /* NULL: a table */
    struct table *table;
    size_t count;
    size_t points; /* seen */
};

/* --- the rules that use a row ---------------------------------------------------------------- */

static bool rule_uses(const struct rule_conf *rule, const struct site_setup *site,
                      const struct parameter *parameter, const struct limit *row)
{
    const struct lanes *lanes = settings_rule_lanes(rule, site, parameter);

    for (size_t i = 0; lanes != NULL && i < lanes->count; i++)
        for (size_t j = 0; j < lanes->lane[i].stage_count; j++)
            if (lanes->lane[i].stages[j].limit == row)
                return true;
    return false;
}

static void find_rules(struct shown_limit *shown, const struct settings *settings,
                       const struct site_setup *site, const struct parameter *parameter)
{
    shown->rule_count = 0;
    for (size_t i = 0; i < settings->rule_count && shown->rule_count < 32; i++)
        if (rule_takes_point(&settings->rules[i], shown->point) &&
            rule_uses(&settings->rules[i], site, parameter, shown->row))
            shown->rules[shown->rule_count++] = settings->rules[i].rule.name;
}

/* --- one row --------------------------------------------------------------------------------- */

/* "断面目标 IV 类；2026-03-01 起执行，到 2031-01-01 为止": the place, then the day, then the count.
 */
static void say_reason(struct shown_limit *shown)
{
    const struct limit *row = shown->row;
    char place[WORDS_SIZE / 2];
    char from[DAY_TEXT];
    char to[DAY_TEXT];
    struct text text;

    limit_reason(row, place, sizeof place);
    text_init(&text, shown->reason, sizeof shown->reason);
    text_format(&text, SAY("%s；%s 版自 %s 起", "%s; edition %s in force from %s"), place,
                row->edition, day_text(row->from, from));
    if (wall_is_known(row->to))
        text_format(&text, SAY("，到 %s 前", " until %s"), day_text(row->to, to));
    if (row->per_day >= 0)
        text_format(&text, SAY("；一天最多超过 %d 次", "; at most %d times a day"), row->per_day);
}

static json_t *bound_json(const struct limit *row)
{
    if (row->bound == BOUND_ABOVE)
        return json_pack("{s:f}", "above", row->high);
    if (row->bound == BOUND_BELOW)
        return json_pack("{s:f}", "below", row->low);
    return json_pack("{s:[f,f]}", "between", row->low, row->high);
}

static json_t *text_or_null(const char *words)
{
    return *words == '\0' ? json_null() : json_string(words);
}

static json_t *time_json(struct wall_time time)
{
    char words[WALL_TEXT];

    return text_or_null(wall_text(time, words));
}

static const char *when_word(enum when when)
{
    static const char *const words[] = {"always", "day", "night"};

    return words[when];
}

static json_t *limit_json(const struct shown_limit *shown)
{
    const struct limit *row = shown->row;
    json_t *rules = json_array();
    json_t *object;

    for (size_t i = 0; i < shown->rule_count; i++)
        json_array_append_new(rules, json_string(shown->rules[i]));
    object = json_pack("{s:o, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:o, s:s}", "point",
                       text_or_null(shown->point), "standard", row->standard, "edition",
                       row->edition, "title", SAY(row->title, row->title_en), "clause", row->clause,
                       "class", text_or_null(row->class_), "parameter", row->parameter, "period",
                       period_word(row->on), "statistic", statistic_word(row->statistic), "when",
                       when_word(row->when), "bound", bound_json(row), "unit", row->unit);
    json_object_set_new(object, "per_day",
                        row->per_day < 0 ? json_null() : json_integer(row->per_day));
    json_object_set_new(object, "from", time_json(row->from));
    json_object_set_new(object, "to", time_json(row->to));
    json_object_set_new(object, "verified", json_boolean(row->verified));
    json_object_set_new(object, "source", json_string(row->source));
    json_object_set_new(object, "note", text_or_null(row->note));
    json_object_set_new(object, "reason", json_string(shown->reason));
    json_object_set_new(object, "rules", rules);
    return object;
}

static void bound_text(const struct limit *row, char *out, size_t size)
{
    const char *between = row->unit[0] == '\0' ? "" : " ";

    if (row->bound == BOUND_ABOVE)
        snprintf(out, size, "≤ %s%s%s", row->high_text, between, row->unit);
    else if (row->bound == BOUND_BELOW)
        snprintf(out, size, "≥ %s%s%s", row->low_text, between, row->unit);
    else
        snprintf(out, size, "%s–%s%s%s", row->low_text, row->high_text, between, row->unit);
}

static void period_text(const struct limit *row, char *out, size_t size)
{
    const char *what = row->statistic == STATISTIC_MAX      ? SAY("最大", " max")
                       : row->statistic == STATISTIC_MAX_8H ? SAY("最大 8 小时", " max 8 h")
                                                            : SAY("均值", " mean");

    if (row->on == PERIOD_READING)
        snprintf(out, size, "%s", SAY("由规则定", "as the rule says"));
    else
        snprintf(out, size, "%s%s", period_title(row->on), what);
}

static void add_row(struct table *table, const struct shown_limit *shown)
{
    const struct limit *row = shown->row;
    char words[WORDS_SIZE];
    struct text text;

    table_cell(table, "%s", shown->point[0] == '\0' ? row->parameter : shown->point);
    table_cell(table, "%s-%s", row->standard, row->edition);
    table_cell(table, "%s", row->clause);
    table_cell(table, "%s", row->class_);
    period_text(row, words, sizeof words);
    table_cell(table, "%s", words);
    bound_text(row, words, sizeof words);
    table_cell(table, "%s", words);
    table_cell(table, "%s",
               row->verified ? SAY("已核实", "verified") : SAY("未核实", "unverified"));
    text_init(&text, words, sizeof words);
    for (size_t i = 0; i < shown->rule_count; i++)
        text_format(&text, "%s%s", i > 0 ? " " : "", shown->rules[i]);
    table_cell(table, "%s", words);
    table_cell(table, "%s", shown->reason);
}

static void list_row(struct listing *listing, struct shown_limit *shown)
{
    say_reason(shown);
    if (listing->json != NULL)
        json_array_append_new(listing->json, limit_json(shown));
    else
        add_row(listing->table, shown);
    listing->count++;
}

/* --- points ---------------------------------------------------------------------------------- */

/* What the site would have to say for a standard to apply there. */
static void say_lacking(const struct listing *listing, const char *standard,
                        const struct place *place, const struct site_setup *site,
                        const struct parameter *parameter)
{
    struct place_want want;

    if (listing->json != NULL || listing->point == NULL ||
        !standards_want(listing->settings->standards, standard, place, parameter->key, &want) ||
        !want.lacks)
        return;
    printf(SAY("%s 按 %s 选限值，点位 %s 没有写（可写 %s）\n",
               "%s picks its limit by %s, which the site %s does not say (%s)\n"),
           standard, want.key, site->base.name, want.wanted);
}

static void list_point(struct listing *listing, const struct site_setup *site, const char *name,
                       const struct parameter *parameter)
{
    const struct standards *standards = listing->settings->standards;
    struct place place = settings_place(site);
    const char *standard;
    size_t next = 0;

    listing->points++;
    while ((standard = standards_next_name(standards, &next)) != NULL) {
        const struct limit *rows[ROWS_MOST];
        size_t count = standards_pick(standards, standard, &place, parameter->key, rows, ROWS_MOST);

        if (count == 0)
            say_lacking(listing, standard, &place, site, parameter);
        for (size_t i = 0; i < count && i < ROWS_MOST; i++) {
            struct shown_limit shown = {.row = rows[i]};

            if (!limit_is_in_force(rows[i], listing->at))
                continue;
            snprintf(shown.point, sizeof shown.point, "%s", name);
            find_rules(&shown, listing->settings, site, parameter);
            list_row(listing, &shown);
        }
    }
}

static void list_points(struct listing *listing)
{
    const struct settings *settings = listing->settings;

    for (size_t i = 0; i < settings->device_count; i++) {
        const struct device_conf *device = &settings->devices[i];

        for (size_t j = 0; j < device->channel_count; j++) {
            char name[POINT_SIZE];

            snprintf(name, sizeof name, "%s/%s/%s", device->site, device->name,
                     device->channels[j]->name);
            if (listing->point == NULL || strcmp(listing->point, name) == 0)
                list_point(listing, &settings->sites[device->site_index], name,
                           device->channels[j]->parameter);
        }
    }
}

/* With no device there is no point to ask about: everything that is in force is shown. */
static void list_everything(struct listing *listing)
{
    const struct standards *standards = listing->settings->standards;

    for (size_t i = 0; i < standards_count(standards); i++) {
        struct shown_limit shown = {.row = standards_at(standards, i)};

        if (limit_is_in_force(shown.row, listing->at))
            list_row(listing, &shown);
    }
}

static void print_table(const struct listing *listing)
{
    char when[WALL_TEXT];
    char local[LOCAL_TEXT];
    char names[600];

    printf(SAY("%s 的限值（时区 %s）；正好等于限值不算超标\n",
               "limits at %s (%s); a value exactly at the limit is no breach\n"),
           local_time(wall_text(listing->at, when), local), listing->settings->timezone);
    if (listing->count > 0)
        table_print(listing->table, stdout);
    else
        puts(SAY("没有标准的限值适用。", "no standard has a limit that applies."));
    if (listing->point != NULL)
        return;
    standards_names(listing->settings->standards, names, sizeof names);
    printf(SAY("规则的 limit 可写：%s\n", "a rule's limit may be: %s\n"), names);
}

static int no_such_point(const struct typed *typed, const char *point)
{
    struct error err = {0};

    error_set(&err, ERROR_NOT_FOUND,
              SAY("没有监测点 %s：不带 --point 的 lookback readings 列出全部监测点",
                  "there is no point %s: lookback readings without --point lists them"),
              point);
    return command_fail(typed, &err);
}

static void print_json(json_t *list)
{
    json_t *object = json_pack("{s:O}", "limits", list);

    json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(15));
    putchar('\n');
    json_decref(object);
}

static int list(const struct typed *typed, struct listing *listing)
{
    if (listing->settings->device_count == 0 && listing->point == NULL)
        list_everything(listing);
    else
        list_points(listing);
    if (listing->point != NULL && listing->points == 0)
        return no_such_point(typed, listing->point);
    if (listing->json != NULL)
        print_json(listing->json);
    else
        print_table(listing);
    return EXIT_DONE;
}

int command_limits(const struct typed *typed)
{
    const char *const headings[] = {
        SAY("监测点或因子", "POINT"), SAY("标准", "STANDARD"), SAY("条款", "CLAUSE"),
        SAY("类别", "CLASS"),         SAY("时段", "PERIOD"),   SAY("限值", "LIMIT"),
        SAY("核实", "VERIFIED"),      SAY("规则", "RULES"),    SAY("为什么", "WHY")};
    struct settings *settings = command_settings(typed);
    struct listing listing = {.settings = settings,
                              .point = typed_option(typed, "--point"),
                              .at = clock_wall(clock_system())};
    int code = EXIT_WRONG;

    if (settings == NULL)
        return EXIT_WRONG;
    if (command_moment(typed, "--at", &listing.at)) {
        listing.json = typed->json ? json_array() : NULL;
        listing.table = typed->json ? NULL : table_new(9, headings);
        code = list(typed, &listing);
        json_decref(listing.json);
        table_free(listing.table);
    }
    settings_free(settings);
    return code;
}
