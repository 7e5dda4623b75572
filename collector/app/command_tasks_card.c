/* lookback task ID: one task as a card; and the acts on it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/deeds.h"
#include "app/ledger_asked.h"
#include "base/say.h"
#include "base/text.h"
#include "ledger/evaluation.h"
#include "report/table.h"
#include "town/doubts.h"
#include "town/shown.h"

enum { SIMILAR_SHOWN = 10 };

static const int64_t day_ms = 86400000;

static void row(const char *title, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void row(const char *title, const char *format, ...)
{
    enum { WIDTH = 14 };
    char words[4096];
    size_t width = display_width(title);
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    for (char *at = words; *at != '\0'; at++)
        if (*at == '\n' || *at == '\t')
            *at = ' ';
    for (size_t end = strlen(words); end > 0 && words[end - 1] == ' '; end--)
        words[end - 1] = '\0';
    printf("%s%*s%s\n", title, width < WIDTH ? (int)(WIDTH - width) : 1, "",
           words[0] == '\0' ? "–" : words);
}

static void deadline_row(const struct ledger_desk *desk, const json_t *task)
{
    const char *deadline = text_of(task, "deadline");
    const char *extended =
        json_is_true(json_object_get(task, "extended")) ? SAY("（已延期）", " (extended)") : "";
    struct task entry;
    long days;

    if (deadline[0] == '\0') {
        row(SAY("时限", "deadline"), "%s", SAY("没有固定日期", "no day"));
        return;
    }
    days = days_between(desk->today, deadline);
    if (!ledger_task_of(task, &entry) || !task_is_open(&entry))
        row(SAY("时限", "deadline"), "%s%s", deadline, extended);
    else if (days < 0)
        row(SAY("时限", "deadline"), SAY("%s%s，已逾期 %ld 天", "%s%s, %ld days late"), deadline,
            extended, -days);
    else
        row(SAY("时限", "deadline"), SAY("%s%s，剩 %ld 天", "%s%s, %ld days left"), deadline,
            extended, days);
}

static void strike_off_rows(const struct ledger_desk *desk, const json_t *task)
{
    char when[LOCAL_TEXT];
    char until[LOCAL_TEXT];
    struct task entry;

    if (text_of(task, "struck_off")[0] == '\0' || !ledger_task_of(task, &entry))
        return;
    row(SAY("销号", "struck off"), "%s", local_time(text_of(task, "struck_off"), when));
    local_time(text_of(task, "watch_until"), until);
    if (task_is_watched(&entry, desk->now))
        row(SAY("巩固期至", "watched until"), SAY("%s，剩 %ld 天", "%s, %ld days left"), until,
            days_between(desk->today, until));
    else
        row(SAY("巩固期至", "watched until"), SAY("%s（不在巩固期内）", "%s (not watched now)"),
            until);
}

/* From when it could be proven, or nothing where that cannot be said. */
static const char *provable_text(const json_t *from, char *out, size_t size)
{
    const char *when = text_of(from, "provable_from");
    char local[LOCAL_TEXT];

    out[0] = '\0';
    if (when[0] != '\0')
        snprintf(out, size, SAY("（最早 %.10s 可证明）", " (provable from %.10s)"),
                 local_time(when, local));
    return out;
}

/* The verdict, and every reason it is not held. */
static void verdict_rows(struct ledger_desk *desk, json_t *task)
{
    json_t *verdict = ledger_verdict(desk, task);
    const json_t *reasons = json_object_get(verdict, "reasons");
    char provable[80];
    char start[LOCAL_TEXT];

    if (verdict == NULL)
        return;
    json_object_set_new(task, "verdict", verdict_brief(verdict));
    row(SAY("结论", "verdict"), "%s%s", ledger_verdict_title(task),
        provable_text(verdict, provable, sizeof provable));
    if (text_of(verdict, "provable_start")[0] != '\0')
        row("",
            SAY("要从 %.10s 起另算一段（导出时 --from %.10s）",
                "counted anew from %.10s on (export with --from %.10s)"),
            local_time(text_of(verdict, "provable_start"), start), start);
    if (json_array_size(reasons) == 0)
        row("", "%s", verdict_reason_text(verdict));
    for (size_t i = 0; i < json_array_size(reasons); i++)
        row("", "%s%s", verdict_reason_text(json_array_get(reasons, i)),
            provable_text(json_array_get(reasons, i), provable, sizeof provable));
    json_decref(verdict);
}

static void place_row(const struct ledger_desk *desk, const json_t *task)
{
    const char *site = text_of(task, "site");
    const char *title = "";

    for (size_t i = 0; i < desk->town->site_count; i++)
        if (strcmp(desk->town->sites[i].name, site) == 0)
            title = desk->town->sites[i].title;
    row(SAY("地点", "place"), "%s %s %s %s", site, title, text_of(task, "village"),
        text_of(task, "grid"));
}

static void owner_row(const json_t *task)
{
    const json_t *owner = json_object_get(task, "owner");

    row(SAY("牵头", "lead"), "%s", text_of(owner, "lead"));
    row(SAY("责任单位", "unit"), "%s", text_of(owner, "unit"));
    row(SAY("责任人", "person"), "%s", text_of(owner, "person"));
}

/* What a point measured last, of the last day. */
struct last_reading {
    bool known;
    struct wall_time time;
    struct reading reading;
};

static bool see_reading(void *self, uint64_t seq, struct wall_time time,
                        const struct reading *reading)
{
    (void)seq;
    *(struct last_reading *)self = (struct last_reading){true, time, *reading};
    return true;
}

static void point_row(const struct ledger_desk *desk, struct table *table, const char *name)
{
    const struct catalog_point *known = catalog_find_point(desk->town, name);
    const struct wall_time from = {desk->now.ms - day_ms};
    struct last_reading last = {0};
    uint32_t point = reader_point(desk->reader, name);
    char value[64] = "";
    char when[WALL_TEXT];
    char local[LOCAL_TEXT] = "";
    struct text text;

    if (point != 0)
        reader_readings(desk->reader, point, from, (struct wall_time){desk->now.ms + day_ms},
                        see_reading, &last, desk->err);
    text_init(&text, value, sizeof value);
    if (last.known && reading_has_value(&last.reading)) {
        value_shown(&text, last.reading.value,
                    known != NULL && known->parameter != NULL ? known->parameter->decimals : 6,
                    NULL);
        text_format(&text, " %s",
                    known != NULL && known->parameter != NULL ? known->parameter->unit : "");
    }
    table_cell(table, "%s", name);
    table_cell(table, "%s", value);
    table_cell(table, "%s",
               known == NULL ? SAY("别处监测", "watched elsewhere")
               : !last.known ? SAY("一天内没有读数", "no reading for a day")
                             : quality_title((enum quality)last.reading.quality));
    if (last.known)
        local_time(wall_text(last.time, when), local);
    table_cell(table, "%s", local);
}

static void print_points(const struct ledger_desk *desk, const json_t *task)
{
    const char *const headings[] = {SAY("监测点", "POINT"), SAY("最近读数", "LAST"),
                                    SAY("标记", "QUALITY"), SAY("时间", "TIME")};
    const json_t *points = json_object_get(task, "points");
    struct table *table;

    if (json_array_size(points) == 0) {
        row(SAY("监测", "watched"), "%s",
            strcmp(text_of(task, "watched"), "elsewhere") == 0
                ? SAY("由别处监测", "elsewhere")
                : SAY("没有监测点盯着这项任务", "no point watches this task"));
        return;
    }
    table = table_new(4, headings);
    for (size_t i = 0; i < json_array_size(points); i++)
        point_row(desk, table, json_string_value(json_array_get(points, i)));
    table_print(table, stdout);
    table_free(table);
}

static void add_problem(void *self, const json_t *problem)
{
    struct table *table = self;
    char when[LOCAL_TEXT];

    table_cell(table, "%.12s", text_of(problem, "uid"));
    table_cell(table, "%s", word_shown(text_of(problem, "kind")));
    table_cell(table, "%s", word_shown(text_of(problem, "state")));
    table_cell(table, "%s", text_of(problem, "point"));
    table_cell(table, "%s", local_time(text_of(problem, "first"), when));
}

static void print_problems(struct ledger_desk *desk, const json_t *task)
{
    const char *const headings[] = {SAY("未结问题", "PROBLEM"), SAY("类别", "KIND"),
                                    SAY("状态", "STATE"), SAY("监测点", "POINT"),
                                    SAY("首次超标", "FIRST")};
    struct table *table = table_new(5, headings);

    if (ledger_open_problems(desk, task, add_problem, table) > 0)
        table_print(table, stdout);
    table_free(table);
}

static void add_doubt(void *self, const json_t *doubt)
{
    struct table *table = self;
    char when[LOCAL_TEXT];

    table_cell(table, "%.12s", text_of(doubt, "uid"));
    table_cell(table, "%s", doubt_title(text_of(doubt, "rule")));
    table_cell(table, "%s", text_of(doubt, "point"));
    table_cell(table, "%s", local_time(text_of(doubt, "first"), when));
    table_cell(table, "%s", local_time(text_of(doubt, "last"), when));
}

static void print_doubts(const struct ledger_desk *desk, const json_t *task)
{
    const char *const headings[] = {SAY("存疑", "DOUBT"), SAY("内容", "WHAT"),
                                    SAY("监测点", "POINT"), SAY("首次", "FIRST"),
                                    SAY("最近", "LAST")};
    struct table *table = table_new(5, headings);

    if (ledger_doubts(desk, task, add_doubt, table) > 0)
        table_print(table, stdout);
    table_free(table);
}

static bool print_card(struct ledger_desk *desk, json_t *task, struct error *err)
{
    bool read;
    const json_t *relapses = json_object_get(task, "relapses");
    const struct task_source *source =
        terms_find_source(desk->settings->terms, text_of(task, "source"));

    row(SAY("任务", "task"), "%s", text_of(task, "id"));
    row(SAY("来源", "source"), "%s %s",
        source == NULL ? text_of(task, "source") : term_title(&source->term),
        text_of(task, "batch"));
    row(SAY("类别", "category"), "%s", ledger_category_title(desk, task));
    row(SAY("问题", "found"), "%s", text_of(task, "title"));
    place_row(desk, task);
    row(SAY("措施", "measure"), "%s", text_of(task, "measure"));
    owner_row(task);
    deadline_row(desk, task);
    row(SAY("状态", "state"), "%s%s", ledger_state_title(task),
        json_is_true(json_object_get(task, "supervised")) ? SAY("（督办）", " (supervised)") : "");
    strike_off_rows(desk, task);
    verdict_rows(desk, task);
    print_points(desk, task);
    print_problems(desk, task);
    print_doubts(desk, task);
    if (json_array_size(relapses) > 0)
        row(SAY("回潮", "relapses"), SAY("%zu 次，最近一次 %.12s", "%zu, the latest %.12s"),
            json_array_size(relapses),
            json_string_value(json_array_get(relapses, json_array_size(relapses) - 1)));
    read = deeds_print(desk->reader, &(struct deeds_about){.task = text_of(task, "id")}, err);
    ledger_print_similar(desk, task, SIMILAR_SHOWN);
    return read;
}

/* Simulated, when one of the points that watch it is. */
static void say_head(const struct ledger_desk *desk, const json_t *task)
{
    const json_t *points = json_object_get(task, "points");
    bool simulated = false;

    for (size_t i = 0; i < json_array_size(points) && !simulated; i++)
        simulated = is_simulated(desk->settings, json_string_value(json_array_get(points, i)));
    if (simulated)
        puts("模拟数据 / SIMULATED");
    say_zone(desk->settings);
}

static int show_task(const struct typed *typed)
{
    struct error err = {0};
    struct ledger_desk desk;
    int code = ledger_desk_open(&desk, typed);
    json_t *task = code == 0 ? ledger_desk_task(&desk, typed, typed->words[0]) : NULL;

    if (task != NULL && typed->json) {
        json_t *list = json_pack("[O]", task);

        ledger_add_verdicts(&desk, list);
        json_decref(list);
        json_dumpf(task, stdout, JSON_COMPACT);
        putchar('\n');
    } else if (task != NULL) {
        say_head(&desk, task);
        if (!print_card(&desk, task, &err))
            code = command_fail(typed, &err);
    }
    code = ledger_desk_close(&desk, typed, code);
    return code == 0 && task == NULL ? EXIT_COULD_NOT : code;
}

static int wrong(const struct typed *typed, const char *zh, const char *en)
{
    struct error err = {0};

    error_set(&err, ERROR_WRONG_USE, "%s", SAY(zh, en));
    return command_fail(typed, &err);
}

static int strike_off(const struct typed *typed)
{
    const char *note = typed_option(typed, "--note");
    json_t *args;

    if (typed->word_count != 2 || note == NULL)
        return wrong(typed, "用法：lookback task strike-off 编号 --note 备注 [--even-so]",
                     "use: lookback task strike-off ID --note TEXT [--even-so]");
    args = json_pack("{s:s, s:s}", "id", typed->words[1], "note", note);
    if (typed_option(typed, "--even-so") != NULL)
        json_object_set_new(args, "even_so", json_true());
    return command_act(typed, "task.strike_off", args);
}

static int add_note(const struct typed *typed)
{
    if (typed->word_count != 3)
        return wrong(typed, "用法：lookback task note 编号 备注",
                     "use: lookback task note ID TEXT");
    return command_act(typed, "task.note",
                       json_pack("{s:s, s:s}", "id", typed->words[1], "note", typed->words[2]));
}

int command_task(const struct typed *typed)
{
    if (strcmp(typed->words[0], "strike-off") == 0)
        return strike_off(typed);
    if (strcmp(typed->words[0], "note") == 0)
        return add_note(typed);
    if (typed->word_count == 1)
        return show_task(typed);
    return wrong(
        typed, "用法：lookback task 编号，task strike-off 编号 --note 备注，或 task note 编号 备注",
        "use: lookback task ID, task strike-off ID --note TEXT, or task note ID TEXT");
}
