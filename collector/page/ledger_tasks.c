/* /tasks and /tasks/{id}: the rectification ledger. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"
#include "ledger/task.h"
#include "page/ledger_inside.h"
#include "town/ledger_desk.h"
#include "town/shown.h"
#include "town/similar.h"
#include "town/town.h"

enum { WORDS_MOST = 100, LISTED_MOST = 500, PROBLEMS_MOST = 200, SIMILAR_MOST = 50 };

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

/* Days from one date to another, of the calendar: no summer time is in them. */
static long days_between(const char *from, const char *to)
{
    struct tm days[2] = {{.tm_hour = 12}, {.tm_hour = 12}};
    const char *const words[] = {from, to};

    for (int i = 0; i < 2; i++) {
        if (sscanf(words[i], "%4d-%2d-%2d", &days[i].tm_year, &days[i].tm_mon, &days[i].tm_mday) !=
            3)
            return 0;
        days[i].tm_year -= 1900;
        days[i].tm_mon -= 1;
    }
    return (long)((timegm(&days[1]) - timegm(&days[0])) / 86400);
}

json_t *ledger_task_json(const struct call *call, const char *body, const char *relapses)
{
    json_t *whole = town_task(call->host->settings, call->host->catalog, body, relapses);
    json_t *task = json_is_object(whole) ? only_known(whole) : NULL;
    const char *deadline = text_of(task, "deadline");
    char today[11];
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
    ledger_date(clock_wall(call->host->clock), today);
    json_object_set_new(task, "overdue", json_boolean(open && strcmp(deadline, today) < 0));
    json_object_set_new(task, "days",
                        open ? json_integer(days_between(today, deadline)) : json_null());
    return task;
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

/* --- the list -------------------------------------------------------------------------------- */

struct listing {
    struct call *call;
    struct pieces pieces;
    struct tasks_wish wish;
    char today[11], soon[11];
    char behind_soon[13];  /* the least text behind all that begin with `soon` */
    char open_states[256]; /* as a JSON list */
    char behind[LIST_ID_SIZE];
    int64_t all, overdue, due;
    json_t *by_state;
};

static bool is_open_state(const char *word)
{
    struct task row = {0};

    return task_state_find(word, &row.state) && task_is_open(&row);
}

/* An id in hexadecimal digits: it may be in any script. */
static json_t *place_json(const char *id)
{
    char words[2 * LIST_ID_SIZE] = "";

    for (size_t i = 0; id[i] != '\0' && i < LIST_ID_SIZE; i++)
        snprintf(words + 2 * i, 3, "%02x", (unsigned char)id[i]);
    return ledger_words(words);
}

static bool read_place(const char *words, char id[LIST_ID_SIZE])
{
    size_t length = strlen(words);

    if (length == 0 || length % 2 != 0 || length / 2 >= LIST_ID_SIZE ||
        strspn(words, "0123456789abcdef") != length)
        return false;
    for (size_t i = 0; i < length / 2; i++) {
        const char digits[] = {words[2 * i], words[2 * i + 1], '\0'};

        id[i] = (char)strtoul(digits, NULL, 16);
        if (id[i] == '\0')
            return false;
    }
    id[length / 2] = '\0';
    return true;
}

static size_t count_characters(const char *words)
{
    size_t count = 0;

    for (; *words != '\0'; words++)
        count += ((unsigned char)*words & 0xc0) != 0x80;
    return count;
}

static bool read_after(struct listing *listing)
{
    struct call *call = listing->call;
    const char *after = http_query_get(call->query, "after");
    const char *words = http_query_get(call->query, "q");

    if (after != NULL && !read_place(after, listing->behind)) {
        call_refuse(call, ERROR_WRONG_USE,
                    SAY("after：“%.60s”不是上一页给出的 next",
                        "after: \"%.60s\" is not the next of the page before"),
                    after);
        return false;
    }
    if (words != NULL && count_characters(words) > WORDS_MOST) {
        call_refuse(call, ERROR_WRONG_USE, SAY("q：至多 %d 个字", "q: at most %d characters"),
                    (int)WORDS_MOST);
        return false;
    }
    listing->wish.behind = listing->behind;
    listing->wish.words = words != NULL && words[0] != '\0' ? words : NULL;
    return true;
}

static bool read_wish(struct listing *listing)
{
    static const char *const dues[] = {"overdue", "soon", NULL};
    const char *states[TASK_STATE_COUNT + 1] = {NULL};
    struct call *call = listing->call;
    struct tasks_wish *wish = &listing->wish;
    const char *due;

    for (int i = 0; i < TASK_STATE_COUNT; i++)
        states[i] = task_state_word((enum task_state)i);
    wish->village = http_query_get(call->query, "village");
    wish->category = http_query_get(call->query, "category");
    wish->owner = http_query_get(call->query, "owner");
    wish->site = http_query_get(call->query, "site");
    if (!ledger_limit(call, &wish->most) || !call_word(call, "state", states, &wish->state) ||
        !call_word(call, "due", dues, &due) || !read_after(listing))
        return false;
    if (due != NULL) {
        bool is_overdue = strcmp(due, dues[0]) == 0;

        wish->states = listing->open_states;
        wish->due_from = is_overdue ? "" : listing->today;
        wish->due_before = is_overdue ? listing->today : listing->behind_soon;
    }
    return true;
}

static void begin_listing(struct listing *listing, struct call *call)
{
    struct wall_time now = clock_wall(call->host->clock);
    struct text text;

    *listing = (struct listing){.call = call, .by_state = json_object()};
    ledger_date(now, listing->today);
    now.ms += call->host->settings->terms->due_soon_ms;
    ledger_date(now, listing->soon);
    snprintf(listing->behind_soon, sizeof listing->behind_soon, "%s~", listing->soon);
    text_init(&text, listing->open_states, sizeof listing->open_states);
    for (int i = 0; i < TASK_STATE_COUNT; i++)
        if (is_open_state(task_state_word((enum task_state)i)))
            text_format(&text, "%s\"%s\"", text.used == 0 ? "[" : ",",
                        task_state_word((enum task_state)i));
    text_add(&text, "]");
}

static bool add_task(void *self, const char *body, const char *relapses)
{
    struct listing *listing = self;
    json_t *task = ledger_task_json(listing->call, body, relapses);

    if (task != NULL) {
        pieces_part(&listing->pieces);
        pieces_add_new(&listing->pieces, task);
    }
    return true;
}

static bool add_count(void *self, const char *state, int64_t count, int64_t past, int64_t due)
{
    struct listing *listing = self;

    listing->all += count;
    json_object_set_new(listing->by_state, state, json_integer(count));
    if (is_open_state(state)) {
        listing->overdue += past;
        listing->due += due;
    }
    return true;
}

static bool add_words(void *self, const char *words)
{
    struct listing *listing = self;

    pieces_part(&listing->pieces);
    pieces_add_new(&listing->pieces, ledger_words(words));
    return true;
}

/* How many of each there are in the whole ledger, whatever is shown of it. */
static bool write_counts(struct listing *listing, struct error *err)
{
    struct reader *reader = listing->call->reader;
    struct pieces *pieces = &listing->pieces;

    if (!reader_due_counts(reader, listing->today, listing->soon, add_count, listing, err))
        return false;
    pieces_add(pieces, "],\"counts\":");
    pieces_add_new(pieces,
                   json_pack("{s:I, s:O, s:I, s:I}", "all", (json_int_t)listing->all, "by_state",
                             listing->by_state, "overdue", (json_int_t)listing->overdue, "soon",
                             (json_int_t)listing->due));
    pieces_add(pieces, ",\"villages\":[");
    if (!reader_task_villages(reader, LISTED_MOST, add_words, listing, err))
        return false;
    pieces_add(pieces, "],\"owners\":[");
    if (!reader_task_owners(reader, LISTED_MOST, add_words, listing, err))
        return false;
    pieces_add(pieces, "]");
    return true;
}

void ledger_tasks(struct call *call)
{
    struct listing listing;
    struct error err = {0};
    char next[LIST_ID_SIZE];

    begin_listing(&listing, call);
    if (read_wish(&listing)) {
        pieces_add(&listing.pieces, "{\"tasks\":[");
        if (reader_task_page(call->reader, &listing.wish, add_task, &listing, next, &err) &&
            write_counts(&listing, &err)) {
            pieces_add(&listing.pieces, ",\"next\":");
            pieces_add_new(&listing.pieces, place_json(next));
            pieces_add(&listing.pieces, "}");
            pieces_answer(&listing.pieces, call->answer);
        } else {
            answer_refuse(call->answer, &err);
        }
    }
    pieces_end(&listing.pieces);
    json_decref(listing.by_state);
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

static json_t *similar_of(struct listing *listing, const json_t *task, struct error *err)
{
    struct call *call = listing->call;
    const struct settings *settings = call->host->settings;
    const struct category *category = similar_category(settings, task);
    const struct tasks_wish wish = {.category = text_of(task, "category"),
                                    .states = listing->open_states,
                                    .behind = "",
                                    .most = SIMILAR_MOST + 1};
    struct similar_search search = {call, task, json_array()};
    json_t *sites = json_array();
    char next[LIST_ID_SIZE];

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

static void write_task(struct listing *listing, const json_t *task, struct error *err)
{
    const struct deeds_about about = {.task = text_of(task, "id")};
    struct pieces *pieces = &listing->pieces;

    pieces_add(pieces, "{\"task\":");
    pieces_add_json(pieces, task);
    pieces_add(pieces, ",\"problems\":[");
    if (!write_problems(listing->call, task, pieces, err))
        return;
    pieces_add(pieces, "],\"deeds\":");
    pieces_add_new(pieces, ledger_deeds(listing->call, &about, err));
    pieces_add(pieces, ",\"similar\":");
    pieces_add_new(pieces, similar_of(listing, task, err));
    pieces_add(pieces, "}");
}

void ledger_task(struct call *call)
{
    struct listing listing;
    struct error err = {0};
    json_t *task = ledger_task_of_id(call, call->vars[0], &err);

    begin_listing(&listing, call);
    if (task != NULL)
        write_task(&listing, task, &err);
    else if (err.kind == ERROR_NONE)
        error_set(&err, ERROR_NOT_FOUND,
                  SAY("没有编号为“%.60s”的任务", "there is no task \"%.60s\""), call->vars[0]);
    if (err.kind == ERROR_NONE)
        pieces_answer(&listing.pieces, call->answer);
    else
        answer_refuse(call->answer, &err);
    pieces_end(&listing.pieces);
    json_decref(listing.by_state);
    json_decref(task);
}
