/* lookback watch: every struck-off task, and whether it has held. */
#include <stdio.h>
#include <string.h>

#include "app/ledger_asked.h"
#include "base/say.h"
#include "base/text.h"
#include "report/table.h"
#include "town/shown.h"
#include "town/watch_list.h"

enum { SIMILAR_SHOWN = 5, COLUMNS = 100 };

/* --- the table: at most 100 columns ------------------------------------------------------------
 */

static const char *answer_title(const json_t *row)
{
    const char *answer = text_of(row, "answer");

    if (strcmp(answer, "held") == 0)
        return SAY("已守住", "held");
    if (strcmp(answer, "relapsed") == 0)
        return SAY("已回潮", "relapsed");
    if (strcmp(answer, "not_proven") == 0)
        return SAY("不能证明", "not proven");
    return strcmp(text_of(row, "watched"), "elsewhere") == 0 ? SAY("别处监测", "elsewhere")
                                                             : SAY("无人监测", "nobody watches");
}

static void add_row(struct table *table, const json_t *row)
{
    char cut[200];
    char when[LOCAL_TEXT];
    long long left = number_of(row, "days_left");

    table_cell(table, "%s", text_of(row, "id"));
    table_cell(table, "%s", ledger_cut(text_of(row, "title"), 26, cut, sizeof cut));
    table_cell(table, "%.10s", local_time(text_of(row, "struck_off"), when));
    table_cell(table, "%lld", number_of(row, "days_watched"));
    if (left > 0)
        table_cell(table, "%lld", left);
    else
        table_cell(table, "%s", SAY("已满", "over"));
    table_cell(table, "%s", answer_title(row));
    table_cell(table, "%.10s", local_time(text_of(row, "provable_from"), when));
    table_cell(table, "%lld", number_of(row, "problems"));
    if (number_of(row, "relapses") > 0)
        table_cell(table, SAY("%lld 次", "%lld"), number_of(row, "relapses"));
    else
        table_cell(table, "%s", "");
}

static void print_table(const struct watch_list *list)
{
    const char *const headings[] = {SAY("编号", "ID"),
                                    SAY("问题", "FOUND"),
                                    SAY("销号", "STRUCK OFF"),
                                    SAY("已盯天数", "DAYS"),
                                    SAY("剩余", "LEFT"),
                                    SAY("结论", "VERDICT"),
                                    SAY("何时可证明", "PROVABLE"),
                                    SAY("未结", "OPEN"),
                                    SAY("回潮", "RELAPSED")};
    struct table *table = table_new(9, headings);

    for (size_t i = 0; i < json_array_size(list->rows); i++)
        add_row(table, json_array_get(list->rows, i));
    table_print(table, stdout);
    table_free(table);
}

/* --- why ------------------------------------------------------------------------------------- */

/* How many bytes stay on one line: a character, or a run of such as make up dates and names. */
static size_t unbroken(const char *words, size_t *width)
{
    size_t length = strcspn(words, " ");
    size_t run = 0;
    char one[8] = "";

    while (run < length && (unsigned char)words[run] < 0x80)
        run++;
    *width = run;
    if (run > 0 && run < COLUMNS / 2)
        return run;
    length = utf8_length(words) == 0 ? 1 : utf8_length(words);
    memcpy(one, words, length);
    *width = display_width(one);
    return length;
}

/* Words in lines of at most COLUMNS columns, the later ones indented. */
static void print_wrapped(const char *words, size_t used, int indent)
{
    size_t column = used;

    while (*words != '\0') {
        size_t width;
        size_t length = unbroken(words, &width);

        if (column + width > COLUMNS) {
            printf("\n%*s", indent, "");
            column = (size_t)indent;
        }
        fwrite(words, 1, length, stdout);
        column += width;
        words += length;
    }
    putchar('\n');
}

/* A day that is over already asks for a bundle of its own. */
static void print_provable(const struct ledger_desk *desk, const json_t *row)
{
    const char *start = text_of(row, "provable_start");
    char from[LOCAL_TEXT];
    char since[LOCAL_TEXT];
    struct wall_time provable;

    if (*start == '\0' || !moment_parse(text_of(row, "provable_from"), &provable))
        return;
    local_time(start, from);
    local_time(text_of(row, "provable_from"), since);
    if (provable.ms <= desk->now.ms)
        printf(SAY("  从 %.10s 起另算一段，%.10s 起已经可以证明：导出时把 --from 写成 %.10s\n",
                   "  counted anew from %.10s on, it can be proven since %.10s: export with --from "
                   "%.10s\n"),
               from, since, from);
    else
        printf(SAY("  从 %.10s 起另算一段，最早 %.10s 可以证明\n",
                   "  counted anew from %.10s on, it can be proven from %.10s on\n"),
               from, since);
}

static void print_reasons(const struct ledger_desk *desk, const struct watch_list *list)
{
    for (size_t i = 0; i < json_array_size(list->rows); i++) {
        const json_t *row = json_array_get(list->rows, i);
        const json_t *reasons = json_object_get(row, "reasons");
        char head[120];

        if (json_array_size(reasons) == 0)
            continue;
        snprintf(head, sizeof head, SAY("任务 %.40s %s：", "task %.40s, %s:"), text_of(row, "id"),
                 answer_title(row));
        printf("\n%s\n", head);
        for (size_t j = 0; j < json_array_size(reasons); j++) {
            fputs("  ", stdout);
            print_wrapped(text_of(json_array_get(reasons, j), SAY("zh", "en")), 2, 4);
        }
        print_provable(desk, row);
    }
}

static void print_relapses(const struct ledger_desk *desk, const struct watch_list *list)
{
    for (size_t i = 0; i < json_array_size(list->tasks); i++) {
        const json_t *task = json_array_get(list->tasks, i);
        const json_t *relapses = json_object_get(task, "relapses");

        if (number_of(json_array_get(list->rows, i), "relapses") == 0)
            continue;
        printf(SAY("\n任务 %s 回潮，见问题", "\ntask %s has relapsed; problems:"),
               text_of(task, "id"));
        for (size_t j = 0; j < json_array_size(relapses); j++)
            printf(" %.12s", json_string_value(json_array_get(relapses, j)));
        putchar('\n');
        ledger_print_similar(desk, task, SIMILAR_SHOWN);
    }
}

static void print_nobody(const struct watch_list *list)
{
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(list->rows); i++)
        count += strcmp(text_of(json_array_get(list->rows, i), "watched"), "nobody") == 0;
    if (count > 0)
        printf(SAY("\n%zu 项没有监测点盯着，数据证明不了：请人工回头看\n",
                   "\n%zu are watched by nobody, data prove nothing there: look back in person\n"),
               count);
}

/* ------------------------------------------------------------------------------------------------
 */

static void print_list(const struct ledger_desk *desk, const struct watch_list *list)
{
    if (json_array_size(list->rows) == 0) {
        puts(SAY("没有已销号的任务。", "no task is struck off."));
        return;
    }
    say_simulated(desk->settings, NULL);
    say_zone(desk->settings);
    print_table(list);
    print_reasons(desk, list);
    print_relapses(desk, list);
    print_nobody(list);
}

static void print_json(const struct watch_list *list)
{
    json_t *whole = json_pack("{s:O}", "tasks", list->tasks);

    json_dumpf(whole, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(whole);
}

static int write_file(const struct typed *typed, const struct ledger_desk *desk,
                      const struct watch_list *list, const char *path)
{
    struct error err = {0};

    if (!watch_list_draw(list, desk, path, &err))
        return command_fail(typed, &err);
    if (!typed->json)
        printf(SAY("已写出 %s\n", "%s is written\n"), path);
    return 0;
}

static int refuse_path(const struct typed *typed, const char *path)
{
    struct error err = {0};

    error_set(
        &err, ERROR_WRONG_USE,
        SAY("--out：%.200s 既不是 .pdf 也不是 .xlsx", "--out: %.200s is neither .pdf nor .xlsx"),
        path);
    return command_fail(typed, &err);
}

int command_watch(const struct typed *typed)
{
    const char *path = typed_option(typed, "--out");
    struct watch_list list = {0};
    struct ledger_desk desk;
    int code;

    if (path != NULL && !watch_list_can_draw(path))
        return refuse_path(typed, path);
    code = ledger_desk_open(&desk, typed);
    if (code == 0 && !watch_list_make(&list, &desk)) {
        error_set(desk.err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    } else if (code == 0 && desk.trouble.kind == ERROR_NONE) {
        if (typed->json)
            print_json(&list);
        else
            print_list(&desk, &list);
        if (path != NULL)
            code = write_file(typed, &desk, &list, path);
    }
    if (code == 0 && list.relapsed)
        code = EXIT_NO;
    watch_list_end(&list);
    return ledger_desk_close(&desk, typed, code);
}
