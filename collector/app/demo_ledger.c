#include "app/demo_ledger.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/writer.h"
#include "base/say.h"
#include "ledger/intake.h"
#include "town/shown.h"
#include "town/town.h"

enum { SAMPLE_MOST = 1 << 20 };

static struct intake *read_sample(const struct settings *settings, const struct catalog *town,
                                  struct error *err)
{
    /* the sample's own days are looked at below */
    const struct intake_setup setup = {
        .terms = settings->terms, .catalog = town, .now = {4102444800000}};
    static char bytes[SAMPLE_MOST];
    char path[600] = "config/tasks-sample.csv";
    struct intake *intake = NULL;
    FILE *file = NULL;
    size_t size;

    if (settings_data_path("config/tasks-sample.csv", path, sizeof path))
        file = fopen(path, "rb");
    if (file == NULL) {
        error_set(err, ERROR_NOT_FOUND,
                  SAY("找不到示例台账 %s：安装不完整",
                      "the sample ledger %s is missing: the installation is incomplete"),
                  path);
        return NULL;
    }
    size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    intake = intake_read(bytes, size, &setup, err);
    if (intake == NULL || intake->fault_count == 0)
        return intake;
    error_set(err, ERROR_SETTINGS,
              SAY("示例台账 %s 第 %zu 行：%s", "sample ledger %s, row %zu: %s"), path,
              intake->faults[0].row, intake->faults[0].text);
    intake_free(intake);
    return NULL;
}

static void take_back(json_t *tasks, struct wall_time now)
{
    for (size_t i = 0; i < json_array_size(tasks); i++) {
        json_t *task = json_array_get(tasks, i);
        struct wall_time off;

        if (!moment_parse(text_of(task, "struck_off"), &off) || off.ms <= now.ms)
            continue;
        json_object_set_new(task, "struck_off", json_null());
        json_object_set_new(task, "state", json_string(task_state_word(TASK_RECTIFYING)));
    }
}

json_t *demo_ledger(const struct settings *settings, struct wall_time now, struct error *err)
{
    struct catalog *town = town_new(settings);
    struct intake *intake = town == NULL ? NULL : read_sample(settings, town, err);
    json_t *args = NULL;

    if (town == NULL)
        error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    if (intake != NULL) {
        take_back(intake->tasks, now);
        args = json_pack("{s:O, s:s}", "tasks", intake->tasks, "file", "tasks-sample.csv");
    }
    intake_free(intake);
    catalog_free(town);
    return args;
}

/* After a history the tasks that something watches here are as its story has left them. */
static void leave_out_watched(json_t *tasks)
{
    for (size_t i = json_array_size(tasks); i-- > 0;)
        if (json_array_size(json_object_get(json_array_get(tasks, i), "points")) > 0)
            json_array_remove(tasks, i);
}

bool demo_ledger_load(const struct settings *settings, bool after_history, struct error *err)
{
    const struct writer_ways ways = {
        .clock = clock_system(), .trust = (enum trust_by)settings->trust, .mailbox_bytes = 1 << 16};
    json_t *args = demo_ledger(settings, clock_wall(ways.clock), err);
    struct writer writer;
    uint64_t seq;
    bool loaded;

    if (args == NULL)
        return false;
    if (after_history)
        leave_out_watched(json_object_get(args, "tasks"));
    if (!writer_open(&writer, settings, &ways, err)) {
        json_decref(args);
        return false;
    }
    loaded = writer_act(&writer, "tasks.import", args, SAY("演示", "demo"), "", &seq, err);
    writer_close(&writer);
    return loaded;
}
