/* What happened to the settings, the clock and the station. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/say.h"
#include "base/text.h"
#include "drawing/evidence.h"

static const char *event_words(const char *kind)
{
    /* clang-format off */
    static const char *const words[][3] = {
        {"started", "采集器启动", "collector started"}, {"stopped", "采集器停止", "collector stopped"},
        {"gap", "采集中断", "gap in the record"}, {"configuration", "配置生效", "configuration in force"},
        {"key.made", "新的签名钥匙", "signing key made"},
        {"device.maintenance", "设备维护", "device under maintenance"},
        {"device.every", "采集间隔生效", "interval in force"},
        {"device.identity", "仪器身份", "identity of the instrument"},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(kind, words[i][0]) == 0)
            return SAY(words[i][1], words[i][2]);
    return strncmp(kind, "clock.", 6) == 0 ? SAY("时钟", "clock") : "";
}

/* A member of an event's arguments; the key itself where it is not known here. */
static const char *argument_words(const char *key)
{
    /* clang-format off */
    static const char *const words[][3] = {
        {"device", "设备", "device"}, {"from", "从", "from"}, {"to", "到", "to"}, {"note", "事由", "note"},
        {"was", "原为", "was"}, {"is", "现为", "is"}, {"withheld", "读数不采用", "values withheld"},
        {"since", "自", "since"}, {"every", "间隔", "every"}, {"key", "钥匙", "key"}, {"previous", "上一把", "previous"},
        {"version", "版本", "version"}, {"reason", "原因", "reason"}, {"steps", "次数", "times"},
        {"cause", "原因", "cause"}, {"point", "监测点", "point"}, {"output", "出口", "output"},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(key, words[i][0]) == 0)
            return SAY(words[i][1], words[i][2]);
    return key;
}

/* One argument: moments in local time, durations in their units, anything else as it stands. */
static void say_argument(const json_t *arguments, const char *key, const json_t *value,
                         struct text *out)
{
    struct wall_time time = doc_time(arguments, key);
    char duration[24];

    if (json_is_integer(value) && strcmp(key, "by_ms") == 0) {
        text_format(out, SAY("时钟拨动 %+.1f 秒", "clock moved by %+.1f s"),
                    (double)json_integer_value(value) / 1000.0);
    } else if (json_is_integer(value) && strcmp(key, "every_ms") == 0) {
        text_format(out, SAY("间隔 %s", "every %s"),
                    duration_text(json_integer_value(value), duration));
    } else if (wall_is_known(time)) {
        text_format(out, "%s %s", argument_words(key), shown_minute(time));
    } else if (json_is_string(value)) {
        text_format(out, "%s %s", argument_words(key), json_string_value(value));
    } else {
        char *words = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS |
                                            JSON_REAL_PRECISION(6));

        text_format(out, "%s %s", argument_words(key), words == NULL ? "" : words);
        free(words);
    }
}

static void show_event(struct grid *grid, const json_t *event)
{
    const char *kind = doc_text(event, "kind");
    const json_t *arguments = json_object_get(event, "arguments");
    const char *key;
    json_t *value;
    char words[600];
    struct text text;

    text_init(&text, words, sizeof words);
    json_object_foreach((json_t *)arguments, key, value)
    {
        if (strcmp(key, "by") == 0) /* stands under "who" */
            continue;
        if (text.used > 0)
            text_add(&text, SAY("，", ", "));
        say_argument(arguments, key, value, &text);
    }
    grid_cell(grid, "%s", shown_count(event, "seq"));
    grid_cell(grid, "%s", shown_minute(doc_time(event, "time")));
    grid_cell(grid, "%s", *event_words(kind) == '\0' ? kind : event_words(kind));
    grid_cell(grid, "%s", doc_text(event, "who"));
    grid_cell(grid, "%s", words);
}

void evidence_events(struct page *page, const struct evidence *evidence)
{
    const struct column columns[] = {
        {SAY("序号", "Seq"),   9.0,  ALIGN_RIGHT},
        {SAY("时间", "Time"),  15.0, ALIGN_LEFT },
        {SAY("事件", "Event"), 20.0, ALIGN_LEFT },
        {SAY("何人", "Who"),   10.0, ALIGN_LEFT },
        {SAY("内容", "What"),  46.0, ALIGN_LEFT },
    };
    size_t count = doc_size(evidence->document, "events");
    struct grid *grid;

    page_heading(page, 1, "%s",
                 SAY("七、配置、时钟与采集器事件", "7. Settings, clock and collector"));
    if (count == 0) {
        page_say(page, TONE_BODY, "%s", SAY("没有。", "None."));
        return;
    }
    grid = grid_begin(page, columns, 5);
    for (size_t i = 0; i < count; i++)
        show_event(grid, doc_at(evidence->document, "events", i));
    grid_end(grid);
}
