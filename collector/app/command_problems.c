/* lookback problems, problem UID: what broke a rule, since when, how badly. */
#include <jansson.h>
#include <stdio.h>

#include "app/command.h"
#include "app/problem_card.h"
#include "app/shown.h"
#include "app/uid.h"
#include "base/say.h"
#include "base/text.h"
#include "report/table.h"
#include "store/reader.h"

struct problem_list {
    bool json;
    size_t count;
    struct table *table;
};

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
    table_cell(list->table, "%.*s", (int)UID_SHOWN, text_of(problem, "uid"));
    table_cell(list->table, "%s", word_shown(text_of(problem, "kind")));
    table_cell(list->table, "%s", word_shown(text_of(problem, "state")));
    table_cell(list->table, "%s", text_of(problem, "point"));
    bound_shown(json_object_get(problem, "bound"), words, sizeof words);
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

static bool print_one(void *self, const char *body)
{
    struct problem_list *list = self;
    json_t *problem;

    if (list->json) {
        puts(body);
        return true;
    }
    problem = json_loads(body, 0, NULL);
    problem_card(problem);
    json_decref(problem);
    return true;
}

static int print_problem_of(const struct typed *typed, const struct settings *settings,
                            struct reader *reader, struct error *err)
{
    struct problem_list list = {.json = typed->json};
    char uid[UID_SIZE];

    if (!uid_find(reader, typed->words[0], uid, err))
        return command_fail(typed, err);
    if (!typed->json)
        say_zone(settings);
    return reader_problems(reader, NULL, NULL, NULL, uid, print_one, &list, err)
               ? EXIT_DONE
               : command_fail(typed, err);
}

static bool read_problems(const struct typed *typed, struct reader *reader,
                          struct problem_list *list, struct error *err)
{
    return reader_problems(reader, typed_option(typed, "--state"), typed_option(typed, "--kind"),
                           NULL, NULL, print_problem, list, err);
}

static int print_problems_json(const struct typed *typed, struct reader *reader, struct error *err)
{
    struct problem_list list = {.json = true};
    bool read;

    printf("{\"problems\":[");
    read = read_problems(typed, reader, &list, err);
    puts("]}");
    return read ? EXIT_DONE : command_fail(typed, err);
}

static int print_problems(const struct typed *typed, const struct settings *settings,
                          struct reader *reader, struct error *err)
{
    const char *const headings[] = {
        SAY("编号", "UID"),     SAY("类别", "KIND"),  SAY("状态", "STATE"),
        SAY("监测点", "POINT"), SAY("界限", "BOUND"), SAY("最差值", "WORST"),
        SAY("首次", "FIRST"),   SAY("结束", "ENDED"), SAY("次数", "EPISODES")};
    struct problem_list list = {.table = table_new(9, headings)};
    bool read = read_problems(typed, reader, &list, err);

    if (list.count > 0) {
        say_zone(settings);
        table_print(list.table, stdout);
    } else if (read) {
        puts(SAY("没有问题。", "no problems."));
    }
    table_free(list.table);
    return read ? EXIT_DONE : command_fail(typed, err);
}

int command_problems(const struct typed *typed)
{
    static const char *const states[] = {"open", "recovered", "closed", NULL};
    static const char *const kinds[] = {"new", "relapse", "ongoing", NULL};
    struct settings *settings;
    struct error err = {0};
    struct reader *reader;
    int code;

    if (!command_choice(typed, "--state", states) || !command_choice(typed, "--kind", kinds))
        return EXIT_WRONG;
    settings = command_settings(typed);
    if (settings == NULL)
        return EXIT_WRONG;
    reader = reader_open(settings->store_dir, &err);
    if (reader == NULL)
        code = command_fail(typed, &err);
    else if (typed->word_count > 0)
        code = print_problem_of(typed, settings, reader, &err);
    else if (typed->json)
        code = print_problems_json(typed, reader, &err);
    else
        code = print_problems(typed, settings, reader, &err);
    reader_close(reader);
    settings_free(settings);
    return code;
}
