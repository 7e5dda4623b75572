/* lookback status: links, devices, outputs and notices as they are now. */
#include <jansson.h>
#include <stdio.h>

#include "app/ask.h"
#include "app/command.h"
#include "app/shown.h"
#include "base/say.h"
#include "base/version.h"
#include "report/table.h"
#include "store/reader.h"

static void print_devices(const json_t *status)
{
    const char *const headings[] = {SAY("设备", "DEVICE"),    SAY("链路", "LINK"),
                                    SAY("站号", "UNIT"),      SAY("状态", "STATE"),
                                    SAY("自", "SINCE"),       SAY("最近一次正常", "LAST GOOD"),
                                    SAY("采集次数", "POLLS"), SAY("跳过", "SKIPPED")};
    struct table *table = table_new(8, headings);
    size_t index;
    json_t *device;
    char when[LOCAL_TEXT];

    json_array_foreach(json_object_get(status, "devices"), index, device)
    {
        table_cell(table, "%s/%s", text_of(device, "site"), text_of(device, "name"));
        table_cell(table, "%s", text_of(device, "link"));
        table_cell(table, "%lld", number_of(device, "unit"));
        table_cell(table, "%s", word_shown(text_of(device, "state")));
        table_cell(table, "%s", local_time(text_of(device, "since"), when));
        table_cell(table, "%s", local_time(text_of(device, "last_good"), when));
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
        table_cell(table, "%s", word_shown(text_of(output, "state")));
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
    char when[LOCAL_TEXT];

    json_array_foreach(json_object_get(status, "notices"), index, notice)
        printf("%s %s: %s\n", local_time(text_of(notice, "since"), when),
               text_of(notice, "subject"), text_of(notice, "text"));
}

static void print_status(const json_t *status)
{
    const json_t *clock = json_object_get(status, "clock");

    if (json_is_true(json_object_get(status, "simulated")))
        puts("模拟数据 / SIMULATED");
    printf(SAY("采集器 %s：%s，已提交到序号 %lld", "collector %s: %s, committed up to %lld"),
           text_of(status, "collector"), word_shown(text_of(status, "state")),
           number_of(status, "seq"));
    if (json_is_object(clock))
        printf("%s", json_is_true(json_object_get(clock, "trusted"))
                         ? SAY("，时钟可信", ", clock trusted")
                         : SAY("，时钟不可信", ", clock not trusted"));
    fputs("\n\n", stdout);
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
