/* What the events of the sequence say to the judge: acts of people, and what of the settings has
 * changed. */
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "record/judge_inside.h"

static const int64_t window_kept_ms = (int64_t)400 * 24 * 3600 * 1000;

static const char *words_of(const json_t *arguments, const char *key)
{
    const char *words = json_string_value(json_object_get(arguments, key));

    return words == NULL ? "" : words;
}

static struct wall_time moment_of(const json_t *arguments, const char *key)
{
    struct wall_time time = WALL_NONE;

    return moment_parse(words_of(arguments, key), &time) ? time : WALL_NONE;
}

/* Problems ---------------------------------------------------------------------------------- */

/* The act was checked against the problem before it was recorded; where that one is not known (a
 * replay of a part), nothing happens. */
static bool acknowledge(struct judge *judge, const json_t *arguments, struct wall_time time,
                        struct error *err)
{
    struct seat *seat = judge_seat_of_uid(judge, words_of(arguments, "uid"));

    return seat == NULL ||
           judge_put_marks(judge, seat,
                           track_acknowledge(&seat->track, words_of(arguments, "by"), time), err);
}

static bool close_problem(struct judge *judge, const json_t *arguments, struct wall_time time,
                          struct error *err)
{
    struct seat *seat = judge_seat_of_uid(judge, words_of(arguments, "uid"));

    (void)time;
    return seat == NULL || judge_put_marks(judge, seat, track_close(&seat->track), err);
}

/* Maintenance ------------------------------------------------------------------------------- */

bool judge_is_maintained(const struct judge *judge, uint32_t device, struct wall_time time)
{
    const struct judge_device *of = device == NO_DEVICE ? NULL : &judge->devices[device];

    for (size_t i = 0; of != NULL && i < of->window_count; i++)
        if (of->windows[i].from.ms <= time.ms && time.ms < of->windows[i].to.ms)
            return true;
    return false;
}

bool judge_add_window(struct judge_device *device, const struct window *window, struct error *err)
{
    size_t kept = 0;

    for (size_t i = 0; i < device->window_count; i++)
        if (device->windows[i].to.ms >= window->from.ms - window_kept_ms)
            device->windows[kept++] = device->windows[i];
    device->window_count = kept;
    if (device->window_count == device->window_room) {
        size_t room = device->window_room == 0 ? 8 : device->window_room * 2;
        struct window *larger = realloc(device->windows, room * sizeof *larger);

        if (larger == NULL)
            return judge_no_memory(err);
        device->windows = larger;
        device->window_room = room;
    }
    device->windows[device->window_count++] = *window;
    return true;
}

/* What was counted already is counted again without the readings in the window. */
static bool recount(struct judge *judge, uint32_t device, const struct window *window,
                    struct error *err)
{
    const struct catalog_device *of = &judge->catalog->devices[device];

    for (uint32_t i = 0; i < of->point_count; i++) {
        uint32_t id = judge->catalog->points[of->first_point + i].id;
        const struct judge_point *point = id < judge->point_limit ? &judge->points[id] : NULL;

        if (point != NULL && point->counted &&
            !tally_recount(point->tally, (struct span){window->from, window->to}, "maintenance",
                           &judge->world, err))
            return false;
    }
    return true;
}

/* Problems that were concluded inside the window stay: people have acted upon them, and whether
 * the readings were wrong is theirs to say (problem.close with a note). */
static bool maintain(struct judge *judge, const json_t *arguments, struct wall_time time,
                     struct error *err)
{
    struct window window = {moment_of(arguments, "from"), moment_of(arguments, "to")};
    uint32_t device = judge_find_device(judge, words_of(arguments, "device"));

    (void)time;
    if (device == NO_DEVICE || !wall_is_known(window.from) || !wall_is_known(window.to))
        return true;
    judge->force_changed = true;
    return judge_add_window(&judge->devices[device], &window, err) &&
           recount(judge, device, &window, err);
}

/* The ledger -------------------------------------------------------------------------------- */

static bool strike_off(struct judge *judge, const struct task *task, struct error *err)
{
    for (size_t i = 0; i < judge->seat_count; i++) {
        struct seat *seat = &judge->seats[i];
        bool named = false;

        for (size_t n = 0; n < task->point_count && !named; n++) {
            const struct catalog_point *point = catalog_find_point(judge->catalog, task->points[n]);

            named = point != NULL && point->id == seat->point;
        }
        if (named && seat->track.problem.state != PROBLEM_NONE &&
            seat->track.problem.nature == NATURE_BREACH &&
            !judge_put_marks(judge, seat, track_struck_off(&seat->track), err))
            return false;
    }
    return true;
}

static bool same_moment(struct wall_time one, struct wall_time other)
{
    return one.ms == other.ms;
}

static bool put_task(struct judge *judge, const struct task *task, struct wall_time time,
                     struct error *err)
{
    const struct task *before = watch_find(judge->watch, task->id, NULL);
    bool struck = task_is_watched(task, time) &&
                  (before == NULL || !same_moment(before->struck_off, task->struck_off));

    if (!watch_put(judge->watch, task, err))
        return false;
    if (judge->sink.task != NULL && !judge->sink.task(judge->sink.self, task, judge->now, err))
        return false;
    return !struck || strike_off(judge, task, err);
}

static bool put_tasks(struct judge *judge, const json_t *arguments, struct wall_time time,
                      struct error *err)
{
    const json_t *tasks = json_object_get(arguments, "tasks");
    struct task task;

    for (size_t i = 0; i < json_array_size(tasks); i++)
        if (!task_read(&task, json_array_get(tasks, i), err) || !put_task(judge, &task, time, err))
            return false;
    return true;
}

/* ------------------------------------------------------------------------------------------- */

static const struct {
    const char *kind;
    bool (*see)(struct judge *judge, const json_t *arguments, struct wall_time time,
                struct error *err);
} kinds[] = {
    {"device.every",        judge_every  },
    {"aggregates.changed",  judge_counted},
    {"rule.changed",        judge_ruled  },
    {"device.maintenance",  maintain     },
    {"problem.acknowledge", acknowledge  },
    {"problem.close",       close_problem},
};

static bool is_ledger(const char *kind)
{
    return strncmp(kind, "task", 4) == 0;
}

static bool see(struct judge *judge, const char *kind, struct wall_time time,
                const json_t *arguments, struct error *err)
{
    if (is_ledger(kind))
        return put_tasks(judge, arguments, time, err);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].see(judge, arguments, time, err);
    return true;
}

static bool is_known(const char *kind)
{
    bool known = is_ledger(kind);

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && !known; i++)
        known = strcmp(kinds[i].kind, kind) == 0;
    return known;
}

/* Of a boot that never learned its time: such settings never judged anything, and the next start
 * has said again what is in force. What people did then is taken as of the newest poll before it.
 */
static bool is_void(const char *kind, struct wall_time time)
{
    return !wall_is_known(time) &&
           (strcmp(kind, "device.every") == 0 || strcmp(kind, "aggregates.changed") == 0 ||
            strcmp(kind, "rule.changed") == 0);
}

bool judge_feed_event(struct judge *judge, uint64_t seq, const char *kind, struct wall_time time,
                      const char *arguments, struct error *err)
{
    json_t *read;
    bool good;

    /* What is in force is remembered together with tallies and screens. */
    if (judge->silent || !is_known(kind) || is_void(kind, time))
        return true;
    judge->now = seq;
    judge->fed = true;
    read = json_loads(arguments, 0, NULL);
    good = see(judge, kind, wall_is_known(time) ? time : judge->newest, read, err);
    json_decref(read);
    return good;
}

bool judge_event(struct judge *judge, uint64_t seq, const char *kind, struct wall_time time,
                 const char *arguments, struct error *err)
{
    if (is_known(kind) && !wall_is_known(time))
        judge->behind = true;
    return judge->behind || judge_feed_event(judge, seq, kind, time, arguments, err);
}
