/* Commands that only read: the state of the station, readings, problems. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/ask.h"
#include "app/command.h"
#include "base/say.h"
#include "base/text.h"
#include "base/version.h"
#include "report/table.h"
#include "store/reader.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

/* "2026-11-22T00:00:00.000Z" as the person's own clock shows it. */
static const char *local_time(const char *utc, char *out, size_t size)
{
    struct wall_time time;
    time_t seconds;
    struct tm local;

    out[0] = '\0';
    if (*utc == '\0' || !moment_parse(utc, &time))
        return out;
    seconds = (time_t)(time.ms / 1000);
    if (localtime_r(&seconds, &local) != NULL)
        strftime(out, size, "%Y-%m-%d %H:%M:%S", &local);
    return out;
}

/* --- status ----------------------------------------------------------------------------------- */

static void print_devices(const json_t *status)
{
    const char *const headings[] = {SAY("设备", "DEVICE"),
                                    SAY("链路", "LINK"),
                                    SAY("站号", "UNIT"),
                                    SAY("状态", "STATE"),
                                    SAY("最近一次正常", "LAST GOOD"),
                                    SAY("采集次数", "POLLS"),
                                    SAY("跳过", "SKIPPED")};
    struct table *table = table_new(7, headings);
    size_t index;
    json_t *device;
    char when[32];

    json_array_foreach(json_object_get(status, "devices"), index, device)
    {
        table_cell(table, "%s/%s", text_of(device, "site"), text_of(device, "name"));
        table_cell(table, "%s", text_of(device, "link"));
        table_cell(table, "%lld", number_of(device, "unit"));
        table_cell(table, "%s", text_of(device, "state"));
        table_cell(table, "%s", local_time(text_of(device, "last_good"), when, sizeof when));
        table_cell(table, "%lld", number_of(device, "polls"));
        table_cell(table, "%lld", number_of(device, "skipped"));
    }
    if (table_rows(table) > 0)
        table_print(table, stdout);
    table_free(table);
}

static void print_outputs(const json_t *status)
{
    const char *const headings[] = {SAY("输出", "OUTPUT"),      SAY("类型", "KIND"),
                                    SAY("状态", "STATE"),       SAY("积压", "BACKLOG"),
                                    SAY("隔离", "QUARANTINED"), SAY("说明", "NOTE")};
    struct table *table = table_new(6, headings);
    size_t index;
    json_t *output;

    json_array_foreach(json_object_get(status, "outputs"), index, output)
    {
        table_cell(table, "%s", text_of(output, "name"));
        table_cell(table, "%s", text_of(output, "kind"));
        table_cell(table, "%s", text_of(output, "state"));
        table_cell(table, "%lld", number_of(output, "backlog"));
        table_cell(table, "%lld", number_of(output, "quarantined"));
        table_cell(table, "%s", text_of(output, "text"));
    }
    if (table_rows(table) > 0) {
        putchar('\n');
        table_print(table, stdout);
    }
    table_free(table);
}

static void print_notices(const json_t *status)
{
    size_t index;
    json_t *notice;
    char when[32];

    json_array_foreach(json_object_get(status, "notices"), index, notice)
        printf("%s %s: %s\n", local_time(text_of(notice, "since"), when, sizeof when),
               text_of(notice, "subject"), text_of(notice, "text"));
}

static void print_status(const json_t *status)
{
    const json_t *clock = json_object_get(status, "clock");

    if (json_is_true(json_object_get(status, "simulated")))
        puts("模拟数据 / SIMULATED");
    printf(SAY("采集器 %s：%s，已提交到序号 %lld，时钟%s\n\n",
               "collector %s: %s, committed up to %lld, clock %s\n\n"),
           text_of(status, "collector"), text_of(status, "state"), number_of(status, "seq"),
           json_is_true(json_object_get(clock, "trusted")) ? SAY("可信", "trusted")
                                                           : SAY("不可信", "not trusted"));
    print_devices(status);
    print_outputs(status);
    if (json_array_size(json_object_get(status, "notices")) > 0)
        printf("%s", SAY("\n需要有人处理：\n", "\nneeds a person:\n"));
    print_notices(status);
}

/* What can be said when no collector runs: the store's end. */
static json_t *status_at_rest(const struct settings *settings, struct error *err)
{
    struct reader *reader = reader_open(settings->store_dir, err);
    json_t *status;

    if (reader == NULL)
        return NULL;
    status = json_pack("{s:s, s:s, s:n, s:I, s:s, s:n, s:n, s:[], s:[], s:[], s:n, s:[]}",
                       "collector", settings->name, "version", version_text(), "boot", "seq",
                       (json_int_t)reader_last_seq(reader), "state", "stopped", "clock", "store",
                       "links", "devices", "outputs", "seal", "notices");
    reader_close(reader);
    return status;
}

int command_status(const struct typed *typed)
{
    struct settings *settings = command_settings(typed);
    struct error err = {0};
    json_t *status = NULL;
    json_t *args = json_object();
    enum asked asked;
    int code;

    if (settings == NULL) {
        json_decref(args);
        return EXIT_WRONG;
    }
    asked = ask_collector(settings->store_dir, "status", args, &status, &err);
    if (asked == ASKED_NOBODY)
        status = status_at_rest(settings, &err);
    json_decref(args);
    settings_free(settings);
    if (status == NULL)
        return command_fail(typed, &err);
    if (typed->json) {
        json_dumpf(status, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
        putchar('\n');
    } else {
        print_status(status);
    }
    code = asked == ASKED_DONE && json_array_size(json_object_get(status, "notices")) == 0
               ? EXIT_DONE
               : EXIT_NO;
    json_decref(status);
    return code;
}

/* --- readings --------------------------------------------------------------------------------- */

enum form { FORM_TABLE, FORM_CSV, FORM_JSON };

struct reading_list {
    enum form form;
    size_t count;
    struct table *table;
};

static void value_text(const struct reading *reading, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    if (reading_has_value(reading))
        text_add_number(&text, reading->value);
}

static void print_reading_json(struct reading_list *list, uint64_t seq, const char *when,
                               const struct reading *reading, const char *value)
{
    const char *cause = cause_word((enum cause)reading->cause);

    printf("%s{\"seq\":%llu,\"time\":\"%s\",\"value\":%s,\"quality\":\"%c\",\"cause\":",
           list->count > 0 ? "," : "", (unsigned long long)seq, when,
           *value == '\0' ? "null" : value, quality_letter((enum quality)reading->quality));
    if (*cause == '\0')
        printf("null,\"doubt\":null}");
    else
        printf("\"%s\",\"doubt\":null}", cause);
}

static bool print_reading(void *self, uint64_t seq, struct wall_time time,
                          const struct reading *reading)
{
    struct reading_list *list = self;
    char when[WALL_TEXT];
    char local[32];
    char value[48];

    wall_text(time, when);
    value_text(reading, value, sizeof value);
    if (list->form == FORM_JSON) {
        print_reading_json(list, seq, when, reading, value);
    } else if (list->form == FORM_CSV) {
        printf("%llu,%s,%s,%c,%s\r\n", (unsigned long long)seq, when, value,
               quality_letter((enum quality)reading->quality),
               cause_word((enum cause)reading->cause));
    } else {
        table_cell(list->table, "%llu", (unsigned long long)seq);
        table_cell(list->table, "%s", local_time(when, local, sizeof local));
        table_cell(list->table, "%s", value);
        table_cell(list->table, "%c %s", quality_letter((enum quality)reading->quality),
                   quality_title((enum quality)reading->quality));
        table_cell(list->table, "%s",
                   reading->cause == CAUSE_NONE ? "" : cause_title((enum cause)reading->cause));
    }
    list->count++;
    return true;
}

static const char *unit_of_point(const struct settings *settings, const char *point)
{
    const char *channel = strrchr(point, '/');
    char key[CHANNEL_SIZE];
    const struct parameter *parameter;

    snprintf(key, sizeof key, "%s", channel == NULL ? "" : channel + 1);
    key[strcspn(key, ".")] = '\0';
    parameter = parameter_find(settings->parameters, key);
    return parameter == NULL ? "" : parameter->unit;
}

static bool list_readings(struct reading_list *list, struct reader *reader, uint32_t point,
                          const char *name, const char *unit, struct wall_time from,
                          struct wall_time to, struct error *err)
{
    const char *const headings[] = {SAY("序号", "SEQ"), SAY("时间", "TIME"), SAY("数值", "VALUE"),
                                    SAY("数据标记", "QUALITY"), SAY("原因", "CAUSE")};
    bool read;

    if (list->form == FORM_JSON)
        printf("{\"point\":\"%s\",\"unit\":\"%s\",\"readings\":[", name, unit);
    else if (list->form == FORM_CSV)
        printf("\xef\xbb\xbfseq,time,value,quality,cause\r\n");
    else
        list->table = table_new(5, headings);
    read = reader_readings(reader, point, from, to, print_reading, list, err);
    if (list->form == FORM_JSON)
        puts("]}");
    if (list->table != NULL)
        table_print(list->table, stdout);
    table_free(list->table);
    return read;
}

static int readings_of(const struct typed *typed, const struct settings *settings, const char *name,
                       struct wall_time from, struct wall_time to)
{
    struct error err = {0};
    struct reader *reader = reader_open(settings->store_dir, &err);
    struct reading_list list = {.form = typed->json                            ? FORM_JSON
                                        : typed_option(typed, "--csv") != NULL ? FORM_CSV
                                                                               : FORM_TABLE};
    uint32_t point;
    int code = EXIT_DONE;

    if (reader == NULL)
        return command_fail(typed, &err);
    point = reader_point(reader, name);
    if (point == 0) {
        error_set(&err, ERROR_NOT_FOUND,
                  SAY("没有监测点 %s：写成 点位/设备/通道，lookback status 列出设备",
                      "there is no point %s: write SITE/DEVICE/CHANNEL; lookback status lists the "
                      "devices"),
                  name);
        code = command_fail(typed, &err);
    } else if (!list_readings(&list, reader, point, name, unit_of_point(settings, name), from, to,
                              &err)) {
        code = command_fail(typed, &err);
    }
    reader_close(reader);
    return code;
}

int command_readings(const struct typed *typed)
{
    const char *point = typed_option(typed, "--point=");
    struct settings *settings = command_settings(typed);
    struct wall_time from = {0};
    struct wall_time to = {INT64_MAX};
    struct error err = {0};
    int code;

    if (settings == NULL)
        return EXIT_WRONG;
    if (point == NULL) {
        error_set(&err, ERROR_WRONG_USE, "%s",
                  SAY("缺少 --point 点位/设备/通道", "--point SITE/DEVICE/CHANNEL is missing"));
        code = command_fail(typed, &err);
    } else if (!command_moment(typed, "--from=", &from) || !command_moment(typed, "--to=", &to)) {
        code = EXIT_WRONG;
    } else {
        code = readings_of(typed, settings, point, from, to);
    }
    settings_free(settings);
    return code;
}

/* --- problems --------------------------------------------------------------------------------- */

struct problem_list {
    bool json;
    size_t count;
    struct table *table;
};

static void bound_text(const json_t *bound, char *out, size_t size)
{
    const json_t *above = json_object_get(bound, "above");
    const json_t *below = json_object_get(bound, "below");
    const json_t *between = json_object_get(bound, "between");
    struct text text;

    text_init(&text, out, size);
    text_add(&text, above != NULL ? "> " : below != NULL ? "< " : "");
    if (above != NULL || below != NULL) {
        text_add_number(&text, json_number_value(above != NULL ? above : below));
    } else if (between != NULL) {
        text_add_number(&text, json_number_value(json_array_get(between, 0)));
        text_add(&text, "–");
        text_add_number(&text, json_number_value(json_array_get(between, 1)));
    }
}

static bool print_problem(void *self, const char *body)
{
    struct problem_list *list = self;
    json_t *problem;
    json_t *worst;
    char words[64] = "";
    char when[32];
    struct text text;

    if (list->json) {
        printf("%s%s", list->count++ > 0 ? "," : "", body);
        return true;
    }
    problem = json_loads(body, 0, NULL);
    worst = json_object_get(problem, "worst");
    list->count++;
    table_cell(list->table, "%.8s", text_of(problem, "uid"));
    table_cell(list->table, "%s", text_of(problem, "kind"));
    table_cell(list->table, "%s", text_of(problem, "state"));
    table_cell(list->table, "%s", text_of(problem, "point"));
    bound_text(json_object_get(problem, "bound"), words, sizeof words);
    table_cell(list->table, "%s", words);
    text_init(&text, words, sizeof words);
    if (json_is_number(json_object_get(worst, "value")))
        text_add_number(&text, json_number_value(json_object_get(worst, "value")));
    table_cell(list->table, "%s", words);
    table_cell(list->table, "%s", local_time(text_of(problem, "first"), when, sizeof when));
    table_cell(list->table, "%s", local_time(text_of(problem, "ended"), when, sizeof when));
    table_cell(list->table, "%lld", number_of(problem, "episodes"));
    json_decref(problem);
    return true;
}

static int print_problems(const struct typed *typed, struct reader *reader, const char *uid,
                          struct error *err)
{
    const char *const headings[] = {
        SAY("编号", "UID"),     SAY("类别", "KIND"),  SAY("状态", "STATE"),
        SAY("监测点", "POINT"), SAY("界限", "BOUND"), SAY("最差值", "WORST"),
        SAY("首次", "FIRST"),   SAY("结束", "ENDED"), SAY("次数", "EPISODES")};
    struct problem_list list = {.json = typed->json};
    bool read;

    if (typed->json && uid == NULL)
        printf("{\"problems\":[");
    if (!typed->json)
        list.table = table_new(9, headings);
    read = reader_problems(reader, typed_option(typed, "--state="), typed_option(typed, "--kind="),
                           uid, print_problem, &list, err);
    if (typed->json && uid == NULL)
        printf("]}");
    if (typed->json && (uid == NULL || list.count > 0))
        putchar('\n');
    if (list.table != NULL && list.count > 0)
        table_print(list.table, stdout);
    table_free(list.table);
    if (!read)
        return command_fail(typed, err);
    if (uid != NULL && list.count == 0) {
        error_set(err, ERROR_NOT_FOUND, SAY("没有问题 %s", "there is no problem %s"), uid);
        return command_fail(typed, err);
    }
    if (!typed->json && list.count == 0)
        puts(SAY("没有问题。", "no problems."));
    return EXIT_DONE;
}

int command_problems(const struct typed *typed)
{
    struct settings *settings = command_settings(typed);
    struct error err = {0};
    struct reader *reader;
    int code;

    if (settings == NULL)
        return EXIT_WRONG;
    reader = reader_open(settings->store_dir, &err);
    if (reader == NULL)
        code = command_fail(typed, &err);
    else
        code = print_problems(typed, reader, typed->word_count > 0 ? typed->words[0] : NULL, &err);
    reader_close(reader);
    settings_free(settings);
    return code;
}
