/* Tests of app/lookout.c: the station as other threads see it. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/lookout.h"

static struct {
    uv_loop_t loop;
    struct trust *trust;
    struct poller *poller;
    struct lookout *lookout;
    struct status_view view;
    atomic_uint looks; /* how often the loop has looked */
    uv_async_t end;
    pthread_t thread;
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

static const struct status_view *look(void *self)
{
    atomic_fetch_add(&bench.looks, 1);
    return &bench.view;
}

static void end_loop(uv_async_t *handle)
{
    uv_stop(handle->loop);
}

static void *run_loop(void *self)
{
    uv_run(&bench.loop, UV_RUN_DEFAULT);
    return NULL;
}

static int set_up(void **state)
{
    const struct poller_setup setup = {
        .clock = clock_system(), .clock_is_trusted = yes, .has_room = has_room, .done = poll_done};
    struct error err = {0};

    uv_loop_init(&bench.loop);
    uv_async_init(&bench.loop, &bench.end, end_loop);
    bench.poller = poller_new(&bench.loop, &setup, &err);
    bench.trust = trust_new(TRUST_ALWAYS, clock_system(), WALL_NONE);
    bench.view =
        (struct status_view){.clock = clock_system(), .trust = bench.trust, .poller = bench.poller};
    bench.lookout = lookout_new(&bench.loop, look, NULL, &err);
    assert_non_null(bench.poller);
    assert_non_null(bench.lookout);
    atomic_store(&bench.looks, 0);
    return 0;
}

static void start_loop(void)
{
    assert_int_equal(pthread_create(&bench.thread, NULL, run_loop, NULL), 0);
}

static void stop_loop(void)
{
    uv_async_send(&bench.end);
    pthread_join(bench.thread, NULL);
}

static void ended(void *self)
{
    *(bool *)self = true;
}

static int tear_down(void **state)
{
    bool blind = false, gone = false;

    lookout_close(bench.lookout, ended, &blind);
    poller_stop(bench.poller, ended, &gone);
    uv_close((uv_handle_t *)&bench.end, NULL);
    while (!blind || !gone)
        uv_run(&bench.loop, UV_RUN_ONCE);
    uv_run(&bench.loop, UV_RUN_DEFAULT);
    lookout_free(bench.lookout);
    poller_free(bench.poller);
    trust_free(bench.trust);
    assert_int_equal(uv_loop_close(&bench.loop), 0);
    return 0;
}

static void who_asks_gets_a_copy_that_the_loop_has_just_made(void **state)
{
    const struct status_copy *copy;

    start_loop();
    copy = lookout_copy(bench.lookout, 1000);
    assert_non_null(copy);
    assert_int_equal(copy->number, 1);
    status_copy_release(copy);
    stop_loop();
}

static void a_copy_that_is_fresh_enough_is_given_again_without_waking_the_loop(void **state)
{
    const struct status_copy *first, *second;

    start_loop();
    first = lookout_copy(bench.lookout, 1000);
    second = lookout_copy(bench.lookout, 3600 * 1000);
    assert_ptr_equal(first, second);
    assert_int_equal(atomic_load(&bench.looks), 1);
    status_copy_release(first);
    status_copy_release(second);
    stop_loop();
}

static void a_copy_that_is_too_old_is_made_anew(void **state)
{
    const struct status_copy *first, *second;

    start_loop();
    first = lookout_copy(bench.lookout, 1000);
    second = lookout_copy(bench.lookout, -1);
    assert_true(second->number > first->number);
    status_copy_release(first);
    status_copy_release(second);
    stop_loop();
}

static void nobody_waits_long_for_a_loop_that_is_busy(void **state)
{
    struct mono_time begun = clock_mono(clock_system());
    const struct status_copy *copy = lookout_copy(bench.lookout, 1000); /* it does not run at all */
    int64_t took_ms = (clock_mono(clock_system()).ns - begun.ns) / 1000000;

    assert_null(copy);
    assert_true(took_ms >= LOOKOUT_WAIT_MS - 1);
    start_loop(); /* what was asked for then is made now */
    copy = lookout_copy(bench.lookout, 3600 * 1000);
    assert_non_null(copy);
    status_copy_release(copy);
    stop_loop();
}

static void the_loop_itself_makes_one_at_once(void **state)
{
    const struct status_copy *copy = lookout_now(bench.lookout);

    assert_int_equal(copy->number, 1);
    status_copy_release(copy);
}

static void once_it_is_closed_the_newest_is_given_and_nobody_waits(void **state)
{
    const struct status_copy *copy;
    bool blind = false;
    struct error err = {0};

    start_loop();
    status_copy_release(lookout_copy(bench.lookout, 1000));
    stop_loop();
    lookout_close(bench.lookout, ended, &blind);
    while (!blind)
        uv_run(&bench.loop, UV_RUN_ONCE);
    copy = lookout_copy(bench.lookout, -1);
    assert_int_equal(copy->number, 1);
    status_copy_release(copy);
    lookout_free(bench.lookout);
    bench.lookout = lookout_new(&bench.loop, look, NULL, &err);
}

#define lookout_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        lookout_test(who_asks_gets_a_copy_that_the_loop_has_just_made),
        lookout_test(a_copy_that_is_fresh_enough_is_given_again_without_waking_the_loop),
        lookout_test(a_copy_that_is_too_old_is_made_anew),
        lookout_test(nobody_waits_long_for_a_loop_that_is_busy),
        lookout_test(the_loop_itself_makes_one_at_once),
        lookout_test(once_it_is_closed_the_newest_is_given_and_nobody_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
