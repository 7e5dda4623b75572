/* Tests of ledger/evaluation.h: what lets a verdict say "held", and each thing alone that does not.
 * Expected by hand. */
#include "verdict_world.h"

#define NH3 "chuanyang-03/nh3/ammonia_nitrogen"

/* Ammonia at 2.2 for 60 days, struck off on 2 March, 0.8 since; watched 180 days until 29 August,
 * asked on 1 September. */
static struct measured *held_story(void)
{
    struct measured *point;

    story("2026-01-01", "2026-03-02 10:00", 180, "2026-09-01");
    point = add_point(NH3, "ammonia_nitrogen", (struct place){.water_class = 4, .water_body = "river"});
    limit_rule(point, "nh3-iv", "GB 3838", PERIOD_READING);
    vary(point, "2026-01-01", "2026-03-02", 2.2, 0.01);
    vary(point, "2026-03-02", "2026-09-01", 0.8, 0.01);
    return point;
}

static void what_was_measured_whole_and_stayed_below_is_held(void **state)
{
    held_story();
    assert_string_equal(judge(), "held");
    assert_string_equal(reasons(), "");
    assert_string_equal(provable(""), "-");
    assert_int_equal(number("window.days"), 182);
    assert_int_equal(number("before.days"), 60);
    assert_int_equal(number("points.0.criteria.0.valid_days"), 182);
    assert_int_equal(number("points.0.criteria.0.exceeded_days"), 0);
    assert_true(number("points.0.completeness") == 100.0);
    assert_true(fabs(number("points.0.criteria.0.before.shift") + 1.4) < 1e-9);
    assert_true(json_is_true(part("points.0.criteria.0.before.tested")));
    assert_int_equal(number("points.0.criteria.0.before.exceeded_days"), 60);
}

int main(void)
{
#define OF_ONE(test) cmocka_unit_test_teardown(test, story_end)
    const struct CMUnitTest tests[] = {
        OF_ONE(what_was_measured_whole_and_stayed_below_is_held),
    };

    return cmocka_run_group_tests(tests, world_load, world_unload);
}
