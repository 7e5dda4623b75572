/* Acts on the ledger: they are checked and decided here, and done by judge_event().
 *
 * The events, beside "by":
 *   tasks.import    tasks (as they are afterwards, the added and changed ones only), added (ids),
 *                   changed ({id: [keys]}), kept (ids whose state was set here and stays), left
 *                   (how many), petitioners ({id: digest of what people.sqlite holds}), replaced
 *                   (tasks as they were before the owner's state won), file or output, since, etag
 *   task.strike_off id, note, tasks, even_so and running (uid) where it was insisted on
 *   task.note       id, note
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/say.h"
#include "ledger/intake_merge.h"
#include "ledger/sheet.h"
#include "record/acts_inside.h"
#include "store/people.h"

/* Import ------------------------------------------------------------------------------------ */

struct import {
    struct act_call *call;
    bool from_owner;
    json_t *struck_here; /* ids that a person struck off here */
    json_t *digests;     /* id -> digest as recorded last */
    json_t *tasks, *added, *changed, *kept, *replaced, *petitioners;
    json_t *seen;
    size_t left;
};

/* The system that owns the ledger speaks through its output, inside this program. */
static bool is_owner(const struct act_call *call)
{
    const char *output = json_string_value(json_object_get(call->args, "output"));

    return call->owner != NULL && output != NULL && strcmp(output, call->owner) == 0 &&
           strcmp(call->by, call->owner) == 0 && strcmp(call->who, call->owner) == 0;
}

static bool see_strike_off(void *self, uint64_t seq, struct wall_time time, const char *who,
                           const char *arguments)
{
    struct import *import = self;
    json_t *args = json_loads(arguments, 0, NULL);
    const char *id = json_string_value(json_object_get(args, "id"));

    (void)seq, (void)time, (void)who;
    if (id != NULL)
        json_object_set_new(import->struck_here, id, json_true());
    json_decref(args);
    return true;
}

static bool see_import(void *self, uint64_t seq, struct wall_time time, const char *who,
                       const char *arguments)
{
    struct import *import = self;
    json_t *args = json_loads(arguments, 0, NULL);
    json_t *petitioners = json_object_get(args, "petitioners");

    (void)seq, (void)time, (void)who;
    if (petitioners != NULL)
        json_object_update(import->digests, petitioners);
    json_decref(args);
    return true;
}

/* What earlier acts did, from the sequence. */
static bool recall(struct import *import, struct error *err)
{
    struct reader *reader = reader_open(store_dir(import->call->store), err);
    bool good = reader != NULL &&
                reader_events(reader, "task.strike_off", see_strike_off, import, err) &&
                reader_events(reader, "tasks.import", see_import, import, err);

    reader_close(reader);
    return good;
}

/* "SITE/DEVICE/CHANNEL" in the letters of names: no "*", which nobody would resolve later. */
static bool is_whole_point(const char *point)
{
    char site[NAME_SIZE], device[NAME_SIZE], channel[CHANNEL_SIZE];
    const char *first = strchr(point, '/');
    const char *second = first == NULL ? NULL : strchr(first + 1, '/');

    if (second == NULL || first - point >= NAME_SIZE || second - first > NAME_SIZE ||
        strlen(second + 1) >= CHANNEL_SIZE)
        return false;
    snprintf(site, sizeof site, "%.*s", (int)(first - point), point);
    snprintf(device, sizeof device, "%.*s", (int)(second - first - 1), first + 1);
    snprintf(channel, sizeof channel, "%s", second + 1);
    return name_is_valid(site) && name_is_valid(device) && channel[0] != '\0' &&
           channel[strspn(channel, "abcdefghijklmnopqrstuvwxyz0123456789_.-")] == '\0';
}

/* A point of a site that is here exists here. */
static bool check_points(const struct import *import, const struct task *task, struct error *err)
{
    const struct catalog *catalog = import->call->catalog;

    for (size_t i = 0; i < task->point_count; i++) {
        size_t length = strcspn(task->points[i], "/");

        if (catalog_find_point(catalog, task->points[i]) != NULL)
            continue;
        if (!is_whole_point(task->points[i]))
            return error_set(err, ERROR_WRONG_USE,
                             SAY("任务 %s：“%.100s”不是监测点；写成 点位/设备/通道",
                                 "task %s: \"%.100s\" is no point; write SITE/DEVICE/CHANNEL"),
                             task->id, task->points[i]);
        for (size_t j = 0; j < catalog->site_count; j++)
            if (strlen(catalog->sites[j].name) == length &&
                strncmp(catalog->sites[j].name, task->points[i], length) == 0)
                return error_set(err, ERROR_WRONG_USE,
                                 SAY("任务 %s：没有监测点 %s", "task %s: there is no point %s"),
                                 task->id, task->points[i]);
    }
    return true;
}

static void keep_change(struct import *import, const struct intake_merge *merge)
{
    const char *id = merge->task.id;

    if (merge->kept_state)
        json_array_append_new(import->kept, json_string(id));
    if (merge->change == INTAKE_LEFT) {
        import->left++;
        return;
    }
    json_array_append_new(import->tasks, task_json(&merge->task));
    if (merge->change == INTAKE_ADDED)
        json_array_append_new(import->added, json_string(id));
    else
        json_object_set(import->changed, id, merge->fields);
    if (import->from_owner && merge->struck_here && merge->old->state != merge->task.state)
        json_array_append_new(import->replaced, task_json(merge->old));
}

static bool take_row(struct import *import, const json_t *row, struct error *err)
{
    const struct act_call *call = import->call;
    const char *id = json_string_value(json_object_get(row, "id"));
    struct intake_merge merge = {
        .terms = call->terms, .from_owner = import->from_owner, .now = call->time};

    if (id == NULL || id[0] == '\0')
        return error_set(err, ERROR_WRONG_USE, "%s",
                         SAY("操作 tasks.import：每项任务都要有编号 id",
                             "act tasks.import: every task needs an id"));
    if (json_object_get(import->seen, id) != NULL)
        return error_set(err, ERROR_WRONG_USE,
                         SAY("操作 tasks.import：编号 %.60s 出现两次",
                             "act tasks.import: the id %.60s stands there twice"),
                         id);
    json_object_set_new(import->seen, id, json_true());
    merge.old = watch_find(judge_watch(call->judge), id, NULL);
    merge.struck_here = json_object_get(import->struck_here, id) != NULL;
    if (!intake_merge(&merge, row, err))
        return false;
    if (import->from_owner || check_points(import, &merge.task, err)) {
        keep_change(import, &merge);
        json_decref(merge.fields);
        return true;
    }
    json_decref(merge.fields);
    return false;
}

static bool take_rows(struct import *import, struct error *err)
{
    const json_t *rows = json_object_get(import->call->args, "tasks");

    if (!json_is_array(rows) || json_array_size(rows) > (size_t)import->call->terms->sheet_rows)
        return error_set(err, ERROR_WRONG_USE,
                         SAY("操作 tasks.import：tasks 应为至多 %lld 项任务的列表",
                             "act tasks.import: tasks is a list of at most %lld tasks"),
                         (long long)import->call->terms->sheet_rows);
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (!take_row(import, json_array_get(rows, i), err))
            return false;
    return true;
}

static bool put_person(struct import *import, struct people *people, const char *id,
                       const json_t *details, struct error *err)
{
    char *words =
        json_is_object(details) ? json_dumps(details, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    const char *before = json_string_value(json_object_get(import->digests, id));
    char digest[65];
    bool put;

    if (words == NULL || json_object_get(import->seen, id) == NULL) {
        free(words);
        return error_set(err, ERROR_WRONG_USE,
                         SAY("操作 tasks.import：people 里的 %.60s 不是本次的任务",
                             "act tasks.import: %.60s of people is no task of this import"),
                         id);
    }
    put = people_put(people, id, words, digest, err);
    free(words);
    if (put && (before == NULL || strcmp(before, digest) != 0))
        json_object_set_new(import->petitioners, id, json_string(digest));
    return put;
}

/* Last of all checks: details of persons are kept before the event that has their digest. Should
 * the event not come to be, the same import made again finds them and gives the same digest. */
static bool put_people(struct import *import, struct error *err)
{
    json_t *persons = json_object_get(import->call->args, "people");
    struct people *people;
    const char *id;
    json_t *details;
    bool good = true;

    if (json_object_size(persons) == 0)
        return persons == NULL || json_is_object(persons) ||
               error_set(err, ERROR_WRONG_USE, "%s",
                         SAY("操作 tasks.import：people 应为 {…}",
                             "act tasks.import: people is an object"));
    people = people_open(store_dir(import->call->store), err);
    if (people == NULL)
        return false;
    json_object_foreach(persons, id, details)
    {
        good = good && put_person(import, people, id, details, err);
    }
    people_close(people);
    return good;
}

static void record_text(struct act_call *call, const char *key)
{
    const json_t *value = json_object_get(call->args, key);

    if (json_is_string(value) && json_string_length(value) <= 1024 &&
        !sheet_names_a_person(json_string_value(value))) /* files are named after petitioners too */
        json_object_set(call->recorded, key, (json_t *)value);
}

static void record_import(struct import *import)
{
    struct act_call *call = import->call;

    record_text(call, "file");
    record_text(call, "output");
    record_text(call, "since");
    record_text(call, "etag");
    call->nothing = json_array_size(import->tasks) == 0 &&
                    json_object_size(import->petitioners) == 0 &&
                    json_object_get(call->recorded, "since") == NULL &&
                    json_object_get(call->recorded, "etag") == NULL;
    json_object_set(call->recorded, "tasks", import->tasks);
    json_object_set(call->recorded, "added", import->added);
    json_object_set(call->recorded, "changed", import->changed);
    json_object_set(call->recorded, "kept", import->kept);
    json_object_set_new(call->recorded, "left", json_integer((json_int_t)import->left));
    if (json_object_size(import->petitioners) > 0)
        json_object_set(call->recorded, "petitioners", import->petitioners);
    if (json_array_size(import->replaced) > 0)
        json_object_set(call->recorded, "replaced", import->replaced);
}

static bool check_import(struct act_call *call, struct error *err)
{
    struct import import = {.call = call,
                            .from_owner = is_owner(call),
                            .struck_here = json_object(),
                            .digests = json_object(),
                            .tasks = json_array(),
                            .added = json_array(),
                            .changed = json_object(),
                            .kept = json_array(),
                            .replaced = json_array(),
                            .petitioners = json_object(),
                            .seen = json_object()};
    json_t *const all[] = {import.struck_here, import.digests,     import.tasks,
                           import.added,       import.changed,     import.kept,
                           import.replaced,    import.petitioners, import.seen};
    bool good = acts_ledger_is_there(call, err) && act_in_time(call, "tasks.import", err) &&
                recall(&import, err) && take_rows(&import, err) && put_people(&import, err);

    if (good)
        record_import(&import);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        json_decref(all[i]);
    return good;
}

const struct act_kind tasks_acts[] = {
    {"tasks.import",    check_import,          NULL},
    {"task.strike_off", acts_check_strike_off, NULL},
    {"task.note",       acts_check_note,       NULL},
    {NULL,              NULL,                  NULL},
};
