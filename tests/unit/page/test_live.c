/* Tests of page/live_now.c, live_row.c and live_limits.c: what the town is now, through the real
 * recorder, judge and poller. */
#include "unit/page/live_world.h"

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
    page_town_act(&world->town, "problem.acknowledge",
                  json_pack("{s:s}", "uid", words(problem, "uid")));
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
    page_town_step(&world->town);
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
    held_clock_advance(&world->town.clock, 9999);
    assert_false(is_stale(world, "silent")); /* asked every second */
    held_clock_advance(&world->town.clock, 1);
    assert_true(is_stale(world, "silent"));
    held_clock_advance(&world->town.clock, 170 * 1000 - 1);
    assert_false(is_stale(world, "good")); /* every minute */
    held_clock_advance(&world->town.clock, 1);
    assert_true(is_stale(world, "good"));
    world_end(world);
}

static void a_value_of_the_run_before_is_stale_with_its_old_time(void **state)
{
    struct world *world = by_day();
    struct latest *latest = latest_new(&world->town.names.catalog, 2);
    struct error err = {0};
    const struct latest_reading *of;
    struct live *live;

    read_all(world, 7.0);
    assert_true(latest_fill(latest, world->town.reader, &err));
    live = live_of(&world->town.host);
    latest_all(latest, live->latest, POINTS);
    of = &live->latest[GOOD_PH];
    assert_true(of->value == 7.0);
    assert_int_equal(of->time.ms, world->town.clock.wall.ms);
    assert_true(live_is_stale(live, GOOD_PH, world->town.clock.mono));
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
    held_clock_advance(&world->town.clock, 11 * 60 * MINUTE_MS);
    bound_is(world, "good", "turbidity", "{\"above\":50}");
    is_held_on(world, "good", "turbidity", "1h");
    world_end(world);
}

static void what_a_rule_asks_by_night_binds_by_night_alone(void **state)
{
    struct world *world = by_day();

    bound_is(world, "breach", "ph", "{\"above\":9}");
    held_clock_advance(&world->town.clock, 11 * 60 * MINUTE_MS);
    bound_is(world, "breach", "ph", "{\"above\":8}");
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
