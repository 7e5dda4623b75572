/* Tests of exchange_broken() of RTU, as it comes through a serial server: what may be asked again
 * over a new connection, and when. The clock is held.
 *
 * Each fails once its guard is taken out; tried: wake = now in repeat_or_give_up(), no open_doubt()
 * there, no `resumed` in resume().
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/exchange.h"

enum { TIMEOUT_MS = 1000, GUARD_MS = 700 };

static const struct request block_a = {.unit = 5, .function = 3, .address = 100, .count = 1};
static const struct request block_b = {.unit = 5, .function = 3, .address = 200, .count = 1};

static struct exchange exchange;
static struct exchange_doubt doubts[EXCHANGE_UNITS];
static struct mono_time now;

static int set_up(void **state)
{
    const struct exchange_rules rules = {.wire = WIRE_RTU, .guard_ns = ns_from_ms(GUARD_MS)};

    memset(doubts, 0, sizeof doubts);
    now.ns = ns_from_ms(1000000);
    exchange_init(&exchange, &rules, doubts, now);
    exchange_connected(&exchange, now);
    return 0;
}

static void pass(int64_t ms)
{
    now.ns += ns_from_ms(ms);
}

static void begin(const struct request *request, bool repeat)
{
    exchange_begin(&exchange, request, ns_from_ms(TIMEOUT_MS), 0, repeat, now);
}

static void send(void)
{
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_SEND);
    exchange_sent(&exchange, now);
}

static void hear_answer(uint16_t word)
{
    uint8_t frame[] = {5, 3, 2, (uint8_t)(word >> 8), (uint8_t)word, 0, 0};
    uint16_t crc = frame_crc(frame, 5);

    frame[5] = (uint8_t)crc;
    frame[6] = (uint8_t)(crc >> 8);
    exchange_bytes(&exchange, frame, sizeof frame, now);
}

static void assert_answered(enum cause cause, uint8_t low)
{
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_DONE);
    assert_true(exchange.result.answered);
    assert_int_equal(exchange.result.cause, cause);
    assert_int_equal(exchange.result.data[1], low);
}

static void assert_disconnected(void)
{
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_DONE);
    assert_false(exchange.result.answered);
    assert_int_equal(exchange.result.cause, CAUSE_DISCONNECTED);
}

static void what_was_not_sent_yet_goes_over_the_new_connection_and_costs_nothing(void **state)
{
    begin(&block_a, true);
    assert_true(exchange_broken(&exchange, now));
    exchange_connected(&exchange, now);
    send();
    hear_answer(7);
    assert_answered(CAUSE_NONE, 7);
}

static void a_connection_that_breaks_before_each_sending_is_given_up(void **state)
{
    begin(&block_a, true);
    assert_true(exchange_broken(&exchange, now));
    exchange_connected(&exchange, now);
    assert_false(exchange_broken(&exchange, now));
    assert_disconnected();
}

static void what_was_sent_is_asked_again_after_the_guard_and_marked(void **state)
{
    begin(&block_a, true);
    send();
    pass(10);
    assert_true(exchange_broken(&exchange, now));
    exchange_connected(&exchange, now);
    pass(GUARD_MS - 1);
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_WAIT);
    pass(1);
    send();
    hear_answer(7);
    assert_answered(CAUSE_AFTER_TIMEOUT, 7);
}

static void a_late_answer_over_the_new_connection_is_drained(void **state)
{
    begin(&block_a, true);
    send();
    assert_true(exchange_broken(&exchange, now));
    exchange_connected(&exchange, now);
    hear_answer(66);
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_WAIT);
    pass(GUARD_MS);
    send();
    hear_answer(7);
    assert_answered(CAUSE_AFTER_TIMEOUT, 7);
}

static void half_an_answer_is_forgotten_with_its_connection(void **state)
{
    begin(&block_a, true);
    send();
    exchange_bytes(&exchange, (const uint8_t *)"\5\3\2", 3, now);
    assert_true(exchange_broken(&exchange, now));
    exchange_connected(&exchange, now);
    pass(GUARD_MS);
    send();
    hear_answer(7);
    assert_answered(CAUSE_AFTER_TIMEOUT, 7);
}

static void a_second_break_is_the_end(void **state)
{
    begin(&block_a, true);
    send();
    assert_true(exchange_broken(&exchange, now));
    exchange_connected(&exchange, now);
    pass(GUARD_MS);
    send();
    assert_false(exchange_broken(&exchange, now));
    assert_disconnected();
}

static void another_block_waits_for_the_late_answer_of_the_one_that_broke(void **state)
{
    begin(&block_a, false);
    send();
    assert_false(exchange_broken(&exchange, now));
    assert_disconnected();
    exchange_connected(&exchange, now);
    begin(&block_b, true);
    pass(2 * GUARD_MS - 1);
    assert_int_equal(exchange_step(&exchange, now), EXCHANGE_WAIT);
    pass(1);
    send();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_was_not_sent_yet_goes_over_the_new_connection_and_costs_nothing,
                               set_up),
        cmocka_unit_test_setup(a_connection_that_breaks_before_each_sending_is_given_up, set_up),
        cmocka_unit_test_setup(what_was_sent_is_asked_again_after_the_guard_and_marked, set_up),
        cmocka_unit_test_setup(a_late_answer_over_the_new_connection_is_drained, set_up),
        cmocka_unit_test_setup(half_an_answer_is_forgotten_with_its_connection, set_up),
        cmocka_unit_test_setup(a_second_break_is_the_end, set_up),
        cmocka_unit_test_setup(another_block_waits_for_the_late_answer_of_the_one_that_broke,
                               set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
