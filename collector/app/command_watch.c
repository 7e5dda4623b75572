/* lookback watch: the struck-off tasks in their watch period. Has one relapsed? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/ledger_desk.h"
#include "app/shown.h"
#include "base/say.h"
#include "report/table.h"

enum { SIMILAR_SHOWN = 5 };

/* The tasks in their watch period, by its end; the caller ends the list. */
struct watched {
    const json_t *task;
    size_t place;
};

static int compare_watched(const void *one, const void *other)
{
    const struct watched *a = one;
    const struct watched *b = other;
    int order = strcmp(text_of(a->task, "watch_until"), text_of(b->task, "watch_until"));

    if (order != 0)
        return order;
    return a->place < b->place ? -1 : 1;
}

static json_t *choose(const struct ledger_desk *desk)
{
    size_t count = json_array_size(desk->tasks);
    struct watched *chosen = calloc(count + 1, sizeof *chosen);
    json_t *list = json_array();
    size_t kept = 0;

    for (size_t i = 0; chosen != NULL && i < count; i++) {
        const json_t *task = json_array_get(desk->tasks, i);
        struct task row;

        if (ledger_task_of(task, &row) && task_is_watched(&row, desk->now))
            chosen[kept++] = (struct watched){task, i};
    }
    if (kept > 0)
        qsort(chosen, kept, sizeof *chosen, compare_watched);
    for (size_t i = 0; i < kept; i++)
        json_array_append(list, (json_t *)chosen[i].task);
    free(chosen);
    return list;
}

static bool has_relapsed(const json_t *task)
{
    return json_array_size(json_object_get(task, "relapses")) > 0;
}

static void add_row(const struct ledger_desk *desk, struct table *table, const json_t *task)
{
    size_t open = ledger_open_problems(desk, task, NULL, NULL);
    char title[200];
    char when[LOCAL_TEXT];

    table_cell(table, "%s", text_of(task, "id"));
    table_cell(table, "%s", ledger_category_title(desk, task));
    table_cell(table, "%s", ledger_cut(text_of(task, "title"), 36, title, sizeof title));
    table_cell(table, "%s", text_of(task, "village"));
    table_cell(table, "%.10s", local_time(text_of(task, "struck_off"), when));
    table_cell(table, "%ld", ledger_days_to(desk, local_time(text_of(task, "watch_until"), when)));
    if (strcmp(text_of(task, "watched"), "here") == 0)
        table_cell(table, "%zu", open);
    else
        table_cell(table, "%s",
                   strcmp(text_of(task, "watched"), "elsewhere") == 0
                       ? SAY("别处监测", "elsewhere")
                       : SAY("无监测", "nobody watches"));
    if (has_relapsed(task))
        table_cell(table, SAY("%zu 次", "%zu"), json_array_size(json_object_get(task, "relapses")));
    else
        table_cell(table, "%s", "");
}

static void print_relapses(const struct ledger_desk *desk, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *task = json_array_get(list, i);
        const json_t *relapses = json_object_get(task, "relapses");

        if (!has_relapsed(task))
            continue;
        printf(SAY("\n任务 %s 回潮，见问题", "\ntask %s has relapsed; problems:"),
               text_of(task, "id"));
        for (size_t j = 0; j < json_array_size(relapses); j++)
            printf(" %.12s", json_string_value(json_array_get(relapses, j)));
        putchar('\n');
        ledger_print_similar(desk, task, SIMILAR_SHOWN);
    }
}

static void print_table(const struct ledger_desk *desk, const json_t *list)
{
    const char *const headings[] = {SAY("编号", "ID"),           SAY("类别", "CATEGORY"),
                                    SAY("问题", "FOUND"),        SAY("村居", "VILLAGE"),
                                    SAY("销号", "STRUCK OFF"),   SAY("剩余天数", "DAYS LEFT"),
                                    SAY("未结问题", "PROBLEMS"), SAY("回潮", "RELAPSED")};
    struct table *table;

    if (json_array_size(list) == 0) {
        puts(SAY("没有处于巩固期的任务。", "no task is in its watch period."));
        return;
    }
    say_simulated(desk->settings, NULL);
    say_zone(desk->settings);
    table = table_new(8, headings);
    for (size_t i = 0; i < json_array_size(list); i++)
        add_row(desk, table, json_array_get(list, i));
    table_print(table, stdout);
    table_free(table);
    print_relapses(desk, list);
}

int command_watch(const struct typed *typed)
{
    struct ledger_desk desk;
    int code = ledger_desk_open(&desk, typed);
    json_t *list = code == 0 ? choose(&desk) : NULL;
    json_t *whole;

    ledger_add_verdicts(&desk, list);
    if (code == 0 && typed->json) {
        whole = json_pack("{s:O}", "tasks", list);
        json_dumpf(whole, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(whole);
    } else if (code == 0) {
        print_table(&desk, list);
    }
    for (size_t i = 0; i < json_array_size(list); i++)
        if (has_relapsed(json_array_get(list, i)))
            code = EXIT_NO;
    json_decref(list);
    return ledger_desk_close(&desk, typed, code);
}
