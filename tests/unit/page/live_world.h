/* live_world.h - the town of the tests of page/live*.c, with a poller that is never asked to poll
 * and the status of a station.
 */
#ifndef TESTS_LIVE_WORLD_H
#define TESTS_LIVE_WORLD_H

#include "unit/page/page_town.h"

#include "page/live_inside.h"

/* Places of the points, as the settings have them. */
enum { GOOD_PH, GOOD_TURBIDITY, DOUBT_PH, RECOVERED_PH, RELAPSE_PH, SILENT_PH, BREACH_PH, POINTS };
enum { MINUTE_MS = 60 * 1000 };

struct world {
    struct page_town town;
    uv_loop_t loop;
    struct poller *poller;
    struct status_pool *pool;
    int64_t takes_ms; /* to ask for the status */
};

static inline bool yes(void *self)
{
    return true;
}

static inline bool has_room(void *self, struct wall_time due)
{
    return true;
}

static inline void poll_done(void *self, const struct poll *poll)
{
}

/* As the loop of a station would. */
static inline const struct status_copy *status_now(void *self, int64_t fresh_ms)
{
    struct world *world = self;
    const struct status_view view = {.collector = "live",
                                     .timezone = "Asia/Shanghai",
                                     .boot = store_boot(world->town.store),
                                     .catalog = &world->town.names.catalog,
                                     .trust = world->town.trust,
                                     .clock = &world->town.clock.clock,
                                     .recorder = world->town.recorder,
                                     .poller = world->poller,
                                     .notices = world->town.notices,
                                     .reader = world->town.reader};

    held_clock_advance(&world->town.clock, world->takes_ms);
    return status_copy_take(world->pool, &view);
}

static inline void make_poller(struct world *world)
{
    const struct poller_setup setup = {.links = world->town.settings->links,
                                       .link_count = world->town.settings->link_count,
                                       .devices = world->town.names.devices,
                                       .device_count = world->town.names.device_count,
                                       .boot = store_boot(world->town.store),
                                       .clock = &world->town.clock.clock,
                                       .clock_is_trusted = yes,
                                       .has_room = has_room,
                                       .done = poll_done,
                                       .self = world};
    struct error err = {0};

    uv_loop_init(&world->loop);
    world->poller = poller_new(&world->loop, &setup, &err);
    assert_non_null(world->poller);
    world->pool = status_pool_new();
}

static inline struct world *world_make(enum trust_by trust, const char *begins)
{
    struct world *world = calloc(1, sizeof *world);

    page_town_open(&world->town, "live", begins);
    world->town.trust_by = trust;
    world->town.is_unscreened = true; /* values leap here as no water does */
    page_town_start(&world->town);
    make_poller(world);
    world->town.host.status = status_now;
    world->town.host.self = world;
    return world;
}

static inline void stopped(void *self)
{
    *(bool *)self = true;
}

static inline void world_end(struct world *world)
{
    bool gone = false;

    live_forget();
    poller_stop(world->poller, stopped, &gone);
    while (!gone)
        uv_run(&world->loop, UV_RUN_ONCE);
    poller_free(world->poller);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    uv_loop_close(&world->loop);
    status_pool_free(world->pool);
    page_town_end(&world->town);
    free(world);
}

static inline struct world *by_day(void)
{
    return world_make(TRUST_ALWAYS, "2026-03-02 12:00:01");
}

static inline void give(struct world *world, int place, double value, enum quality quality,
                        enum cause cause)
{
    const struct catalog_point *point = &world->town.names.catalog.points[place];
    const struct reading reading = {
        .point = point->id, .value = value, .quality = (uint8_t)quality, .cause = (uint8_t)cause};

    page_town_poll(&world->town, point->device, &reading, 1);
}

static inline void read_all(struct world *world, double ph)
{
    for (int place = 0; place < POINTS; place++)
        give(world, place, ph, QUALITY_NORMAL, CAUSE_NONE);
    page_town_step(&world->town);
}

static inline void read_one(struct world *world, int place, double value)
{
    held_clock_advance(&world->town.clock, 100);
    give(world, place, value, QUALITY_NORMAL, CAUSE_NONE);
    page_town_step(&world->town);
}

static inline json_t *ledger(void)
{
    return ledger_of(TASK_WATCHING, "relapse/a/ph", "2026-02-20 18:00", "2026-05-20 18:00");
}

/* Each site as its name says. */
static inline struct world *all_states(void)
{
    struct world *world = by_day();

    page_town_act(&world->town, "tasks.import", ledger());
    read_all(world, 7.0);
    read_one(world, DOUBT_PH, 3.0);
    read_one(world, RECOVERED_PH, 9.5);
    read_one(world, RECOVERED_PH, 7.0);
    read_one(world, RELAPSE_PH, 9.5);
    read_one(world, BREACH_PH, 9.5);
    held_clock_advance(&world->town.clock, 10 * 1000); /* three of the silent one's are over */
    return world;
}

/* Asking -------------------------------------------------------------------------------------- */

static inline const struct route *route_of(const char *path)
{
    for (size_t i = 0; live_routes[i].path != NULL; i++)
        if (strcmp(live_routes[i].path, path) == 0)
            return &live_routes[i];
    fail_msg("no route %s", path);
    return NULL;
}

static inline struct http_answer ask(struct world *world, const char *path, const char *query)
{
    const struct http_request request = {.method = METHOD_GET, .path = path, .query = query};
    struct http_answer answer = ANSWER_EMPTY;
    struct http_query pairs;
    struct call call = {.request = &request,
                        .query = &pairs,
                        .host = &world->town.host,
                        .reader = world->town.reader,
                        .role = ROLE_READER,
                        .person = "",
                        .answer = &answer};

    assert_true(http_query_read(&pairs, query));
    route_of(path)->answer(&call);
    return answer;
}

static inline json_t *get(struct world *world, const char *path, const char *query)
{
    struct http_answer answer = ask(world, path, query);
    json_t *json;

    assert_int_equal(answer.status, 200);
    json = json_loadb(answer.bytes, answer.size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    answer_end(&answer);
    return json;
}

static inline uint64_t version(struct world *world, const char *path)
{
    const struct http_request request = {.method = METHOD_GET, .path = path};
    const struct call call = {.request = &request, .host = &world->town.host, .role = ROLE_READER};

    return route_of(path)->version(&call);
}

static inline const json_t *member(const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);

    assert_non_null(value);
    return value;
}

static inline const char *words(const json_t *json, const char *key)
{
    const char *text = json_string_value(member(json, key));

    assert_non_null(text);
    return text;
}

static inline const json_t *named(const json_t *list, const char *key, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(words(json_array_get(list, i), key), name) == 0)
            return json_array_get(list, i);
    fail_msg("no %s", name);
    return NULL;
}

#endif
