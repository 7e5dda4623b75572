/* Tests of page/live_version.c and live_memory.c: when an answer is another one. */
#include "unit/page/live_world.h"

static void a_version_stands_while_nothing_changes(void **state)
{
    struct world *world = by_day();
    uint64_t before;

    read_all(world, 7.0);
    json_decref(get(world, "/api/v1/now", NULL));
    before = version(world, "/api/v1/now");
    held_clock_advance(&world->town.clock, 5000);
    page_town_step(&world->town);
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
    notice_raise(world->town.notices, "disk", "disk", "full");
    assert_int_not_equal(version(world, "/api/v1/now"), before);
    before = version(world, "/api/v1/now");
    page_town_act(&world->town, "tasks.import", ledger());
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
    held_clock_advance(&world->town.clock, 10 * 1000);
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
        make_now(world, 110);
    }
    read_one(world, GOOD_PH, 7.0); /* 2140 ms: less than twenty times 110 */
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
    page_town_act(&world->town, "tasks.import", ledger());
    assert_int_not_equal(version(world, "/api/v1/now"), before);
    world_end(world);
}

/* Without a reader every query would fail. */
static void what_no_commit_changed_is_not_read_again(void **state)
{
    struct world *world = all_states();
    struct reader *reader = world->town.reader;
    json_t *first = get(world, "/api/v1/now", NULL);
    json_t *second;

    world->town.reader = NULL;
    read_one(world, GOOD_PH, 7.0);
    second = get(world, "/api/v1/now", NULL);
    assert_int_equal(json_array_size(member(second, "sites")),
                     json_array_size(member(first, "sites")));
    world->town.reader = reader;
    json_decref(first);
    json_decref(second);
    world_end(world);
}

static void what_never_changes_in_a_run_keeps_its_version(void **state)
{
    struct world *world = by_day();
    uint64_t town = version(world, "/api/v1/town");

    read_all(world, 9.9);
    held_clock_advance(&world->town.clock, 3600 * 1000);
    assert_int_equal(version(world, "/api/v1/town"), town);
    world_end(world);
}

static void a_closed_period_and_a_task_are_news_of_their_own_kind(void **state)
{
    struct world *world = by_day();
    uint64_t aggregates, tasks;

    read_all(world, 7.0);
    aggregates = recorder_news(world->town.recorder, NEWS_AGGREGATES);
    tasks = recorder_news(world->town.recorder, NEWS_TASKS);
    read_one(world, GOOD_PH, 7.0);
    assert_int_equal(recorder_news(world->town.recorder, NEWS_AGGREGATES), aggregates);
    held_clock_advance(&world->town.clock, 65 * MINUTE_MS);
    read_one(world, GOOD_PH, 7.0);
    assert_int_not_equal(recorder_news(world->town.recorder, NEWS_AGGREGATES), aggregates);
    assert_int_equal(recorder_news(world->town.recorder, NEWS_TASKS), tasks);
    page_town_act(&world->town, "tasks.import", ledger());
    assert_int_not_equal(recorder_news(world->town.recorder, NEWS_TASKS), tasks);
    world_end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_stands_while_nothing_changes),
        cmocka_unit_test(a_version_rises_with_each_thing_that_is_shown),
        cmocka_unit_test(a_value_that_goes_stale_changes_the_version_without_a_commit),
        cmocka_unit_test(a_town_that_is_dear_to_make_is_not_made_for_every_reading),
        cmocka_unit_test(whoever_makes_it_again_and_again_it_stands_two_seconds_at_most),
        cmocka_unit_test(what_people_did_is_seen_at_once_however_dear),
        cmocka_unit_test(what_no_commit_changed_is_not_read_again),
        cmocka_unit_test(what_never_changes_in_a_run_keeps_its_version),
        cmocka_unit_test(a_closed_period_and_a_task_are_news_of_their_own_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
