#include "ledger/intake_merge.h"

#include <string.h>

#include "base/say.h"
#include "ledger/sheet.h"

static bool is_struck_off(enum task_state state)
{
    return state >= TASK_STRUCK_OFF && state <= TASK_CLOSED;
}

/* A task of which nothing is said yet. */
static json_t *blank(void)
{
    static const struct task task = {.kind = "finding",
                                     .state = TASK_FOUND,
                                     .struck_off = {WALL_NONE_MS},
                                     .watch_until = {WALL_NONE_MS}};

    return task_json(&task);
}

/* The row over what there is. A system without sensors does not take away the points named here. */
static json_t *put_over(const struct task *old, const json_t *row, bool keeps_points)
{
    json_t *merged = old == NULL ? blank() : task_json(old);
    json_t *owner = json_object_get(merged, "owner");
    const char *key;
    json_t *value;

    if (merged == NULL)
        return NULL;
    json_object_foreach((json_t *)row, key, value)
    {
        if (strcmp(key, "owner") == 0 && json_is_object(value))
            json_object_update(owner, value);
        else if (keeps_points && strcmp(key, "points") == 0 && json_array_size(value) == 0)
            continue;
        else if (!json_is_null(value) || strcmp(key, "state") != 0)
            json_object_set(merged, key, value);
    }
    return merged;
}

/* A table writes the day of a strike-off, an act its moment. */
static bool other_day(struct wall_time day, struct wall_time moment)
{
    return day.ms > moment.ms || moment.ms - day.ms >= 86400000;
}

/* Which state it comes to, and whether the row's words for it are heard at all. */
static void choose_state(struct intake_merge *merge, const json_t *row)
{
    const struct task *old = merge->old;
    struct task *task = &merge->task;
    bool says_state = json_is_string(json_object_get(row, "state"));
    bool says_day = json_is_string(json_object_get(row, "struck_off"));

    if (!merge->from_owner && old != NULL && merge->struck_here && is_struck_off(old->state) &&
        task->state != TASK_RETURNED && task->state != TASK_HANDED_OVER) {
        bool forward = is_struck_off(task->state) && task->state >= old->state;

        merge->kept_state =
            (says_state && !forward) || (says_day && other_day(task->struck_off, old->struck_off));
        task->state = forward ? task->state : old->state;
        task->struck_off = old->struck_off;
    } else if (!says_state && says_day && !is_struck_off(task->state)) {
        task->state = TASK_STRUCK_OFF;
    }
}

static bool check_strike_off(struct intake_merge *merge, const json_t *row, struct error *err)
{
    struct task *task = &merge->task;
    bool known = wall_is_known(task->struck_off);

    if (is_struck_off(task->state) && !known && merge->old != NULL)
        task->struck_off = merge->old->struck_off;
    if (is_struck_off(task->state) && !wall_is_known(task->struck_off))
        return error_set(err, ERROR_WRONG_USE,
                         SAY("任务 %s：状态是%s，却没有销号日期；请填写销号日期",
                             "task %s is %s and has no date of its strike-off; write it"),
                         task->id, task_state_title(task->state));
    if (wall_is_known(task->struck_off) && task->struck_off.ms > merge->now.ms)
        return error_set(
            err, ERROR_WRONG_USE,
            SAY("任务 %s：销号时间还没有到", "task %s: its strike-off lies in the future"),
            task->id);
    if (is_struck_off(task->state) || task->state == TASK_HANDED_OVER)
        return true;
    if (json_is_string(json_object_get(row, "struck_off")) && task->state != TASK_RETURNED)
        return error_set(err, ERROR_WRONG_USE,
                         SAY("任务 %s：状态是%s，却写了销号日期；两者只能对一个",
                             "task %s is %s, and yet has a date of its strike-off; one of them is "
                             "wrong"),
                         task->id, task_state_title(task->state));
    task->struck_off = WALL_NONE;
    return true;
}

/* The watch period runs from the strike-off, as long as its category says. One that is running
 * keeps its end while neither of them changes. */
static void set_watch(struct intake_merge *merge, const json_t *row)
{
    const struct task *old = merge->old;
    struct task *task = &merge->task;
    const struct category *category = terms_category(merge->terms, task->category);
    int64_t watch_ms = category == NULL ? merge->terms->watch_ms : category->watch_ms;

    if (!wall_is_known(task->struck_off))
        task->watch_until = WALL_NONE;
    else if (merge->from_owner && json_is_string(json_object_get(row, "watch_until")))
        return;
    else if (old != NULL && old->struck_off.ms == task->struck_off.ms &&
             wall_is_known(old->watch_until) && strcmp(old->category, task->category) == 0)
        task->watch_until = old->watch_until;
    else
        task->watch_until.ms = task->struck_off.ms + watch_ms;
}

static bool check_persons(const struct task *task, struct error *err)
{
    const char *const texts[] = {task->title,  task->measure, task->lead, task->unit,
                                 task->person, task->village, task->grid, task->batch,
                                 task->source, task->id,      task->site};
    bool named = false;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        named = named || sheet_names_a_person(texts[i]);
    for (size_t i = 0; i < task->point_count; i++) /* a number alone could be a site's name */
        named = named || sheet_names_a_person(task->points[i]);
    return !named || error_set(err, ERROR_WRONG_USE,
                               SAY("任务 %s：里面有手机号或身份证号，台账不存个人信息",
                                   "task %s: a mobile or identity number stands in it, and the "
                                   "ledger keeps no personal data"),
                               task->id);
}

static bool check_words(const struct intake_merge *merge, struct error *err)
{
    const struct task *task = &merge->task;

    if (!check_persons(task, err))
        return false;
    if (merge->from_owner)
        return true;
    if (task->title[0] == '\0')
        return error_set(err, ERROR_WRONG_USE,
                         SAY("任务 %s：没有问题描述", "task %s: what was found is missing"),
                         task->id);
    if (strcmp(task->kind, "finding") != 0 && strcmp(task->kind, "petition") != 0)
        return error_set(
            err, ERROR_WRONG_USE,
            SAY("任务 %s：kind 应为 finding 或 petition", "task %s: kind is finding or petition"),
            task->id);
    return true;
}

/* The keys whose values differ. */
static json_t *changed_fields(const json_t *old, const json_t *new)
{
    json_t *fields = json_array();
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)new, key, value)
    {
        if (!json_equal(value, json_object_get(old, key)))
            json_array_append_new(fields, json_string(key));
    }
    return fields;
}

static bool compare(struct intake_merge *merge, struct error *err)
{
    json_t *old = merge->old == NULL ? NULL : task_json(merge->old);
    json_t *new = task_json(&merge->task);

    merge->fields = merge->old == NULL ? json_array() : changed_fields(old, new);
    merge->change = merge->old == NULL                    ? INTAKE_ADDED
                    : json_array_size(merge->fields) == 0 ? INTAKE_LEFT
                                                          : INTAKE_CHANGED;
    json_decref(old);
    json_decref(new);
    return merge->fields != NULL ||
           error_set(err, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
}

bool intake_merge(struct intake_merge *merge, const json_t *row, struct error *err)
{
    json_t *merged = put_over(merge->old, row, merge->from_owner);
    bool read = merged != NULL && task_read(&merge->task, merged, err);

    json_decref(merged);
    merge->fields = NULL;
    merge->kept_state = false;
    if (!read)
        return false;
    choose_state(merge, row);
    if (!check_strike_off(merge, row, err))
        return false;
    set_watch(merge, row);
    return check_words(merge, err) && compare(merge, err);
}
