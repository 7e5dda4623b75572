/* Tests of report/bundle_order.c. Names say what must hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/bundle_order.h"

static uint64_t given[64];
static size_t given_count;
static size_t give_most;

static bool take(void *self, uint64_t seq, struct wall_time time, const struct reading *reading,
                 struct error *err)
{
    assert_ptr_equal(self, given);
    assert_true(reading->value == (double)time.ms);
    if (given_count == give_most)
        return error_set(err, ERROR_STORE, "enough");
    given[given_count++] = seq;
    return true;
}

static int begin(void **state)
{
    *state = bundle_order_new(take, given);
    given_count = 0;
    give_most = 64;
    return *state == NULL;
}

static int end(void **state)
{
    bundle_order_free(*state);
    return 0;
}

static void add(void **state, uint64_t seq, int64_t ms)
{
    struct reading reading = {.value = (double)ms};
    struct error err = {0};

    assert_true(bundle_order_add(*state, seq, (struct wall_time){ms}, &reading, &err));
}

static void segment(void **state, int64_t next)
{
    struct error err = {0};

    assert_true(bundle_order_segment(*state, (struct wall_time){next}, &err));
}

static void assert_given(const char *wanted)
{
    assert_int_equal(given_count, strlen(wanted));
    for (size_t i = 0; i < given_count; i++)
        assert_int_equal(given[i], wanted[i] - '0');
}

static void rows_of_a_clock_that_goes_on_pass_through(void **state)
{
    add(state, 1, 100);
    add(state, 2, 200);
    segment(state, 300);
    assert_given("12");
    add(state, 3, 300);
    segment(state, WALL_NONE_MS);
    assert_given("123");
}

static void a_clock_set_back_brings_later_segments_first(void **state)
{
    add(state, 1, 100);
    add(state, 2, 500);
    segment(state, 300);
    assert_given("1");
    add(state, 3, 300);
    add(state, 4, 600);
    segment(state, WALL_NONE_MS);
    assert_given("1324");
}

static void equal_times_come_in_order_of_their_numbers(void **state)
{
    add(state, 5, 100);
    add(state, 7, 100);
    segment(state, 100);
    assert_given("");
    add(state, 6, 100);
    segment(state, WALL_NONE_MS);
    assert_given("567");
}

static void a_row_without_a_time_is_in_no_order(void **state)
{
    add(state, 1, 100);
    bundle_order_add(*state, 2, WALL_NONE, &(struct reading){0}, NULL);
    segment(state, WALL_NONE_MS);
    assert_given("1");
}

static void who_takes_may_say_enough(void **state)
{
    struct error err = {0};

    give_most = 1;
    add(state, 1, 100);
    add(state, 2, 200);
    assert_false(bundle_order_segment(*state, WALL_NONE, &err));
    assert_string_equal(err.text, "enough");
    assert_given("1");
}

int main(void)
{
#define ORDERED(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        ORDERED(rows_of_a_clock_that_goes_on_pass_through),
        ORDERED(a_clock_set_back_brings_later_segments_first),
        ORDERED(equal_times_come_in_order_of_their_numbers),
        ORDERED(a_row_without_a_time_is_in_no_order),
        ORDERED(who_takes_may_say_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
