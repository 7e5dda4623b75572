/* series_world.h - four days of a made-up town, through the real recorder and judge into a store,
 * with everything that was read kept beside it, so that an answer can be held against it.
 *
 * Times are Beijing time, 2026-02-27 00:00 to 2026-03-03 00:07:30.
 */
#ifndef TEST_SERIES_WORLD_H
#define TEST_SERIES_WORLD_H

#include <sqlite3.h>

#include "unit/page/page_town.h"

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
    struct page_town town;
    struct truth truth[POINTS][TRUTH_MOST];
    size_t count[POINTS];
    uint64_t seed;
};

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
        if (!is_between(world->town.clock.wall.ms, happenings[i].from, happenings[i].to))
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
    const struct device_setup *setup = &world->town.names.devices[device];
    struct reading readings[2];

    for (size_t i = 0; i < setup->channel_count; i++) {
        int point = first[device] + (int)i;

        readings[i] = reading_of(world, point);
        readings[i].point = setup->points[i];
        world->truth[point][world->count[point]++] = (struct truth){
            world->town.clock.wall.ms, readings[i].value, (enum quality)readings[i].quality};
    }
    page_town_poll(&world->town, (size_t)device, readings, setup->channel_count);
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

    assert_true(store_begin(world->town.store, &err));
    device = store_device(world->town.store, "gone", "probe", moment(GONE_BEGINS), &err);
    point = store_point(world->town.store, device, "ph", &err);
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
        assert_true(store_add_aggregate(world->town.store, &hour, &err));
    }
    assert_true(store_commit(world->town.store, &err));
}

static inline void live(struct world *world)
{
    const int64_t tick_ms = 30000;
    int64_t end_ms = moment(ENDS).ms;

    for (; world->town.clock.wall.ms <= end_ms; held_clock_advance(&world->town.clock, tick_ms)) {
        int64_t now = world->town.clock.wall.ms;

        if (!is_between(now, SILENT_FROM, SILENT_TO))
            poll_device(world, SONDE);
        for (int device = METER; device < DEVICES && now % 60000 == 0; device++)
            poll_device(world, device);
        if (now == moment(STRUCK_OFF).ms + tick_ms)
            page_town_act(
                &world->town, "tasks.import",
                ledger_of(TASK_STRUCK_OFF, point_names[PH], STRUCK_OFF, "2026-03-02 18:00"));
        if (now == moment("2026-03-02 12:00").ms)
            page_town_act(&world->town, "device.maintenance",
                          json_pack("{s:s, s:s, s:s, s:s}", "device", "river/sonde", "from",
                                    WORK_FROM, "to", WORK_TO, "note", "清洗电极"));
        if (now % 3600000 == 0)
            page_town_step(&world->town);
    }
    page_town_step(&world->town);
}

/* As if nothing had been kept of it then. */
#define UNCOUNTED_FROM "2026-02-27 12:00"
#define UNCOUNTED_TO   "2026-02-27 13:00"

static inline void forget_an_hour(struct world *world)
{
    char path[100], sql[200];
    sqlite3 *db = NULL;

    snprintf(path, sizeof path, "%s/lookback.db", world->town.dir);
    snprintf(sql, sizeof sql,
             "DELETE FROM aggregate WHERE point = %u AND start >= %lld AND end <= %lld",
             world->town.names.devices[SONDE].points[0], (long long)moment(UNCOUNTED_FROM).ms,
             (long long)moment(UNCOUNTED_TO).ms);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_true(sqlite3_changes(db) >= 60);
    sqlite3_close(db);
}

static inline struct world *world_make(void)
{
    struct world *world = calloc(1, sizeof *world);

    setenv("LOOKBACK_DATA", SOURCE_ROOT, 1);
    page_town_open(&world->town, "series", BEGINS);
    add_the_gone(world);
    page_town_start(&world->town);
    world->seed = 20260227;
    live(world);
    forget_an_hour(world);
    return world;
}

static inline void world_end(struct world *world)
{
    page_town_end(&world->town);
    free(world);
}

/* What was read, counted again -----------------------------------------------------------------
 */

static inline bool is_maintained(int point, int64_t ms)
{
    return point == PH && is_between(ms, WORK_FROM, WORK_TO);
}

struct sum {
    uint32_t count, valid;
    double min, max, mean;
};

static inline struct sum sum_of(const struct world *world, int point, int64_t from_ms,
                                int64_t to_ms)
{
    struct sum sum = {.min = INFINITY, .max = -INFINITY};
    double total = 0.0;

    for (size_t i = 0; i < world->count[point]; i++) {
        const struct truth *truth = &world->truth[point][i];

        if (truth->time_ms < from_ms || truth->time_ms >= to_ms || !isfinite(truth->value))
            continue;
        sum.count++;
        if (truth->quality != QUALITY_NORMAL || is_maintained(point, truth->time_ms))
            continue;
        sum.valid++;
        sum.min = fmin(sum.min, truth->value);
        sum.max = fmax(sum.max, truth->value);
        total += point == LA ? pow(10.0, truth->value / 10.0) : truth->value;
    }
    sum.mean = point == LA ? 10.0 * log10(total / sum.valid) : total / sum.valid;
    return sum;
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
                        .host = &world->town.host,
                        .reader = world->town.reader,
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
    int status;
    json_error_t bad;
    json_t *json;

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

static inline const char *text(const json_t *object, const char *key)
{
    const char *words = json_string_value(json_object_get(object, key));

    return words == NULL ? "" : words;
}

static inline int64_t time_at(const json_t *object, const char *key)
{
    return moment(text(object, key)).ms;
}

/* One row as numbers; NAN for null. */
static inline void row_at(const json_t *json, size_t index, double row[6])
{
    const json_t *list = json_array_get(json_object_get(json, "rows"), index);

    assert_int_equal(json_array_size(list), 6);
    for (size_t i = 0; i < 6; i++)
        row[i] = json_is_null(json_array_get(list, i)) ? NAN
                                                       : json_number_value(json_array_get(list, i));
}

static inline size_t rows_of(const json_t *json)
{
    return json_array_size(json_object_get(json, "rows"));
}

/* One world for all tests of a group: it takes a second to live. */
static struct world *world;

static inline int begin(void **state)
{
    world = world_make();
    return 0;
}

static inline int end(void **state)
{
    world_end(world);
    return 0;
}

static inline json_t *series(int point, const char *query)
{
    return get(world, point_names[point], "series", query);
}

#endif
