/* lookback problems, problem UID: what broke a rule, since when, how badly. What screening doubts
 * is no problem: it is counted, and listed apart.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "app/deeds.h"
#include "app/problem_card.h"
#include "base/say.h"
#include "base/text.h"
#include "report/table.h"
#include "store/reader.h"
#include "town/doubts.h"
#include "town/shown.h"
#include "town/uid.h"

struct problem_list {
    bool json;
    bool doubts; /* only they */
    size_t count;
    size_t left_out; /* doubts of the screening */
    const struct settings *settings;
    struct reader *reader; /* of one problem: for what people did about it */
    struct error *err;
    bool failed;
    struct table *table;
};

/* Bound or sentence, and the value that stands for all. */
static void print_about(const struct problem_list *list, const json_t *problem)
{
    const json_t *worst = json_object_get(json_object_get(problem, "worst"), "value");
    char words[64] = "";
    struct text text;

    if (list->doubts) {
        table_cell(list->table, "%s", doubt_title(text_of(problem, "rule")));
    } else {
        bound_shown(json_object_get(problem, "bound"), words, sizeof words);
        table_cell(list->table, "%s", words);
    }
    text_init(&text, words, sizeof words);
    if (json_is_number(worst))
        value_shown(&text, json_number_value(worst),
                    problem_decimals(problem, list->settings->parameters),
                    json_object_get(problem, "bound"));
    table_cell(list->table, "%s", words);
}

static void print_row(struct problem_list *list, const json_t *problem)
{
    char when[LOCAL_TEXT];

    list->count++;
    table_cell(list->table, "%.*s", (int)UID_SHOWN, text_of(problem, "uid"));
    if (!list->doubts)
        table_cell(list->table, "%s", word_shown(text_of(problem, "kind")));
    table_cell(list->table, "%s", problem_state_shown(problem));
    table_cell(list->table, "%s", text_of(problem, "point"));
    print_about(list, problem);
    table_cell(list->table, "%s", local_time(text_of(problem, "first"), when));
    table_cell(list->table, "%s", local_time(text_of(problem, "ended"), when));
    table_cell(list->table, "%lld", number_of(problem, "episodes"));
}

static bool print_problem(void *self, const char *body)
{
    struct problem_list *list = self;
    json_t *problem = json_loads(body, 0, NULL);

    if (!list->doubts && doubt_is_screened(text_of(problem, "rule")))
        list->left_out++;
    else if (list->json)
        printf("%s%s", list->count++ > 0 ? "," : "", body);
    else
        print_row(list, problem);
    json_decref(problem);
    return true;
}

static bool print_deeds(const struct problem_list *list, const json_t *problem)
{
    const char *point = text_of(problem, "point");
    const char *channel = strrchr(point, '/');
    char device[POINT_SIZE];
    const struct deeds_about about = {
        .problem = text_of(problem, "uid"), .device = device, .since = text_of(problem, "first")};

    snprintf(device, sizeof device, "%.*s", channel == NULL ? 0 : (int)(channel - point), point);
    return deeds_print(list->reader, &about, list->err);
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
    problem_card(problem, list->settings->parameters);
    list->failed = !print_deeds(list, problem);
    json_decref(problem);
    return true;
}

static int print_problem_of(const struct typed *typed, const struct settings *settings,
                            struct reader *reader, struct error *err)
{
    struct problem_list list = {
        .json = typed->json, .settings = settings, .reader = reader, .err = err};
    char uid[UID_SIZE];

    if (!uid_find(reader, typed->words[0], uid, err))
        return command_fail(typed, err);
    if (!typed->json)
        say_zone(settings);
    return reader_problems(reader, NULL, NULL, NULL, uid, print_one, &list, err) && !list.failed
               ? EXIT_DONE
               : command_fail(typed, err);
}

static bool read_problems(const struct typed *typed, struct reader *reader,
                          struct problem_list *list, struct error *err)
{
    return reader_problems(reader, typed_option(typed, "--state"), typed_option(typed, "--kind"),
                           list->doubts ? "doubt" : NULL, NULL, print_problem, list, err);
}

static int print_problems_json(const struct typed *typed, struct reader *reader, struct error *err)
{
    struct problem_list list = {.json = true, .doubts = typed_option(typed, "--doubts") != NULL};
    bool read;

    printf("{\"problems\":[");
    read = read_problems(typed, reader, &list, err);
    puts("]}");
    return read ? EXIT_DONE : command_fail(typed, err);
}

static struct problem_list list_of(const struct settings *settings, bool doubts)
{
    const char *const problems[] = {
        SAY("编号", "UID"),     SAY("类别", "KIND"),  SAY("状态", "STATE"),
        SAY("监测点", "POINT"), SAY("界限", "BOUND"), SAY("最差值", "WORST"),
        SAY("首次", "FIRST"),   SAY("结束", "ENDED"), SAY("次数", "EPISODES")};
    const char *const doubted[] = {SAY("编号", "UID"),     SAY("状态", "STATE"),
                                   SAY("监测点", "POINT"), SAY("存疑", "DOUBT"),
                                   SAY("数值", "VALUE"),   SAY("首次", "FIRST"),
                                   SAY("结束", "ENDED"),   SAY("次数", "EPISODES")};

    return (struct problem_list){.doubts = doubts,
                                 .settings = settings,
                                 .table = doubts ? table_new(8, doubted) : table_new(9, problems)};
}

static int print_problems(const struct typed *typed, const struct settings *settings,
                          struct reader *reader, struct error *err)
{
    struct problem_list list = list_of(settings, typed_option(typed, "--doubts") != NULL);
    bool read = read_problems(typed, reader, &list, err);

    if (list.count > 0) {
        say_simulated(settings, NULL);
        say_zone(settings);
        table_print(list.table, stdout);
    } else if (read) {
        puts(list.doubts ? SAY("没有存疑的数据。", "no doubts.")
                         : SAY("没有问题。", "no problems."));
    }
    if (list.left_out > 0)
        printf(SAY("另有 %zu 项数据存疑，需核查：lookback problems --doubts\n",
                   "doubts about data that need checking: %zu; see lookback problems --doubts\n"),
               list.left_out);
    table_free(list.table);
    return read ? EXIT_DONE : command_fail(typed, err);
}

int command_problems(const struct typed *typed)
{
    static const char *const states[] = {"open", "recovered", "closed", NULL};
    static const char *const kinds[] = {"new", "relapse", "ongoing", NULL};
    struct settings *settings = command_settings(typed);
    struct error err = {0};
    struct reader *reader;
    int code;

    if (settings == NULL || !command_choice(typed, "--state", states) ||
        !command_choice(typed, "--kind", kinds)) {
        settings_free(settings);
        return EXIT_WRONG;
    }
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
