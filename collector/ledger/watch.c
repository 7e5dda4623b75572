#include "ledger/watch.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

/* Slots of tasks, in the order of their ids. */
struct slots {
    uint32_t *at;
    size_t count, room;
};

struct watch {
    const struct catalog *catalog;
    struct task **tasks; /* by slot */
    size_t count, room;
    uint64_t changes;
    struct slots by_id;
    struct slots *by_point; /* by the store's number of the point */
};

/* How many digits a number has without the zeros before it; `*words` moves to the first of them. */
static size_t digits_at(const char **words)
{
    size_t count = 0;

    while (**words == '0' && isdigit((unsigned char)(*words)[1]))
        (*words)++;
    while (isdigit((unsigned char)(*words)[count]))
        count++;
    return count;
}

/* Numbers in an id count as numbers: 9 before 10, P-2 before P-10. */
static int compare_ids(const char *one, const char *other)
{
    const char *a = one;
    const char *b = other;

    while (*a != '\0' && *b != '\0') {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            size_t length_a = digits_at(&a);
            size_t length_b = digits_at(&b);
            int order =
                length_a != length_b ? (length_a < length_b ? -1 : 1) : memcmp(a, b, length_a);

            if (order != 0)
                return order;
            a += length_a;
            b += length_b;
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    if (*a != *b)
        return *a == '\0' ? -1 : 1;
    return strcmp(one, other);
}

static bool make_room(struct slots *slots)
{
    size_t room = slots->room == 0 ? 4 : slots->room * 2;
    uint32_t *grown;

    if (slots->count < slots->room)
        return true;
    grown = realloc(slots->at, room * sizeof *grown);
    if (grown == NULL)
        return false;
    slots->at = grown;
    slots->room = room;
    return true;
}

/* Where a task of this id stands, or would stand. */
static size_t place_of(const struct watch *watch, const struct slots *slots, const char *id)
{
    size_t low = 0;
    size_t high = slots->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_ids(watch->tasks[slots->at[middle]]->id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool stands_there(const struct watch *watch, const struct slots *slots, size_t place,
                         const char *id)
{
    return place < slots->count && strcmp(watch->tasks[slots->at[place]]->id, id) == 0;
}

/* There is room: make_room() was asked. A point that a task names twice is watched once. */
static void slots_insert(const struct watch *watch, struct slots *slots, uint32_t slot)
{
    const char *id = watch->tasks[slot]->id;
    size_t place = place_of(watch, slots, id);

    if (stands_there(watch, slots, place, id))
        return;
    memmove(slots->at + place + 1, slots->at + place, (slots->count - place) * sizeof *slots->at);
    slots->at[place] = slot;
    slots->count++;
}

static void slots_remove(const struct watch *watch, struct slots *slots, uint32_t slot)
{
    const char *id = watch->tasks[slot]->id;
    size_t place = place_of(watch, slots, id);

    if (!stands_there(watch, slots, place, id))
        return;
    slots->count--;
    memmove(slots->at + place, slots->at + place + 1, (slots->count - place) * sizeof *slots->at);
}

static struct slots *slots_of(const struct watch *watch, const char *point)
{
    const struct catalog_point *known = catalog_find_point(watch->catalog, point);

    return known == NULL ? NULL : &watch->by_point[known->id];
}

struct watch *watch_new(const struct catalog *catalog)
{
    struct watch *watch = calloc(1, sizeof *watch);

    if (watch == NULL)
        return NULL;
    watch->catalog = catalog;
    watch->by_point = calloc((size_t)catalog->point_id_limit + 1, sizeof *watch->by_point);
    if (watch->by_point != NULL)
        return watch;
    free(watch);
    return NULL;
}

void watch_free(struct watch *watch)
{
    if (watch == NULL)
        return;
    for (size_t i = 0; i < watch->count; i++)
        free(watch->tasks[i]);
    for (size_t i = 0; i <= watch->catalog->point_id_limit; i++)
        free(watch->by_point[i].at);
    free(watch->by_point);
    free(watch->by_id.at);
    free(watch->tasks);
    free(watch);
}

static bool room_for_task(struct watch *watch)
{
    size_t room = watch->room == 0 ? 128 : watch->room * 2;
    struct task **grown;

    if (watch->count == watch->room) {
        grown = realloc(watch->tasks, room * sizeof(struct task *));
        if (grown == NULL)
            return false;
        watch->tasks = grown;
        watch->room = room;
    }
    return make_room(&watch->by_id);
}

static bool room_for_points(struct watch *watch, const struct task *task)
{
    for (size_t i = 0; i < task->point_count; i++) {
        struct slots *slots = slots_of(watch, task->points[i]);

        if (slots != NULL && !make_room(slots))
            return false;
    }
    return true;
}

bool watch_put(struct watch *watch, const struct task *task, struct error *err)
{
    struct task *own;
    uint32_t slot = 0;
    bool known = watch_find(watch, task->id, &slot) != NULL;

    /* Whatever can fail comes before the first change. */
    own = known ? watch->tasks[slot] : malloc(sizeof *own);
    if (own == NULL || !room_for_points(watch, task) || (!known && !room_for_task(watch))) {
        if (!known)
            free(own);
        return error_set(err, ERROR_MEMORY, SAY("任务 %s：内存不足", "task %s: out of memory"),
                         task->id);
    }
    for (size_t i = 0; known && i < own->point_count; i++) {
        struct slots *slots = slots_of(watch, own->points[i]);

        if (slots != NULL)
            slots_remove(watch, slots, slot);
    }
    *own = *task;
    watch->changes++;
    if (!known) {
        slot = (uint32_t)watch->count;
        watch->tasks[watch->count++] = own;
        slots_insert(watch, &watch->by_id, slot);
    }
    for (size_t i = 0; i < own->point_count; i++) {
        struct slots *slots = slots_of(watch, own->points[i]);

        if (slots != NULL)
            slots_insert(watch, slots, slot);
    }
    return true;
}

uint64_t watch_changes(const struct watch *watch)
{
    return watch->changes;
}

size_t watch_count(const struct watch *watch)
{
    return watch->count;
}

const struct task *watch_task(const struct watch *watch, uint32_t slot)
{
    assert(slot < watch->count);
    return watch->tasks[slot];
}

const struct task *watch_find(const struct watch *watch, const char *id, uint32_t *slot)
{
    size_t place = place_of(watch, &watch->by_id, id);

    if (!stands_there(watch, &watch->by_id, place, id))
        return NULL;
    if (slot != NULL)
        *slot = watch->by_id.at[place];
    return watch->tasks[watch->by_id.at[place]];
}

const uint32_t *watch_of_point(const struct watch *watch, uint32_t point, size_t *count)
{
    *count = point < watch->catalog->point_id_limit ? watch->by_point[point].count : 0;
    return *count == 0 ? NULL : watch->by_point[point].at;
}

const char *problem_kind_word(enum problem_kind kind)
{
    static const char *const words[] = {
        [PROBLEM_NEW] = "new", [PROBLEM_ONGOING] = "ongoing", [PROBLEM_RELAPSE] = "relapse"};

    return words[kind];
}

/* Open at that moment: a breach that began before the strike-off belongs to the rectification,
 * also when it is told only afterwards. */
static bool was_open(const struct task *task, struct wall_time time)
{
    if (task_is_open(task))
        return true;
    return wall_is_known(task->struck_off) && time.ms < task->struck_off.ms;
}

/* More tasks than fit: those it is a relapse of stay. */
void watch_look(const struct watch *watch, uint32_t point, struct wall_time first,
                struct watch_view *view)
{
    size_t count;
    size_t relapses = 0;
    size_t others = 0;
    const uint32_t *slots = watch_of_point(watch, point, &count);

    *view = (struct watch_view){.kind = PROBLEM_NEW};
    for (size_t i = 0; i < count && relapses < WATCH_TASKS_MAX; i++)
        relapses += task_is_watched(watch->tasks[slots[i]], first);
    for (size_t i = 0; i < count && view->task_count < WATCH_TASKS_MAX; i++) {
        const struct task *task = watch->tasks[slots[i]];

        if (task_is_watched(task, first))
            view->relapse |= (uint8_t)(1u << view->task_count);
        else if (!was_open(task, first) || others++ >= WATCH_TASKS_MAX - relapses)
            continue;
        view->tasks[view->task_count++] = slots[i];
    }
    if (view->relapse != 0)
        view->kind = PROBLEM_RELAPSE;
    else if (view->task_count > 0)
        view->kind = PROBLEM_ONGOING;
}

bool watch_holds(const struct watch *watch, uint32_t point, struct wall_time time)
{
    size_t count;
    const uint32_t *slots = watch_of_point(watch, point, &count);

    for (size_t i = 0; i < count; i++)
        if (was_open(watch->tasks[slots[i]], time) || task_is_watched(watch->tasks[slots[i]], time))
            return true;
    return false;
}
