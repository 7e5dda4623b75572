/* Tests of page/live.c, live_lists.c and live_town.c: what there is, one by one. */
#include "unit/page/live_world.h"

#include "town/described.h"

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

    page_town_act(&world->town, "tasks.import", ledger());
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

    world->town.host.status = no_status;
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
    struct load *load = load_of(world->town.settings, world->town.reader, NULL, &err);
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
