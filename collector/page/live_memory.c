/* What the live views remember, and when it is to be read again. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/say.h"
#include "ledger/task.h"
#include "page/json_bytes.h"
#include "page/live_inside.h"
#include "page/version.h"
#include "store/reader_lists.h"
#include "store/store.h"

static pthread_key_t key;
static pthread_once_t key_made = PTHREAD_ONCE_INIT;

static void drop_problems(struct live *live)
{
    for (size_t i = 0; i < live->problem_count; i++) {
        json_decref(live->problems[i].body);
        json_decref(live->problems[i].relapse_of);
    }
    live->problem_count = 0;
    live->problem_words.used = 0;
}

static void drop_tasks(struct live *live)
{
    for (size_t i = 0; i < live->host.catalog->point_count && live->point_tasks != NULL; i++) {
        json_decref(live->point_tasks[i]);
        live->point_tasks[i] = NULL;
    }
}

static void live_free(void *self)
{
    struct live *live = self;

    if (live == NULL)
        return;
    drop_problems(live);
    drop_tasks(live);
    free(live->latest);
    free(live->limits);
    free(live->devices);
    free(live->site_devices);
    free(live->status);
    free(live->problems);
    free(live->problem_words.at);
    free(live->doubts);
    free(live->point_tasks);
    free(live->tasks);
    free(live);
}

static void make_key(void)
{
    pthread_key_create(&key, live_free);
}

/* The devices site by site, each site's in the order of the settings. */
static void order_devices(struct live *live)
{
    const struct catalog *catalog = live->host.catalog;
    uint32_t count = 0;

    for (uint32_t i = 0; i < catalog->device_count; i++)
        if (catalog->devices[i].active)
            live->site_devices[catalog->devices[i].site + 1]++;
    for (size_t i = 0; i < catalog->site_count; i++)
        live->site_devices[i + 1] += live->site_devices[i];
    for (uint32_t i = (uint32_t)catalog->device_count; i-- > 0;)
        if (catalog->devices[i].active)
            live->devices[live->site_devices[catalog->devices[i].site + 1] - 1 -
                          live->tasks[catalog->devices[i].site].open++] = i;
    for (size_t i = 0; i < catalog->site_count; i++, count++)
        live->tasks[i] = (struct live_tasks){0};
}

static struct live *live_new(const struct page_host *host)
{
    const struct catalog *catalog = host->catalog;
    size_t points = catalog->point_count + 1, devices = catalog->device_count + 1;
    struct live *live = calloc(1, sizeof *live);

    if (live == NULL)
        return NULL;
    live->host = *host;
    live->salt = version_mix((uint64_t)clock_mono(host->clock).ns, host->boot);
    live->limits_day = live->tasks_day = WALL_NONE;
    live->stale_ns = INT64_MAX;
    live->latest = calloc(points, sizeof *live->latest);
    live->limits = calloc(points, sizeof *live->limits);
    live->devices = calloc(devices, sizeof *live->devices);
    live->site_devices = calloc(catalog->site_count + 2, sizeof *live->site_devices);
    live->status = calloc(devices, sizeof *live->status);
    live->doubts = calloc(points, sizeof *live->doubts);
    live->point_tasks = calloc(points, sizeof(json_t *));
    live->tasks = calloc(catalog->site_count + 1, sizeof *live->tasks);
    if (live->latest == NULL || live->limits == NULL || live->devices == NULL ||
        live->site_devices == NULL || live->status == NULL || live->doubts == NULL ||
        live->point_tasks == NULL || live->tasks == NULL) {
        live_free(live);
        return NULL;
    }
    order_devices(live);
    return live;
}

void live_forget(void)
{
    pthread_once(&key_made, make_key);
    live_free(pthread_getspecific(key));
    pthread_setspecific(key, NULL);
}

struct live *live_of(const struct page_host *host)
{
    struct live *live;

    pthread_once(&key_made, make_key);
    live = pthread_getspecific(key);
    if (live != NULL && live->host.recorder == host->recorder &&
        live->host.catalog == host->catalog)
        return live;
    live_forget();
    live = live_new(host);
    pthread_setspecific(key, live);
    return live;
}

/* What is read again ------------------------------------------------------------------------- */

struct live *live_begin(struct call *call)
{
    struct live *live = live_of(call->host);

    if (live == NULL) {
        call_refuse(call, ERROR_MEMORY, "%s", SAY("内存不足", "out of memory"));
        return NULL;
    }
    live_look_up_limits(live);
    latest_all(recorder_latest(call->host->recorder), live->latest,
               call->host->catalog->point_count);
    return live;
}

/* Problems ------------------------------------------------------------------------------------ */

static struct wall_time time_of(const json_t *problem, const char *name)
{
    const char *words = json_string_value(json_object_get(problem, name));
    struct wall_time time;

    return words != NULL && moment_parse(words, &time) ? time : WALL_NONE;
}

static bool is_word(const json_t *problem, const char *name, const char *word)
{
    const char *words = json_string_value(json_object_get(problem, name));

    return words != NULL && strcmp(words, word) == 0;
}

/* Names in the order of the contract's problem, and what is left out of it; `opened` besides. */
static bool show(struct bytes *words, const json_t *problem, struct wall_time opened)
{
    static const char *const names[] = {"uid",      "kind",  "state", "nature", "point",
                                        "rule",     "limit", "first", "last",   "ended",
                                        "episodes", "worst", "bound"};
    char moment[WALL_TEXT];
    json_t *short_form = json_object();
    const json_t *acknowledged = json_object_get(problem, "acknowledged");
    bool good;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *member = json_object_get(problem, names[i]);

        json_object_set(short_form, names[i], member != NULL ? member : json_null());
    }
    json_object_set_new(short_form, "opened",
                        wall_is_known(opened) ? json_string(wall_text(opened, moment))
                                              : json_null());
    json_object_set_new(short_form, "acknowledged", json_boolean(json_is_object(acknowledged)));
    json_object_set(short_form, "tasks", json_object_get(problem, "tasks"));
    json_object_set_new(short_form, "simulated",
                        json_boolean(json_is_true(json_object_get(problem, "simulated"))));
    good = json_bytes(words, short_form);
    json_decref(short_form);
    return good;
}

static void note_doubt(struct live *live, const json_t *problem, uint32_t place)
{
    const char *rule = json_string_value(json_object_get(problem, "rule"));
    static const char screened[] = "screen-";

    if (rule == NULL || live->doubts[place][0] != '\0')
        return;
    if (strncmp(rule, screened, sizeof screened - 1) == 0)
        rule += sizeof screened - 1;
    snprintf(live->doubts[place], sizeof live->doubts[place], "%s", rule);
}

/* Its words; it says no more than those from here on. */
static bool write_problem(struct live *live, struct live_problem *problem)
{
    problem->json = live->problem_words.used;
    if (!show(&live->problem_words, problem->body, problem->opened))
        return false;
    problem->json_size = live->problem_words.used - problem->json;
    json_decref(problem->body);
    problem->body = NULL;
    return true;
}

static bool came_again(const struct live_problem *problem)
{
    return json_integer_value(json_object_get(problem->body, "episodes")) > 1;
}

static bool take_problem(void *self, uint32_t id, const char *body)
{
    struct live *live = self;
    const struct catalog *catalog = live->host.catalog;
    const struct catalog_point *point = catalog_point(catalog, id);
    json_t *problem = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
    json_t *relapse_of = json_object_get(problem, "relapse_of");
    bool room = list_room(&live->problems, live->problem_count, &live->problem_room,
                          sizeof *live->problems, NULL);
    struct live_problem *at;

    if (room && point != NULL && problem != NULL) {
        at = &live->problems[live->problem_count++];
        *at = (struct live_problem){
            .body = json_incref(problem),
            .site = catalog->devices[point->device].site,
            .open = is_word(problem, "state", "open"),
            .doubt = is_word(problem, "nature", "doubt"),
            .relapse = is_word(problem, "kind", "relapse"),
            .opened = time_of(problem, "first"),
            .ended = time_of(problem, "ended"),
            .relapse_of = json_array_size(relapse_of) > 0 ? json_incref(relapse_of) : NULL,
        };
        if (at->open && at->doubt)
            note_doubt(live, problem, (uint32_t)(point - catalog->points));
        if (!came_again(at)) /* now: there may be thousands */
            write_problem(live, at);
    }
    json_decref(problem);
    return room;
}

static bool take_opening(void *self, const struct episode_row *row)
{
    struct live_problem *problem = self;

    problem->opened = row->first;
    return true;
}

/* Its first time is in its body; of one that came again, the store knows the last. One that could
 * not be written is tried once more. */
static bool finish_problem(struct live *live, struct live_problem *problem, struct reader *reader,
                           struct error *err)
{
    const char *uid = json_string_value(json_object_get(problem->body, "uid"));

    if (problem->body == NULL)
        return true;
    if (came_again(problem) && uid != NULL &&
        !reader_newest_episodes(reader, uid, 1, take_opening, problem, err))
        return false;
    return write_problem(live, problem);
}

static bool refuse(struct call *call, const struct error *err)
{
    answer_refuse(call->answer, err);
    return false;
}

bool live_read_problems(struct live *live, struct call *call)
{
    uint64_t news = recorder_news(call->host->recorder, NEWS_PROBLEMS) + 1;
    struct error err = {.kind = ERROR_MEMORY};

    if (live->problems_news == news)
        return true;
    drop_problems(live);
    memset(live->doubts, 0, live->host.catalog->point_count * sizeof *live->doubts);
    live->problems_news = 0;
    if (!reader_unclosed(call->reader, take_problem, live, &err))
        return refuse(call, &err);
    for (size_t i = 0; i < live->problem_count; i++)
        if (!finish_problem(live, &live->problems[i], call->reader, &err))
            return refuse(call, &err);
    live->problems_news = news;
    return true;
}

/* Tasks --------------------------------------------------------------------------------------- */

struct task_reading {
    struct live *live;
    struct wall_time now;
    char today[DAY_TEXT]; /* "2026-11-23" in the zone of the process */
    uint32_t site;        /* of the last task; UINT32_MAX: none of the settings */
};

static uint32_t site_of(const struct task_reading *reading, const char *name)
{
    const struct catalog *catalog = reading->live->host.catalog;

    if (reading->site != UINT32_MAX && strcmp(catalog->sites[reading->site].name, name) == 0)
        return reading->site;
    for (uint32_t i = 0; i < catalog->site_count; i++)
        if (strcmp(catalog->sites[i].name, name) == 0)
            return i;
    return UINT32_MAX;
}

static bool take_task(void *self, const struct task_brief *brief)
{
    struct task_reading *reading = self;
    struct task task = {.struck_off = brief->struck_off, .watch_until = brief->watch_until};
    struct live_tasks *tasks;
    bool open;

    reading->site = site_of(reading, brief->site);
    if (reading->site == UINT32_MAX || !task_state_find(brief->state, &task.state))
        return true;
    tasks = &reading->live->tasks[reading->site];
    open = task_is_open(&task);
    tasks->open += open;
    tasks->watching += task_is_watched(&task, reading->now);
    tasks->overdue +=
        open && brief->deadline[0] != '\0' && strcmp(brief->deadline, reading->today) < 0;
    return true;
}

static bool take_task_point(void *self, uint32_t id, const char *task)
{
    struct live *live = self;
    const struct catalog_point *point = catalog_point(live->host.catalog, id);
    json_t **ids;

    if (point == NULL)
        return true;
    ids = &live->point_tasks[point - live->host.catalog->points];
    if (*ids == NULL)
        *ids = json_array();
    json_array_append_new(*ids, json_string(task));
    return true;
}

bool live_read_tasks(struct live *live, struct call *call)
{
    uint64_t news = recorder_news(call->host->recorder, NEWS_TASKS) + 1;
    struct task_reading reading = {
        .live = live, .now = clock_wall(live->host.clock), .site = UINT32_MAX};
    struct error err = {.kind = ERROR_MEMORY};

    if (live->tasks_news == news && live->tasks_day.ms == live->limits_day.ms)
        return true;
    drop_tasks(live);
    memset(live->tasks, 0, live->host.catalog->site_count * sizeof *live->tasks);
    live->tasks_news = 0;
    day_text(reading.now, reading.today);
    if (!reader_task_briefs(call->reader, take_task, &reading, &err) ||
        !reader_task_points(call->reader, take_task_point, live, &err))
        return refuse(call, &err);
    live->tasks_news = news;
    live->tasks_day = live->limits_day;
    return true;
}

struct wall_time live_now(const struct page_host *host)
{
    return trust_now(host->trust) ? clock_wall(host->clock) : WALL_NONE;
}
