/* Tests of page/live*.c: what the station is now, through the real recorder, judge and poller. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/task.h"
#include "page/live_inside.h"
#include "town/described.h"
#include "town/names.h"

/* Places of the points, as the settings have them. */
enum { GOOD_PH, GOOD_TURBIDITY, DOUBT_PH, RECOVERED_PH, RELAPSE_PH, SILENT_PH, BREACH_PH, POINTS };
enum { MINUTE_MS = 60 * 1000 };

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
    uv_loop_t loop;
    struct poller *poller;
    struct status_pool *pool;
    int64_t takes_ms; /* to ask for the status */
    struct page_host host;
};

static struct wall_time moment(const char *words)
{
    struct wall_time time = WALL_NONE;

    assert_true(moment_parse(words, &time));
    return time;
}

static bool yes(void *self)
{
    return true;
}

static bool has_room(void *self, struct wall_time due)
{
    return true;
}

static void poll_done(void *self, const struct poll *poll)
{
}

/* As the loop of a station would. */
static const struct status_copy *status_now(void *self, int64_t fresh_ms)
{
    struct world *world = self;
    const struct status_view view = {.collector = "live",
                                     .timezone = "Asia/Shanghai",
                                     .boot = store_boot(world->store),
                                     .catalog = &world->names.catalog,
                                     .trust = world->trust,
                                     .clock = &world->clock.clock,
                                     .recorder = world->recorder,
                                     .poller = world->poller,
                                     .notices = world->notices,
                                     .reader = world->reader};

    held_clock_advance(&world->clock, world->takes_ms);
    return status_copy_take(world->pool, &view);
}

static void make_poller(struct world *world)
{
    const struct poller_setup setup = {.links = world->settings->links,
                                       .link_count = world->settings->link_count,
                                       .devices = world->names.devices,
                                       .device_count = world->names.device_count,
                                       .boot = store_boot(world->store),
                                       .clock = &world->clock.clock,
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

static struct world *world_make(enum trust_by trust, const char *begins)
{
    struct world *world = calloc(1, sizeof *world);
    struct conf_faults *faults = conf_faults_new();
    struct recorder_setup setup = {0};
    struct error err = {0};

    strcpy(world->dir, "/tmp/lookback-live-XXXXXX");
    assert_non_null(mkdtemp(world->dir));
    world->settings = settings_load(FIXTURES "/live", true, faults);
    if (world->settings == NULL)
        fail_msg("%s", conf_fault(faults, 0)->text);
    conf_faults_free(faults);
    held_clock_init(&world->clock, moment(begins));
    held_clock_advance(&world->clock, 1000);
    world->store = store_open(world->dir, "boot-a", world->clock.wall, &err);
    assert_non_null(world->store);
    world->mailbox = mailbox_new(1 << 20);
    world->trust = trust_new(trust, &world->clock.clock, WALL_NONE);
    world->notices = notices_new(&world->clock.clock);
    assert_true(
        names_resolve(&world->names, world->settings, world->store, world->clock.wall, &err));
    setup = (struct recorder_setup){.store = world->store,
                                    .mailbox = world->mailbox,
                                    .catalog = &world->names.catalog,
                                    .rules = world->names.rules,
                                    .rule_count = world->names.rule_count,
                                    .tallies = world->settings->tallies,
                                    .ledger = true,
                                    .terms = world->settings->terms,
                                    .clock = &world->clock.clock,
                                    .trust = world->trust,
                                    .notices = world->notices,
                                    .seal_every_ms = 24 * 60 * MINUTE_MS,
                                    .patience_ms = 60 * MINUTE_MS};
    world->recorder = recorder_new(&setup, &err);
    if (world->recorder == NULL)
        fail_msg("%s", err.text);
    world->reader = reader_open(world->dir, &err);
    assert_non_null(world->reader);
    make_poller(world);
    world->host = (struct page_host){.settings = world->settings,
                                     .catalog = &world->names.catalog,
                                     .recorder = world->recorder,
                                     .notices = world->notices,
                                     .trust = world->trust,
                                     .clock = &world->clock.clock,
                                     .boot = store_boot(world->store),
                                     .status = status_now,
                                     .self = world};
    return world;
}

static void stopped(void *self)
{
    *(bool *)self = true;
}

static void world_end(struct world *world)
{
    char command[100];
    bool gone = false;

    live_forget();
    poller_stop(world->poller, stopped, &gone);
    while (!gone)
        uv_run(&world->loop, UV_RUN_ONCE);
    poller_free(world->poller);
    uv_run(&world->loop, UV_RUN_DEFAULT);
    uv_loop_close(&world->loop);
    status_pool_free(world->pool);
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

#define BY_DAY "2026-03-02 12:00"

static struct world *by_day(void)
{
    return world_make(TRUST_ALWAYS, BY_DAY);
}

static void give(struct world *world, int place, double value, enum quality quality,
                 enum cause cause)
{
    const struct catalog_point *point = &world->names.catalog.points[place];
    struct reading reading = {
        .point = point->id, .value = value, .quality = (uint8_t)quality, .cause = (uint8_t)cause};
    const struct poll poll = {.device = world->names.catalog.devices[point->device].id,
                              .time = trust_now(world->trust) ? world->clock.wall : WALL_NONE,
                              .mono = world->clock.mono,
                              .boot = store_boot(world->store),
                              .profile = world->names.devices[point->device].profile_id,
                              .readings = &reading,
                              .reading_count = 1};

    assert_true(mailbox_push(world->mailbox, &poll));
}

static void step(struct world *world)
{
    struct error err = {0};

    if (!recorder_step(world->recorder, &err))
        fail_msg("%s", err.text);
}

static void read_all(struct world *world, double ph)
{
    for (int place = 0; place < POINTS; place++)
        give(world, place, ph, QUALITY_NORMAL, CAUSE_NONE);
    step(world);
}

static void read_one(struct world *world, int place, double value)
{
    held_clock_advance(&world->clock, 100);
    give(world, place, value, QUALITY_NORMAL, CAUSE_NONE);
    step(world);
}

static void done(void *self, uint64_t seq, const struct error *err)
{
    if (err != NULL)
        fail_msg("%s", err->text);
}

static void do_act(struct world *world, const char *name, json_t *args)
{
    struct act act = {.name = name, .args = args, .who = "li", .by = "li", .done = done};

    recorder_act(world->recorder, &act);
    step(world);
}

/* Asking -------------------------------------------------------------------------------------- */

static const struct route *route_of(const char *path)
{
    for (size_t i = 0; live_routes[i].path != NULL; i++)
        if (strcmp(live_routes[i].path, path) == 0)
            return &live_routes[i];
    fail_msg("no route %s", path);
    return NULL;
}

static struct http_answer ask(struct world *world, const char *path, const char *query)
{
    const struct http_request request = {.method = METHOD_GET, .path = path, .query = query};
    struct http_answer answer = ANSWER_EMPTY;
    struct http_query pairs;
    struct call call = {.request = &request,
                        .query = &pairs,
                        .host = &world->host,
                        .reader = world->reader,
                        .role = ROLE_READER,
                        .person = "",
                        .answer = &answer};

    assert_true(http_query_read(&pairs, query));
    route_of(path)->answer(&call);
    return answer;
}

static json_t *get(struct world *world, const char *path, const char *query)
{
    struct http_answer answer = ask(world, path, query);
    json_t *json;

    assert_int_equal(answer.status, 200);
    json = json_loadb(answer.bytes, answer.size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    answer_end(&answer);
    return json;
}

static uint64_t version(struct world *world, const char *path)
{
    const struct http_request request = {.method = METHOD_GET, .path = path};
    const struct call call = {.request = &request, .host = &world->host, .role = ROLE_READER};

    return route_of(path)->version(&call);
}

static const json_t *member(const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);

    assert_non_null(value);
    return value;
}

static const char *words(const json_t *json, const char *key)
{
    const char *text = json_string_value(member(json, key));

    assert_non_null(text);
    return text;
}

static const json_t *named(const json_t *list, const char *key, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(words(json_array_get(list, i), key), name) == 0)
            return json_array_get(list, i);
    fail_msg("no %s", name);
    return NULL;
}

/* The row of a point in /now, which ends with *now. */
static const json_t *row(struct world *world, const char *site, const char *point, json_t **now)
{
    *now = get(world, "/api/v1/now", NULL);
    return named(member(named(member(*now, "sites"), "name", site), "points"), "channel", point);
}

static void states_are(struct world *world, const char *const *names, const char *const *states,
                       size_t count)
{
    json_t *now = get(world, "/api/v1/now", NULL);
    const json_t *sites = member(now, "sites");

    for (size_t i = 0; i < count; i++) {
        assert_string_equal(words(json_array_get(sites, i), "name"), names[i]);
        assert_string_equal(words(json_array_get(sites, i), "state"), states[i]);
    }
    json_decref(now);
}

/* /now ---------------------------------------------------------------------------------------- */

static json_t *ledger(void)
{
    struct task task = {.point_count = 1,
                        .struck_off = moment("2026-02-20 18:00"),
                        .watch_until = moment("2026-05-20 18:00")};

    snprintf(task.id, sizeof task.id, "37");
    snprintf(task.category, sizeof task.category, "river");
    snprintf(task.title, sizeof task.title, "pH 异常");
    snprintf(task.kind, sizeof task.kind, "finding");
    snprintf(task.site, sizeof task.site, "relapse");
    snprintf(task.points[0], sizeof task.points[0], "relapse/a/ph");
    task.state = TASK_WATCHING;
    return json_pack("{s:[o]}", "tasks", task_json(&task));
}

/* Each site as its name says. */
static struct world *all_states(void)
{
    struct world *world = by_day();

    do_act(world, "tasks.import", ledger());
    read_all(world, 7.0);
    read_one(world, DOUBT_PH, 3.0);
    read_one(world, RECOVERED_PH, 9.5);
    read_one(world, RECOVERED_PH, 7.0);
    read_one(world, RELAPSE_PH, 9.5);
    read_one(world, BREACH_PH, 9.5);
    held_clock_advance(&world->clock, 10 * 1000); /* three of the silent one's are over */
    return world;
}

static void sites_stand_worst_first_with_relapses_before_all(void **state)
{
    static const char *const names[] = {"relapse",   "breach", "silent", "doubt",
                                        "recovered", "good",   "nothing"};
    struct world *world = all_states();
    json_t *now;

    states_are(world, names, names, 7);
    now = get(world, "/api/v1/now", NULL);
    assert_int_equal(json_integer_value(member(member(now, "counts"), "sites")), 7);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(json_integer_value(member(member(now, "counts"), names[i])), 1);
    json_decref(now);
    world_end(world);
}

static void of_sites_in_the_same_state_the_newest_stands_first(void **state)
{
    static const char *const names[] = {"doubt", "good", "breach"};
    static const char *const states[] = {"breach", "breach", "breach"};
    struct world *world = by_day();

    read_all(world, 7.0);
    read_one(world, BREACH_PH, 9.5);
    read_one(world, GOOD_PH, 9.7);
    read_one(world, DOUBT_PH, 9.5);
    states_are(world, names, states, 3);
    world_end(world);
}

static void a_problem_that_came_again_says_when_it_began_last(void **state)
{
    struct world *world = by_day();
    json_t *now;
    const json_t *site, *problem;

    read_one(world, BREACH_PH, 9.5);
    read_one(world, BREACH_PH, 7.0);
    read_one(world, BREACH_PH, 9.6);
    now = get(world, "/api/v1/now", NULL);
    site = named(member(now, "sites"), "name", "breach");
    problem = json_array_get(member(site, "problems"), 0);
    assert_int_equal(json_integer_value(member(problem, "episodes")), 2);
    assert_string_equal(words(problem, "first"), "2026-03-02T04:00:01.100Z");
    assert_string_equal(words(problem, "opened"), "2026-03-02T04:00:01.300Z");
    assert_string_equal(words(site, "since"), words(problem, "opened"));
    json_decref(now);
    world_end(world);
}

static void a_problem_is_shown_with_its_site_and_its_tasks(void **state)
{
    struct world *world = all_states();
    json_t *now = get(world, "/api/v1/now", NULL);
    const json_t *site = named(member(now, "sites"), "name", "relapse");
    const json_t *problem = json_array_get(member(site, "problems"), 0);

    assert_string_equal(words(problem, "kind"), "relapse");
    assert_string_equal(words(problem, "state"), "open");
    assert_string_equal(words(problem, "point"), "relapse/a/ph");
    assert_string_equal(words(site, "since"), words(problem, "first"));
    assert_string_equal(words(problem, "opened"), words(problem, "first"));
    assert_true(json_number_value(member(member(problem, "worst"), "value")) == 9.5);
    assert_string_equal(json_string_value(json_array_get(member(problem, "tasks"), 0)), "37");
    assert_true(json_is_false(member(problem, "acknowledged")));
    assert_int_equal(json_integer_value(member(member(site, "tasks"), "watching")), 1);
    assert_int_equal(json_integer_value(member(member(site, "tasks"), "relapsed")), 1);
    assert_int_equal(json_integer_value(member(member(site, "tasks"), "open")), 0);
    do_act(world, "problem.acknowledge", json_pack("{s:s}", "uid", words(problem, "uid")));
    json_decref(now);
    now = get(world, "/api/v1/now", NULL);
    site = named(member(now, "sites"), "name", "relapse");
    assert_true(json_is_true(member(json_array_get(member(site, "problems"), 0), "acknowledged")));
    json_decref(now);
    world_end(world);
}

static void a_doubt_stands_beside_the_value_and_does_not_change_it(void **state)
{
    struct world *world = all_states();
    json_t *now;
    const json_t *ph = row(world, "doubt", "ph", &now);

    assert_string_equal(words(ph, "doubt"), "ph-odd");
    assert_string_equal(words(ph, "quality"), "N");
    assert_true(json_number_value(member(ph, "value")) == 3.0);
    json_decref(now);
    world_end(world);
}

static void what_was_never_read_is_null_never_nought_and_its_site_not_good(void **state)
{
    struct world *world = by_day();
    json_t *now;
    const json_t *ph = row(world, "good", "ph", &now);

    assert_true(json_is_null(member(ph, "seq")));
    assert_true(json_is_null(member(ph, "time")));
    assert_true(json_is_null(member(ph, "value")));
    assert_true(json_is_null(member(ph, "quality")));
    assert_true(json_is_true(member(ph, "stale")));
    assert_string_equal(words(named(member(now, "sites"), "name", "good"), "state"), "silent");
    json_decref(now);
    world_end(world);
}

static void a_value_that_is_absent_is_null_with_its_cause(void **state)
{
    struct world *world = by_day();
    const json_t *ph;
    json_t *now;

    read_all(world, 7.0);
    give(world, GOOD_PH, NAN, QUALITY_NO_ANSWER, CAUSE_TIMEOUT);
    step(world);
    ph = row(world, "good", "ph", &now);
    assert_true(json_is_null(member(ph, "value")));
    assert_string_equal(words(ph, "quality"), "B");
    assert_string_equal(words(ph, "cause"), "timeout");
    json_decref(now);
    world_end(world);
}

static void a_value_is_its_shortest_decimal(void **state)
{
    struct world *world = by_day();
    struct http_answer answer;

    read_all(world, 7.1);
    answer = ask(world, "/api/v1/latest", "limit=1");
    assert_non_null(strstr(answer.bytes, "\"value\":7.1,"));
    answer_end(&answer);
    world_end(world);
}

static bool is_stale(struct world *world, const char *site)
{
    json_t *now;
    const json_t *stale = member(row(world, site, "ph", &now), "stale");
    bool is = json_is_true(stale);

    json_decref(now);
    return is;
}

static void a_value_goes_stale_after_three_intervals_and_ten_seconds_at_least(void **state)
{
    struct world *world = by_day();

    read_all(world, 7.0);
    held_clock_advance(&world->clock, 9999);
    assert_false(is_stale(world, "silent")); /* asked every second */
    held_clock_advance(&world->clock, 1);
    assert_true(is_stale(world, "silent"));
    held_clock_advance(&world->clock, 170 * 1000 - 1);
    assert_false(is_stale(world, "good")); /* every minute */
    held_clock_advance(&world->clock, 1);
    assert_true(is_stale(world, "good"));
    world_end(world);
}

static void a_value_of_the_run_before_is_stale_with_its_old_time(void **state)
{
    struct world *world = by_day();
    struct latest *latest = latest_new(&world->names.catalog, 2);
    struct error err = {0};
    const struct latest_reading *of;
    struct live *live;

    read_all(world, 7.0);
    assert_true(latest_fill(latest, world->reader, &err));
    live = live_of(&world->host);
    latest_all(latest, live->latest, POINTS);
    of = &live->latest[GOOD_PH];
    assert_true(of->value == 7.0);
    assert_int_equal(of->time.ms, world->clock.wall.ms);
    assert_true(live_is_stale(live, GOOD_PH, world->clock.mono));
    latest_free(latest);
    world_end(world);
}

static void before_the_clock_is_trusted_times_are_null(void **state)
{
    struct world *world = world_make(TRUST_PLAUSIBLE, "1970-01-02 00:00");
    const json_t *ph;
    json_t *now;

    read_all(world, 7.0);
    ph = row(world, "good", "ph", &now);
    assert_true(json_is_null(member(now, "time")));
    assert_true(json_is_null(member(ph, "time")));
    assert_true(json_number_value(member(ph, "value")) == 7.0);
    assert_true(json_is_false(member(ph, "stale")));
    json_decref(now);
    world_end(world);
}

/* Limits -------------------------------------------------------------------------------------- */

static void bound_is(struct world *world, const char *site, const char *channel, const char *wanted)
{
    json_t *now, *bound = json_loads(wanted, JSON_DECODE_ANY, NULL);
    const json_t *ph = row(world, site, channel, &now);

    if (json_is_object(bound) && json_is_array(json_object_get(bound, "between"))) {
        const json_t *is = member(member(ph, "bound"), "between");
        const json_t *of = json_object_get(bound, "between");

        assert_true(json_number_value(json_array_get(is, 0)) ==
                    json_number_value(json_array_get(of, 0)));
        assert_true(json_number_value(json_array_get(is, 1)) ==
                    json_number_value(json_array_get(of, 1)));
    } else if (json_is_object(bound)) {
        assert_true(json_number_value(member(member(ph, "bound"), "above")) ==
                    json_number_value(json_object_get(bound, "above")));
    } else {
        assert_true(json_is_null(member(ph, "bound")));
    }
    json_decref(bound);
    json_decref(now);
}

static void the_bound_of_a_value_is_the_tightest_in_force(void **state)
{
    struct world *world = by_day();

    bound_is(world, "good", "ph", "{\"between\":[6,9]}");
    bound_is(world, "recovered", "ph", "{\"above\":9}");
    bound_is(world, "good", "turbidity", "null");
    world_end(world);
}

static void is_held_on(struct world *world, const char *site, const char *channel, const char *on)
{
    json_t *now;
    const json_t *found = row(world, site, channel, &now);

    assert_string_equal(words(found, "bound_on"), on);
    json_decref(now);
}

static void a_bound_of_readings_goes_before_one_of_means_and_each_says_which_it_is(void **state)
{
    struct world *world = by_day();

    is_held_on(world, "good", "ph", "reading");
    held_clock_advance(&world->clock, 11 * 60 * MINUTE_MS);
    bound_is(world, "good", "turbidity", "{\"above\":50}");
    is_held_on(world, "good", "turbidity", "1h");
    world_end(world);
}

static void what_a_rule_asks_by_night_binds_by_night_alone(void **state)
{
    struct world *world = by_day();

    bound_is(world, "breach", "ph", "{\"above\":9}");
    held_clock_advance(&world->clock, 11 * 60 * MINUTE_MS);
    bound_is(world, "breach", "ph", "{\"above\":8}");
    world_end(world);
}

/* Versions ------------------------------------------------------------------------------------ */

static void a_version_stands_while_nothing_changes(void **state)
{
    struct world *world = by_day();
    uint64_t before;

    read_all(world, 7.0);
    json_decref(get(world, "/api/v1/now", NULL));
    before = version(world, "/api/v1/now");
    held_clock_advance(&world->clock, 5000);
    step(world);
    assert_int_equal(version(world, "/api/v1/now"), before);
    assert_int_equal(version(world, "/api/v1/latest"), before);
    world_end(world);
}

static void a_version_rises_with_each_thing_that_is_shown(void **state)
{
    struct world *world = by_day();
    uint64_t before;

    read_all(world, 7.0);
    json_decref(get(world, "/api/v1/now", NULL));
    before = version(world, "/api/v1/now");
    read_one(world, GOOD_PH, 7.0);
    assert_int_not_equal(version(world, "/api/v1/now"), before);
    before = version(world, "/api/v1/now");
    notice_raise(world->notices, "disk", "disk", "full");
    assert_int_not_equal(version(world, "/api/v1/now"), before);
    before = version(world, "/api/v1/now");
    do_act(world, "tasks.import", ledger());
    assert_int_not_equal(version(world, "/api/v1/now"), before);
    world_end(world);
}

static void a_value_that_goes_stale_changes_the_version_without_a_commit(void **state)
{
    struct world *world = by_day();
    uint64_t before, after;

    read_all(world, 7.0);
    json_decref(get(world, "/api/v1/now", NULL));
    before = version(world, "/api/v1/now");
    held_clock_advance(&world->clock, 10 * 1000);
    after = version(world, "/api/v1/now");
    assert_int_not_equal(after, before);
    json_decref(get(world, "/api/v1/now", NULL));
    assert_int_equal(version(world, "/api/v1/now"), after);
    world_end(world);
}

/* Makes /now, which takes so long. */
static void make_now(struct world *world, int64_t takes_ms)
{
    world->takes_ms = takes_ms;
    json_decref(get(world, "/api/v1/now", NULL));
    world->takes_ms = 0;
}

static void a_town_that_is_dear_to_make_is_not_made_for_every_reading(void **state)
{
    struct world *world = by_day();
    uint64_t before;

    read_all(world, 7.0);
    before = version(world, "/api/v1/now");
    make_now(world, 50); /* twenty times that is how long it stands */
    for (int i = 0; i < 9; i++) {
        read_one(world, GOOD_PH, 7.0);
        assert_int_equal(version(world, "/api/v1/now"), before);
        assert_int_not_equal(version(world, "/api/v1/latest"), before);
    }
    read_one(world, GOOD_PH, 7.0); /* 1050 ms */
    assert_int_not_equal(version(world, "/api/v1/now"), before);
    world_end(world);
}

static void whoever_makes_it_again_and_again_it_stands_two_seconds_at_most(void **state)
{
    struct world *world = by_day();
    uint64_t before;

    read_all(world, 7.0);
    before = version(world, "/api/v1/now");
    make_now(world, 150);
    for (int i = 0; i < 9; i++) {
        read_one(world, GOOD_PH, 7.0);
        assert_int_equal(version(world, "/api/v1/now"), before);
        make_now(world, 100);
    }
    read_one(world, GOOD_PH, 7.0); /* 2050 ms */
    assert_int_not_equal(version(world, "/api/v1/now"), before);
    world_end(world);
}

static void what_people_did_is_seen_at_once_however_dear(void **state)
{
    struct world *world = by_day();
    uint64_t before;

    read_all(world, 7.0);
    before = version(world, "/api/v1/now");
    make_now(world, 100);
    assert_int_equal(version(world, "/api/v1/now"), before);
    do_act(world, "tasks.import", ledger());
    assert_int_not_equal(version(world, "/api/v1/now"), before);
    world_end(world);
}

/* Without a reader every query would fail. */
static void what_no_commit_changed_is_not_read_again(void **state)
{
    struct world *world = all_states();
    struct reader *reader = world->reader;
    json_t *first = get(world, "/api/v1/now", NULL);
    json_t *second;

    world->reader = NULL;
    read_one(world, GOOD_PH, 7.0);
    second = get(world, "/api/v1/now", NULL);
    assert_int_equal(json_array_size(member(second, "sites")),
                     json_array_size(member(first, "sites")));
    world->reader = reader;
    json_decref(first);
    json_decref(second);
    world_end(world);
}

static void what_never_changes_in_a_run_keeps_its_version(void **state)
{
    struct world *world = by_day();
    uint64_t town = version(world, "/api/v1/town");

    read_all(world, 9.9);
    held_clock_advance(&world->clock, 3600 * 1000);
    assert_int_equal(version(world, "/api/v1/town"), town);
    world_end(world);
}

static void a_closed_period_and_a_task_are_news_of_their_own_kind(void **state)
{
    struct world *world = by_day();
    uint64_t aggregates, tasks;

    read_all(world, 7.0);
    aggregates = recorder_news(world->recorder, NEWS_AGGREGATES);
    tasks = recorder_news(world->recorder, NEWS_TASKS);
    read_one(world, GOOD_PH, 7.0);
    assert_int_equal(recorder_news(world->recorder, NEWS_AGGREGATES), aggregates);
    held_clock_advance(&world->clock, 65 * MINUTE_MS);
    read_one(world, GOOD_PH, 7.0);
    assert_int_not_equal(recorder_news(world->recorder, NEWS_AGGREGATES), aggregates);
    assert_int_equal(recorder_news(world->recorder, NEWS_TASKS), tasks);
    do_act(world, "tasks.import", ledger());
    assert_int_not_equal(recorder_news(world->recorder, NEWS_TASKS), tasks);
    world_end(world);
}

/* Lists --------------------------------------------------------------------------------------- */

static void latest_gives_every_point_once_page_by_page(void **state)
{
    static const char *const names[POINTS] = {"good/a/ph",      "good/a/turbidity", "doubt/a/ph",
                                              "recovered/a/ph", "relapse/a/ph",     "silent/a/ph",
                                              "breach/a/ph"};
    struct world *world = by_day();
    char query[64] = "limit=3";
    size_t seen = 0;

    read_all(world, 7.0);
    for (bool more = true; more;) {
        json_t *page = get(world, "/api/v1/latest", query);
        const json_t *rows = member(page, "latest");

        for (size_t i = 0; i < json_array_size(rows); i++)
            assert_string_equal(words(json_array_get(rows, i), "point"), names[seen++]);
        more = json_is_string(member(page, "next"));
        if (more)
            snprintf(query, sizeof query, "limit=3&after=%s", words(page, "next"));
        json_decref(page);
    }
    assert_int_equal(seen, POINTS);
    world_end(world);
}

static void lists_take_filters_and_refuse_what_is_no_number(void **state)
{
    struct world *world = by_day();
    json_t *points = get(world, "/api/v1/points", "parameter=ph&site=good");
    json_t *devices = get(world, "/api/v1/devices", "site=silent");
    json_t *none = get(world, "/api/v1/latest", "site=elsewhere");
    struct http_answer refused = ask(world, "/api/v1/latest", "limit=0");

    assert_int_equal(json_array_size(member(points, "points")), 1);
    assert_int_equal(json_array_size(member(devices, "devices")), 1);
    assert_true(json_is_true(member(json_array_get(member(devices, "devices"), 0), "simulated")));
    assert_int_equal(json_array_size(member(none, "latest")), 0);
    assert_true(json_is_null(member(none, "next")));
    assert_int_equal(refused.status, 400);
    answer_end(&refused);
    json_decref(points);
    json_decref(devices);
    json_decref(none);
    world_end(world);
}

static void a_point_names_the_tasks_it_watches(void **state)
{
    struct world *world = by_day();
    const json_t *tasks;
    json_t *points;

    do_act(world, "tasks.import", ledger());
    points = get(world, "/api/v1/points", "site=relapse");
    tasks = member(json_array_get(member(points, "points"), 0), "tasks");
    assert_int_equal(json_array_size(tasks), 1);
    assert_string_equal(json_string_value(json_array_get(tasks, 0)), "37");
    json_decref(points);
    world_end(world);
}

static void status_and_its_parts_are_the_contracts(void **state)
{
    struct world *world = by_day();
    json_t *status = get(world, "/api/v1/status", NULL);
    json_t *links = get(world, "/api/v1/links", NULL);

    assert_string_equal(words(status, "collector"), "live");
    assert_int_equal(json_array_size(member(status, "devices")), 6);
    assert_string_equal(words(json_array_get(member(status, "devices"), 0), "state"), "unasked");
    assert_true(json_equal(member(status, "links"), member(links, "links")));
    json_decref(status);
    json_decref(links);
    world_end(world);
}

static const struct status_copy *no_status(void *self, int64_t fresh_ms)
{
    return NULL;
}

static void without_a_status_yet_sites_are_told_and_the_rest_is_asked_to_come_back(void **state)
{
    struct world *world = by_day();
    struct http_answer answer;

    world->host.status = no_status;
    json_decref(get(world, "/api/v1/now", NULL));
    answer = ask(world, "/api/v1/status", NULL);
    assert_int_equal(answer.status, 503);
    assert_int_equal(answer.retry_after_s, 1);
    answer_end(&answer);
    world_end(world);
}

static void the_towns_words_stand_in_both_languages(void **state)
{
    struct world *world = by_day();
    json_t *town = get(world, "/api/v1/town", NULL);
    const json_t *timeout = named(member(town, "causes"), "key", "timeout");
    const json_t *normal = named(member(town, "qualities"), "letter", "N");
    const json_t *site = named(member(town, "sites"), "name", "relapse");
    const json_t *struck_off = named(member(town, "task_states"), "key", "struck_off");

    assert_string_equal(words(timeout, "zh"), "没有回答");
    assert_string_equal(words(timeout, "en"), "did not answer");
    assert_string_equal(words(normal, "word"), "normal");
    assert_string_equal(words(normal, "zh"), "正常");
    assert_int_equal(json_array_size(member(town, "qualities")), QUALITY_COUNT);
    assert_int_equal(json_array_size(member(town, "causes")), CAUSE_COUNT - 1);
    assert_string_equal(words(struck_off, "zh"), "已销号");
    assert_string_equal(words(struck_off, "en"), "struck off");
    assert_string_equal(words(site, "kind_zh"), "企业");
    assert_int_equal(json_array_size(member(site, "location")), 2);
    assert_true(json_is_null(member(named(member(town, "sites"), "name", "good"), "location")));
    json_decref(town);
    world_end(world);
}

static void the_plan_is_that_of_the_command(void **state)
{
    struct world *world = by_day();
    struct error err = {0};
    struct load *load = load_of(world->settings, world->reader, NULL, &err);
    json_t *wanted = described_load(load);
    json_t *plan = get(world, "/api/v1/plan", NULL);

    assert_int_equal(json_array_size(member(plan, "links")), 1);
    assert_int_equal(
        json_array_size(member(json_array_get(member(plan, "links"), 0), "devices")),
        json_array_size(member(json_array_get(member(wanted, "links"), 0), "devices")));
    load_free(load);
    json_decref(wanted);
    json_decref(plan);
    world_end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sites_stand_worst_first_with_relapses_before_all),
        cmocka_unit_test(of_sites_in_the_same_state_the_newest_stands_first),
        cmocka_unit_test(a_problem_that_came_again_says_when_it_began_last),
        cmocka_unit_test(a_problem_is_shown_with_its_site_and_its_tasks),
        cmocka_unit_test(a_doubt_stands_beside_the_value_and_does_not_change_it),
        cmocka_unit_test(what_was_never_read_is_null_never_nought_and_its_site_not_good),
        cmocka_unit_test(a_value_that_is_absent_is_null_with_its_cause),
        cmocka_unit_test(a_value_is_its_shortest_decimal),
        cmocka_unit_test(a_value_goes_stale_after_three_intervals_and_ten_seconds_at_least),
        cmocka_unit_test(a_value_of_the_run_before_is_stale_with_its_old_time),
        cmocka_unit_test(before_the_clock_is_trusted_times_are_null),
        cmocka_unit_test(the_bound_of_a_value_is_the_tightest_in_force),
        cmocka_unit_test(a_bound_of_readings_goes_before_one_of_means_and_each_says_which_it_is),
        cmocka_unit_test(what_a_rule_asks_by_night_binds_by_night_alone),
        cmocka_unit_test(a_version_stands_while_nothing_changes),
        cmocka_unit_test(a_version_rises_with_each_thing_that_is_shown),
        cmocka_unit_test(a_value_that_goes_stale_changes_the_version_without_a_commit),
        cmocka_unit_test(a_town_that_is_dear_to_make_is_not_made_for_every_reading),
        cmocka_unit_test(whoever_makes_it_again_and_again_it_stands_two_seconds_at_most),
        cmocka_unit_test(what_people_did_is_seen_at_once_however_dear),
        cmocka_unit_test(what_no_commit_changed_is_not_read_again),
        cmocka_unit_test(what_never_changes_in_a_run_keeps_its_version),
        cmocka_unit_test(a_closed_period_and_a_task_are_news_of_their_own_kind),
        cmocka_unit_test(latest_gives_every_point_once_page_by_page),
        cmocka_unit_test(lists_take_filters_and_refuse_what_is_no_number),
        cmocka_unit_test(a_point_names_the_tasks_it_watches),
        cmocka_unit_test(status_and_its_parts_are_the_contracts),
        cmocka_unit_test(without_a_status_yet_sites_are_told_and_the_rest_is_asked_to_come_back),
        cmocka_unit_test(the_towns_words_stand_in_both_languages),
        cmocka_unit_test(the_plan_is_that_of_the_command),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
