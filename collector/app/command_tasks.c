/* lookback tasks: the rectification ledger as a table, all of it or what is due. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command_tasks.h"
#include "app/ledger_asked.h"
#include "base/say.h"
#include "report/table.h"
#include "town/shown.h"

/* Open, with a deadline that is past or comes soon. */
static bool is_due(const struct ledger_desk *desk, const json_t *task)
{
    const char *deadline = text_of(task, "deadline");
    struct task row;
    char soon[DAY_TEXT];
    struct wall_time end = {desk->now.ms + desk->settings->terms->due_soon_ms};

    return deadline[0] != '\0' && ledger_task_of(task, &row) && task_is_open(&row) &&
           strcmp(deadline, day_text(end, soon)) <= 0;
}

/* By deadline; the order of the ids where two are the same. */
struct due {
    const json_t *task;
    size_t place;
};

static int compare_due(const void *one, const void *other)
{
    const struct due *a = one;
    const struct due *b = other;
    int order = strcmp(text_of(a->task, "deadline"), text_of(b->task, "deadline"));

    if (order != 0)
        return order;
    return a->place < b->place ? -1 : 1;
}

/* A list of the tasks that were asked for; the caller ends it. */
static json_t *choose(const struct ledger_desk *desk, const struct typed *typed, const char *state)
{
    bool due = typed_option(typed, "--due") != NULL;
    size_t count = json_array_size(desk->tasks);
    struct due *chosen = calloc(count + 1, sizeof *chosen);
    json_t *list = json_array();
    size_t kept = 0;

    for (size_t i = 0; chosen != NULL && i < count; i++) {
        const json_t *task = json_array_get(desk->tasks, i);

        if ((state == NULL || strcmp(text_of(task, "state"), state) == 0) &&
            (!due || is_due(desk, task)))
            chosen[kept++] = (struct due){task, i};
    }
    if (due && kept > 0)
        qsort(chosen, kept, sizeof *chosen, compare_due);
    for (size_t i = 0; i < kept; i++)
        json_array_append(list, (json_t *)chosen[i].task);
    free(chosen);
    return list;
}

static const char *watched_title(const char *word)
{
    if (strcmp(word, "here") == 0)
        return SAY("本机", "here");
    return strcmp(word, "elsewhere") == 0 ? SAY("别处", "elsewhere") : "";
}

static void deadline_cell(const struct ledger_desk *desk, struct table *table, const json_t *task)
{
    const char *deadline = text_of(task, "deadline");
    long days = deadline[0] == '\0' ? 0 : days_between(desk->today, deadline);

    if (deadline[0] == '\0' || !is_due(desk, task))
        table_cell(table, "%s", deadline);
    else if (days < 0)
        table_cell(table, SAY("%s 逾期 %ld 天", "%s, %ld d late"), deadline, -days);
    else
        table_cell(table, SAY("%s 剩 %ld 天", "%s, %ld d left"), deadline, days);
}

static void add_row(const struct ledger_desk *desk, struct table *table, const json_t *task)
{
    char title[200];

    table_cell(table, "%s", text_of(task, "id"));
    table_cell(table, "%s", ledger_category_title(desk, task));
    table_cell(table, "%s", ledger_cut(text_of(task, "title"), 36, title, sizeof title));
    table_cell(table, "%s", text_of(task, "village"));
    table_cell(table, "%s", ledger_owner_of(task));
    deadline_cell(desk, table, task);
    table_cell(table, "%s", ledger_state_title(task));
    table_cell(table, "%s", watched_title(text_of(task, "watched")));
    table_cell(table, "%s", ledger_verdict_title(task));
    if (json_array_size(json_object_get(task, "relapses")) > 0)
        table_cell(table, "%zu", json_array_size(json_object_get(task, "relapses")));
    else
        table_cell(table, "%s", "");
}

static void print_table(const struct ledger_desk *desk, const json_t *list, bool due, bool state)
{
    const char *const headings[] = {SAY("编号", "ID"),      SAY("类别", "CATEGORY"),
                                    SAY("问题", "FOUND"),   SAY("村居", "VILLAGE"),
                                    SAY("责任", "OWNER"),   SAY("时限", "DEADLINE"),
                                    SAY("状态", "STATE"),   SAY("监测", "WATCHED"),
                                    SAY("结论", "VERDICT"), SAY("回潮", "RELAPSES")};
    struct table *table;

    if (json_array_size(list) == 0) {
        puts(due ? SAY("没有逾期或即将到期的任务。", "no task is overdue or due soon.")
             : state ? SAY("没有这种状态的任务。", "no task is in that state.")
                     : SAY("没有任务；用 lookback tasks import 导入台账。",
                           "no tasks; lookback tasks import takes in a ledger."));
        return;
    }
    say_simulated(desk->settings, NULL);
    table = table_new(10, headings);
    for (size_t i = 0; i < json_array_size(list); i++)
        add_row(desk, table, json_array_get(list, i));
    table_print(table, stdout);
    table_free(table);
    printf(SAY("共 %zu 项，今天是 %s\n", "%zu tasks, today is %s\n"), json_array_size(list),
           desk->today);
}

/* "rectifying", or any word for it that a ledger may have (ledger.conf). False after the error was
 * printed. */
static bool find_state(const struct ledger_desk *desk, const struct typed *typed,
                       const char **state)
{
    const char *words = typed_option(typed, "--state");
    const char *nearest = NULL;
    struct error err = {0};
    enum task_state found;
    char list[400];
    struct text text;

    *state = words;
    if (words == NULL)
        return true;
    if (task_state_find(words, &found) ||
        terms_find_state(desk->settings->terms, words, &found, &nearest)) {
        *state = task_state_word(found);
        return true;
    }
    text_init(&text, list, sizeof list);
    for (int i = 0; i < TASK_STATE_COUNT; i++)
        text_format(&text, "%s%s", i > 0 ? SAY("、", ", ") : "",
                    SAY(task_state_title((enum task_state)i), task_state_word((enum task_state)i)));
    error_set(&err, ERROR_WRONG_USE,
              SAY("--state：没有状态“%s”；可以写：%s", "--state: there is no \"%s\"; one of: %s"),
              words, list);
    command_fail(typed, &err);
    return false;
}

static int list_tasks(const struct typed *typed)
{
    struct ledger_desk desk;
    int code = ledger_desk_open(&desk, typed);
    const char *state = NULL;
    json_t *list;

    if (code == 0 && !find_state(&desk, typed, &state))
        code = EXIT_WRONG;
    list = code == 0 ? choose(&desk, typed, state) : NULL;
    ledger_add_verdicts(&desk, list);

    if (code == 0 && typed->json) {
        json_t *whole = json_pack("{s:O}", "tasks", list);

        json_dumpf(whole, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(whole);
    } else if (code == 0) {
        print_table(&desk, list, typed_option(typed, "--due") != NULL, state != NULL);
    }
    json_decref(list);
    return ledger_desk_close(&desk, typed, code);
}

int command_tasks(const struct typed *typed)
{
    struct error err = {0};

    if (typed->word_count == 0)
        return list_tasks(typed);
    if (strcmp(typed->words[0], "import") == 0 && typed->word_count == 2)
        return command_tasks_import(typed);
    error_set(&err, ERROR_WRONG_USE, "%s",
              SAY("用法：lookback tasks [--state S] [--due]，或 lookback tasks import FILE "
                  "[--dry-run]",
                  "use: lookback tasks [--state S] [--due], or lookback tasks import FILE "
                  "[--dry-run]"));
    return command_fail(typed, &err);
}
