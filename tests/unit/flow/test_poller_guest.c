/* Tests of the poller's guests: a request of somebody else is asked between two polls, never before
 * a device that waited while the last guest was served, and always comes to an end. */
#include "poller_bench.h"

#include <math.h>

enum { GUEST_UNIT = 77 };

/* The one who asks, again and again while `wanted` is larger than `told`. */
static struct {
    size_t wanted, told;
    bool answered;
    uint8_t cause;
    unsigned value;
    bool refused;
    struct error err;
} visitor;

/* Units as they were asked, in order. */
static uint8_t order[256];
static size_t order_count;

static bool visit(void);

static void visitor_told(void *self, const struct exchange_result *result)
{
    visitor.told++;
    visitor.answered = result->answered;
    visitor.cause = result->cause;
    if (result->answered)
        visitor.value = (unsigned)result->data[0] << 8 | result->data[1];
    if (visitor.told < visitor.wanted)
        visitor.refused = !visit();
}

static bool visit(void)
{
    const struct poller_guest guest = {
        .request = {.unit = GUEST_UNIT, .function = 3, .address = 500, .count = 1},
        .timeout_ms = 200,
        .over = visitor_told,
    };

    return poller_ask(bench.poller, &guest, &visitor.err);
}

static bool visitor_is_told(void)
{
    return visitor.told == visitor.wanted || visitor.refused;
}

static void note_order(struct caller *caller, const uint8_t *request)
{
    order[order_count++ % sizeof order] = request[6];
    answer_well(caller, request);
}

static bool five_polls(void)
{
    return bench.poll_count >= 5;
}

static int guest_set_up(void **state)
{
    memset(&visitor, 0, sizeof visitor);
    order_count = 0;
    visitor.wanted = 1;
    return bench_set_up(state);
}

static void a_guest_is_answered_between_two_polls(void **state)
{
    peer_listen(0);
    add_channel(7);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 100);
    start_polling();
    run_until(five_polls);
    assert_true(visit());
    run_until(visitor_is_told);
    assert_true(visitor.answered);
    assert_int_equal(visitor.value, 500);
    bench.poll_count = 0;
    run_until(five_polls);
    for (size_t i = 0; i < 5; i++)
        assert_true(bench.polls[i].value == 7.0);
}

static void a_device_that_waits_goes_before_the_next_guest(void **state)
{
    peer_listen(0);
    bench.answer = note_order;
    add_channel(7);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 0); /* each is due again at once: somebody always waits */
    add_device(2, 0);
    start_polling();
    run_until(five_polls);
    visitor.wanted = 20;
    order_count = 0;
    assert_true(visit());
    run_until(visitor_is_told);
    assert_false(visitor.refused);
    for (size_t i = 1; i < order_count; i++)
        assert_false(order[i] == GUEST_UNIT && order[i - 1] == GUEST_UNIT);
}

static void a_guest_does_not_wait_for_a_whole_queue(void **state)
{
    size_t between = 0;

    peer_listen(0);
    bench.answer = note_order;
    add_channel(7);
    add_tcp("127.0.0.1", bench.port);
    for (uint8_t unit = 1; unit <= 20; unit++)
        add_device(unit, 0);
    start_polling();
    run_until(five_polls);
    visitor.wanted = 3;
    order_count = 0;
    assert_true(visit());
    run_until(visitor_is_told);
    for (size_t i = 0; i < order_count; i++)
        between += order[i] != GUEST_UNIT;
    assert_in_range(between, 2, 4); /* the one under way, and one after each guest */
}

static void a_second_guest_is_refused_while_one_is_served(void **state)
{
    peer_listen(0);
    bench.answer = answer_nothing;
    add_channel(7);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 60000);
    start_polling();
    assert_true(visit());
    assert_false(visit());
    assert_non_null(strstr(visitor.err.text, "l0"));
    run_until(visitor_is_told);
    assert_false(visitor.answered);
    assert_int_equal(visitor.cause, CAUSE_TIMEOUT);
}

static void a_link_that_no_device_uses_is_opened_for_a_guest(void **state)
{
    peer_listen(0);
    add_tcp("127.0.0.1", bench.port);
    start_polling();
    assert_true(visit());
    run_until(visitor_is_told);
    assert_int_equal(visitor.value, 500);
}

static void a_guest_of_a_link_that_cannot_be_had_is_told_so(void **state)
{
    peer_listen(0);
    peer_leave();
    add_tcp("127.0.0.1", bench.port);
    start_polling();
    visitor.wanted = 2;
    assert_true(visit());
    run_until(visitor_is_told);
    assert_int_equal(visitor.told, 1);
    assert_true(visitor.refused);
    assert_int_equal(visitor.cause, CAUSE_REFUSED);
    assert_non_null(strstr(visitor.err.text, "l0"));
}

static bool link_is_down(void)
{
    return bench.poll_count > 0;
}

static void a_link_that_is_down_takes_no_guest(void **state)
{
    peer_listen(0);
    peer_leave();
    add_channel(7);
    add_tcp("127.0.0.1", bench.port);
    add_device(1, 60000);
    start_polling();
    run_until(link_is_down);
    assert_false(visit());
    assert_int_equal(visitor.told, 0);
}

static void a_poller_that_stops_tells_its_guest(void **state)
{
    peer_listen(0);
    bench.answer = answer_nothing;
    add_tcp("127.0.0.1", bench.port);
    start_polling();
    visitor.wanted = 2;
    assert_true(visit());
    poller_stop(bench.poller, poller_stopped, NULL);
    assert_int_equal(visitor.told, 1);
    assert_int_equal(visitor.cause, CAUSE_DISCONNECTED);
    assert_true(visitor.refused);
    run_until(has_stopped);
    poller_free(bench.poller);
    bench.poller = NULL;
}

#define with_bench(test) cmocka_unit_test_setup_teardown(test, guest_set_up, bench_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_bench(a_guest_is_answered_between_two_polls),
        with_bench(a_device_that_waits_goes_before_the_next_guest),
        with_bench(a_guest_does_not_wait_for_a_whole_queue),
        with_bench(a_second_guest_is_refused_while_one_is_served),
        with_bench(a_link_that_no_device_uses_is_opened_for_a_guest),
        with_bench(a_guest_of_a_link_that_cannot_be_had_is_told_so),
        with_bench(a_link_that_is_down_takes_no_guest),
        with_bench(a_poller_that_stops_tells_its_guest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
