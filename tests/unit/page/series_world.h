/* series_world.h - four days of a made-up town, through the real recorder and judge into a store,
 * with everything that was read kept beside it, so that an answer can be held against it.
 *
 * Times are Beijing time, 2026-02-27 00:00 to 2026-03-03 00:07:30.
 */
#ifndef TEST_SERIES_WORLD_H
#define TEST_SERIES_WORLD_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "ledger/task.h"
#include "page/route.h"
#include "store/reader.h"
#include "town/names.h"

enum { SONDE, METER, AIR, MAST, DEVICES };
enum { PH, LA, DUST, SPEED, DIRECTION, POINTS };
enum { TRUTH_MOST = 12000 };

#define BEGINS "2026-02-27"
#define ENDS   "2026-03-03 00:07:30"

static const char *const point_names[POINTS] = {"river/sonde/ph", "school/meter/la",
                                                "square/air/pm2_5", "square/mast/wind_speed",
                                                "square/mast/wind_direction"};

struct truth {
    int64_t time_ms;
    double value;
    enum quality quality;
};

struct world {
    char dir[64];
    struct held_clock clock;
    struct settings *settings;
    struct names names;
    struct store *store;
    struct mailbox *mailbox;
    struct trust *trust;
    struct notices *notices;
    struct recorder *recorder;
    struct reader *reader;
    struct page_host host;
    struct truth truth[POINTS][TRUTH_MOST];
    size_t count[POINTS];
    uint64_t seed;
};

static inline struct wall_time moment(const char *words)
{
    struct wall_time time = WALL_NONE;

    assert_true(moment_parse(words, &time));
    return time;
}

static inline double chance(struct world *world)
{
    world->seed = world->seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(world->seed >> 11) / 9007199254740992.0;
}

/* What happened at the sonde. */
static const struct {
    const char *from, *to;
    double value;
    enum quality quality;
    enum cause cause;
} happenings[] = {
    {"2026-02-27 18:00", "2026-02-27 18:00:30", NAN,  QUALITY_NO_ANSWER,   CAUSE_TIMEOUT   },
    {"2026-02-27 18:01", "2026-02-27 18:01:30", NAN,  QUALITY_NO_ANSWER,   CAUSE_TIMEOUT   },
    {"2026-03-01 08:00", "2026-03-01 08:20",    NAN,  QUALITY_NO_ANSWER,   CAUSE_TIMEOUT   },
    {"2026-03-01 12:00", "2026-03-01 12:30",    4.0,  QUALITY_CALIBRATING, CAUSE_STATUS_BIT},
    {"2026-03-01 15:00", "2026-03-01 15:05",    14.0, QUALITY_OVER_RANGE,  CAUSE_ABOVE_SPAN},
    {"2026-03-01 20:00", "2026-03-01 20:30",    9.5,  QUALITY_NORMAL,      CAUSE_NONE      },
    {"2026-03-01 22:00", "2026-03-01 22:01",    5.5,  QUALITY_NORMAL,      CAUSE_NONE      },
};
#define SILENT_FROM "2026-02-28 10:00"
#define SILENT_TO   "2026-02-28 11:30"
#define WORK_FROM   "2026-03-02 09:00"
#define WORK_TO     "2026-03-02 10:00"
#define STRUCK_OFF  "2026-02-28 18:00"

static inline bool is_between(int64_t ms, const char *from, const char *to)
{
    return ms >= moment(from).ms && ms < moment(to).ms;
}

static inline struct reading reading_of(struct world *world, int point)
{
    static const double base[POINTS] = {7.0, 50.0, 40.0, 3.0, 180.0};
    static const double swing[POINTS] = {1.0, 20.0, 30.0, 3.0, 359.0};
    double value = round((base[point] + (chance(world) - 0.5) * swing[point]) * 100) / 100;
    struct reading reading = {.value = value};

    for (size_t i = 0; point == PH && i < sizeof happenings / sizeof happenings[0]; i++) {
        if (!is_between(world->clock.wall.ms, happenings[i].from, happenings[i].to))
            continue;
        reading.value = happenings[i].value;
        reading.quality = (uint8_t)happenings[i].quality;
        reading.cause = (uint8_t)happenings[i].cause;
    }
    return reading;
}

static inline void poll_device(struct world *world, int device)
{
    static const int first[DEVICES] = {PH, LA, DUST, SPEED};
    const struct device_setup *setup = &world->names.devices[device];
    struct reading readings[2];
    struct poll poll = {.device = setup->id,
                        .time = world->clock.wall,
                        .mono = world->clock.mono,
                        .boot = store_boot(world->store),
                        .profile = setup->profile_id,
                        .readings = readings,
                        .reading_count = setup->channel_count};

    for (size_t i = 0; i < setup->channel_count; i++) {
        int point = first[device] + (int)i;

        readings[i] = reading_of(world, point);
        readings[i].point = setup->points[i];
        world->truth[point][world->count[point]++] = (struct truth){
            world->clock.wall.ms, readings[i].value, (enum quality)readings[i].quality};
    }
    assert_true(mailbox_push(world->mailbox, &poll));
}

static inline void step(struct world *world)
{
    struct error err = {0};

    if (!recorder_step(world->recorder, &err))
        fail_msg("%s", err.text);
}

static inline void act_done(void *self, uint64_t seq, const struct error *err)
{
    if (err != NULL)
        fail_msg("%s", err->text);
    *(bool *)self = true;
}

static inline void do_act(struct world *world, const char *name, json_t *args)
{
    bool done = false;
    struct act act = {
        .name = name, .args = args, .who = "li", .by = "li", .done = act_done, .self = &done};

    recorder_act(world->recorder, &act);
    step(world);
    assert_true(done);
}

static inline json_t *ledger(void)
{
    struct task task = {.point_count = 1,
                        .struck_off = moment(STRUCK_OFF),
                        .watch_until = moment("2026-03-02 18:00")};

    snprintf(task.id, sizeof task.id, "37");
    snprintf(task.category, sizeof task.category, "river");
    snprintf(task.title, sizeof task.title, "断面 pH 异常");
    snprintf(task.kind, sizeof task.kind, "finding");
    snprintf(task.points[0], sizeof task.points[0], "%s", point_names[PH]);
    assert_true(task_state_find("struck_off", &task.state));
    return json_pack("{s:[o]}", "tasks", task_json(&task));
}

/* A point that left the settings long ago: a year of hours, its value the number of its hour. */
#define GONE        "gone/probe/ph"
#define GONE_BEGINS "2025-01-01"
enum { GONE_HOURS = 365 * 24 };

static inline void add_the_gone(struct world *world)
{
    struct error err = {0};
    uint32_t device, point;
    struct aggregate hour;

    assert_true(store_begin(world->store, &err));
    device = store_device(world->store, "gone", "probe", moment(GONE_BEGINS), &err);
    point = store_point(world->store, device, "ph", &err);
    for (int i = 0; i < GONE_HOURS; i++) {
        aggregate_clear(&hour);
        hour.point = point;
        hour.period = PERIOD_1H;
        hour.start.ms = moment(GONE_BEGINS).ms + (int64_t)i * 3600000;
        hour.end.ms = hour.start.ms + 3600000;
        hour.version = 1;
        hour.expected = hour.count = 60;
        hour.valid = i % 2 == 0 ? 60 : 20;
        hour.enough = true;
        hour.min = i - 1.0;
        hour.mean = i;
        hour.max = i + 1.0;
        assert_true(store_add_aggregate(world->store, &hour, &err));
    }
    assert_true(store_commit(world->store, &err));
}

static inline void live(struct world *world)
{
    const int64_t tick_ms = 30000;
    int64_t end_ms = moment(ENDS).ms;

    for (; world->clock.wall.ms <= end_ms; held_clock_advance(&world->clock, tick_ms)) {
        int64_t now = world->clock.wall.ms;

        if (!is_between(now, SILENT_FROM, SILENT_TO))
            poll_device(world, SONDE);
        for (int device = METER; device < DEVICES && now % 60000 == 0; device++)
            poll_device(world, device);
        if (now == moment(STRUCK_OFF).ms + tick_ms)
            do_act(world, "tasks.import", ledger());
        if (now == moment("2026-03-02 12:00").ms)
            do_act(world, "device.maintenance",
                   json_pack("{s:s, s:s, s:s, s:s}", "device", "river/sonde", "from", WORK_FROM,
                             "to", WORK_TO, "note", "清洗电极"));
        if (now % 3600000 == 0)
            step(world);
    }
    step(world);
}

/* As if nothing had been kept of it then. */
#define UNCOUNTED_FROM "2026-02-27 12:00"
#define UNCOUNTED_TO   "2026-02-27 13:00"

static inline void forget_an_hour(struct world *world)
{
    char path[100], sql[200];
    sqlite3 *db = NULL;

    snprintf(path, sizeof path, "%s/lookback.db", world->dir);
    snprintf(sql, sizeof sql,
             "DELETE FROM aggregate WHERE point = %u AND start >= %lld AND end <= %lld",
             world->names.devices[SONDE].points[0], (long long)moment(UNCOUNTED_FROM).ms,
             (long long)moment(UNCOUNTED_TO).ms);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_true(sqlite3_changes(db) >= 60);
    sqlite3_close(db);
}

static inline struct world *world_make(void)
{
    struct world *world = calloc(1, sizeof *world);
    struct conf_faults *faults = conf_faults_new();
    struct recorder_setup setup = {0};
    struct error err = {0};

    strcpy(world->dir, "/tmp/lookback-series-XXXXXX");
    assert_non_null(mkdtemp(world->dir));
    world->settings = settings_load(FIXTURES "/series", true, faults);
    if (world->settings == NULL)
        fail_msg("%s", conf_fault(faults, 0)->text);
    conf_faults_free(faults);
    world->seed = 20260227;
    held_clock_init(&world->clock, moment(BEGINS));
    world->store = store_open(world->dir, "boot-a", world->clock.wall, &err);
    if (world->store == NULL)
        fail_msg("%s", err.text);
    world->mailbox = mailbox_new(16 << 20);
    world->trust = trust_new(TRUST_ALWAYS, &world->clock.clock, WALL_NONE);
    world->notices = notices_new(&world->clock.clock);
    add_the_gone(world);
    assert_true(
        names_resolve(&world->names, world->settings, world->store, world->clock.wall, &err));
    setup = (struct recorder_setup){.store = world->store,
                                    .mailbox = world->mailbox,
                                    .catalog = &world->names.catalog,
                                    .rules = world->names.rules,
                                    .rule_count = world->names.rule_count,
                                    .tallies = world->settings->tallies,
                                    .screens = world->settings->screens,
                                    .ledger = true,
                                    .terms = world->settings->terms,
                                    .clock = &world->clock.clock,
                                    .trust = world->trust,
                                    .notices = world->notices,
                                    .seal_every_ms = 3600000,
                                    .patience_ms = 3600000};
    world->recorder = recorder_new(&setup, &err);
    if (world->recorder == NULL)
        fail_msg("%s", err.text);
    live(world);
    forget_an_hour(world);
    world->reader = reader_open(world->dir, &err);
    assert_non_null(world->reader);
    world->host = (struct page_host){.settings = world->settings,
                                     .catalog = &world->names.catalog,
                                     .recorder = world->recorder,
                                     .notices = world->notices,
                                     .trust = world->trust,
                                     .clock = &world->clock.clock,
                                     .boot = store_boot(world->store)};
    return world;
}

static inline void world_end(struct world *world)
{
    char command[100];

    reader_close(world->reader);
    recorder_free(world->recorder);
    notices_free(world->notices);
    trust_free(world->trust);
    mailbox_free(world->mailbox);
    names_free(&world->names);
    store_close(world->store);
    settings_free(world->settings);
    snprintf(command, sizeof command, "rm -rf %s", world->dir);
    assert_int_equal(system(command), 0);
    free(world);
}

/* Asking ---------------------------------------------------------------------------------------
 */

struct asked {
    struct http_query query;
    struct http_answer answer;
    uint64_t version;
    char *text; /* the answer, ended by '\0' */
};

static inline const struct route *route_of(const char *last)
{
    const struct route *route = series_routes;

    for (; route->path != NULL; route++)
        if (strcmp(strrchr(route->path, '/') + 1, last) == 0)
            return route;
    fail_msg("no address ends with %s", last);
    return NULL;
}

/* `what` is the last part of the address, "{channel}" for the point itself. */
static inline void ask(struct world *world, const char *point, const char *what, const char *query,
                       struct asked *asked)
{
    const struct route *route = route_of(what);
    struct call call = {.query = &asked->query,
                        .host = &world->host,
                        .reader = world->reader,
                        .role = ROLE_READER,
                        .person = "",
                        .answer = &asked->answer};
    char part[3][VAR_SIZE] = {{0}};

    *asked = (struct asked){.answer = ANSWER_EMPTY};
    assert_true(http_query_read(&asked->query, query));
    assert_int_equal(sscanf(point, "%95[^/]/%95[^/]/%95s", part[0], part[1], part[2]), 3);
    memcpy(call.vars, part, sizeof part);
    asked->version = route->version(&call);
    route->answer(&call);
    assert_non_null(asked->answer.bytes);
    asked->text = calloc(1, asked->answer.size + 1);
    memcpy(asked->text, asked->answer.bytes, asked->answer.size);
    answer_end(&asked->answer); /* keeps the status */
}

/* The answer, which has to be 200. */
static inline json_t *get(struct world *world, const char *point, const char *what,
                          const char *query)
{
    struct asked asked;
    struct error err = {0};
    int status;
    json_error_t bad;
    json_t *json;

    (void)err;
    ask(world, point, what, query, &asked);
    json = json_loads(asked.text, JSON_REJECT_DUPLICATES, &bad);
    if (json == NULL)
        fail_msg("%s in %s", bad.text, asked.text);
    status = (int)json_integer_value(json_object_get(json, "status"));
    if (status != 0)
        fail_msg("%s: %s", query, asked.text);
    free(asked.text);
    return json;
}

static inline int status_of(struct world *world, const char *point, const char *what,
                            const char *query)
{
    struct asked asked;
    json_t *json;
    int status = 200;

    ask(world, point, what, query, &asked);
    json = json_loads(asked.text, 0, NULL);
    if (json_object_get(json, "status") != NULL)
        status = (int)json_integer_value(json_object_get(json, "status"));
    json_decref(json);
    free(asked.text);
    return status;
}

#endif
