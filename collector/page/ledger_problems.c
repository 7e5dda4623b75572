/* /problems and /problems/{uid}. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "page/ledger_inside.h"
#include "store/store.h"
#include "town/shown.h"
#include "town/uid.h"

enum { EPISODES_MOST = 1000 };

/* --- the list -------------------------------------------------------------------------------- */

/* "1790000000000-0123…", as `next` is written. */
static bool read_place(const char *words, struct problem_place *place)
{
    size_t digits = strspn(words, "0123456789");
    const char *uid = words + digits + 1;

    if (digits == 0 || digits > 15 || words[digits] != '-' || strlen(uid) != LIST_UID_SIZE - 1 ||
        strspn(uid, "0123456789abcdef") != LIST_UID_SIZE - 1)
        return false;
    place->first_ms = strtoll(words, NULL, 10);
    snprintf(place->uid, sizeof place->uid, "%s", uid);
    return true;
}

static json_t *place_json(const struct problem_place *place)
{
    char words[64];

    if (place->uid[0] == '\0')
        return json_null();
    snprintf(words, sizeof words, "%lld-%s", (long long)place->first_ms, place->uid);
    return json_string(words);
}

static bool read_wish(struct call *call, struct problems_wish *wish, bool *acknowledged)
{
    static const char *const states[] = {"open", "recovered", "closed", NULL};
    static const char *const kinds[] = {"new", "relapse", "ongoing", NULL};
    static const char *const natures[] = {"breach", "doubt", NULL};
    static const char *const either[] = {"true", "false", NULL};
    const char *after = http_query_get(call->query, "after");
    const char *word;

    *wish = (struct problems_wish){.behind = LIST_FIRST,
                                   .site = http_query_get(call->query, "site"),
                                   .village = http_query_get(call->query, "village"),
                                   .task = http_query_get(call->query, "task")};
    if (!ledger_limit(call, &wish->most) || !call_word(call, "state", states, &wish->state) ||
        !call_word(call, "kind", kinds, &wish->kind) ||
        !call_word(call, "nature", natures, &wish->nature) ||
        !call_word(call, "acknowledged", either, &word))
        return false;
    if (wish->nature == NULL)
        wish->nature = natures[0];
    if (word != NULL) {
        *acknowledged = word == either[0] || strcmp(word, either[0]) == 0;
        wish->acknowledged = acknowledged;
    }
    if (after == NULL || read_place(after, &wish->behind))
        return true;
    return call_refuse_after(call, after);
}

void ledger_problems(struct call *call)
{
    struct pieces pieces = {0};
    struct problems_wish wish;
    struct problem_place next;
    struct error err = {0};
    bool acknowledged;

    if (!read_wish(call, &wish, &acknowledged))
        return;
    pieces_add(&pieces, "{\"problems\":[");
    if (!reader_problem_page(call->reader, &wish, ledger_add_body, &pieces, &next, &err)) {
        pieces_end(&pieces);
        answer_refuse(call->answer, &err);
        return;
    }
    pieces_add(&pieces, "],\"next\":");
    pieces_add_new(&pieces, place_json(&next));
    pieces_add(&pieces, "}");
    pieces_answer(&pieces, call->answer);
}

/* --- one ------------------------------------------------------------------------------------- */

static bool find_problem(struct call *call, char uid[UID_SIZE])
{
    const char *digits = call->vars[0];
    struct uid_found found;
    struct error err = {0};

    if (!uid_search(call->reader, digits, &found, &err))
        answer_refuse(call->answer, &err);
    else if (found.count == 0)
        call_refuse(call, ERROR_NOT_FOUND,
                    SAY("没有编号以“%.40s”开头的问题（至少写前 %d 位）",
                        "there is no problem \"%.40s\" (at least its first %d digits)"),
                    digits, (int)UID_LEAST);
    else if (found.count > 1)
        call_refuse(call, ERROR_WRONG_USE,
                    SAY("%.40s 不够明确，不止一个问题以它开头：%s、%s",
                        "%.40s is ambiguous, more than one problem begins with it: %s, %s"),
                    digits, found.uid[0], found.uid[1]);
    else
        snprintf(uid, UID_SIZE, "%s", found.uid[0]);
    return found.count == 1;
}

/* When its worst value stood is not kept of a single one. */
static bool add_episode(void *self, const struct episode_row *row)
{
    struct pieces *pieces = self;
    json_t *times = json_pack("[o, o, o, o]", ledger_moment(row->first), ledger_moment(row->last),
                              ledger_moment(row->ended), ledger_words(row->ended_by));
    static const char *const keys[] = {
        ",\"first\":", ",\"last\":", ",\"ended\":", ",\"ended_by\":"};

    pieces_part(pieces);
    pieces_add(pieces, "{\"number\":");
    pieces_add_number(pieces, row->number);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        pieces_add(pieces, keys[i]);
        pieces_add_json(pieces, json_array_get(times, i));
    }
    pieces_add(pieces, ",\"worst\":{\"time\":null,\"value\":");
    pieces_add_number(pieces, row->worst);
    pieces_add(pieces, "}}");
    json_decref(times);
    return true;
}

static json_t *tasks_of(const struct call *call, const json_t *problem, struct error *err)
{
    const json_t *ids = json_object_get(problem, "tasks");
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(ids) && err->kind == ERROR_NONE; i++) {
        const char *id = json_string_value(json_array_get(ids, i));
        json_t *task = id == NULL ? NULL : ledger_task_of_id(call, id, err);

        if (task != NULL)
            json_array_append_new(list, task);
    }
    return list;
}

static json_t *deeds_of(const struct call *call, const json_t *problem, const char *uid,
                        struct error *err)
{
    const char *point = text_of(problem, "point");
    const char *channel = strrchr(point, '/');
    char device[POINT_SIZE];
    const struct deeds_about about = {
        .problem = uid, .device = device, .since = text_of(problem, "first")};

    snprintf(device, sizeof device, "%.*s", channel == NULL ? 0 : (int)(channel - point), point);
    return ledger_deeds(call, &about, err);
}

static bool keep_body(void *self, const char *body)
{
    *(json_t **)self = json_loads(body, 0, NULL);
    return false;
}

static void write_problem(struct call *call, const char *uid, const json_t *problem,
                          struct pieces *pieces, struct error *err)
{
    pieces_add(pieces, "{\"problem\":");
    if (!reader_problems(call->reader, NULL, NULL, NULL, uid, ledger_add_body, pieces, err))
        return;
    pieces_add(pieces, ",\"episodes\":[");
    if (!reader_newest_episodes(call->reader, uid, EPISODES_MOST, add_episode, pieces, err))
        return;
    pieces_add(pieces, "],\"deeds\":");
    pieces_add_new(pieces, deeds_of(call, problem, uid, err));
    pieces_add(pieces, ",\"tasks\":");
    pieces_add_new(pieces, tasks_of(call, problem, err));
    pieces_add(pieces, "}");
}

void ledger_problem(struct call *call)
{
    struct pieces pieces = {0};
    struct error err = {0};
    json_t *problem = NULL;
    char uid[UID_SIZE];

    if (!find_problem(call, uid))
        return;
    if (reader_problems(call->reader, NULL, NULL, NULL, uid, keep_body, &problem, &err)) {
        if (json_is_object(problem))
            write_problem(call, uid, problem, &pieces, &err);
        else
            error_set(&err, ERROR_STORE,
                      SAY("问题 %s 在存储里不是 JSON", "problem %s is no JSON in the store"), uid);
    }
    json_decref(problem);
    if (err.kind == ERROR_NONE) {
        pieces_answer(&pieces, call->answer);
        return;
    }
    pieces_end(&pieces);
    answer_refuse(call->answer, &err);
}
