/* Tests of ledger/lane.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ledger/lane.h"

static struct wall_time second(int64_t n)
{
    return (struct wall_time){n * 1000};
}

static void the_edition_in_force_is_the_one_whose_time_it_is(void **state)
{
    const struct lane lane = {
        .stages = {{.from = second(10), .to = second(20)}, {.from = second(30), .to = WALL_NONE}},
        .stage_count = 2
    };

    assert_null(lane_stage(&lane, (struct wall_time){9999}));
    assert_ptr_equal(lane_stage(&lane, second(10)), &lane.stages[0]);
    assert_ptr_equal(lane_stage(&lane, (struct wall_time){19999}), &lane.stages[0]);
    assert_null(lane_stage(&lane, second(20)));
    assert_ptr_equal(lane_stage(&lane, second(30)), &lane.stages[1]);
    assert_ptr_equal(lane_stage(&lane, second(1000000)), &lane.stages[1]);
}

static void a_bound_of_ones_own_is_in_force_since_ever_and_for_ever(void **state)
{
    const struct bound bound = {BOUND_BELOW, .low = 5.0, .decimals = DECIMALS_ALL};
    struct lanes lanes;
    const struct stage *stage;

    lanes_of_bound(&lanes, &bound);
    assert_int_equal(lanes.count, 1);
    assert_int_equal(lanes.lane[0].on, PERIOD_READING);
    assert_int_equal(lanes.lane[0].when, WHEN_ALWAYS);
    stage = lane_stage(&lanes.lane[0], (struct wall_time){INT64_MIN + 1});
    assert_non_null(stage);
    assert_ptr_equal(lane_stage(&lanes.lane[0], (struct wall_time){INT64_MAX}), stage);
    assert_true(bound_is_same(&stage->bound, &bound));
    assert_int_equal(stage->per_day, -1);
    assert_null(stage->limit);
}

static void only_the_bounds_a_kind_uses_tell_two_apart(void **state)
{
    const struct bound above = {BOUND_ABOVE, 1.0, 2.0, 1};
    const struct bound between = {BOUND_BETWEEN, 1.0, 2.0, 1};
    const struct bound below = {BOUND_BELOW, 1.0, 2.0, 1};
    struct bound other = above;

    assert_false(bound_is_same(&above, &between));
    other.low = 9.0;
    assert_true(bound_is_same(&above, &other));
    other.high = 9.0;
    assert_false(bound_is_same(&above, &other));
    other = below;
    other.high = 9.0;
    assert_true(bound_is_same(&below, &other));
    other.low = 9.0;
    assert_false(bound_is_same(&below, &other));
    other = between;
    other.low = 0.5;
    assert_false(bound_is_same(&between, &other));
    other = above;
    other.decimals = 0;
    assert_false(bound_is_same(&above, &other));
}

static void a_value_is_beyond_a_bound_by_its_unit(void **state)
{
    const struct bound above = {BOUND_ABOVE, .high = 2.0};
    const struct bound below = {BOUND_BELOW, .low = 5.0};
    const struct bound between = {BOUND_BETWEEN, 6.0, 9.0, 0};

    assert_true(bound_beyond(&above, 3.5) == 1.5);
    assert_true(bound_beyond(&below, 3.5) == 1.5);
    assert_true(bound_beyond(&below, 6.0) == -1.0);
    assert_true(bound_beyond(&between, 4.0) == 2.0);
    assert_true(bound_beyond(&between, 10.0) == 1.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_edition_in_force_is_the_one_whose_time_it_is),
        cmocka_unit_test(a_bound_of_ones_own_is_in_force_since_ever_and_for_ever),
        cmocka_unit_test(only_the_bounds_a_kind_uses_tell_two_apart),
        cmocka_unit_test(a_value_is_beyond_a_bound_by_its_unit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
