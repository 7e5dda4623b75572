/* The reader of a standard's file: head, editions, tables, rows. */
#include "ledger/standard_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

#define FIELD(type, field) offsetof(type, field), sizeof(((type *)0)->field)
#define ROWS(table)        (sizeof(table) / sizeof((table)[0]))

enum {
    CLASSES_MAX = 8,
    EDITIONS_MAX = 16,
    PARAMETERS_MAX = 4, /* that one row speaks of: laeq and la */
    ROW_MOST = 100000   /* of one file: beyond it somebody is joking */
};

/* Which key of a site picks the column of a table. */
enum by { BY_NOTHING, BY_WATER_CLASS, BY_AIR_CLASS, BY_NOISE_ZONE };

struct edition {
    char name[16];
    struct wall_time from, to;
};

struct table {
    char clause[64];
    enum by by;
    int classes[CLASSES_MAX]; /* indexes into the words of `by` */
    size_t class_count;       /* 1 where a table has no classes */
    int kind, body, place;    /* -1: any */
    size_t editions[EDITIONS_MAX];
    size_t edition_count;
    bool verified;
    char source[TITLE_SIZE];
    char note[256];
};

struct row {
    char parameter[NAME_SIZE];
    char unit[16];
    int on, statistic, when;
    bool or_shorter, unrounded, apart, verified;
    int64_t per_day, decimals;
    char source[TITLE_SIZE];
    char note[256];
};

/* One file on its way in. */
struct reading_file {
    struct standards *standards;
    const struct parameters *parameters;
    struct conf_faults *faults;
    const char *path;
    char name[STANDARD_SIZE];
    char title[TITLE_SIZE];
    struct edition editions[EDITIONS_MAX];
    size_t edition_count;
    size_t first;       /* its first row among the standards' */
    struct conf_at *at; /* where each of its rows stands */
    size_t at_room;
};

/* clang-format off */
static const char *const by_words[] = {"nothing", "water_class", "air_class", "noise_zone", NULL};
static const char *const *const class_words[] = {NULL, water_classes, air_classes, noise_zones};
static const char *const periods[] = {"reading", "1min", "5min", "10min", "15min", "1h", "4h", "8h",
    "day", "month", "daytime", "night", "year", NULL};
static const char *const statistics[] = {"mean", "max", "max_8h", NULL};
static const char *const whens[] = {"always", "day", "night", NULL};

struct head { char name[STANDARD_SIZE]; char title_zh[TITLE_SIZE]; char title_en[TITLE_SIZE]; };

static const struct conf_key head_keys[] = {
    {"standard", CONF_TEXT, true, FIELD(struct head, name), 0, 0, NULL, NULL,
     "标准号，不带年份，如 \"GB 3838\"", "the standard's number without its year, as \"GB 3838\""},
    {"title_zh", CONF_TEXT, true, FIELD(struct head, title_zh), 0, 0, NULL, NULL,
     "中文名称", "its Chinese name"},
    {"title_en", CONF_TEXT, true, FIELD(struct head, title_en), 0, 0, NULL, NULL,
     "英文名称", "its English name"},
    {"aliases", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "别名", "other names for it"},
    {"editions", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "版本 ( {…}, … )", "editions ( {…}, … )"},
    {"tables", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "各表 ( {…}, … )", "its tables ( {…}, … )"},
};

static const struct conf_key edition_keys[] = {
    {"edition", CONF_TEXT, true, FIELD(struct edition, name), 0, 0, NULL, NULL,
     "年份或阶段", "its year or stage"},
    {"from", CONF_MOMENT, true, FIELD(struct edition, from), 0, 0, NULL, NULL,
     "自何日起实施", "in force from this day on"},
    {"to", CONF_MOMENT, false, FIELD(struct edition, to), 0, 0, NULL, NULL,
     "到何日为止（不含）", "up to this day, which is not included"},
};

static const struct conf_key table_keys[] = {
    {"clause", CONF_TEXT, true, FIELD(struct table, clause), 0, 0, NULL, NULL,
     "表号或条款", "its table or clause"},
    {"editions", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL,
     "属于哪些版本 [\"…\"]", "the editions it is of [\"…\"]"},
    {"by", CONF_CHOICE, false, FIELD(struct table, by), 0, 0, "nothing", by_words,
     "按什么分类", "what the classes are of"},
    {"classes", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL, "类别 [\"…\"]", "classes [\"…\"]"},
    {"kind", CONF_CHOICE, false, FIELD(struct table, kind), 0, 0, NULL, place_kinds,
     "只对这一种点位", "only for this kind of site"},
    {"body", CONF_CHOICE, false, FIELD(struct table, body), 0, 0, NULL, water_bodies,
     "只对这种水体", "only for this body of water"},
    {"place", CONF_CHOICE, false, FIELD(struct table, place), 0, 0, NULL, noise_places,
     "只对这种噪声测点", "only for this place of noise"},
    {"verified", CONF_BOOL, true, FIELD(struct table, verified), 0, 0, NULL, NULL,
     "是否已对照标准原文或两处以上资料核实", "checked against the text or two sources"},
    {"source", CONF_TEXT, true, FIELD(struct table, source), 0, 0, NULL, NULL,
     "数值从何而来", "where the numbers come from"},
    {"note", CONF_TEXT, false, FIELD(struct table, note), 0, 0, "", NULL, "说明", "a note"},
    {"rows", CONF_INNER, true, 0, 0, 0, 0, NULL, NULL, "各行 ( {…}, … )", "its rows ( {…}, … )"},
};

enum { KEY_PARAMETER, KEY_PARAMETERS, KEY_UNIT, KEY_ON, KEY_STATISTIC, KEY_WHEN, KEY_OR_SHORTER,
    KEY_PER_DAY, KEY_ABOVE, KEY_BELOW, KEY_BETWEEN, KEY_OR_SATURATION, KEY_DECIMALS, KEY_UNROUNDED,
    KEY_APART, KEY_VERIFIED, KEY_SOURCE, KEY_NOTE };

static const struct conf_key row_keys[] = {
    [KEY_PARAMETER] = {"parameter", CONF_NAME, false, FIELD(struct row, parameter), 0, 0, NULL, NULL,
     "监测因子", "the parameter"},
    [KEY_PARAMETERS] = {"parameters", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "同限值的几个因子 [\"…\"]", "several parameters of one limit [\"…\"]"},
    [KEY_UNIT] = {"unit", CONF_TEXT, true, FIELD(struct row, unit), 0, 0, NULL, NULL,
     "单位，与 parameters.conf 相同", "its unit, the same as in parameters.conf"},
    [KEY_ON] = {"on", CONF_CHOICE, false, FIELD(struct row, on), 0, 0, "reading", periods,
     "平均时间；标准没有规定则不写", "averaging period; left out where the standard names none"},
    [KEY_STATISTIC] = {"statistic", CONF_CHOICE, false, FIELD(struct row, statistic), 0, 0, "mean",
     statistics, "取什么值", "what of the period"},
    [KEY_WHEN] = {"when", CONF_CHOICE, false, FIELD(struct row, when), 0, 0, "always", whens,
     "昼间或夜间", "by day or by night"},
    [KEY_OR_SHORTER] = {"or_shorter", CONF_BOOL, false, FIELD(struct row, or_shorter), 0, 0, "false",
     NULL, "可按规则的 on 用更短的时段判断", "a rule's on may judge shorter periods by it"},
    [KEY_PER_DAY] = {"per_day", CONF_INT, false, FIELD(struct row, per_day), 0, 1440, NULL, NULL,
     "每天允许超过几次", "allowed times a day"},
    [KEY_ABOVE] = {"above", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "高于即超标，每类一个 [\"…\"]", "breached above, one a class [\"…\"]"},
    [KEY_BELOW] = {"below", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "低于即超标，每类一个 [\"…\"]", "breached below, one a class [\"…\"]"},
    [KEY_BETWEEN] = {"between", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "各类同一范围 [\"低\", \"高\"]", "the same span for all classes [\"low\", \"high\"]"},
    [KEY_OR_SATURATION] = {"or_saturation", CONF_INNER, false, 0, 0, 0, 0, NULL, NULL,
     "或饱和率不低于，每类一个，没有写 \"\"", "or from this saturation on, one a class, \"\" for none"},
    [KEY_DECIMALS] = {"decimals", CONF_INT, false, FIELD(struct row, decimals), 0, 9, NULL, NULL,
     "修约位数，默认照限值的位数", "decimals a value is rounded to, else those of the bound"},
    [KEY_UNROUNDED] = {"unrounded", CONF_BOOL, false, FIELD(struct row, unrounded), 0, 0, "false",
     NULL, "不修约，直接比较", "compared as it is"},
    [KEY_APART] = {"apart", CONF_BOOL, false, FIELD(struct row, apart), 0, 0, "false", NULL,
     "不参与断面类别评价", "does not class a section"},
    [KEY_VERIFIED] = {"verified", CONF_BOOL, false, FIELD(struct row, verified), 0, 0, NULL, NULL,
     "这一行是否已核实", "whether this row is checked"},
    [KEY_SOURCE] = {"source", CONF_TEXT, false, FIELD(struct row, source), 0, 0, NULL, NULL,
     "这一行从何而来", "where this row comes from"},
    [KEY_NOTE] = {"note", CONF_TEXT, false, FIELD(struct row, note), 0, 0, NULL, NULL,
     "说明", "a note"},
};
/* clang-format on */

/* --- bounds, as printed ---------------------------------------------------------------------- */

/* What a cell of a table may be: digits with a point perhaps, no exponent, no words. */
static bool bound_parse(const char *words, double *value, int *decimals)
{
    const char *point = strchr(words, '.');
    size_t length = strlen(words);

    *decimals = point == NULL ? 0 : (int)strlen(point + 1);
    return length > 0 && length < sizeof((struct limit *)0)->low_text &&
           strspn(words, "-0123456789.") == length && number_parse(words, value) &&
           isfinite(*value);
}

static bool complain_bound(struct conf_at at, const char *key, struct conf_faults *faults)
{
    const char *words = conf_text(at);

    return conf_complain(
        faults, at, key,
        SAY("“%s”不是限值；照标准写双引号中的十进制数，例如 \"1.0\"",
            "\"%s\" is no limit; a decimal number in double quotes as the standard "
            "prints it, as \"1.0\""),
        words == NULL ? "?" : words);
}

/* The cell of a class: the only one of the list stands for all. "" gives an element whose text is
 * "". */
static struct conf_at cell_of(struct conf_at list, size_t column)
{
    return conf_element(list, conf_length(list) == 1 ? 0 : column);
}

static bool check_cells(const struct table *table, struct conf_at list, const char *key,
                        struct conf_faults *faults)
{
    size_t count = conf_length(list);
    bool good = conf_is_list(list) && (count == 1 || count == table->class_count);
    double value;
    int decimals;

    if (!good)
        return conf_complain(faults, list, key,
                             SAY("要写 %zu 个值，每类一个；各类相同时写一个：[ \"…\" ]",
                                 "%zu values are wanted, one a class; one alone stands for all: "
                                 "[ \"…\" ]"),
                             table->class_count);
    for (size_t i = 0; i < count; i++) {
        struct conf_at cell = conf_element(list, i);
        const char *words = conf_text(cell);

        if (words == NULL || (*words != '\0' && !bound_parse(words, &value, &decimals)))
            good = complain_bound(cell, key, faults);
    }
    return good;
}

static bool check_span(struct conf_at span, struct conf_faults *faults)
{
    double ends[2] = {0.0, 0.0};
    int decimals;
    bool good = conf_is_list(span) && conf_length(span) == 2;

    for (size_t i = 0; good && i < 2; i++) {
        const char *words = conf_text(conf_element(span, i));

        if (words == NULL || !bound_parse(words, &ends[i], &decimals))
            return complain_bound(conf_element(span, i), "between", faults);
    }
    if (good && ends[0] < ends[1])
        return true;
    return conf_complain(faults, span, "between",
                         SAY("要写 [ \"低\", \"高\" ]，且低小于高",
                             "[ \"low\", \"high\" ] is wanted, low below high"));
}

static bool check_bounds(const struct table *table, struct conf_at at, uint64_t seen,
                         struct conf_faults *faults)
{
    static const int keys[] = {KEY_ABOVE, KEY_BELOW, KEY_BETWEEN};
    int count = 0;

    for (size_t i = 0; i < ROWS(keys); i++)
        count += (int)(seen >> keys[i] & 1);
    if (count != 1)
        return conf_complain(faults, at, NULL,
                             SAY("above、below、between 要写且只写一个，这里有 %d 个",
                                 "exactly one of above, below and between is wanted; here are %d"),
                             count);
    if ((seen >> KEY_OR_SATURATION & 1) != 0 &&
        !check_cells(table, conf_member(at, "or_saturation"), "or_saturation", faults))
        return false;
    if ((seen >> KEY_BETWEEN & 1) != 0)
        return check_span(conf_member(at, "between"), faults);
    return (seen >> KEY_ABOVE & 1) != 0
               ? check_cells(table, conf_member(at, "above"), "above", faults)
               : check_cells(table, conf_member(at, "below"), "below", faults);
}

/* A bound that check_bounds() has seen. False where the class has none. */
static bool take_bound(struct limit *limit, struct conf_at at, size_t column)
{
    static const char *const keys[] = {"above", "below"};
    struct conf_at span = conf_member(at, "between");
    int low_decimals = 0;
    int high_decimals = 0;

    if (conf_is_there(span)) {
        limit->bound = BOUND_BETWEEN;
        snprintf(limit->low_text, sizeof limit->low_text, "%s", conf_text(conf_element(span, 0)));
        snprintf(limit->high_text, sizeof limit->high_text, "%s", conf_text(conf_element(span, 1)));
    }
    for (int i = 0; i < 2; i++) {
        struct conf_at list = conf_member(at, keys[i]);
        char *to = i == 0 ? limit->high_text : limit->low_text;

        if (!conf_is_there(list))
            continue;
        limit->bound = i == 0 ? BOUND_ABOVE : BOUND_BELOW;
        snprintf(to, sizeof limit->low_text, "%s", conf_text(cell_of(list, column)));
        if (*to == '\0')
            return false;
    }
    if (limit->bound != BOUND_ABOVE)
        bound_parse(limit->low_text, &limit->low, &low_decimals);
    if (limit->bound != BOUND_BELOW)
        bound_parse(limit->high_text, &limit->high, &high_decimals);
    limit->decimals = low_decimals > high_decimals ? low_decimals : high_decimals;
    return true;
}

static double saturation_of(struct conf_at at, size_t column)
{
    struct conf_at list = conf_member(at, "or_saturation");
    const char *words = conf_is_there(list) ? conf_text(cell_of(list, column)) : "";
    double value = NAN;
    int decimals;

    return words != NULL && bound_parse(words, &value, &decimals) ? value : (double)NAN;
}

/* --- rows ------------------------------------------------------------------------------------ */

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
    snprintf(limit->class_, sizeof limit->class_, "%s", class_words[table->by][index]);
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

static bool no_memory(const struct reading_file *file)
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

    if (!take_bound(&limit, at, column))
        return true;
    take_row(&limit, file, table, row, at);
    take_place(&limit, table, column);
    snprintf(limit.parameter, sizeof limit.parameter, "%s", row->parameter);
    memcpy(limit.edition, edition->name, sizeof limit.edition);
    limit.from = edition->from;
    limit.to = edition->to;
    limit.or_saturation = saturation_of(at, column);
    if (row->decimals >= 0)
        limit.decimals = (int)row->decimals;
    if (row->unrounded)
        limit.decimals = DECIMALS_ALL;
    if (file->standards->count - file->first >= ROW_MOST ||
        (added = standards_add(file->standards)) == NULL)
        return no_memory(file);
    *added = limit;
    return note_place(file, at) || no_memory(file);
}

static bool add_parameter(struct reading_file *file, const struct table *table, struct row *row,
                          const char *parameter, struct conf_at at)
{
    bool good = check_parameter(file, parameter, row->unit, at);

    snprintf(row->parameter, sizeof row->parameter, "%s", parameter);
    for (size_t i = 0; good && i < table->edition_count; i++)
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

static bool read_row(struct reading_file *file, const struct table *table, struct conf_at at)
{
    struct row row = {.per_day = -1, .decimals = -1, .verified = table->verified};
    uint64_t seen;

    memcpy(row.source, table->source, sizeof row.source);
    memcpy(row.note, table->note, sizeof row.note);
    if (!conf_read(at, row_keys, ROWS(row_keys), &row, &seen, file->faults) ||
        !check_bounds(table, at, seen, file->faults))
        return false;
    return add_parameters(file, table, &row, at);
}

/* --- tables ---------------------------------------------------------------------------------- */

static int word_index(const char *word, const char *const *words)
{
    for (int i = 0; word != NULL && words[i] != NULL; i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    return -1;
}

static bool complain_word(struct conf_at at, const char *key, const char *const *words,
                          struct conf_faults *faults)
{
    const char *word = conf_text(at) == NULL ? "?" : conf_text(at);
    const char *near = conf_nearest(word, words);
    char all[200];
    struct text text;

    text_init(&text, all, sizeof all);
    for (size_t i = 0; words[i] != NULL; i++)
        text_format(&text, "%s\"%s\"", i == 0 ? "" : ", ", words[i]);
    if (near == NULL)
        return conf_complain(
            faults, at, key,
            SAY("没有 \"%s\"；要写下列之一：%s", "there is no \"%s\" here; one of %s"), word, all);
    return conf_complain(faults, at, key,
                         SAY("没有 \"%s\"，是否想写 \"%s\"？可写：%s",
                             "there is no \"%s\" here, did you mean \"%s\"? One of %s"),
                         word, near, all);
}

static bool read_classes(struct table *table, struct conf_at at, struct conf_faults *faults)
{
    struct conf_at list = conf_member(at, "classes");
    const char *const *words = class_words[table->by];
    bool good = true;

    table->class_count = 1;
    if (table->by == BY_NOTHING)
        return !conf_is_there(list) ||
               conf_complain(faults, list, "classes",
                             SAY("写了类别，就要用 by 说明按什么分类：water_class、air_class 或 "
                                 "noise_zone",
                                 "where there are classes, by says of what: water_class, air_class "
                                 "or noise_zone"));
    if (!conf_is_list(list) || conf_length(list) == 0 || conf_length(list) > CLASSES_MAX)
        return conf_complain(
            faults, conf_is_there(list) ? list : at, "classes",
            SAY("要写类别，例如 [ \"%s\", … ]", "classes are wanted, as [ \"%s\", … ]"), words[0]);
    table->class_count = conf_length(list);
    for (size_t i = 0; i < table->class_count; i++) {
        table->classes[i] = word_index(conf_text(conf_element(list, i)), words);
        if (table->classes[i] < 0)
            good = complain_word(conf_element(list, i), "classes", words, faults);
        for (size_t j = 0; j < i; j++)
            if (table->classes[i] >= 0 && table->classes[j] == table->classes[i])
                good = conf_complain(faults, conf_element(list, i), "classes",
                                     SAY("类别 %s 写了两次", "the class %s stands here twice"),
                                     words[table->classes[i]]);
    }
    return good;
}

static bool read_table_editions(const struct reading_file *file, struct table *table,
                                struct conf_at at)
{
    struct conf_at list = conf_member(at, "editions");
    const char *words[EDITIONS_MAX + 1] = {NULL};
    bool good = true;

    for (size_t i = 0; i < file->edition_count; i++)
        words[i] = file->editions[i].name;
    if (!conf_is_list(list) || conf_length(list) == 0 || conf_length(list) > EDITIONS_MAX)
        return conf_complain(file->faults, conf_is_there(list) ? list : at, "editions",
                             SAY("要写版本，例如 [ \"%s\" ]", "editions are wanted, as [ \"%s\" ]"),
                             words[0] == NULL ? "2002" : words[0]);
    for (size_t i = 0; i < conf_length(list); i++) {
        int index = word_index(conf_text(conf_element(list, i)), words);

        if (index < 0)
            good = complain_word(conf_element(list, i), "editions", words, file->faults);
        else
            table->editions[table->edition_count++] = (size_t)index;
    }
    return good;
}

static bool read_table(struct reading_file *file, struct conf_at at)
{
    struct table table = {.kind = -1, .body = -1, .place = -1};
    struct conf_at rows = conf_member(at, "rows");
    bool good = conf_read(at, table_keys, ROWS(table_keys), &table, NULL, file->faults);

    if (!conf_is_group(at))
        return false;
    good = read_classes(&table, at, file->faults) && good;
    good = read_table_editions(file, &table, at) && good;
    for (size_t i = 0; i < conf_length(rows); i++)
        good = read_row(file, &table, conf_element(rows, i)) && good;
    return good;
}

/* --- the file -------------------------------------------------------------------------------- */

static bool read_edition(struct reading_file *file, struct conf_at at)
{
    struct edition edition = {.from = WALL_NONE, .to = WALL_NONE};

    if (!conf_read(at, edition_keys, ROWS(edition_keys), &edition, NULL, file->faults))
        return false;
    for (size_t i = 0; i < file->edition_count; i++)
        if (strcmp(file->editions[i].name, edition.name) == 0)
            return conf_complain(file->faults, at, "edition",
                                 SAY("版本 %s 写了两次", "the edition %s stands here twice"),
                                 edition.name);
    if (wall_is_known(edition.to) && edition.to.ms <= edition.from.ms)
        return conf_complain(file->faults, conf_member(at, "to"), "to",
                             SAY("要晚于 from", "must be later than from"));
    if (file->edition_count == EDITIONS_MAX)
        return conf_complain(file->faults, at, "edition",
                             SAY("最多 %d 个版本", "at most %d editions"), EDITIONS_MAX);
    file->editions[file->edition_count++] = edition;
    return true;
}

static bool read_aliases(struct book *book, struct conf_at list, struct conf_faults *faults)
{
    if (!conf_is_there(list))
        return true;
    for (size_t i = 0; conf_is_list(list) && i < conf_length(list); i++) {
        const char *word = conf_text(conf_element(list, i));

        if (word == NULL || strlen(word) >= STANDARD_SIZE || book->alias_count == ALIASES_MAX)
            return conf_complain(faults, conf_element(list, i), "aliases",
                                 SAY("最多 %d 个别名，每个最多 %d 字节",
                                     "at most %d other names of at most %d bytes"),
                                 ALIASES_MAX, STANDARD_SIZE - 1);
        snprintf(book->aliases[book->alias_count++], STANDARD_SIZE, "%s", word);
    }
    return true;
}

/* Makes room for the file's standard: one of an earlier folder gives way, one of the same does not.
 */
static bool open_book(struct reading_file *file, struct conf_at root)
{
    struct book *same = standards_book(file->standards, file->name);
    char key[KEY_SIZE];
    struct book *book;

    standard_key(file->name, key);
    if (*key == '\0')
        return conf_complain(
            file->faults, conf_member(root, "standard"), "standard",
            SAY("标准号里要有字母或数字", "a name with letters or digits is wanted"));
    if (same != NULL && same->folder == file->standards->folders)
        return conf_complain(
            file->faults, conf_member(root, "standard"), "standard",
            SAY("标准 %s 在 %s 里已经有了", "the standard %s is there already, in %s"), file->name,
            same->path);
    if (same != NULL)
        standards_drop(file->standards, same);
    book = standards_add_book(file->standards);
    if (book == NULL)
        return no_memory(file);
    snprintf(book->name, sizeof book->name, "%s", file->name);
    snprintf(book->path, sizeof book->path, "%s", file->path);
    book->folder = file->standards->folders;
    file->first = file->standards->count;
    return read_aliases(book, conf_member(root, "aliases"), file->faults);
}

static bool read_whole(struct reading_file *file, struct conf_at root)
{
    struct conf_at editions = conf_member(root, "editions");
    struct conf_at tables = conf_member(root, "tables");
    struct head head = {0};
    bool good = conf_read(root, head_keys, ROWS(head_keys), &head, NULL, file->faults);

    if (!good)
        return false;
    memcpy(file->name, head.name, sizeof file->name);
    memcpy(file->title, SAY(head.title_zh, head.title_en), sizeof file->title);
    if (!open_book(file, root))
        return false;
    for (size_t i = 0; i < conf_length(editions); i++)
        good = read_edition(file, conf_element(editions, i)) && good;
    if (!good)
        return false;
    for (size_t i = 0; i < conf_length(tables); i++)
        good = read_table(file, conf_element(tables, i)) && good;
    return standards_check_times(file->standards, file->first, file->at, file->faults) && good;
}

bool standard_read(struct standards *standards, const char *path,
                   const struct parameters *parameters, struct conf_faults *faults)
{
    struct reading_file file = {
        .standards = standards, .parameters = parameters, .faults = faults, .path = path};
    struct conf *conf = conf_load(path, false, faults);
    bool good = conf != NULL && read_whole(&file, conf_root(conf));

    free(file.at);
    conf_free(conf);
    return good;
}
