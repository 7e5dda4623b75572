/* lookback problems, problem UID: what broke a rule, since when, how badly. */
#include <jansson.h>
#include <stdio.h>

#include "app/command.h"
#include "app/shown.h"
#include "base/say.h"
#include "base/text.h"
#include "report/table.h"
#include "store/reader.h"

struct problem_list {
    bool json;
    size_t count;
    struct table *table;
};

static void bound_text(const json_t *bound, char *out, size_t size)
{
    const json_t *above = json_object_get(bound, "above");
    const json_t *below = json_object_get(bound, "below");
    const json_t *between = json_object_get(bound, "between");
    struct text text;

    text_init(&text, out, size);
    text_add(&text, above != NULL ? "> " : below != NULL ? "< " : "");
    if (above != NULL || below != NULL) {
        text_add_number(&text, json_number_value(above != NULL ? above : below));
    } else if (between != NULL) {
        text_add_number(&text, json_number_value(json_array_get(between, 0)));
        text_add(&text, "–");
        text_add_number(&text, json_number_value(json_array_get(between, 1)));
    }
}

static bool print_problem(void *self, const char *body)
{
    struct problem_list *list = self;
    json_t *problem;
    json_t *worst;
    char words[64] = "";
    char when[LOCAL_TEXT];
    struct text text;

    if (list->json) {
        printf("%s%s", list->count++ > 0 ? "," : "", body);
        return true;
    }
    problem = json_loads(body, 0, NULL);
    worst = json_object_get(problem, "worst");
    list->count++;
    table_cell(list->table, "%.8s", text_of(problem, "uid"));
    table_cell(list->table, "%s", word_shown(text_of(problem, "kind")));
    table_cell(list->table, "%s", word_shown(text_of(problem, "state")));
    table_cell(list->table, "%s", text_of(problem, "point"));
    bound_text(json_object_get(problem, "bound"), words, sizeof words);
    table_cell(list->table, "%s", words);
    text_init(&text, words, sizeof words);
    if (json_is_number(json_object_get(worst, "value")))
        text_add_number(&text, json_number_value(json_object_get(worst, "value")));
    table_cell(list->table, "%s", words);
    table_cell(list->table, "%s", local_time(text_of(problem, "first"), when));
    table_cell(list->table, "%s", local_time(text_of(problem, "ended"), when));
    table_cell(list->table, "%lld", number_of(problem, "episodes"));
    json_decref(problem);
    return true;
}

static int print_problems(const struct typed *typed, struct reader *reader, const char *uid,
                          struct error *err)
{
    const char *const headings[] = {
        SAY("编号", "UID"),     SAY("类别", "KIND"),  SAY("状态", "STATE"),
        SAY("监测点", "POINT"), SAY("界限", "BOUND"), SAY("最差值", "WORST"),
        SAY("首次", "FIRST"),   SAY("结束", "ENDED"), SAY("次数", "EPISODES")};
    struct problem_list list = {.json = typed->json};
    bool read;

    if (typed->json && uid == NULL)
        printf("{\"problems\":[");
    if (!typed->json)
        list.table = table_new(9, headings);
    read = reader_problems(reader, typed_option(typed, "--state="), typed_option(typed, "--kind="),
                           uid, print_problem, &list, err);
    if (typed->json && uid == NULL)
        printf("]}");
    if (typed->json && (uid == NULL || list.count > 0))
        putchar('\n');
    if (list.table != NULL && list.count > 0)
        table_print(list.table, stdout);
    table_free(list.table);
    if (!read)
        return command_fail(typed, err);
    if (uid != NULL && list.count == 0) {
        error_set(err, ERROR_NOT_FOUND, SAY("没有问题 %s", "there is no problem %s"), uid);
        return command_fail(typed, err);
    }
    if (!typed->json && list.count == 0)
        puts(SAY("没有问题。", "no problems."));
    return EXIT_DONE;
}

int command_problems(const struct typed *typed)
{
    struct settings *settings = command_settings(typed);
    struct error err = {0};
    struct reader *reader;
    int code;

    if (settings == NULL)
        return EXIT_WRONG;
    reader = reader_open(settings->store_dir, &err);
    if (reader == NULL)
        code = command_fail(typed, &err);
    else
        code = print_problems(typed, reader, typed->word_count > 0 ? typed->words[0] : NULL, &err);
    reader_close(reader);
    settings_free(settings);
    return code;
}
