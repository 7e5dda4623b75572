/* config/aggregates.conf as data. */
#include "ledger/tally_plans.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

static const char *const media[] = {"water", "air", "noise", "weather", "", NULL};

/* As in enum period, those that can be kept or be made of. */
static const char *const periods[] = {"reading", "1min", "5min",  "10min",   "15min", "1h", "4h",
                                      "8h",      "day",  "month", "daytime", "night", NULL};

/* clang-format off */
#define FIELD(type, field) .offset = offsetof(struct type, field)
static const struct conf_key row_keys[] = {
    {.name = "medium", .type = CONF_CHOICE, FIELD(plan_row, whom.medium), .choices = media,
     .fallback = "", .text_zh = "哪种介质的监测点", .text_en = "points of which medium"},
    {.name = "parameter", .type = CONF_NAME, FIELD(plan_row, whom.parameter),
     .text_zh = "哪个因子的监测点", .text_en = "points of which parameter"},
    {.name = "period", .type = CONF_CHOICE, .required = true, FIELD(plan_row, period),
     .choices = periods, .text_zh = "统计时段", .text_en = "the period"},
    {.name = "of", .type = CONF_CHOICE, FIELD(plan_row, of), .choices = periods,
     .fallback = "reading", .text_zh = "由什么算出", .text_en = "what it is made of"},
    {.name = "by", .type = CONF_CHOICE, FIELD(plan_row, by), .choices = periods,
     .text_zh = "有效性按什么计数", .text_en = "what is counted for validity"},
    {.name = "kept", .type = CONF_BOOL, FIELD(plan_row, kept), .fallback = "true",
     .text_zh = "是否总是保留", .text_en = "whether it is always kept"},
    {.name = "share", .type = CONF_INT, FIELD(plan_row, share), .min = 1, .max = 100,
     .text_zh = "有效数据至少占应有的百分之几", .text_en = "valid ones, at least this percentage"},
    {.name = "need", .type = CONF_INT, FIELD(plan_row, need), .min = 1, .max = 100000,
     .text_zh = "至少要有几个有效的", .text_en = "at least so many valid ones"},
    {.name = "need_february", .type = CONF_INT, FIELD(plan_row, need_february), .min = 1, .max = 29,
     .text_zh = "二月至少要有几个", .text_en = "in February at least so many"},
    {.name = "need_day", .type = CONF_INT, FIELD(plan_row, need_day), .min = 1, .max = 24,
     .text_zh = "昼间至少要有几个", .text_en = "by day at least so many"},
    {.name = "need_night", .type = CONF_INT, FIELD(plan_row, need_night), .min = 1, .max = 24,
     .text_zh = "夜间至少要有几个", .text_en = "by night at least so many"},
    {.name = "windows", .type = CONF_INT, FIELD(plan_row, windows), .min = 1, .max = 17,
     .text_zh = "日内至少要有几个有效的 8 小时平均",
     .text_en = "at least so many valid moving 8 hours inside the day"},
    {.name = "source", .type = CONF_TEXT, .required = true, FIELD(plan_row, source),
     .size = TITLE_SIZE, .text_zh = "依据", .text_en = "where it is from"},
    {.name = "verified", .type = CONF_BOOL, .required = true, FIELD(plan_row, verified),
     .text_zh = "是否与原文核对过", .text_en = "whether it was checked against the text"},
};
static const char *const mean_words[] = {"arithmetic", "energy", "direction", NULL};
static const struct conf_key mean_keys[] = {
    {.name = "medium", .type = CONF_CHOICE, FIELD(mean_row, whom.medium), .choices = media,
     .fallback = "", .text_zh = "哪种介质的监测点", .text_en = "points of which medium"},
    {.name = "parameter", .type = CONF_NAME, FIELD(mean_row, whom.parameter),
     .text_zh = "哪个因子的监测点", .text_en = "points of which parameter"},
    {.name = "mean", .type = CONF_CHOICE, .required = true, FIELD(mean_row, mean),
     .choices = mean_words, .text_zh = "怎样平均", .text_en = "how the mean is made"},
};
struct night_words {
    char begins[8], ends[8];
};
static const struct conf_key night_keys[] = {
    {.name = "begins", .type = CONF_TEXT, .required = true, FIELD(night_words, begins), .size = 8,
     .text_zh = "夜间几点开始，如 22:00", .text_en = "when the night begins, as 22:00"},
    {.name = "ends", .type = CONF_TEXT, .required = true, FIELD(night_words, ends), .size = 8,
     .text_zh = "夜间几点结束，如 06:00", .text_en = "when it ends, as 06:00"},
};
static const struct conf_key silence_keys[] = {
    {.name = "short", .type = CONF_DURATION, FIELD(silence, short_ms), .min = 3600e3, .max = 366 * 86400e3,
     .fallback = "2d", .text_zh = "多长的断档以内，不足一小时的空时段也写",
     .text_en = "up to what silence empty periods below the hour are written"},
    {.name = "long", .type = CONF_DURATION, FIELD(silence, long_ms), .min = 86400e3, .max = 3660 * 86400e3,
     .fallback = "62d", .text_zh = "多长的断档以内，空的小时和日也写",
     .text_en = "up to what silence empty hours and days are written"},
};
static const struct conf_key root_keys[] = {
    {.name = "silence", .type = CONF_INNER,
     .text_zh = "断档以后补写多少空时段", .text_en = "how much emptiness is written after a silence"},
    {.name = "night", .type = CONF_INNER, .required = true,
     .text_zh = "夜间的时间", .text_en = "the hours of the night"},
    {.name = "means", .type = CONF_INNER,
     .text_zh = "怎样平均", .text_en = "how means are made"},
    {.name = "aggregates", .type = CONF_INNER, .required = true,
     .text_zh = "统计时段表", .text_en = "the table of periods"},
};
/* clang-format on */
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct loading {
    struct tally_plans *plans;
    const struct parameters *parameters;
    struct conf_faults *faults;
};

static bool parse_minutes(const char *words, int *minutes)
{
    if (strlen(words) != 5 || words[2] != ':' || !isdigit((unsigned char)words[0]) ||
        !isdigit((unsigned char)words[1]) || !isdigit((unsigned char)words[3]) ||
        !isdigit((unsigned char)words[4]))
        return false;
    *minutes =
        ((words[0] - '0') * 10 + words[1] - '0') * 60 + (words[3] - '0') * 10 + words[4] - '0';
    return *minutes < 24 * 60 && words[3] < '6';
}

static void read_night(struct loading *loading, struct conf_at at)
{
    struct night_words words = {"22:00", "06:00"};
    struct night *night = &loading->plans->night;

    if (!conf_is_there(at) ||
        !conf_read(at, night_keys, COUNT(night_keys), &words, NULL, loading->faults))
        return;
    if (!parse_minutes(words.begins, &night->begins_min))
        conf_complain(loading->faults, at, "begins",
                      SAY("“%s”不是时刻，应写作 22:00", "\"%s\" is no time of day, write 22:00"),
                      words.begins);
    if (!parse_minutes(words.ends, &night->ends_min))
        conf_complain(loading->faults, at, "ends",
                      SAY("“%s”不是时刻，应写作 06:00", "\"%s\" is no time of day, write 06:00"),
                      words.ends);
    else if (night->begins_min == night->ends_min)
        conf_complain(loading->faults, at, "ends",
                      SAY("夜间的开始和结束都是 %s", "the night begins and ends at %s"),
                      words.ends);
}

static void read_silence(struct loading *loading, struct conf_at at)
{
    struct silence *silence = &loading->plans->silence;

    conf_defaults(silence_keys, COUNT(silence_keys), silence);
    if (conf_is_there(at))
        conf_read(at, silence_keys, COUNT(silence_keys), silence, NULL, loading->faults);
    if (silence->short_ms > silence->long_ms)
        conf_complain(loading->faults, at, "short",
                      SAY("short 不能比 long 长", "short cannot be longer than long"));
}

static bool check_whom(struct loading *loading, struct conf_at at, const struct whom *whom)
{
    const char *near;

    if (whom->parameter[0] == '\0')
        return true;
    if (whom->medium != MEDIUM_ANY)
        return conf_complain(
            loading->faults, at, "parameter", "%s",
            SAY("medium 和 parameter 只能写一个", "write medium or parameter, not both"));
    if (parameter_find(loading->parameters, whom->parameter) != NULL)
        return true;
    near = parameter_nearest(loading->parameters, whom->parameter);
    if (near == NULL)
        return conf_complain(loading->faults, at, "parameter",
                             SAY("没有因子 %s", "there is no parameter %s"), whom->parameter);
    return conf_complain(
        loading->faults, at, "parameter",
        SAY("没有因子 %s，是否想写 %s？", "there is no parameter %s, did you mean %s?"),
        whom->parameter, near);
}

static bool same_whom(const struct whom *one, const struct whom *other)
{
    return one->medium == other->medium && strcmp(one->parameter, other->parameter) == 0;
}

/* What may be an ingredient of a period: a whole number of them makes it up. */
static bool may_be_of(int period, int of)
{
    if (of == PERIOD_READING)
        return true;
    if (of != PERIOD_1H && of != PERIOD_4H && of != PERIOD_DAY)
        return false;
    if (period == PERIOD_MONTH)
        return true;
    if (period == PERIOD_DAY || period == PERIOD_DAYTIME || period == PERIOD_NIGHT)
        return of == PERIOD_1H || (of == PERIOD_4H && period == PERIOD_DAY);
    return (period == PERIOD_4H || period == PERIOD_8H) && of == PERIOD_1H;
}

static bool check_ingredients(struct loading *loading, struct conf_at at,
                              const struct plan_row *row)
{
    if (row->period == PERIOD_READING)
        return conf_complain(loading->faults, at, "period", "%s",
                             SAY("单次读数不是统计时段", "a reading is no period"));
    if (!may_be_of(row->period, row->of))
        return conf_complain(loading->faults, at, "of",
                             SAY("%s 不能由 %s 算出", "%s is not made of %s"), periods[row->period],
                             periods[row->of]);
    /* 8 hours begin each hour: as sums of their readings they would overlap */
    if (row->period == PERIOD_8H && row->of == PERIOD_READING)
        return conf_complain(loading->faults, at, "of", "%s",
                             SAY("8h 由 1h 算出", "8h is made of 1h"));
    if (!may_be_of(row->period, row->by))
        return conf_complain(
            loading->faults, at, "by",
            SAY("%s 的有效性不能按 %s 计数", "the validity of %s cannot be counted by %s"),
            periods[row->period], periods[row->by]);
    return true;
}

static bool check_validity(struct loading *loading, struct conf_at at, const struct plan_row *row)
{
    bool by_readings = row->by == PERIOD_READING;

    if (row->share == 0 && row->need == 0 && row->need_day == 0 && row->need_night == 0 &&
        row->windows == 0)
        return conf_complain(
            loading->faults, at, "share", "%s",
            SAY("缺少有效性要求：share、need、need_day 和 need_night、windows 之一",
                "what makes it valid is missing: one of share, need, need_day and "
                "need_night, windows"));
    if ((row->windows > 0 || row->need_day > 0 || row->need_night > 0) && row->period != PERIOD_DAY)
        return conf_complain(loading->faults, at, row->windows > 0 ? "windows" : "need_day", "%s",
                             SAY("只用于 day", "is for day alone"));
    if (row->need_february > 0 && row->period != PERIOD_MONTH)
        return conf_complain(loading->faults, at, "need_february", "%s",
                             SAY("只用于 month", "is for month alone"));
    if (by_readings && (row->need > 0 || row->need_day > 0 || row->need_night > 0))
        return conf_complain(
            loading->faults, at, "need", "%s",
            SAY("按读数计数时用 share", "where readings are counted, write share"));
    return true;
}

static void read_row(struct loading *loading, struct conf_at at)
{
    struct tally_plans *plans = loading->plans;
    struct plan_row row = {.whom.medium = MEDIUM_ANY, .by = -1};

    if (!conf_read(at, row_keys, COUNT(row_keys), &row, NULL, loading->faults))
        return;
    if (row.by < 0)
        row.by = row.of;
    if (!check_whom(loading, at, &row.whom) || !check_ingredients(loading, at, &row) ||
        !check_validity(loading, at, &row))
        return;
    for (size_t i = 0; i < plans->row_count; i++)
        if (plans->rows[i].period == row.period && same_whom(&plans->rows[i].whom, &row.whom)) {
            conf_complain(loading->faults, at, "period",
                          SAY("这里的 %s 写了两次", "%s stands here twice"), periods[row.period]);
            return;
        }
    plans->rows[plans->row_count++] = row;
}

static void read_mean(struct loading *loading, struct conf_at at)
{
    struct tally_plans *plans = loading->plans;
    struct mean_row row = {.whom.medium = MEDIUM_ANY};

    if (!conf_read(at, mean_keys, COUNT(mean_keys), &row, NULL, loading->faults) ||
        !check_whom(loading, at, &row.whom))
        return;
    for (size_t i = 0; i < plans->mean_count; i++)
        if (same_whom(&plans->means[i].whom, &row.whom)) {
            conf_complain(loading->faults, at, "mean", "%s", SAY("写了两次", "stands here twice"));
            return;
        }
    plans->means[plans->mean_count++] = row;
}

static bool read_lists(struct loading *loading, struct conf_at root)
{
    struct tally_plans *plans = loading->plans;
    struct conf_at rows = conf_member(root, "aggregates");
    struct conf_at means = conf_member(root, "means");

    plans->rows = calloc(conf_length(rows) + 1, sizeof plans->rows[0]);
    plans->means = calloc(conf_length(means) + 1, sizeof plans->means[0]);
    if (plans->rows == NULL || plans->means == NULL)
        return false;
    for (size_t i = 0; i < conf_length(rows); i++)
        read_row(loading, conf_element(rows, i));
    for (size_t i = 0; i < conf_length(means); i++)
        read_mean(loading, conf_element(means, i));
    return true;
}

struct tally_plans *tally_plans_load(const char *path, const struct parameters *parameters,
                                     struct conf_faults *faults)
{
    struct tally_plans *loaded = NULL;
    struct tally_plans *plans = calloc(1, sizeof *plans);
    struct conf *conf = conf_load(path, false, faults);
    struct loading loading = {plans, parameters, faults};

    if (conf == NULL || plans == NULL)
        goto done;
    plans->night = (struct night){22 * 60, 6 * 60};
    conf_read(conf_root(conf), root_keys, COUNT(root_keys), NULL, NULL, faults);
    read_silence(&loading, conf_member(conf_root(conf), "silence"));
    read_night(&loading, conf_member(conf_root(conf), "night"));
    if (!read_lists(&loading, conf_root(conf)))
        goto done;
    loaded = plans;
    plans = NULL;
done:
    tally_plans_free(plans);
    conf_free(conf);
    return loaded;
}

void tally_plans_free(struct tally_plans *plans)
{
    if (plans == NULL)
        return;
    free(plans->rows);
    free(plans->means);
    free(plans);
}
