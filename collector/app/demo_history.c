#include "app/demo_history.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/demo_ledger.h"
#include "app/history.h"
#include "app/past.h"
#include "base/day.h"
#include "base/say.h"
#include "report/progress.h"

/* A history being filled. */
struct filling {
    struct settings *settings;
    struct progress progress;
};

static void show(void *self, double share, struct wall_time now)
{
    struct filling *filling = self;
    char day[DAY_TEXT];

    progress_show(&filling->progress, share, day_text(now, day));
}

/* Nothing is struck off when the story begins, whatever days the sample has: the story strikes off
 * what it is about, and what it is silent about follows when the demo loads the sample again. */
static bool load_ledger(void *self, struct past *past, struct error *err)
{
    struct filling *filling = self;
    json_t *args = demo_ledger(filling->settings, (struct wall_time){0}, err);

    return args != NULL && past_act(past, "tasks.import", args, SAY("演示", "demo"), err);
}

static bool fill(const struct typed *typed, struct settings *settings, int64_t history_ms)
{
    struct filling filling = {.settings = settings};
    char path[600];
    struct history history = {.path = path,
                              .end = clock_wall(clock_system()),
                              .lasts_ms = history_ms,
                              .begin = load_ledger,
                              .progress = show,
                              .self = &filling};
    struct error err = {0};
    bool good;

    if (!settings_data_path("deploy/demo/history.conf", path, sizeof path))
        return error_set(
                   &err, ERROR_NOT_FOUND,
                   SAY("找不到 %s：安装不完整", "%s is missing: the installation is incomplete"),
                   path) ||
               command_fail(typed, &err) == EXIT_DONE;
    progress_begin(&filling.progress, SAY("模拟数据：填充历史", "SIMULATED: filling the history"));
    good = history_fill(settings, &history, &err);
    progress_end(&filling.progress, good);
    if (!good)
        command_fail(typed, &err);
    return good;
}

int demo_history(const struct typed *typed, bool filled, int64_t history_ms)
{
    struct settings *settings;
    struct error err = {0};
    bool good;

    if (filled) {
        error_set(&err, ERROR_REFUSED, "%s",
                  SAY("这个文件夹里已经有数据，历史只能填在最前面：请先删除文件夹，或另选 --dir",
                      "this folder holds data already and a history must come first: remove the "
                      "folder or choose another --dir"));
        return command_fail(typed, &err);
    }
    settings = command_settings(typed);
    if (settings == NULL)
        return EXIT_WRONG;
    good = fill(typed, settings, history_ms);
    settings_free(settings);
    return good ? EXIT_DONE : EXIT_COULD_NOT;
}
