/* Tests of ledger/watch.c: which tasks watch a point, and what a breach there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/watch.h"

enum { OXYGEN = 3, AMMONIA = 7, NOBODYS = 9 };

static struct catalog_site sites[] = {{.name = "river"}};
static struct catalog_point points[] = {
    {.id = OXYGEN,  .channel = "dissolved_oxygen"},
    {.id = AMMONIA, .channel = "ammonia_nitrogen"},
    {.id = NOBODYS, .channel = "ph"              }
};
static struct catalog_device devices[] = {
    {.id = 1, .name = "sonde", .point_count = 3}
};
static struct catalog town = {.sites = sites,
                              .site_count = 1,
                              .devices = devices,
                              .device_count = 1,
                              .points = points,
                              .point_count = 3};

static int setup(void **state)
{
    *state = watch_new(&town);
    return *state == NULL;
}

static int teardown(void **state)
{
    watch_free(*state);
    return 0;
}

static struct wall_time day(int64_t days)
{
    return (struct wall_time){days * 86400000};
}

static struct task task_at(const char *id, enum task_state state, const char *point)
{
    struct task task = {.state = state, .struck_off = WALL_NONE, .watch_until = WALL_NONE};

    snprintf(task.id, sizeof task.id, "%s", id);
    if (point != NULL)
        snprintf(task.points[task.point_count++], POINT_SIZE, "%s", point);
    if (state >= TASK_STRUCK_OFF && state <= TASK_CLOSED) {
        task.struck_off = day(100);
        task.watch_until = day(190);
    }
    return task;
}

static void put(struct watch *watch, const char *id, enum task_state state, const char *point)
{
    struct task task = task_at(id, state, point);
    struct error err = {0};

    assert_true(watch_put(watch, &task, &err));
}

static const char *const oxygen = "river/sonde/dissolved_oxygen";
static const char *const ammonia = "river/sonde/ammonia_nitrogen";

static void a_breach_nobody_watches_is_new(void **state)
{
    struct watch_view view;

    put(*state, "1", TASK_RECTIFYING, ammonia);
    watch_look(*state, OXYGEN, day(50), &view);
    assert_int_equal(view.kind, PROBLEM_NEW);
    assert_int_equal(view.task_count, 0);
    watch_look(*state, 12345, day(50), &view);
    assert_int_equal(view.kind, PROBLEM_NEW);
}

static void a_breach_at_an_open_task_is_ongoing(void **state)
{
    struct watch_view view;
    uint32_t slot;

    put(*state, "1", TASK_RECTIFYING, oxygen);
    assert_non_null(watch_find(*state, "1", &slot));
    watch_look(*state, OXYGEN, day(50), &view);
    assert_int_equal(view.kind, PROBLEM_ONGOING);
    assert_int_equal(view.task_count, 1);
    assert_int_equal(view.tasks[0], slot);
    assert_int_equal(view.relapse, 0);
}

static void a_breach_inside_the_watch_period_is_a_relapse(void **state)
{
    struct watch_view view;

    put(*state, "1", TASK_STRUCK_OFF, oxygen);
    watch_look(*state, OXYGEN, day(100), &view);
    assert_int_equal(view.kind, PROBLEM_RELAPSE);
    assert_int_equal(view.relapse, 1);
    watch_look(*state, OXYGEN, day(190), &view);
    assert_int_equal(view.kind, PROBLEM_NEW);
}

static void a_breach_that_began_before_the_strike_off_belongs_to_the_rectification(void **state)
{
    struct watch_view view;

    put(*state, "1", TASK_STRUCK_OFF, oxygen);
    watch_look(*state, OXYGEN, (struct wall_time){day(100).ms - 1}, &view);
    assert_int_equal(view.kind, PROBLEM_ONGOING);
    assert_true(watch_holds(*state, OXYGEN, (struct wall_time){day(100).ms - 1}));
}

static void a_closed_task_watches_nothing(void **state)
{
    struct watch_view view;

    put(*state, "1", TASK_CLOSED, oxygen);
    watch_look(*state, OXYGEN, day(150), &view);
    assert_int_equal(view.kind, PROBLEM_NEW);
    assert_false(watch_holds(*state, OXYGEN, day(150)));
}

static void relapse_goes_before_ongoing_and_names_all_that_watch(void **state)
{
    struct watch_view view;

    put(*state, "10", TASK_STRUCK_OFF, oxygen);
    put(*state, "9", TASK_ASSIGNED, oxygen);
    put(*state, "8", TASK_CLOSED, oxygen);
    watch_look(*state, OXYGEN, day(150), &view);
    assert_int_equal(view.kind, PROBLEM_RELAPSE);
    assert_int_equal(view.task_count, 2);
    assert_string_equal(watch_task(*state, view.tasks[0])->id, "9");
    assert_string_equal(watch_task(*state, view.tasks[1])->id, "10");
    assert_int_equal(view.relapse, 2);
}

static void where_more_watch_than_fit_the_relapsed_ones_stay(void **state)
{
    struct watch_view view;
    char id[8];

    for (int i = 0; i < 20; i++) {
        snprintf(id, sizeof id, "%d", i);
        put(*state, id, i >= 17 ? TASK_STRUCK_OFF : TASK_FOUND, oxygen);
    }
    watch_look(*state, OXYGEN, day(150), &view);
    assert_int_equal(view.task_count, WATCH_TASKS_MAX);
    assert_int_equal(view.relapse, 0xE0);
    assert_string_equal(watch_task(*state, view.tasks[7])->id, "19");
    for (int i = 0; i < 17; i++) {
        snprintf(id, sizeof id, "%d", i);
        put(*state, id, TASK_STRUCK_OFF, oxygen);
    }
    watch_look(*state, OXYGEN, day(150), &view);
    assert_int_equal(view.task_count, WATCH_TASKS_MAX);
    assert_int_equal(view.relapse, 0xFF);
}

static void a_task_put_again_keeps_its_slot_and_moves_its_points(void **state)
{
    uint32_t slot;
    uint32_t again;
    size_t count;

    put(*state, "1", TASK_FOUND, oxygen);
    watch_find(*state, "1", &slot);
    put(*state, "2", TASK_FOUND, oxygen);
    put(*state, "1", TASK_ASSIGNED, ammonia);
    assert_int_equal(watch_find(*state, "1", &again)->state, TASK_ASSIGNED);
    assert_int_equal(slot, again);
    assert_int_equal(watch_count(*state), 2);
    watch_of_point(*state, OXYGEN, &count);
    assert_int_equal(count, 1);
    assert_int_equal(watch_of_point(*state, AMMONIA, &count)[0], slot);
    assert_int_equal(count, 1);
}

static void ids_stand_in_the_order_of_their_numbers(void **state)
{
    static const char *const ids[] = {"P-10", "10", "9", "P-2", "010", "100", "2026-9", "2026-10"};
    static const char *const sorted[] = {"9",      "010",     "10",  "100",
                                         "2026-9", "2026-10", "P-2", "P-10"};
    const uint32_t *slots;
    size_t count;

    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        put(*state, ids[i], TASK_FOUND, oxygen);
    slots = watch_of_point(*state, OXYGEN, &count);
    assert_int_equal(count, sizeof sorted / sizeof sorted[0]);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(watch_task(*state, slots[i])->id, sorted[i]);
        assert_non_null(watch_find(*state, sorted[i], NULL));
    }
    assert_null(watch_find(*state, "P-3", NULL));
}

static void a_point_the_catalog_does_not_know_watches_nothing_here(void **state)
{
    struct watch_view view;

    put(*state, "1", TASK_FOUND, "elsewhere/sonde/ph");
    assert_string_equal(watch_find(*state, "1", NULL)->points[0], "elsewhere/sonde/ph");
    watch_look(*state, NOBODYS, day(50), &view);
    assert_int_equal(view.kind, PROBLEM_NEW);
    put(*state, "1", TASK_ASSIGNED, NULL);
    assert_int_equal(watch_find(*state, "1", NULL)->state, TASK_ASSIGNED);
}

static void a_point_named_twice_is_watched_once(void **state)
{
    struct task task = task_at("1", TASK_FOUND, oxygen);
    struct watch_view view;

    snprintf(task.points[task.point_count++], POINT_SIZE, "%s", oxygen);
    assert_true(watch_put(*state, &task, NULL));
    assert_true(watch_put(*state, &task, NULL));
    watch_look(*state, OXYGEN, day(50), &view);
    assert_int_equal(view.task_count, 1);
}

static void a_point_is_held_while_a_task_is_open_or_watches(void **state)
{
    assert_false(watch_holds(*state, OXYGEN, day(150)));
    put(*state, "1", TASK_STRUCK_OFF, oxygen);
    assert_true(watch_holds(*state, OXYGEN, day(150)));
    assert_false(watch_holds(*state, OXYGEN, day(200)));
    put(*state, "2", TASK_RETURNED, oxygen);
    assert_true(watch_holds(*state, OXYGEN, day(200)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_breach_nobody_watches_is_new, setup, teardown),
        cmocka_unit_test_setup_teardown(a_breach_at_an_open_task_is_ongoing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_breach_inside_the_watch_period_is_a_relapse, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_breach_that_began_before_the_strike_off_belongs_to_the_rectification, setup,
            teardown),
        cmocka_unit_test_setup_teardown(a_closed_task_watches_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(relapse_goes_before_ongoing_and_names_all_that_watch, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(where_more_watch_than_fit_the_relapsed_ones_stay, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_task_put_again_keeps_its_slot_and_moves_its_points, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(ids_stand_in_the_order_of_their_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(a_point_the_catalog_does_not_know_watches_nothing_here,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_point_named_twice_is_watched_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_point_is_held_while_a_task_is_open_or_watches, setup,
                                        teardown),
    };
    int failed;

    if (!catalog_index(&town))
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(town.device_of_id);
    free(town.point_of_id);
    return failed;
}
