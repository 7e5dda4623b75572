/* lookback status: links, devices, outputs and notices as they are now. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "app/ask.h"
#include "app/command.h"
#include "app/rest.h"
#include "base/say.h"
#include "model/quality.h"
#include "report/table.h"
#include "town/shown.h"

/* The state, and at once when the last poll failed, before that makes the device silent. */
static void state_cell(struct table *table, const json_t *device)
{
    const char *state = word_shown(text_of(device, "state"));
    enum cause cause;

    if (cause_from_word(text_of(device, "cause"), &cause) && cause != CAUSE_NONE)
        table_cell(table, SAY("%s（上次采集失败：%s）", "%s (last poll failed: %s)"), state,
                   cause_title(cause));
    else
        table_cell(table, "%s", state);
}

static void print_devices(const json_t *status)
{
    const char *const headings[] = {
        SAY("设备", "DEVICE"),         SAY("链路", "LINK"),      SAY("站号", "UNIT"),
        SAY("状态", "STATE"),          SAY("自", "SINCE"),       SAY("最近一次正常", "LAST GOOD"),
        SAY("有值通道", "WITH VALUE"), SAY("采集次数", "POLLS"), SAY("跳过", "SKIPPED")};
    struct table *table = table_new(9, headings);
    size_t index;
    json_t *device;
    char when[LOCAL_TEXT];

    json_array_foreach(json_object_get(status, "devices"), index, device)
    {
        table_cell(table, "%s/%s", text_of(device, "site"), text_of(device, "name"));
        table_cell(table, "%s", text_of(device, "link"));
        table_cell(table, "%lld", number_of(device, "unit"));
        state_cell(table, device);
        table_cell(table, "%s", local_time(text_of(device, "since"), when));
        table_cell(table, "%s", local_time(text_of(device, "last_good"), when));
        table_cell(table, "%lld/%lld", number_of(device, "with_value"),
                   number_of(device, "points"));
        table_cell(table, "%lld", number_of(device, "polls"));
        table_cell(table, "%lld", number_of(device, "skipped"));
    }
    if (table_rows(table) > 0)
        table_print(table, stdout);
    table_free(table);
}

/* As it is written in the settings; a name of hostile bytes is hex, so that nothing of it reaches
 * the terminal. */
static void id_cell(struct table *table, const json_t *stranger)
{
    if (json_is_string(json_object_get(stranger, "id")))
        table_cell(table, "id = \"%s\";", text_of(stranger, "id"));
    else if (json_is_string(json_object_get(stranger, "id_hex")))
        table_cell(table, "id_hex = \"%s\";", text_of(stranger, "id_hex"));
    else
        table_cell(table, "%s", SAY("（什么也没发）", "(says nothing)"));
}

static void print_strangers(const json_t *status)
{
    const char *const headings[] = {SAY("拨入地址", "DIALS IN AT"), SAY("来自", "FROM"),
                                    SAY("写进它的链路", "WRITE IN ITS LINK"), SAY("最近", "LAST"),
                                    SAY("次数", "TIMES")};
    struct table *table = table_new(5, headings);
    size_t index;
    json_t *stranger;
    char when[LOCAL_TEXT];

    json_array_foreach(json_object_get(status, "strangers"), index, stranger)
    {
        table_cell(table, "%s", text_of(stranger, "listen"));
        table_cell(table, "%s", text_of(stranger, "from"));
        id_cell(table, stranger);
        table_cell(table, "%s", local_time(text_of(stranger, "last"), when));
        table_cell(table, "%lld", number_of(stranger, "times"));
    }
    if (table_rows(table) > 0) {
        puts(SAY("\n拨入的未知设备（已拒绝）：", "\nunknown units that dial in (refused):"));
        table_print(table, stdout);
    }
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

static int64_t age_ms(const char *time)
{
    struct wall_time then;

    return moment_parse(time, &then) ? clock_wall(clock_system()).ms - then.ms : -1;
}

/* "3 min": how long ago, as a person says it. */
static void age_shown(int64_t ms, char *out, size_t size)
{
    long long minutes = (long long)(ms / 60000);

    if (minutes < 1)
        snprintf(out, size, "%s", SAY("不到 1 分钟", "less than a minute"));
    else if (minutes < 120)
        snprintf(out, size, SAY("%lld 分钟", "%lld min"), minutes);
    else if (minutes < 48 * 60)
        snprintf(out, size, SAY("%lld 小时", "%lld h"), minutes / 60);
    else
        snprintf(out, size, SAY("%lld 天", "%lld days"), minutes / (24 * 60));
}

static void print_anchors(const json_t *seal)
{
    const json_t *names = json_object_get(seal, "anchored");
    size_t index;
    json_t *name;

    if (json_array_size(names) == 0) {
        puts(SAY("  这个封存头还没有留到外面", "  its head has not been left outside yet"));
        return;
    }
    printf("%s", SAY("  封存头已留在外面：", "  its head was left outside at "));
    json_array_foreach(names, index, name)
        printf("%s%s", index > 0 ? SAY("、", ", ") : "", json_string_value(name));
    putchar('\n');
}

/* The fingerprint in groups of four is what is written on the commissioning sheet. */
static void print_seal(const json_t *status)
{
    const json_t *seal = json_object_get(status, "seal");
    const char *key = text_of(status, "key");
    char when[LOCAL_TEXT], age[48], groups[KEY_TEXT];

    putchar('\n');
    if (json_is_object(seal)) {
        int64_t ms = age_ms(text_of(seal, "time"));

        age_shown(ms < 0 ? 0 : ms, age, sizeof age);
        printf(
            SAY("最新封存：第 %lld 段，%s（%s前）\n", "newest seal: segment %lld, %s (%s ago)\n"),
            number_of(seal, "segment"), local_time(text_of(seal, "time"), when), age);
        print_anchors(seal);
        if (number_of(seal, "waiting") > 0)
            printf(SAY("  还有 %lld 段等待封存\n", "  %lld segments wait to be sealed\n"),
                   number_of(seal, "waiting"));
    } else {
        puts(SAY("还没有封存任何数据", "nothing is sealed yet"));
    }
    if (*key != '\0')
        printf(SAY("签名钥匙指纹：%s\n", "fingerprint of the signing key: %s\n"),
               key_shown(key, groups));
}

/* The sentence of a notice often names what it is about; then the subject is not said again. */
static bool names_its_subject(const json_t *notice)
{
    const char *subject = text_of(notice, "subject");
    const char *name = strrchr(subject, ' ');

    return strstr(text_of(notice, "text"), name == NULL ? subject : name + 1) != NULL;
}

static void print_notices(const json_t *status)
{
    size_t index;
    json_t *notice;
    char when[LOCAL_TEXT];

    json_array_foreach(json_object_get(status, "notices"), index, notice)
    {
        printf("%s  ", local_time(text_of(notice, "since"), when));
        if (!names_its_subject(notice))
            printf(SAY("%s：", "%s: "), text_of(notice, "subject"));
        puts(text_of(notice, "text"));
    }
}

static void print_status(const struct settings *settings, const json_t *status,
                         const json_t *points)
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
    putchar('\n');
    say_zone(settings);
    putchar('\n');
    if (points != NULL)
        rest_print(points);
    else
        print_devices(status);
    print_strangers(status);
    print_outputs(status);
    print_seal(status);
    if (json_array_size(json_object_get(status, "notices")) > 0)
        printf("%s", SAY("\n需要有人处理：\n", "\nneeds a person:\n"));
    print_notices(status);
}

static int show(const struct typed *typed, const struct settings *settings, const json_t *status,
                const json_t *points)
{
    if (typed->json) {
        json_dumpf(status, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
        putchar('\n');
    } else {
        print_status(settings, status, points);
    }
    return points == NULL && json_array_size(json_object_get(status, "notices")) == 0 ? EXIT_DONE
                                                                                      : EXIT_NO;
}

int command_status(const struct typed *typed)
{
    struct settings *settings = command_settings(typed);
    struct error err = {0};
    json_t *points = NULL; /* only when no collector runs */
    json_t *status = NULL;
    json_t *args = json_object();
    int code = EXIT_WRONG;

    if (settings == NULL)
        goto done;
    if (ask_collector(settings->store_dir, "status", args, &status, &err) == ASKED_NOBODY)
        status = rest_status(settings, &points, &err);
    code = status == NULL ? command_fail(typed, &err) : show(typed, settings, status, points);
done:
    json_decref(points);
    json_decref(status);
    json_decref(args);
    settings_free(settings);
    return code;
}
