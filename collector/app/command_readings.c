/* lookback readings: what one point measured, as a table, CSV or JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/readings_every.h"
#include "app/readings_raw.h"
#include "base/say.h"
#include "base/text.h"
#include "report/table.h"
#include "store/reader.h"
#include "town/doubts.h"
#include "town/shown.h"

struct reading_list {
    enum form form;
    size_t count;
    struct table *table;
    struct doubts *doubts;    /* about this point */
    struct readings_raw *raw; /* NULL: not asked for */
    struct raw_shown shown;   /* of the reading under way */
    bool framed;              /* frames of one of them at least */
    bool failed;              /* looking at raw words did */
};

static void value_text(const struct reading *reading, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    if (reading_has_value(reading))
        text_add_number(&text, reading->value);
}

static void print_words_json(const char *words)
{
    char quoted[512];
    struct text text;

    text_init(&text, quoted, sizeof quoted);
    if (*words == '\0')
        text_add(&text, "null");
    else
        text_add_json(&text, words);
    fputs(quoted, stdout);
}

static void print_reading_json(struct reading_list *list, uint64_t seq, const char *when,
                               const struct reading *reading, const char *value, const char *doubt)
{
    printf("%s{\"seq\":%llu,\"time\":\"%s\",\"value\":%s,\"quality\":\"%c\",\"cause\":",
           list->count > 0 ? "," : "", (unsigned long long)seq, when,
           *value == '\0' ? "null" : value, quality_letter((enum quality)reading->quality));
    print_words_json(cause_word((enum cause)reading->cause));
    printf(",\"doubt\":");
    print_words_json(doubt);
    if (list->raw != NULL) {
        putchar(',');
        raw_print_json(&list->shown);
    }
    putchar('}');
}

static void print_reading_row(struct reading_list *list, uint64_t seq, const char *when,
                              const struct reading *reading, const char *value, const char *doubt)
{
    char local[LOCAL_TEXT];

    table_cell(list->table, "%llu", (unsigned long long)seq);
    table_cell(list->table, "%s", local_time(when, local));
    table_cell(list->table, "%s", value);
    table_cell(list->table, "%c %s", quality_letter((enum quality)reading->quality),
               quality_title((enum quality)reading->quality));
    table_cell(list->table, "%s",
               reading->cause == CAUSE_NONE ? "" : cause_title((enum cause)reading->cause));
    if (doubts_are_there(list->doubts))
        table_cell(list->table, "%s", doubt);
    if (list->raw != NULL) {
        raw_table_cells(&list->shown, list->table);
        list->framed |= list->shown.frames != NULL;
    }
}

static void print_reading_csv(struct reading_list *list, uint64_t seq, const char *when,
                              const struct reading *reading, const char *value, const char *doubt)
{
    printf(strchr(doubt, ',') == NULL ? "%llu,%s,%s,%c,%s,%s" : "%llu,%s,%s,%c,%s,\"%s\"",
           (unsigned long long)seq, when, value, quality_letter((enum quality)reading->quality),
           cause_word((enum cause)reading->cause), doubt);
    if (list->raw != NULL)
        raw_print_csv(&list->shown);
    fputs("\r\n", stdout);
}

static bool print_reading(void *self, uint64_t seq, struct wall_time time,
                          const struct reading *reading)
{
    struct reading_list *list = self;
    char when[WALL_TEXT];
    char value[48];
    char doubt[400];

    list->failed = list->raw != NULL && !readings_raw_at(list->raw, seq, reading, &list->shown);
    if (list->failed)
        return false;
    wall_text(time, when);
    value_text(reading, value, sizeof value);
    doubts_at(list->doubts, time, list->form == FORM_TABLE, doubt, sizeof doubt);
    if (list->form == FORM_JSON)
        print_reading_json(list, seq, when, reading, value, doubt);
    else if (list->form == FORM_CSV)
        print_reading_csv(list, seq, when, reading, value, doubt);
    else
        print_reading_row(list, seq, when, reading, value, doubt);
    list->count++;
    return true;
}

/* NULL: a retired point of a parameter that is not known any more. */
static const struct parameter *parameter_of_point(const struct settings *settings,
                                                  const char *point)
{
    const char *channel = strrchr(point, '/');
    char key[CHANNEL_SIZE];

    snprintf(key, sizeof key, "%s", channel == NULL ? "" : channel + 1);
    key[strcspn(key, ".")] = '\0';
    return parameter_find(settings->parameters, key);
}

static struct table *new_table(const struct reading_list *list)
{
    const char *headings[8] = {SAY("序号", "SEQ"), SAY("时间", "TIME"), SAY("数值", "VALUE"),
                               SAY("数据标记", "QUALITY"), SAY("原因", "CAUSE")};
    size_t count = 5;

    if (doubts_are_there(list->doubts))
        headings[count++] = SAY("存疑", "DOUBT");
    if (list->raw != NULL) {
        headings[count++] = SAY("原始字", "WORDS");
        headings[count++] = SAY("收发原文", "SENT -> HEARD");
    }
    return table_new(count, headings);
}

static bool list_readings(struct reading_list *list, struct reader *reader, uint32_t point,
                          const char *name, const char *unit, struct wall_time from,
                          struct wall_time to, struct error *err)
{
    bool read;

    list->doubts = doubts_of(reader, name, err);
    if (list->doubts == NULL)
        return false;
    if (list->form == FORM_JSON)
        printf("{\"point\":\"%s\",\"unit\":\"%s\",\"readings\":[", name, unit);
    else if (list->form == FORM_CSV)
        printf("\xef\xbb\xbfseq,time,value,quality,cause,doubt%s\r\n",
               list->raw != NULL ? ",area,address,words,frames" : "");
    else
        list->table = new_table(list);
    read = reader_readings(reader, point, from, to, print_reading, list, err);
    if (list->failed) {
        *err = *readings_raw_error(list->raw);
        read = false;
    }
    if (list->form == FORM_JSON)
        puts("]}");
    if (list->table != NULL && list->count > 0)
        table_print(list->table, stdout);
    else if (list->table != NULL && read)
        puts(SAY("这段时间没有读数。", "no readings in this time."));
    if (list->table != NULL && list->count > 0 && list->raw != NULL && !list->framed)
        puts(SAY("收发原文只为盯着整改任务的监测点保存。",
                 "frames are kept for points that watch a task."));
    table_free(list->table);
    doubts_free(list->doubts);
    return read;
}

/* The point that was probably meant, or "". */
static void point_nearest(const struct settings *settings, const char *wrong, char near[POINT_SIZE])
{
    size_t count = 0;
    char(*names)[POINT_SIZE];
    const char **list;
    const char *found;

    for (size_t i = 0; i < settings->device_count; i++)
        count += settings->devices[i].channel_count;
    names = calloc(count + 1, sizeof *names);
    list = calloc(count + 1, sizeof *list);
    count = 0;
    for (size_t i = 0; names != NULL && list != NULL && i < settings->device_count; i++) {
        const struct device_conf *device = &settings->devices[i];

        for (size_t j = 0; j < device->channel_count; j++, count++) {
            snprintf(names[count], POINT_SIZE, "%s/%s/%s", device->site, device->name,
                     device->channels[j]->name);
            list[count] = names[count];
        }
    }
    found = list == NULL ? NULL : conf_nearest(wrong, list);
    snprintf(near, POINT_SIZE, "%s", found == NULL ? "" : found);
    free(names);
    free(list);
}

static int no_such_point(const struct typed *typed, const struct settings *settings,
                         const char *name)
{
    char near[POINT_SIZE] = "";
    struct error err = {0};

    point_nearest(settings, name, near);
    if (*near != '\0')
        error_set(
            &err, ERROR_NOT_FOUND,
            SAY("没有监测点 %s，是否想写 %s？不带 --point 的 lookback readings 列出全部监测点",
                "there is no point %s, did you mean %s? lookback readings without --point "
                "lists them"),
            name, near);
    else
        error_set(&err, ERROR_NOT_FOUND,
                  SAY("没有监测点 %s：不带 --point 的 lookback readings 列出全部监测点",
                      "there is no point %s: lookback readings without --point lists them"),
                  name);
    return command_fail(typed, &err);
}

/* Readings, or with --every the aggregates of a period. */
static bool print_point(const struct typed *typed, const struct every_asked *asked,
                        struct reader *reader, struct error *err)
{
    const char *every = typed_option(typed, "--every");
    const char *unit = asked->parameter == NULL ? "" : asked->parameter->unit;
    struct reading_list list = {.form = asked->form};
    bool done;

    if (every != NULL && typed_option(typed, "--raw") != NULL)
        return error_set(err, ERROR_WRONG_USE, "%s",
                         SAY("--raw 只用于单个读数，不能与 --every 同用",
                             "--raw is of single readings and cannot go with --every"));
    if (every != NULL)
        return every_print(asked, every, reader, err);
    if (asked->form == FORM_TABLE) {
        say_simulated(asked->settings, asked->point);
        say_zone(asked->settings);
    }
    if (typed_option(typed, "--raw") != NULL) {
        list.raw = readings_raw_new(asked->settings, asked->number, err);
        if (list.raw == NULL)
            return false;
    }
    done = list_readings(&list, reader, asked->number, asked->point, unit, asked->span.start,
                         asked->span.end, err);
    readings_raw_free(list.raw);
    return done;
}

static int readings_of(const struct typed *typed, const struct settings *settings, const char *name,
                       struct span span)
{
    struct error err = {0};
    struct reader *reader = reader_open(settings->store_dir, &err);
    struct every_asked asked = {.settings = settings,
                                .point = name,
                                .parameter = parameter_of_point(settings, name),
                                .span = span,
                                .form = typed->json                            ? FORM_JSON
                                        : typed_option(typed, "--csv") != NULL ? FORM_CSV
                                                                               : FORM_TABLE};
    int code = EXIT_DONE;

    if (reader == NULL)
        return command_fail(typed, &err);
    asked.number = reader_point(reader, name);
    if (asked.number == 0)
        code = no_such_point(typed, settings, name);
    else if (!print_point(typed, &asked, reader, &err))
        code = command_fail(typed, &err);
    reader_close(reader);
    return code;
}

static void list_points(const struct settings *settings)
{
    const char *const headings[] = {SAY("监测点", "POINT"), SAY("因子", "PARAMETER"),
                                    SAY("单位", "UNIT")};
    struct table *table = table_new(3, headings);

    for (size_t i = 0; i < settings->device_count; i++) {
        const struct device_conf *device = &settings->devices[i];

        for (size_t j = 0; j < device->channel_count; j++) {
            table_cell(table, "%s/%s/%s", device->site, device->name, device->channels[j]->name);
            table_cell(table, "%s", parameter_title(device->channels[j]->parameter));
            table_cell(table, "%s", device->channels[j]->parameter->unit);
        }
    }
    table_print(table, stdout);
    table_free(table);
}

int command_readings(const struct typed *typed)
{
    const char *point = typed_option(typed, "--point");
    struct settings *settings = command_settings(typed);
    struct span span = {{0}, {INT64_MAX}};
    struct error err = {0};
    int code;

    if (settings == NULL)
        return EXIT_WRONG;
    if (point == NULL) {
        if (!typed->json)
            list_points(settings);
        error_set(
            &err, ERROR_WRONG_USE, "%s",
            typed->json
                ? SAY("缺少 --point 点位/设备/通道；不带 --json 的 lookback readings 列出全部",
                      "--point SITE/DEVICE/CHANNEL is missing; lookback readings without "
                      "--json lists them all")
                : SAY("缺少 --point 点位/设备/通道，可选的见上",
                      "--point SITE/DEVICE/CHANNEL is missing; those there are stand above"));
        code = command_fail(typed, &err);
    } else if (!command_span(typed, &span.start, &span.end)) {
        code = EXIT_WRONG;
    } else {
        code = readings_of(typed, settings, point, span);
    }
    settings_free(settings);
    return code;
}
