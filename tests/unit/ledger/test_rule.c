/* Tests of ledger/rule.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ledger/rule.h"

static const struct rule ammonia = {.bound = BOUND_ABOVE, .high = 1.5};
static const struct rule oxygen = {.bound = BOUND_BELOW, .low = 5.0};
static const struct rule ph = {.bound = BOUND_BETWEEN, .low = 6.0, .high = 9.0};

static void a_value_at_the_bound_is_no_breach(void **state)
{
    assert_int_equal(rule_judge(&ammonia, 1.5, QUALITY_NORMAL), STANDING_GOOD);
    assert_int_equal(rule_judge(&ammonia, 1.51, QUALITY_NORMAL), STANDING_BREACH);
    assert_int_equal(rule_judge(&oxygen, 5.0, QUALITY_NORMAL), STANDING_GOOD);
    assert_int_equal(rule_judge(&oxygen, 4.99, QUALITY_NORMAL), STANDING_BREACH);
    assert_int_equal(rule_judge(&ph, 6.0, QUALITY_NORMAL), STANDING_GOOD);
    assert_int_equal(rule_judge(&ph, 9.0, QUALITY_NORMAL), STANDING_GOOD);
    assert_int_equal(rule_judge(&ph, 5.99, QUALITY_NORMAL), STANDING_BREACH);
    assert_int_equal(rule_judge(&ph, 9.01, QUALITY_NORMAL), STANDING_BREACH);
}

static void between_bound_and_recovery_bound_nothing_is_said(void **state)
{
    struct rule above = ammonia, below = oxygen;

    above.has_recover = below.has_recover = true;
    above.recover = 1.2;
    below.recover = 5.5;
    assert_int_equal(rule_judge(&above, 1.3, QUALITY_NORMAL), STANDING_BETWEEN);
    assert_int_equal(rule_judge(&above, 1.2, QUALITY_NORMAL), STANDING_GOOD);
    assert_int_equal(rule_judge(&below, 5.2, QUALITY_NORMAL), STANDING_BETWEEN);
    assert_int_equal(rule_judge(&below, 5.5, QUALITY_NORMAL), STANDING_GOOD);
}

static void over_range_means_at_least_this(void **state)
{
    static const struct {
        const struct rule *rule;
        double value;
        enum standing standing;
    } cases[] = {
        {&ammonia, 2.0,  STANDING_BREACH },
        {&ammonia, 1.0,  STANDING_BETWEEN},
        {&oxygen,  20.0, STANDING_GOOD   },
        {&oxygen,  4.0,  STANDING_BETWEEN},
        {&ph,      14.0, STANDING_BREACH },
        {&ph,      7.0,  STANDING_BETWEEN},
        {&ph,      5.0,  STANDING_BETWEEN},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(rule_judge(cases[i].rule, cases[i].value, QUALITY_OVER_RANGE),
                         cases[i].standing);
}

static void what_is_not_judged_is_neither_good_nor_a_breach(void **state)
{
    for (int quality = QUALITY_CALIBRATING; quality <= QUALITY_NO_ANSWER; quality++) {
        assert_int_equal(rule_judge(&ammonia, 99.0, (enum quality)quality), STANDING_BETWEEN);
        assert_int_equal(rule_judge(&ammonia, 0.1, (enum quality)quality), STANDING_BETWEEN);
    }
    assert_int_equal(rule_judge(&ammonia, NAN, QUALITY_NORMAL), STANDING_BETWEEN);
    assert_int_equal(rule_judge(&oxygen, NAN, QUALITY_NORMAL), STANDING_BETWEEN);
    assert_int_equal(rule_judge(&ph, NAN, QUALITY_NORMAL), STANDING_BETWEEN);
}

static void the_meaning_changes_with_bound_and_durations_and_not_with_the_title(void **state)
{
    struct rule other = ammonia;

    other.title[0] = 'x';
    other.gather_ms = 5;
    assert_true(rule_meaning(&other) == rule_meaning(&ammonia));
    other.high = 1.6;
    assert_true(rule_meaning(&other) != rule_meaning(&ammonia));
    other = ammonia;
    other.for_ms = 1;
    assert_true(rule_meaning(&other) != rule_meaning(&ammonia));
    other = ammonia;
    other.recover_for_ms = 1;
    assert_true(rule_meaning(&other) != rule_meaning(&ammonia));
    other = ammonia;
    other.has_recover = true;
    assert_true(rule_meaning(&other) != rule_meaning(&ammonia));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_at_the_bound_is_no_breach),
        cmocka_unit_test(between_bound_and_recovery_bound_nothing_is_said),
        cmocka_unit_test(over_range_means_at_least_this),
        cmocka_unit_test(what_is_not_judged_is_neither_good_nor_a_breach),
        cmocka_unit_test(the_meaning_changes_with_bound_and_durations_and_not_with_the_title),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
