/* lookback plan: which requests poll each device, what they take of each link, and whether they
 * fit. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/ask.h"
#include "app/command.h"
#include "base/number.h"
#include "base/say.h"
#include "base/text.h"
#include "report/table.h"
#include "town/described.h"
#include "town/load.h"
#include "town/shown.h"

enum { DURATION_TEXT = 24, RANGE_TEXT = 80 };

static void print_json(const struct load *load)
{
    json_t *object = described_load(load);

    json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(object);
}

/* For people -------------------------------------------------------------------------------- */

static void through_shown(const struct load_device *device, const struct planned *request,
                          char *out, size_t size)
{
    uint64_t crossed = plan_crossed(&device->gaps, request);
    struct text text;

    text_init(&text, out, size);
    for (size_t i = 0; i < device->gaps.count; i++) {
        const struct gap *gap = &device->gaps.at[i];

        if ((crossed >> i & 1) == 0)
            continue;
        text_format(&text, "%s%u", text.used > 0 ? " " : "", gap->address);
        if (gap->count > 1)
            text_format(&text, "–%u", gap->address + gap->count - 1u);
    }
}

static void print_requests(const struct load_link *link)
{
    const char *const headings[] = {
        SAY("设备", "DEVICE"), SAY("站号", "UNIT"),       SAY("间隔", "EVERY"),
        SAY("功能码", "FUNC"), SAY("区", "AREA"),         SAY("地址", "ADDRESS"),
        SAY("个数", "COUNT"),  SAY("手册编号", "MANUAL"), SAY("顺带读过", "THROUGH"),
        SAY("字节", "BYTES"),  SAY("毫秒", "MS")};
    struct table *table = table_new(11, headings);

    for (size_t i = 0; i < link->device_count; i++) {
        const struct load_device *device = &link->devices[i];
        const struct device_conf *conf = device->conf;

        for (size_t j = 0; j < device->request_count; j++) {
            const struct load_request *request = &device->requests[j];
            char every[DURATION_TEXT], manual[DESCRIBED_RANGE], through[RANGE_TEXT];

            described_range(device, &request->planned, manual);
            through_shown(device, &request->planned, through, sizeof through);
            table_cell(table, "%s/%s", conf->site, conf->name);
            table_cell(table, "%lld", (long long)conf->unit);
            table_cell(table, "%s", duration_text(conf->every_ms, every));
            table_cell(table, "%d", area_function(request->planned.area));
            table_cell(table, "%s", area_word(request->planned.area));
            table_cell(table, "%u", request->planned.address);
            table_cell(table, "%u", request->planned.count);
            table_cell(table, "%s",
                       request->planned.count == 0 ? SAY("（唤醒）", "(wake step)") : manual);
            table_cell(table, "%s", through);
            table_cell(table, "%zu", request->bytes);
            table_cell(table, "%.1f", (double)request->us / 1000.0);
        }
    }
    table_print(table, stdout);
    table_free(table);
}

static void print_lessons(const struct load_device *device)
{
    for (size_t i = 0; i < device->lesson_count; i++) {
        const struct known_lesson *known = &device->lessons[i];
        char since[WALL_TEXT], when[LOCAL_TEXT] = "–";

        if (wall_is_known(known->learned))
            local_time(wall_text(known->learned, since), when);
        printf(
            SAY("  %s/%s：绕开 %s 寄存器 %u 起 %u 个：%s（%s 记下）\n",
                "  %s/%s: the %s registers from %u, %u of them, are left out: %s (learned %s)\n"),
            device->conf->site, device->conf->name, area_word(known->lesson.area),
            known->lesson.address, known->lesson.count,
            cause_title((enum cause)known->lesson.cause), when);
    }
}

static size_t count_measured(const struct load_link *link)
{
    size_t count = 0;

    for (size_t i = 0; i < link->device_count; i++)
        count += link->devices[i].measured;
    return count;
}

/* What the times rest on. */
static void print_grounds(const struct load_link *link)
{
    size_t measured = count_measured(link);
    size_t assumed = link->device_count - measured;

    if (measured > 0)
        printf(SAY("  %zu 台的应答时间取自正在运行的采集器\n",
                   "  answer times the running collector measured: %zu\n"),
               measured);
    if (assumed > 0)
        printf(SAY("  %zu 台的应答时间未知，按 %d 毫秒计\n",
                   "  answer times not known: %zu; %d ms are assumed\n"),
               assumed, LOAD_TURN_US / 1000);
    if (assumed > 0 && (link->link->kind == LINK_RTU_TCP || link->link->kind == LINK_DIALIN))
        printf("%s", SAY("  链路那一头的串口波特率未知，按 9600 计\n",
                         "  the baud rate behind it is not known; 9600 is assumed\n"));
}

static void framing_shown(const struct link_setup *link, char *out, size_t size)
{
    if (link->kind == LINK_SERIAL)
        snprintf(out, size, "serial %d 8%c%d", link->baud, link->parity, link->stop_bits);
    else
        snprintf(out, size, "%s", link_kind_word(link->kind));
}

static void print_link(const struct load_link *link)
{
    char framing[48];

    framing_shown(link->link, framing, sizeof framing);
    if (link->device_count == 0) {
        printf(SAY("链路 %s（%s）：没有设备\n", "link %s (%s): no device is on it\n"),
               link->link->name, framing);
        return;
    }
    printf(SAY("链路 %s（%s）：%zu 台设备，问一轮 %.3g 秒，占用 %.1f %%（上限 %.0f %%）\n",
               "link %s (%s): devices: %zu; %.3g s to ask each once, %.1f %% of its time (limit "
               "%.0f %%)\n"),
           link->link->name, framing, link->device_count, (double)link->cycle_us / 1e6,
           100 * link->load, 100 * link->limit);
    print_grounds(link);
    print_requests(link);
    for (size_t i = 0; i < link->device_count; i++)
        print_lessons(&link->devices[i]);
    putchar('\n');
}

static int show(const struct typed *typed, const struct load *load)
{
    int code = EXIT_DONE;

    if (typed->json)
        print_json(load);
    for (size_t i = 0; i < load->link_count; i++) {
        if (!typed->json)
            print_link(&load->links[i]);
        if (!load->links[i].fits)
            code = EXIT_NO;
    }
    for (size_t i = 0; i < load->link_count && !typed->json; i++)
        if (!load->links[i].fits)
            load_say_overload(&load->links[i]);
    return code;
}

/* No store yet, or one that cannot be read now, is no reason not to plan. */
static struct reader *open_store(const struct settings *settings)
{
    char path[320];

    snprintf(path, sizeof path, "%s/lookback.db", settings->store_dir);
    return access(path, R_OK) == 0 ? reader_open(settings->store_dir, NULL) : NULL;
}

int command_plan(const struct typed *typed)
{
    struct settings *settings = command_settings(typed);
    struct error err = {0};
    struct reader *reader = NULL;
    struct load *load = NULL;
    json_t *status = NULL;
    json_t *args = json_object();
    int code = EXIT_WRONG;

    if (settings == NULL)
        goto done;
    reader = open_store(settings);
    if (ask_collector(settings->store_dir, "status", args, &status, &err) != ASKED_DONE)
        status = NULL;
    load = load_of(settings, reader, status, &err);
    code = load == NULL ? command_fail(typed, &err) : show(typed, load);
done:
    load_free(load);
    reader_close(reader);
    json_decref(status);
    json_decref(args);
    settings_free(settings);
    return code;
}
