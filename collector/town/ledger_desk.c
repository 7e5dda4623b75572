#include "town/ledger_desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/say.h"
#include "base/text.h"
#include "ledger/evaluation.h"
#include "report/table.h"
#include "town/shown.h"

static bool add_task(void *self, const char *body, const char *relapses)
{
    struct ledger_desk *desk = self;
    json_t *task = town_task(desk->settings, desk->town, body, relapses);

    return task == NULL || json_array_append_new(desk->tasks, task) == 0;
}

bool ledger_desk_begin_at(struct ledger_desk *desk, const struct settings *settings,
                          struct wall_time now, bool struck_off, struct error *err)
{
    *desk = (struct ledger_desk){.now = now, .settings = settings};
    desk->err = &desk->trouble;
    day_text(now, desk->today);
    desk->town = town_new(settings);
    desk->tasks = json_array();
    if (desk->town == NULL || desk->tasks == NULL)
        return error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
    desk->reader = reader_open(settings->store_dir, err);
    if (desk->reader == NULL)
        return false;
    return struck_off ? reader_struck_off(desk->reader, add_task, desk, err)
                      : reader_tasks(desk->reader, NULL, add_task, desk, err);
}

bool ledger_desk_begin(struct ledger_desk *desk, const struct settings *settings, struct error *err)
{
    return ledger_desk_begin_at(desk, settings, clock_wall(clock_system()), false, err);
}

void ledger_desk_end(struct ledger_desk *desk)
{
    json_decref(desk->tasks);
    json_decref(desk->waiting);
    verdicts_free(desk->verdicts);
    reader_close(desk->reader);
    catalog_free(desk->town);
}

json_t *ledger_desk_find(const struct ledger_desk *desk, const char *id)
{
    for (size_t i = 0; i < json_array_size(desk->tasks); i++)
        if (strcmp(text_of(json_array_get(desk->tasks, i), "id"), id) == 0)
            return json_array_get(desk->tasks, i);
    return NULL;
}

bool ledger_task_of(const json_t *task, struct task *row)
{
    struct error err = {0};

    return task_read(row, task, &err);
}

const char *ledger_category_title(const struct ledger_desk *desk, const json_t *task)
{
    const char *key = text_of(task, "category");
    const struct category *category = terms_category(desk->settings->terms, key);

    return category == NULL ? key : term_title(&category->term);
}

const char *ledger_state_title(const json_t *task)
{
    enum task_state state;

    return task_state_find(text_of(task, "state"), &state) ? task_state_title(state)
                                                           : text_of(task, "state");
}

const char *ledger_owner_of(const json_t *task)
{
    static const char *const keys[] = {"unit", "lead", "person"};
    const json_t *owner = json_object_get(task, "owner");

    for (size_t i = 0; i < 3; i++)
        if (text_of(owner, keys[i])[0] != '\0')
            return text_of(owner, keys[i]);
    return "";
}

char *ledger_cut(const char *words, size_t columns, char *out, size_t size)
{
    struct text text;

    text_init(&text, out, size);
    while (*words != '\0') {
        size_t length = utf8_length(words) == 0 ? 1 : utf8_length(words);
        size_t before = text.used;

        if (length == 1 && (unsigned char)*words < 0x20)
            text_add_char(&text, ' ');
        else
            text_add_bytes(&text, words, length);
        words += length;
        if (display_width(out) + (*words != '\0') > columns || text.full) {
            text_cut(&text, before);
            text_add(&text, "…");
            break;
        }
    }
    return out;
}

/* Verdicts ---------------------------------------------------------------------------------- */

json_t *ledger_verdict(struct ledger_desk *desk, const json_t *task)
{
    json_t *verdict = NULL;

    if (desk->verdicts == NULL)
        desk->verdicts = verdicts_new(desk->settings, desk->reader, desk->err);
    if (desk->verdicts != NULL)
        verdicts_of(desk->verdicts, task, desk->now, &verdict, desk->err);
    return verdict;
}

void ledger_add_verdicts(struct ledger_desk *desk, json_t *list)
{
    for (size_t i = 0; i < json_array_size(list) && desk->trouble.kind == ERROR_NONE; i++) {
        json_t *task = json_array_get(list, i);
        json_t *verdict = ledger_verdict(desk, task);

        json_object_set_new(task, "verdict",
                            verdict == NULL ? json_null() : verdict_brief(verdict));
        json_decref(verdict);
    }
}

const char *ledger_verdict_title(const json_t *task)
{
    static const enum verdict_answer all[] = {VERDICT_HELD, VERDICT_RELAPSED, VERDICT_NOT_PROVEN};
    const char *answer = text_of(json_object_get(task, "verdict"), "answer");

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(answer, verdict_word(all[i])) == 0)
            return verdict_title(all[i]);
    return "";
}

/* Problems at its points -------------------------------------------------------------------- */

struct problem_search {
    const json_t *task;
    size_t count;
    void (*each)(void *self, const json_t *problem);
    void *self;
};

static bool list_has(const json_t *list, const char *words)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *one = json_string_value(json_array_get(list, i));

        if (one != NULL && strcmp(one, words) == 0)
            return true;
    }
    return false;
}

static bool keep_problem(void *self, uint32_t point, const char *body)
{
    json_t *problem = json_loads(body, 0, NULL);

    (void)point;
    if (strcmp(text_of(problem, "nature"), "breach") == 0)
        json_array_append(self, problem);
    json_decref(problem);
    return true;
}

size_t ledger_open_problems(struct ledger_desk *desk, const json_t *task,
                            void (*each)(void *self, const json_t *problem), void *self)
{
    size_t count = 0;

    if (desk->waiting == NULL) {
        desk->waiting = json_array();
        reader_unclosed(desk->reader, keep_problem, desk->waiting, desk->err);
    }
    for (size_t i = 0; i < json_array_size(desk->waiting); i++) {
        const json_t *problem = json_array_get(desk->waiting, i);

        if (!list_has(json_object_get(problem, "tasks"), text_of(task, "id")) &&
            !list_has(json_object_get(task, "points"), text_of(problem, "point")))
            continue;
        count++;
        if (each != NULL)
            each(self, problem);
    }
    return count;
}

/* Since the strike-off all of them, closed ones too: they are about the time that is to be proven.
 */
static bool see_doubt(void *self, const char *body)
{
    struct problem_search *search = self;
    json_t *doubt = json_loads(body, 0, NULL);
    struct wall_time off, last;
    bool matters = strcmp(text_of(doubt, "state"), "closed") != 0;

    if (moment_parse(text_of(search->task, "struck_off"), &off))
        matters = moment_parse(text_of(doubt, "last"), &last) && last.ms >= off.ms;
    if (matters && list_has(json_object_get(search->task, "points"), text_of(doubt, "point"))) {
        search->count++;
        search->each(search->self, doubt);
    }
    json_decref(doubt);
    return true;
}

size_t ledger_doubts(const struct ledger_desk *desk, const json_t *task,
                     void (*each)(void *self, const json_t *doubt), void *self)
{
    struct problem_search search = {.task = task, .each = each, .self = self};

    reader_problems(desk->reader, NULL, NULL, "doubt", NULL, see_doubt, &search, desk->err);
    return search.count;
}
