#include "app/ledger_asked.h"

#include <stdio.h>

#include "base/say.h"
#include "town/shown.h"
#include "town/similar.h"

int ledger_desk_open(struct ledger_desk *desk, const struct typed *typed)
{
    struct settings *settings = command_settings(typed);
    struct error err = {0};

    *desk = (struct ledger_desk){0};
    if (settings == NULL)
        return EXIT_WRONG;
    return ledger_desk_begin(desk, settings, &err) ? 0 : command_fail(typed, &err);
}

int ledger_desk_close(struct ledger_desk *desk, const struct typed *typed, int code)
{
    if (desk->trouble.kind != ERROR_NONE)
        code = command_fail(typed, &desk->trouble);
    ledger_desk_end(desk);
    settings_free((struct settings *)desk->settings); /* of ledger_desk_open() */
    return code;
}

json_t *ledger_desk_task(const struct ledger_desk *desk, const struct typed *typed, const char *id)
{
    json_t *task = ledger_desk_find(desk, id);
    struct error err = {0};

    if (task != NULL)
        return task;
    error_set(&err, ERROR_NOT_FOUND,
              SAY("没有编号为 %.60s 的任务；用 lookback tasks 查看全部编号",
                  "there is no task %.60s; lookback tasks lists them all"),
              id);
    command_fail(typed, &err);
    return NULL;
}

/* Similar ones ------------------------------------------------------------------------------ */

static void print_similar_sites(const struct ledger_desk *desk, const json_t *task, size_t most)
{
    const struct settings *settings = desk->settings;
    const struct category *category = similar_category(settings, task);
    size_t count = 0;

    for (size_t i = 0; category != NULL && i < settings->site_count; i++) {
        const struct site_setup *site = &settings->sites[i];

        if (!similar_site(category, task, site))
            continue;
        if (count++ == 0)
            printf(SAY("举一反三，同类点位（%s）：\n", "similar sites to look at (%s):\n"),
                   term_title(&category->term));
        if (count <= most)
            printf("  %s  %s  %s\n", site->base.name, site->base.title, site->base.village);
    }
    if (count > most)
        printf(SAY("  还有 %zu 处\n", "  %zu more\n"), count - most);
}

static void print_similar_tasks(const struct ledger_desk *desk, const json_t *task, size_t most)
{
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(desk->tasks); i++) {
        const json_t *other = json_array_get(desk->tasks, i);
        struct task row;
        char title[200];

        if (!similar_task(task, other) || !ledger_task_of(other, &row))
            continue;
        if (count++ == 0)
            puts(SAY("同类未销号任务：", "open tasks of the same category:"));
        if (count <= most)
            printf("  %s  %s  %s\n", row.id, ledger_cut(row.title, 48, title, sizeof title),
                   ledger_state_title(other));
    }
    if (count > most)
        printf(SAY("  还有 %zu 项\n", "  %zu more\n"), count - most);
}

void ledger_print_similar(const struct ledger_desk *desk, const json_t *task, size_t most)
{
    print_similar_sites(desk, task, most);
    print_similar_tasks(desk, task, most);
}
