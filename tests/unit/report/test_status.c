/* Tests of report/status*.c: copies of what the loop alone may look at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/status.h"

enum { DEVICES = 3 };

static struct {
    struct held_clock clock;
    struct profile *profile;
    const struct channel *channels[1];
    uint32_t points[DEVICES];
    struct link_setup link;
    struct device_setup devices[DEVICES];
    struct trust *trust;
    uv_loop_t loop;
    struct poller *poller;
    struct status_pool *pool;
    struct status_view view;
} bench;

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

static void load_profile(void)
{
    struct conf_faults *faults = conf_faults_new();
    struct parameters *parameters = parameters_load(SOURCE_ROOT "/config/parameters.conf", faults);

    bench.profile =
        profile_load(SOURCE_ROOT "/drivers/profiles/example_wq300.conf", parameters, false, faults);
    assert_non_null(bench.profile);
    bench.channels[0] = profile_channel(bench.profile, "ph");
    conf_faults_free(faults);
    parameters_free(parameters);
}

static int set_up(void **state)
{
    struct poller_setup setup = {.links = &bench.link,
                                 .link_count = 1,
                                 .devices = bench.devices,
                                 .device_count = DEVICES,
                                 .clock = &bench.clock.clock,
                                 .clock_is_trusted = yes,
                                 .has_room = has_room,
                                 .done = poll_done};
    struct error err = {0};

    held_clock_init(&bench.clock, (struct wall_time){1790000000000});
    load_profile();
    bench.link = (struct link_setup){
        .name = "bus", .kind = LINK_TCP, .host = "127.0.0.1", .port = 1, .timeout_ms = 500};
    for (uint32_t i = 0; i < DEVICES; i++) {
        bench.points[i] = i + 1;
        bench.devices[i] = (struct device_setup){.id = i + 1,
                                                 .unit = (uint8_t)(i + 1),
                                                 .every_ms = 1000,
                                                 .profile = bench.profile,
                                                 .channels = bench.channels,
                                                 .points = &bench.points[i],
                                                 .channel_count = 1};
    }
    uv_loop_init(&bench.loop);
    bench.poller = poller_new(&bench.loop, &setup, &err);
    assert_non_null(bench.poller);
    bench.trust = trust_new(TRUST_ALWAYS, &bench.clock.clock, WALL_NONE);
    bench.pool = status_pool_new();
    bench.view = (struct status_view){
        .clock = &bench.clock.clock, .trust = bench.trust, .poller = bench.poller};
    return 0;
}

static void ended(void *self)
{
    *(bool *)self = true;
}

static int tear_down(void **state)
{
    bool gone = false;

    poller_stop(bench.poller, ended, &gone);
    while (!gone)
        uv_run(&bench.loop, UV_RUN_ONCE);
    poller_free(bench.poller);
    uv_run(&bench.loop, UV_RUN_DEFAULT);
    uv_loop_close(&bench.loop);
    status_pool_free(bench.pool);
    trust_free(bench.trust);
    profile_free(bench.profile);
    return 0;
}

static void a_copy_has_what_the_poller_knows_and_the_poller_itself_no_more(void **state)
{
    const struct status_copy *copy = status_copy_take(bench.pool, &bench.view);

    assert_int_equal(copy->device_count, DEVICES);
    assert_int_equal(copy->link_count, 1);
    assert_string_equal(copy->links[0].name, "bus");
    assert_int_equal(copy->devices[2].status.id, 3);
    assert_int_equal(copy->devices[2].status.state, DEVICE_UNASKED);
    assert_int_equal(copy->devices[2].failed, CAUSE_NONE);
    assert_null(copy->view.poller);
    assert_null(copy->view.reader);
    assert_true(copy->trusted);
    status_copy_release(copy);
}

static void memory_that_nobody_holds_is_used_again(void **state)
{
    const struct status_copy *first = status_copy_take(bench.pool, &bench.view);
    const struct status_copy *second;

    status_copy_release(first);
    second = status_copy_take(bench.pool, &bench.view);
    assert_ptr_equal(second, first);
    assert_int_equal(second->number, 2);
    status_copy_release(second);
}

static void a_copy_that_somebody_holds_stays_as_it_is(void **state)
{
    const struct status_copy *held = status_copy_take(bench.pool, &bench.view);
    const struct status_copy *mine = status_copy_hold(held);
    int64_t made = held->made.ns;
    const struct status_copy *next;

    status_copy_release(held);
    held_clock_advance(&bench.clock, 1000);
    next = status_copy_take(bench.pool, &bench.view);
    assert_ptr_not_equal(next, mine);
    assert_int_equal(mine->made.ns, made);
    assert_int_equal(mine->number, 1);
    assert_int_equal(next->number, 2);
    status_copy_release(mine);
    status_copy_release(next);
}

static bool link_is_down(void)
{
    struct link_status link;

    poller_link_status(bench.poller, 0, &link);
    return link.cause != CAUSE_NONE;
}

static void states_differ_when_a_state_does_and_not_when_time_passes(void **state)
{
    const struct status_copy *first = status_copy_take(bench.pool, &bench.view);
    const struct status_copy *second, *third;
    size_t failed = 0;

    held_clock_advance(&bench.clock, 60 * 1000);
    second = status_copy_take(bench.pool, &bench.view);
    assert_int_equal(second->states, first->states);
    poller_start(bench.poller);
    while (!link_is_down()) { /* nobody listens there */
        uv_run(&bench.loop, UV_RUN_ONCE);
        held_clock_advance(&bench.clock, 10);
    }
    third = status_copy_take(bench.pool, &bench.view);
    assert_int_not_equal(third->states, second->states);
    for (size_t i = 0; i < DEVICES; i++) {
        failed += third->devices[i].failed == CAUSE_REFUSED;
        assert_int_equal(third->devices[i].with_value, 0);
    }
    assert_true(failed > 0);
    status_copy_release(first);
    status_copy_release(second);
    status_copy_release(third);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_copy_has_what_the_poller_knows_and_the_poller_itself_no_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_that_nobody_holds_is_used_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_copy_that_somebody_holds_stays_as_it_is, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(states_differ_when_a_state_does_and_not_when_time_passes,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
