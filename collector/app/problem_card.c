#include "app/problem_card.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "report/table.h"
#include "town/doubts.h"
#include "town/shown.h"

static void row(const char *title, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void row(const char *title, const char *format, ...)
{
    enum { WIDTH = 14 };
    size_t width = display_width(title);
    va_list args;

    printf("%s%*s", title, width < WIDTH ? (int)(WIDTH - width) : 1, "");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

static const char *or_dash(const char *words)
{
    return *words == '\0' ? "–" : words;
}

static void time_row(const char *title, const json_t *problem, const char *key)
{
    char when[LOCAL_TEXT];

    row(title, "%s", or_dash(local_time(text_of(problem, key), when)));
}

static void site_row(const json_t *site)
{
    row(SAY("点位", "site"), "%s  %s  %s %s", text_of(site, "name"), text_of(site, "title"),
        text_of(site, "village"), text_of(site, "grid"));
}

int problem_decimals(const json_t *problem, const struct parameters *parameters)
{
    enum { UNKNOWN = 6 };
    const char *key = text_of(json_object_get(problem, "parameter"), "key");
    const struct parameter *parameter = parameter_find(parameters, key);

    return parameter == NULL ? UNKNOWN : parameter->decimals;
}

static void value_row(const char *title, const json_t *problem, const char *unit, int decimals)
{
    const json_t *worst = json_object_get(problem, "worst");
    const json_t *multiple = json_object_get(worst, "multiple");
    char words[96];
    char when[LOCAL_TEXT];
    struct text text;

    text_init(&text, words, sizeof words);
    if (json_is_number(json_object_get(worst, "value")))
        value_shown(&text, json_number_value(json_object_get(worst, "value")), decimals,
                    json_object_get(problem, "bound"));
    else
        unit = "–";
    if (json_is_number(multiple))
        text_format(&text, SAY(" %s（超标 %.2f 倍）", " %s (%.2f times over)"), unit,
                    json_number_value(multiple));
    else
        text_format(&text, " %s", unit);
    row(title, "%s  %s", words, local_time(text_of(worst, "time"), when));
}

static void acknowledged_row(const json_t *acknowledged)
{
    char when[LOCAL_TEXT];

    if (json_is_object(acknowledged))
        row(SAY("确认", "acknowledged"), SAY("%s，%s", "by %s, %s"), text_of(acknowledged, "by"),
            local_time(text_of(acknowledged, "time"), when));
    else
        row(SAY("确认", "acknowledged"), "%s", SAY("尚未确认", "not yet"));
}

static bool is_doubt(const json_t *problem)
{
    return strcmp(text_of(problem, "nature"), "doubt") == 0;
}

const char *problem_state_shown(const json_t *problem)
{
    const char *state = text_of(problem, "state");

    if (is_doubt(problem) && strcmp(state, "open") == 0)
        return SAY("存疑中", "open");
    return word_shown(state);
}

static void doubt_rows(const json_t *problem, const char *unit, int decimals)
{
    row(SAY("存疑", "doubt"), "%s", doubt_title(text_of(problem, "rule")));
    row(SAY("规则", "rule"), "%s", text_of(problem, "rule"));
    row(SAY("状态", "state"), "%s", problem_state_shown(problem));
    time_row(SAY("首次", "first"), problem, "first");
    time_row(SAY("最近", "last"), problem, "last");
    time_row(SAY("结束", "ended"), problem, "ended");
    value_row(SAY("数值", "value"), problem, unit, decimals);
}

/* "GB 3838-2002 表1 IV": which row of which standard. */
static void limit_row(const json_t *limit)
{
    bool verified = json_is_true(json_object_get(limit, "verified"));

    if (json_is_object(limit))
        row(SAY("标准", "standard"), "%s-%s %s %s%s", text_of(limit, "standard"),
            text_of(limit, "edition"), text_of(limit, "clause"), text_of(limit, "class"),
            verified ? "" : SAY("（未核实）", " (unverified)"));
}

/* The ids of tasks; nothing where there is none. */
static void tasks_row(const char *title, const json_t *ids)
{
    char words[400];
    struct text text;

    text_init(&text, words, sizeof words);
    for (size_t i = 0; i < json_array_size(ids); i++)
        text_format(&text, "%s%s", i > 0 ? SAY("、", ", ") : "",
                    json_string_value(json_array_get(ids, i)));
    if (json_array_size(ids) > 0)
        row(title, "%s", words);
}

static void breach_rows(const json_t *problem, const char *unit, int decimals)
{
    char bound[64];

    row(SAY("规则", "rule"), SAY("%s（%s）", "%s (%s)"), text_of(problem, "rule"),
        word_shown(text_of(problem, "nature")));
    bound_shown(json_object_get(problem, "bound"), bound, sizeof bound);
    row(SAY("界限", "bound"), "%s %s", bound, unit);
    limit_row(json_object_get(problem, "limit"));
    row(SAY("类别", "kind"), "%s", word_shown(text_of(problem, "kind")));
    tasks_row(SAY("有关任务", "tasks"), json_object_get(problem, "tasks"));
    tasks_row(SAY("回潮任务", "relapse of"), json_object_get(problem, "relapse_of"));
    row(SAY("状态", "state"), "%s", problem_state_shown(problem));
    time_row(SAY("首次超标", "first"), problem, "first");
    time_row(SAY("最近超标", "last"), problem, "last");
    time_row(SAY("结束", "ended"), problem, "ended");
    value_row(SAY("最差值", "worst"), problem, unit, decimals);
}

void problem_card(const json_t *problem, const struct parameters *parameters)
{
    int decimals = problem_decimals(problem, parameters);
    const json_t *parameter = json_object_get(problem, "parameter");
    const char *unit = text_of(parameter, "unit");

    if (json_is_true(json_object_get(problem, "simulated")))
        puts("模拟数据 / SIMULATED");
    row(is_doubt(problem) ? SAY("编号", "UID") : SAY("问题", "problem"), "%s",
        text_of(problem, "uid"));
    site_row(json_object_get(problem, "site"));
    row(SAY("监测点", "point"), "%s", text_of(problem, "point"));
    row(SAY("监测因子", "parameter"), "%s (%s)", text_of(parameter, "title"),
        text_of(parameter, "key"));
    if (doubt_is_screened(text_of(problem, "rule")))
        doubt_rows(problem, unit, decimals);
    else
        breach_rows(problem, unit, decimals);
    row(SAY("次数", "episodes"), "%lld", number_of(problem, "episodes"));
    acknowledged_row(json_object_get(problem, "acknowledged"));
    if (is_doubt(problem))
        puts(SAY("存疑只表示数据需要核查：不是结论，也不作为问题报送。",
                 "a doubt says that data need checking: it is no finding and is sent to nobody."));
}
