/* Tests of output/rectification_window.c. Names say what must hold; the file reads as its
 * specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "output/rectification_window.h"

#define ONE "00000000000000000000000000000001"
#define TWO "00000000000000000000000000000002"

static struct rectification_window window;

static void add(uint64_t seq, const char *uid, uint32_t version)
{
    rectification_window_add(&window, seq, uid, version, json_object(), false);
}

static uint64_t next_seq(int64_t now_ms)
{
    const struct waiting *next = rectification_window_next(&window, now_ms);

    return next == NULL ? 0 : next->seq;
}

static void versions_of_a_problem_go_in_order_and_problems_pass_each_other(void **state)
{
    struct waiting *first;

    add(1, ONE, 1);
    add(2, ONE, 2);
    add(3, TWO, 1);
    first = rectification_window_next(&window, 0);
    assert_int_equal(first->seq, 1);
    first->not_before_ms = 1000;
    assert_int_equal(next_seq(0), 3); /* not 2: it stands behind 1 */
    rectification_window_arrived(&window, TWO, 1);
    assert_int_equal(next_seq(0), 0);
    assert_int_equal(rectification_window_due_ms(&window), 1000);
    assert_int_equal(next_seq(1000), 1);
}

static void only_the_unbroken_prefix_is_given_up(void **state)
{
    size_t count;

    add(1, ONE, 1);
    add(2, TWO, 1);
    add(5, ONE, 2);
    rectification_window_arrived(&window, TWO, 1);
    assert_int_equal(rectification_window_shift(&window, &count), 0);
    assert_int_equal(count, 0);
    rectification_window_arrived(&window, ONE, 1);
    assert_int_equal(rectification_window_shift(&window, &count), 2);
    assert_int_equal(count, 2);
    assert_int_equal(next_seq(0), 5);
}

static void a_newer_version_there_settles_the_older_ones(void **state)
{
    size_t count;

    for (uint32_t i = 1; i <= 4; i++)
        add(i, ONE, i);
    rectification_window_arrived(&window, ONE, 3);
    assert_int_equal(rectification_window_shift(&window, &count), 3);
    assert_int_equal(next_seq(0), 4);
}

static void after_its_creation_only_the_newest_that_waits_goes(void **state)
{
    size_t count;

    for (uint32_t i = 1; i <= 4; i++)
        add(i, ONE, i);
    add(5, TWO, 1);
    rectification_window_arrived(&window, ONE, 1);
    rectification_window_created(&window, ONE);
    assert_int_equal(next_seq(0), 4);
    assert_int_equal(rectification_window_shift(&window, &count), 1); /* 2 and 3 are not there */
    rectification_window_arrived(&window, ONE, 4);
    assert_int_equal(rectification_window_shift(&window, &count), 4);
}

static void those_passed_by_go_after_all_when_the_newest_is_set_aside(void **state)
{
    for (uint32_t i = 1; i <= 3; i++)
        add(i, ONE, i);
    rectification_window_arrived(&window, ONE, 1);
    rectification_window_created(&window, ONE);
    rectification_window_set_aside(&window, rectification_window_next(&window, 0));
    assert_int_equal(next_seq(0), 2);
}

static void a_full_window_says_so_and_an_empty_one_waits_for_nothing(void **state)
{
    size_t count;

    assert_true(rectification_window_due_ms(&window) == INT64_MAX);
    for (uint32_t i = 1; i <= WINDOW_MOST; i++) {
        assert_true(rectification_window_has_room(&window));
        add(i, ONE, i);
    }
    assert_false(rectification_window_has_room(&window));
    rectification_window_arrived(&window, ONE, WINDOW_MOST);
    assert_int_equal(rectification_window_shift(&window, &count), WINDOW_MOST);
    assert_true(rectification_window_has_room(&window));
}

static int empty(void **state)
{
    rectification_window_clear(&window);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, empty, empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(versions_of_a_problem_go_in_order_and_problems_pass_each_other),
        TEST(only_the_unbroken_prefix_is_given_up),
        TEST(a_newer_version_there_settles_the_older_ones),
        TEST(after_its_creation_only_the_newest_that_waits_goes),
        TEST(those_passed_by_go_after_all_when_the_newest_is_set_aside),
        TEST(a_full_window_says_so_and_an_empty_one_waits_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
