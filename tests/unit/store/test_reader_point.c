/* Tests of store/reader_point.c. Names say what must hold. */
#include "unit/store/place.h"

#define POINT "site/dev-0/ph.0"

static void add_readings(struct place *place, struct store *store, int64_t from_ms, int count)
{
    struct error err = {0};

    assert_true(store_begin(store, &err));
    for (int i = 0; i < count; i++)
        add_poll(place, store, 0, at_ms(from_ms + i * 1000), from_ms + i * 1000);
    assert_true(store_commit(store, &err));
}

struct seen {
    int64_t ms[100];
    double value[100];
    size_t count, most;
};

static bool see(void *self, uint64_t seq, struct wall_time time, const struct reading *reading)
{
    struct seen *seen = self;

    assert_int_not_equal(reading->quality, QUALITY_NORMAL);
    seen->ms[seen->count++] = time.ms - NOON_MS;
    return seen->count < seen->most;
}

/* Every seventh reading of the place is no answer. */
static void only_what_is_no_normal_reading_is_odd(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct seen seen = {.most = 100};
    struct error err = {0};
    struct reader *reader;

    name_points(place, store, 1, 1);
    add_readings(place, store, 0, 50);
    reader = open_reader(place);
    assert_true(reader_odd_readings(reader, place->points[0][0],
                                    (struct span){at_ms(0), at_ms(50000)}, see, &seen, &err));
    assert_true(seen.count >= 7 && seen.count <= 8);
    for (size_t i = 1; i < seen.count; i++)
        assert_int_equal(seen.ms[i] - seen.ms[i - 1], 7000);
    seen = (struct seen){.most = 2};
    assert_true(reader_odd_readings(reader, place->points[0][0],
                                    (struct span){at_ms(0), at_ms(50000)}, see, &seen, &err));
    assert_int_equal(seen.count, 2);
    reader_close(reader);
    store_close(store);
}

static void first_and_last_are_found_in_what_is_fresh_and_what_is_kept(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct reader *reader;
    struct span span;

    name_points(place, store, 1, 1);
    reader = open_reader(place);
    span = reader_point_span(reader, place->points[0][0]);
    assert_false(wall_is_known(span.start) || wall_is_known(span.end));
    add_readings(place, store, 1000, 3);
    span = reader_point_span(reader, place->points[0][0]);
    assert_true(span.start.ms == at_ms(1000).ms && span.end.ms == at_ms(3000).ms);
    span = reader_point_span(reader, place->points[0][0] + 1);
    assert_false(wall_is_known(span.start));
    reader_close(reader);
    store_close(store);
}

static bool see_any(void *self, uint64_t seq, struct wall_time time, const struct reading *reading)
{
    ((struct seen *)self)->count++;
    return true;
}

static size_t count_in(struct reader *reader, uint32_t point, int64_t from_ms, int64_t to_ms)
{
    struct seen seen = {0};
    struct error err = {0};

    assert_true(reader_readings(reader, point, at_ms(from_ms), at_ms(to_ms), see_any, &seen, &err));
    return seen.count;
}

/* Also where the clock was set back, and where a time is filled in later: of a reader that has
 * looked before. */
static void nothing_fresh_is_passed_over(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct error err = {0};
    struct reader *reader;
    uint32_t point;
    uint64_t filled;

    name_points(place, store, 1, 1);
    point = place->points[0][0];
    add_readings(place, store, 100000, 10);
    reader = open_reader(place);
    assert_int_equal(count_in(reader, point, 0, 100000), 0);
    assert_int_equal(count_in(reader, point, 0, 200000), 10);
    add_readings(place, store, 50000, 5);
    assert_int_equal(count_in(reader, point, 0, 100000), 5);
    assert_int_equal(count_in(reader, point, 0, 50000), 0);
    assert_true(store_begin(store, &err));
    add_poll(place, store, 0, WALL_NONE, 20000);
    assert_true(store_commit(store, &err));
    assert_int_equal(count_in(reader, point, 0, 50000), 0);
    assert_true(store_begin(store, &err));
    assert_true(store_fill_times(store, store_boot(store), NOON_MS, &filled, &err));
    assert_true(store_commit(store, &err));
    assert_int_equal(filled, 1);
    assert_int_equal(count_in(reader, point, 0, 50000), 1);
    reader_close(reader);
    store_close(store);
}

static bool see_hour(void *self, const struct aggregate *aggregate)
{
    struct seen *seen = self;

    seen->ms[seen->count] = aggregate->start.ms - NOON_MS;
    seen->value[seen->count++] = aggregate->mean;
    return true;
}

static void add_hour(struct store *store, uint32_t point, int64_t ms, uint32_t version, double mean)
{
    struct error err = {0};
    struct aggregate hour;

    aggregate_clear(&hour);
    hour.point = point;
    hour.period = PERIOD_1H;
    hour.start = at_ms(ms);
    hour.end = at_ms(ms + 3600000);
    hour.version = version;
    hour.mean = mean;
    hour.cause = version == 1 ? "" : "late";
    assert_true(store_add_aggregate(store, &hour, &err));
}

static void of_each_period_the_newest_version_is_given_once(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    const struct span all = {at_ms(0), at_ms(100000000)};
    struct seen seen = {0};
    struct error err = {0};
    struct reader *reader;

    name_points(place, store, 2, 1);
    assert_true(store_begin(store, &err));
    for (uint32_t i = 0; i < 5; i++) {
        add_hour(store, place->points[0][0], i * 3600000, 1, i);
        add_hour(store, place->points[1][0], i * 3600000, 1, 100.0);
    }
    add_hour(store, place->points[0][0], 2 * 3600000, 2, 20.0);
    add_hour(store, place->points[0][0], 4 * 3600000, 2, 40.0);
    add_hour(store, place->points[0][0], 4 * 3600000, 3, 41.0);
    assert_true(store_commit(store, &err));
    reader = open_reader(place);
    assert_true(reader_point_aggregates(reader, place->points[0][0], PERIOD_1H, all, 100, see_hour,
                                        &seen, &err));
    assert_int_equal(seen.count, 5);
    for (int i = 0; i < 5; i++)
        assert_true(seen.ms[i] == (int64_t)i * 3600000);
    assert_true(seen.value[1] == 1.0 && seen.value[2] == 20.0 && seen.value[4] == 41.0);
    seen.count = 0;
    assert_true(reader_point_aggregates(reader, place->points[0][0], PERIOD_1H, all, 3, see_hour,
                                        &seen, &err));
    assert_int_equal(seen.count, 3);
    assert_true(seen.value[2] == 20.0);
    seen.count = 0;
    assert_true(reader_point_aggregates(reader, place->points[0][0], PERIOD_1H,
                                        (struct span){at_ms(3600000), at_ms(2 * 3600000)}, 100,
                                        see_hour, &seen, &err));
    assert_int_equal(seen.count, 1);
    reader_close(reader);
    store_close(store);
}

static void add_event(struct store *store, const char *kind, const char *arguments)
{
    struct error err = {0};
    struct event event = {.kind = kind, .time = at_ms(0), .who = "", .arguments = arguments};

    assert_true(store_begin(store, &err) && store_add_event(store, &event, &err) &&
                store_commit(store, &err));
}

struct told {
    char kinds[200];
};

static bool tell(void *self, const struct point_event *event)
{
    struct told *told = self;

    strcat(told->kinds, event->kind);
    strcat(told->kinds, " ");
    return true;
}

static void only_events_of_the_device_and_of_rules_at_the_point_are_told(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct told told = {""};
    struct error err = {0};
    struct reader *reader;

    add_event(store, "device.every", "{\"device\":\"site/dev-0\",\"every_ms\":1000}");
    add_event(store, "device.every", "{\"device\":\"site/dev-00\",\"every_ms\":1000}");
    add_event(store, "device.maintenance", "{\"device\":\"site/dev-1\"}");
    add_event(store, "rule.changed", "{\"rule\":\"a\",\"points\":[\"site/dev-0/ph.1\"]}");
    add_event(store, "rule.changed",
              "{\"rule\":\"a\",\"points\":[\"site/dev-0/ph.1\",\"" POINT "\"]}");
    add_event(store, "gap", "{\"device\":\"site/dev-0\"}");
    add_event(store, "device.identity", "{\"device\":\"site/dev-0\"}");
    reader = open_reader(place);
    assert_true(reader_point_events(reader, "site/dev-0", POINT, tell, &told, &err));
    assert_string_equal(told.kinds, "device.every rule.changed device.identity ");
    reader_close(reader);
    store_close(store);
}

static bool see_problem(void *self, const struct point_problem *problem)
{
    struct told *told = self;

    strcat(told->kinds, problem->uid);
    if (problem->episodes > 0)
        strcat(told->kinds, problem->episodes == 3 ? "(3)" : "(?)");
    strcat(told->kinds, " ");
    return true;
}

static void put_problem(struct store *store, const char *uid, uint32_t point, int64_t first_ms,
                        struct wall_time ended)
{
    struct error err = {0};
    struct problem_row row = {.version = 1,
                              .kind = "new",
                              .nature = "breach",
                              .state = "open",
                              .rule = "r",
                              .point = point,
                              .first = at_ms(first_ms),
                              .last = at_ms(first_ms),
                              .ended = ended,
                              .body = "{}"};

    snprintf(row.uid, sizeof row.uid, "%s", uid);
    assert_true(store_begin(store, &err) && store_put_problem(store, &row, &err) &&
                store_commit(store, &err));
}

static void put_episodes(struct store *store, const char *uid, uint32_t count)
{
    struct error err = {0};

    assert_true(store_begin(store, &err));
    for (uint32_t i = 1; i <= count; i++) {
        struct episode_row row = {
            .number = i, .first = at_ms(i), .last = at_ms(i), .ended = WALL_NONE, .ended_by = ""};

        snprintf(row.uid, sizeof row.uid, "%s", uid);
        assert_true(store_put_episode(store, &row, &err));
    }
    assert_true(store_commit(store, &err));
}

static void problems_that_touch_the_span_are_told_and_no_others(void **state)
{
    struct place *place = *state;
    struct store *store = open_store(place, "boot-a");
    struct told told = {""};
    struct error err = {0};
    struct reader *reader;

    put_problem(store, "before", 1, 0, at_ms(900));
    put_problem(store, "into", 1, 100, at_ms(1000));
    put_problem(store, "runs", 1, 200, WALL_NONE);
    put_problem(store, "inside", 1, 1500, at_ms(1600));
    put_problem(store, "after", 1, 2000, at_ms(2100));
    put_problem(store, "other", 2, 1500, at_ms(1600));
    put_episodes(store, "runs", 3);
    reader = open_reader(place);
    assert_true(reader_point_problems(reader, 1, (struct span){at_ms(1000), at_ms(2000)}, 100,
                                      see_problem, &told, &err));
    assert_string_equal(told.kinds, "inside runs(3) into ");
    told.kinds[0] = '\0';
    assert_true(reader_point_problems(reader, 1, (struct span){at_ms(1000), at_ms(2000)}, 2,
                                      see_problem, &told, &err));
    assert_string_equal(told.kinds, "inside runs(3) ");
    reader_close(reader);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(only_what_is_no_normal_reading_is_odd),
        IN_PLACE(first_and_last_are_found_in_what_is_fresh_and_what_is_kept),
        IN_PLACE(nothing_fresh_is_passed_over),
        IN_PLACE(of_each_period_the_newest_version_is_given_once),
        IN_PLACE(only_events_of_the_device_and_of_rules_at_the_point_are_told),
        IN_PLACE(problems_that_touch_the_span_are_told_and_no_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
