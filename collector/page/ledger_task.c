/* /tasks/{id}: one row of the rectification ledger, and all that belongs to it. */
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/say.h"
#include "base/text.h"
#include "ledger/task.h"
#include "page/ledger_inside.h"
#include "town/ledger_desk.h"
#include "town/shown.h"
#include "town/similar.h"
#include "town/town.h"

enum { PROBLEMS_MOST = 200, SIMILAR_MOST = 50 };

/* --- a task ---------------------------------------------------------------------------------- */

/* What the contract says a task has: who complained stands nowhere in the store, and were it there,
 * it would not come out here. */
static const char *const task_keys[] = {
    "id",       "batch",      "source",     "kind",        "category", "title",    "site",
    "village",  "grid",       "points",     "measure",     "owner",    "deadline", "state",
    "extended", "supervised", "struck_off", "watch_until", "relapses", "verdict",  "watched",
};

static json_t *only_known(const json_t *from)
{
    json_t *task = json_object();

    for (size_t i = 0; i < sizeof task_keys / sizeof task_keys[0]; i++) {
        json_t *value = json_object_get(from, task_keys[i]);

        json_object_set_new(task, task_keys[i], value == NULL ? json_null() : json_incref(value));
    }
    return task;
}

static json_t *only_owner(const json_t *from)
{
    static const char *const keys[] = {"lead", "unit", "person"};
    json_t *owner = json_object();

    for (size_t i = 0; i < 3; i++)
        json_object_set_new(owner, keys[i], ledger_words(text_of(from, keys[i])));
    return owner;
}

json_t *ledger_task_json(const struct call *call, const char *body, const char *relapses)
{
    json_t *whole = town_task(call->host->settings, call->host->catalog, body, relapses);
    json_t *task = json_is_object(whole) ? only_known(whole) : NULL;
    const char *deadline = text_of(task, "deadline");
    char today[DAY_TEXT];
    json_t *verdict;
    struct task row;
    bool open;

    json_decref(whole);
    if (task == NULL)
        return NULL;
    verdict = json_is_string(json_object_get(task, "struck_off"))
                  ? clerk_detail(call->clerk, &ledger_watch_kind, "", text_of(task, "id"))
                  : NULL;
    json_object_set_new(task, "verdict", verdict == NULL ? json_null() : verdict);
    json_object_set_new(task, "owner", only_owner(json_object_get(task, "owner")));
    open = ledger_task_of(task, &row) && task_is_open(&row) && deadline[0] != '\0';
    day_text(clock_wall(call->host->clock), today);
    json_object_set_new(task, "overdue", json_boolean(open && strcmp(deadline, today) < 0));
    json_object_set_new(task, "days",
                        open ? json_integer(days_between(today, deadline)) : json_null());
    return task;
}

bool ledger_is_open(const char *word)
{
    struct task row = {0};

    return task_state_find(word, &row.state) && task_is_open(&row);
}

void ledger_open_states(char out[LEDGER_STATES])
{
    struct text text;

    text_init(&text, out, LEDGER_STATES);
    for (int i = 0; i < TASK_STATE_COUNT; i++)
        if (ledger_is_open(task_state_word((enum task_state)i)))
            text_format(&text, "%s\"%s\"", text.used == 0 ? "[" : ",",
                        task_state_word((enum task_state)i));
    text_add(&text, "]");
}

struct taking {
    const struct call *call;
    json_t *task;
};

static bool take_task(void *self, const char *body, const char *relapses)
{
    struct taking *taking = self;

    taking->task = ledger_task_json(taking->call, body, relapses);
    return false;
}

json_t *ledger_task_of_id(const struct call *call, const char *id, struct error *err)
{
    struct taking taking = {call, NULL};

    reader_task(call->reader, id, take_task, &taking, err);
    return taking.task;
}

/* --- one ------------------------------------------------------------------------------------- */

struct similar_search {
    const struct call *call;
    const json_t *task;
    json_t *tasks;
};

static bool add_similar(void *self, const char *body, const char *relapses)
{
    struct similar_search *search = self;
    json_t *other = json_loads(body, 0, NULL);

    (void)relapses;
    if (similar_task(search->task, other))
        json_array_append(search->tasks, json_object_get(other, "id"));
    json_decref(other);
    return json_array_size(search->tasks) < SIMILAR_MOST;
}

static json_t *similar_of(struct call *call, const json_t *task, struct error *err)
{
    const struct settings *settings = call->host->settings;
    char open_states[LEDGER_STATES];
    const struct category *category = similar_category(settings, task);
    const struct tasks_wish wish = {.category = text_of(task, "category"),
                                    .states = open_states,
                                    .behind = "",
                                    .most = SIMILAR_MOST + 1};
    struct similar_search search = {call, task, json_array()};
    json_t *sites = json_array();
    char next[LIST_ID_SIZE];

    ledger_open_states(open_states);
    for (size_t i = 0;
         category != NULL && i < settings->site_count && json_array_size(sites) < SIMILAR_MOST; i++)
        if (similar_site(category, task, &settings->sites[i]))
            json_array_append_new(sites, json_string(settings->sites[i].base.name));
    reader_task_page(call->reader, &wish, add_similar, &search, next, err);
    return json_pack("{s:o, s:o}", "sites", sites, "tasks", search.tasks);
}

static bool write_problems(struct call *call, const json_t *task, struct pieces *pieces,
                           struct error *err)
{
    const json_t *list = json_object_get(task, "points");
    const char *points[TASK_POINTS_MAX];
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(list) && count < TASK_POINTS_MAX; i++)
        if (json_is_string(json_array_get(list, i)))
            points[count++] = json_string_value(json_array_get(list, i));
    return reader_task_problems(call->reader, text_of(task, "id"), points, count, PROBLEMS_MOST,
                                ledger_add_body, pieces, err);
}

static void write_task(struct call *call, const json_t *task, struct pieces *pieces,
                       struct error *err)
{
    const struct deeds_about about = {.task = text_of(task, "id")};

    pieces_add(pieces, "{\"task\":");
    pieces_add_json(pieces, task);
    pieces_add(pieces, ",\"problems\":[");
    if (!write_problems(call, task, pieces, err))
        return;
    pieces_add(pieces, "],\"deeds\":");
    pieces_add_new(pieces, ledger_deeds(call, &about, err));
    pieces_add(pieces, ",\"similar\":");
    pieces_add_new(pieces, similar_of(call, task, err));
    pieces_add(pieces, "}");
}

void ledger_task(struct call *call)
{
    struct pieces pieces = {0};
    struct error err = {0};
    json_t *task = ledger_task_of_id(call, call->vars[0], &err);

    if (task != NULL)
        write_task(call, task, &pieces, &err);
    else if (err.kind == ERROR_NONE)
        error_set(&err, ERROR_NOT_FOUND,
                  SAY("没有编号为“%.60s”的任务", "there is no task \"%.60s\""), call->vars[0]);
    if (err.kind == ERROR_NONE)
        pieces_answer(&pieces, call->answer);
    else
        answer_refuse(call->answer, &err);
    pieces_end(&pieces);
    json_decref(task);
}
