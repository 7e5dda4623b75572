/* The rows of a standard's table: parameter, unit, period, statistic, and whether they are
 * verified. */
#include "ledger/standard_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

struct row {
    char parameter[NAME_SIZE];
    char unit[16];
    int on, statistic, when;
    bool or_shorter, unrounded, apart, foremost, verified;
    int64_t per_day, decimals;
    char source[TITLE_SIZE];
    char note[256];
};

/* clang-format off */
static const char *const periods[] = {"reading", "1min", "5min", "10min", "15min", "1h", "4h", "8h",
    "day", "month", "daytime", "night", "year", NULL};
static const char *const statistics[] = {"mean", "max", "max_8h", NULL};
static const char *const whens[] = {"always", "day", "night", NULL};


static const struct conf_key row_keys[] = {
    {"parameter", CONF_NAME, false, FIELD(struct row, parameter), 0, 0, NULL, NULL,
     "监测因子", "the parameter"},
    {"parameters", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "同限值的几个因子 [\"…\"]", "several parameters of one limit [\"…\"]"},
    {"unit", CONF_TEXT, true, FIELD(struct row, unit), 0, 0, NULL, NULL,
     "单位，与 parameters.conf 相同", "its unit, the same as in parameters.conf"},
    {"on", CONF_CHOICE, false, FIELD(struct row, on), 0, 0, "reading", periods,
     "平均时间；标准没有规定则不写", "averaging period; left out where the standard names none"},
    {"statistic", CONF_CHOICE, false, FIELD(struct row, statistic), 0, 0, "mean",
     statistics, "取什么值", "what of the period"},
    {"when", CONF_CHOICE, false, FIELD(struct row, when), 0, 0, "always", whens,
     "昼间或夜间", "by day or by night"},
    {"or_shorter", CONF_BOOL, false, FIELD(struct row, or_shorter), 0, 0, "false",
     NULL, "可按规则的 on 用更短的时段判断", "a rule's on may judge shorter periods by it"},
    {"per_day", CONF_INT, false, FIELD(struct row, per_day), 0, 1440, NULL, NULL,
     "每天允许超过几次", "allowed times a day"},
    {"above", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "高于即超标，每类一个 [\"…\"]", "breached above, one a class [\"…\"]"},
    {"below", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "低于即超标，每类一个 [\"…\"]", "breached below, one a class [\"…\"]"},
    {"between", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "各类同一范围 [\"低\", \"高\"]", "the same span for all classes [\"low\", \"high\"]"},
    {"or_saturation", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "或饱和率不低于，每类一个，没有写 \"\"", "or from this saturation on, one a class, \"\" for none"},
    {"decimals", CONF_INT, false, FIELD(struct row, decimals), 0, 9, NULL, NULL,
     "修约位数，默认照限值的位数", "decimals a value is rounded to, else those of the bound"},
    {"unrounded", CONF_BOOL, false, FIELD(struct row, unrounded), 0, 0, "false",
     NULL, "不修约，直接比较", "compared as it is"},
    {"apart", CONF_BOOL, false, FIELD(struct row, apart), 0, 0, "false", NULL,
     "不参与断面类别评价", "does not class a section"},
    {"foremost", CONF_BOOL, false, FIELD(struct row, foremost), 0, 0, "false", NULL,
     "超标时排在主要污染指标最前", "named first among main pollution items"},
    {"verified", CONF_BOOL, false, FIELD(struct row, verified), 0, 0, NULL, NULL,
     "这一行是否已核实", "whether this row is checked"},
    {"source", CONF_TEXT, false, FIELD(struct row, source), 0, 0, NULL, NULL,
     "这一行从何而来", "where this row comes from"},
    {"note", CONF_TEXT, false, FIELD(struct row, note), 0, 0, NULL, NULL,
     "说明", "a note"},
};
/* clang-format on */

/* The unit is written beside the numbers so that nobody takes mg for µg. */
static bool check_parameter(const struct reading_file *file, const char *key, const char *unit,
                            struct conf_at at)
{
    const struct parameter *parameter = parameter_find(file->parameters, key);
    const char *near = parameter_nearest(file->parameters, key);

    if (parameter == NULL && near == NULL)
        return conf_complain(file->faults, at, "parameter",
                             SAY("parameters.conf 里没有因子 \"%s\"",
                                 "there is no parameter \"%s\" in parameters.conf"),
                             key);
    if (parameter == NULL)
        return conf_complain(file->faults, at, "parameter",
                             SAY("parameters.conf 里没有因子 \"%s\"，是否想写 \"%s\"？",
                                 "there is no parameter \"%s\" in parameters.conf, did you mean "
                                 "\"%s\"?"),
                             key, near);
    if (strcmp(parameter->unit, unit) == 0)
        return true;
    return conf_complain(file->faults, conf_member(at, "unit"), "unit",
                         SAY("单位 \"%s\" 与因子 %s 的单位 \"%s\" 不同；请把限值换算过来",
                             "the unit \"%s\" is not that of the parameter %s, \"%s\"; convert the "
                             "limits"),
                         unit, key, parameter->unit);
}

static void take_place(struct limit *limit, const struct table *table, size_t column)
{
    struct place *where = &limit->where;
    int index = table->classes[column];

    if (table->kind >= 0)
        snprintf(where->kind, sizeof where->kind, "%s", place_kinds[table->kind]);
    if (table->body >= 0)
        snprintf(where->water_body, sizeof where->water_body, "%s", water_bodies[table->body]);
    if (table->place >= 0)
        snprintf(where->noise_place, sizeof where->noise_place, "%s", noise_places[table->place]);
    if (table->by == BY_NOTHING)
        return;
    snprintf(limit->class_, sizeof limit->class_, "%s", standard_classes(table->by)[index]);
    if (table->by == BY_WATER_CLASS)
        where->water_class = index + 1;
    else if (table->by == BY_AIR_CLASS)
        where->air_class = index + 1;
    else
        snprintf(where->noise_zone, sizeof where->noise_zone, "%s", noise_zones[index]);
}

/* "standards/gb3838.conf": as much of the path as says which file is meant. */
static const char *short_path(const char *path)
{
    const char *last = strrchr(path, '/');

    while (last != NULL && last > path && last[-1] != '/')
        last--;
    return last == NULL ? path : last;
}

static void take_row(struct limit *limit, const struct reading_file *file,
                     const struct table *table, const struct row *row, struct conf_at at)
{
    snprintf(limit->standard, sizeof limit->standard, "%s", file->name);
    snprintf(limit->title, sizeof limit->title, "%s", file->title);
    snprintf(limit->title_en, sizeof limit->title_en, "%s", file->title_en);
    snprintf(limit->clause, sizeof limit->clause, "%s", table->clause);
    snprintf(limit->unit, sizeof limit->unit, "%s", row->unit);
    snprintf(limit->source, sizeof limit->source, "%s", row->source);
    snprintf(limit->note, sizeof limit->note, "%s", row->note);
    snprintf(limit->file, sizeof limit->file, "%s", short_path(file->path));
    limit->line = conf_line(at);
    limit->on = (enum period)row->on;
    limit->or_shorter = row->or_shorter;
    limit->statistic = (enum statistic)row->statistic;
    limit->when = (enum when)row->when;
    limit->per_day = (int)row->per_day;
    limit->apart = row->apart;
    limit->foremost = row->foremost;
    limit->verified = row->verified;
}

/* Remembers where the newest row stands. */
static bool note_place(struct reading_file *file, struct conf_at at)
{
    size_t index = file->standards->count - 1 - file->first;

    if (index >= file->at_room) {
        size_t room = file->at_room == 0 ? 64 : file->at_room * 2;
        struct conf_at *grown = realloc(file->at, room * sizeof *grown);

        if (grown == NULL)
            return false;
        file->at = grown;
        file->at_room = room;
    }
    file->at[index] = at;
    return true;
}

bool standard_no_memory(const struct reading_file *file)
{
    return conf_complain_whole(file->faults, file->path,
                               SAY("%s: 限值太多，内存不足", "%s: too many limits for the memory"),
                               file->path);
}

/* One cell of the table, in one edition. */
static bool add_limit(struct reading_file *file, const struct table *table, const struct row *row,
                      const struct edition *edition, size_t column, struct conf_at at)
{
    struct limit limit = {0};
    struct limit *added;

    if (!cells_take(&limit, at, column))
        return true;
    take_row(&limit, file, table, row, at);
    take_place(&limit, table, column);
    snprintf(limit.parameter, sizeof limit.parameter, "%s", row->parameter);
    memcpy(limit.edition, edition->name, sizeof limit.edition);
    limit.from = edition->from;
    limit.to = edition->to;
    if (row->decimals >= 0)
        limit.decimals = (int)row->decimals;
    if (row->unrounded)
        limit.decimals = DECIMALS_ALL;
    if (file->standards->count - file->first >= ROW_MOST ||
        (added = standards_add(file->standards)) == NULL)
        return standard_no_memory(file);
    *added = limit;
    return note_place(file, at) || standard_no_memory(file);
}

static bool add_parameter(struct reading_file *file, const struct table *table, struct row *row,
                          const char *parameter, struct conf_at at)
{
    bool good = check_parameter(file, parameter, row->unit, at);

    snprintf(row->parameter, sizeof row->parameter, "%s", parameter);
    for (size_t i = 0; good && table->sound && i < table->edition_count; i++)
        for (size_t j = 0; good && j < table->class_count; j++)
            good = add_limit(file, table, row, &file->editions[table->editions[i]], j, at);
    return good;
}

static bool add_parameters(struct reading_file *file, const struct table *table, struct row *row,
                           struct conf_at at)
{
    struct conf_at list = conf_member(at, "parameters");
    char only[NAME_SIZE];
    bool good = true;

    memcpy(only, row->parameter, sizeof only);
    if (conf_is_there(list) == (*only != '\0'))
        return conf_complain(file->faults, at, "parameter",
                             SAY("parameter 和 parameters 要写且只写一个",
                                 "exactly one of parameter and parameters is wanted"));
    if (*only != '\0')
        return add_parameter(file, table, row, only, at);
    if (!conf_is_list(list) || conf_length(list) == 0 || conf_length(list) > PARAMETERS_MAX)
        return conf_complain(
            file->faults, list, "parameters",
            SAY("要写 1 到 %d 个因子 [ \"…\", … ]", "1 to %d parameters are wanted [ \"…\", … ]"),
            PARAMETERS_MAX);
    for (size_t i = 0; i < conf_length(list); i++) {
        const char *word = conf_text(conf_element(list, i));

        good = add_parameter(file, table, row, word == NULL ? "?" : word, at) && good;
    }
    return good;
}

bool standard_read_row(struct reading_file *file, const struct table *table, struct conf_at at)
{
    struct row row = {.per_day = -1, .decimals = -1, .verified = table->verified};

    memcpy(row.source, table->source, sizeof row.source);
    memcpy(row.note, table->note, sizeof row.note);
    if (!conf_read(at, row_keys, ROWS(row_keys), &row, NULL, file->faults) ||
        !cells_check(table, at, file->faults))
        return false;
    return add_parameters(file, table, &row, at);
}
