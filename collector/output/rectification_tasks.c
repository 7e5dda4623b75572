#include "output/rectification_tasks.h"

#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "output/rectification_peer.h"
#include "output/shown.h"

enum { TEXT_MOST = 4096, POINTS_MOST = 64, SHOWN_SIZE = 100 };

/* What a person may be shown of a word the server sent. */
static const char *shown(const char *words, char out[SHOWN_SIZE])
{
    struct text text;

    text_init(&text, out, SHOWN_SIZE);
    text_add_shown(&text, words, strlen(words));
    return out;
}

/* No control character but line feed and tab, and not without end. */
static bool is_plain(const char *words)
{
    if (strlen(words) > TEXT_MOST)
        return false;
    for (; *words != '\0'; words++)
        if (((unsigned char)*words < ' ' && *words != '\n' && *words != '\t') || *words == 0x7f)
            return false;
    return true;
}

static bool is_text(const json_t *value)
{
    return json_is_null(value) || (json_is_string(value) && is_plain(json_string_value(value)));
}

static bool is_flag(const json_t *value)
{
    return json_is_boolean(value);
}

static bool is_points(const json_t *value)
{
    if (!json_is_array(value) || json_array_size(value) > POINTS_MOST)
        return false;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!json_is_string(json_array_get(value, i)) || !is_text(json_array_get(value, i)))
            return false;
    return true;
}

static bool is_owner(const json_t *value)
{
    const char *key;
    json_t *inner;

    if (!json_is_object(value))
        return false;
    json_object_foreach((json_t *)value, key, inner) if (!is_text(inner)) return false;
    return true;
}

static bool is_good(const char *key, const json_t *value)
{
    if (json_is_null(value))
        return true;
    if (strcmp(key, "extended") == 0 || strcmp(key, "supervised") == 0)
        return is_flag(value);
    if (strcmp(key, "points") == 0)
        return is_points(value);
    if (strcmp(key, "owner") == 0)
        return is_owner(value);
    return is_text(value);
}

/* Ids are text here; many servers count. */
static bool take_id(json_t *task, size_t index, char id[SHOWN_SIZE], struct error *err)
{
    const json_t *given = json_object_get(task, "id");
    char digits[32];

    if (json_is_integer(given)) {
        snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(given));
        if (json_object_set_new(task, "id", json_string(digits)) != 0)
            return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
        given = json_object_get(task, "id");
    }
    if (!json_is_string(given) || *json_string_value(given) == '\0' || !is_text(given))
        return error_set(err, ERROR_PEER,
                         SAY("第 %zu 个任务没有编号（id），整页未导入",
                             "task %zu has no id; nothing of the page was taken"),
                         index + 1);
    shown(json_string_value(given), id);
    return true;
}

static bool take_task(const struct rectification_fields *fields, const json_t *theirs, size_t index,
                      json_t *into, struct error *err)
{
    json_t *task = rectification_fields_task(fields, theirs);
    char id[SHOWN_SIZE];
    const char *key;
    json_t *value;

    if (task == NULL || json_array_append_new(into, task) != 0)
        return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
    if (!take_id(task, index, id, err))
        return false;
    json_object_foreach(task, key, value) if (!is_good(key, value)) return error_set(
        err, ERROR_PEER,
        SAY("任务 %s 的 %s 不是接口规定的形式，整页未导入",
            "task %s: %s is not as the API has it; nothing of the page was "
            "taken"),
        id, key);
    return true;
}

static bool take_tasks(struct rectification_tasks *page, const struct rectification_fields *fields,
                       const json_t *list, struct error *err)
{
    if (!json_is_array(list) || json_array_size(list) > TASKS_PAGE_MOST)
        return error_set(
            err, ERROR_PEER,
            SAY("应答里没有最多 %d 个任务的列表 tasks", "there is no list tasks of at most %d"),
            (int)TASKS_PAGE_MOST);
    page->tasks = json_array();
    if (page->tasks == NULL)
        return error_set(err, ERROR_MEMORY, SAY("内存不足", "out of memory"));
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!take_task(fields, json_array_get(list, i), i, page->tasks, err))
            return false;
    return true;
}

static bool take_marks(struct rectification_tasks *page, const json_t *answer, struct error *err)
{
    const json_t *next = json_object_get(answer, "next");
    const char *as_of = json_string_value(json_object_get(answer, "as_of"));

    if (next != NULL && !json_is_null(next) &&
        (!json_is_string(next) || json_string_length(next) >= TASKS_TOKEN_SIZE))
        return error_set(err, ERROR_PEER,
                         SAY("应答里的 next 不是下一页的记号", "next is no mark of a page"));
    if (json_is_string(next))
        snprintf(page->next, sizeof page->next, "%s", json_string_value(next));
    if (as_of != NULL && !moment_parse(as_of, &page->as_of))
        return error_set(err, ERROR_PEER, SAY("应答里的 as_of 不是时刻", "as_of is no moment"));
    return true;
}

bool rectification_tasks_read(struct rectification_tasks *page,
                              const struct rectification_fields *fields, const char *body,
                              size_t size, struct error *err)
{
    json_t *answer = rectification_object(body, size);
    bool good;

    *page = (struct rectification_tasks){.as_of = WALL_NONE};
    if (answer == NULL)
        return error_set(err, ERROR_PEER,
                         SAY("应答不是接口规定的 JSON，可能是认证网关的页面",
                             "the answer is not the JSON of the API; perhaps the page of a captive "
                             "portal"));
    good = take_tasks(page, fields, json_object_get(answer, "tasks"), err) &&
           take_marks(page, answer, err);
    json_decref(answer);
    if (!good)
        rectification_tasks_end(page);
    return good;
}

void rectification_tasks_end(struct rectification_tasks *page)
{
    json_decref(page->tasks);
    page->tasks = NULL;
}
