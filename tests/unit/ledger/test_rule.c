/* Tests of ledger/rule.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ledger/rule.h"

static const struct bound ammonia = {BOUND_ABOVE, .high = 1.5, .decimals = DECIMALS_ALL};
static const struct bound oxygen = {BOUND_BELOW, .low = 5.0, .decimals = DECIMALS_ALL};
static const struct bound ph = {BOUND_BETWEEN, 6.0, 9.0, DECIMALS_ALL};
static const struct rule plain = {0};

static void a_value_at_the_bound_is_no_breach(void **state)
{
    assert_int_equal(rule_judge(&plain, &ammonia, 1.5, QUALITY_NORMAL), STANDING_GOOD);
    assert_int_equal(rule_judge(&plain, &ammonia, 1.51, QUALITY_NORMAL), STANDING_BREACH);
    assert_int_equal(rule_judge(&plain, &oxygen, 5.0, QUALITY_NORMAL), STANDING_GOOD);
    assert_int_equal(rule_judge(&plain, &oxygen, 4.99, QUALITY_NORMAL), STANDING_BREACH);
    assert_int_equal(rule_judge(&plain, &ph, 6.0, QUALITY_NORMAL), STANDING_GOOD);
    assert_int_equal(rule_judge(&plain, &ph, 9.0, QUALITY_NORMAL), STANDING_GOOD);
    assert_int_equal(rule_judge(&plain, &ph, 5.99, QUALITY_NORMAL), STANDING_BREACH);
    assert_int_equal(rule_judge(&plain, &ph, 9.01, QUALITY_NORMAL), STANDING_BREACH);
}

static void between_bound_and_recovery_bound_nothing_is_said(void **state)
{
    const struct rule above = {.has_recover = true, .recover = 1.2};
    const struct rule below = {.has_recover = true, .recover = 5.5};

    assert_int_equal(rule_judge(&above, &ammonia, 1.3, QUALITY_NORMAL), STANDING_BETWEEN);
    assert_int_equal(rule_judge(&above, &ammonia, 1.2, QUALITY_NORMAL), STANDING_GOOD);
    assert_int_equal(rule_judge(&below, &oxygen, 5.2, QUALITY_NORMAL), STANDING_BETWEEN);
    assert_int_equal(rule_judge(&below, &oxygen, 5.5, QUALITY_NORMAL), STANDING_GOOD);
}

static void over_range_means_at_least_this(void **state)
{
    static const struct {
        const struct bound *bound;
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
        assert_int_equal(rule_judge(&plain, cases[i].bound, cases[i].value, QUALITY_OVER_RANGE),
                         cases[i].standing);
}

static void what_is_not_judged_is_neither_good_nor_a_breach(void **state)
{
    for (int quality = QUALITY_CALIBRATING; quality <= QUALITY_NO_ANSWER; quality++) {
        assert_int_equal(rule_judge(&plain, &ammonia, 99.0, (enum quality)quality),
                         STANDING_BETWEEN);
        assert_int_equal(rule_judge(&plain, &ammonia, 0.1, (enum quality)quality),
                         STANDING_BETWEEN);
    }
    assert_int_equal(rule_judge(&plain, &ammonia, NAN, QUALITY_NORMAL), STANDING_BETWEEN);
    assert_int_equal(rule_judge(&plain, &oxygen, NAN, QUALITY_NORMAL), STANDING_BETWEEN);
    assert_int_equal(rule_judge(&plain, &ph, NAN, QUALITY_NORMAL), STANDING_BETWEEN);
}

static void infinity_is_no_value(void **state)
{
    assert_int_equal(rule_judge(&plain, &ammonia, INFINITY, QUALITY_NORMAL), STANDING_BETWEEN);
    assert_int_equal(rule_judge(&plain, &oxygen, -INFINITY, QUALITY_NORMAL), STANDING_BETWEEN);
}

/* PM2.5 by the day: 75 µg/m3; carbon monoxide: 4 mg/m3 by whole numbers, 0.35 by two decimals. */
static void a_bound_with_decimals_meets_the_value_rounded_once_half_to_even(void **state)
{
    static const struct {
        double high;
        int decimals;
        double value;
        enum standing standing;
    } cases[] = {
        {75.0, 0,            75.4,     STANDING_GOOD  },
        {75.0, 0,            75.5,     STANDING_BREACH},
        {74.0, 0,            74.5,     STANDING_GOOD  },
        {74.0, 0,            74.5001,  STANDING_BREACH},
        {75.0, DECIMALS_ALL, 75.4,     STANDING_BREACH},
        {0.15, 2,            0.155,    STANDING_BREACH},
        {0.14, 2,            0.145,    STANDING_GOOD  },
        {2.67, 2,            2.675,    STANDING_BREACH},
        {1.0,  1,            1.05,     STANDING_GOOD  },
        {1.0,  1,            1.0499,   STANDING_GOOD  },
        {1.0,  1,            1.050001, STANDING_BREACH},
        {70.0, -1,           75.0,     STANDING_BREACH},
        {80.0, -1,           85.0,     STANDING_GOOD  },
        {75.0, 0,            76.5,     STANDING_BREACH},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct bound bound = {BOUND_ABOVE, .high = cases[i].high,
                                    .decimals = cases[i].decimals};

        assert_int_equal(rule_judge(&plain, &bound, cases[i].value, QUALITY_NORMAL),
                         cases[i].standing);
    }
}

static void a_lower_bound_and_a_recovery_bound_meet_the_rounded_value_too(void **state)
{
    const struct bound oxygen_1 = {BOUND_BELOW, .low = 5.0, .decimals = 1};
    const struct rule back = {.has_recover = true, .recover = 5.5};

    assert_int_equal(rule_judge(&plain, &oxygen_1, 4.95, QUALITY_NORMAL), STANDING_GOOD);
    assert_int_equal(rule_judge(&plain, &oxygen_1, 4.94, QUALITY_NORMAL), STANDING_BREACH);
    assert_int_equal(rule_judge(&back, &oxygen_1, 5.46, QUALITY_NORMAL), STANDING_GOOD);
    assert_int_equal(rule_judge(&back, &oxygen_1, 5.44, QUALITY_NORMAL), STANDING_BETWEEN);
}

/* Of the rule, and of its lanes at a point. */
struct meant {
    struct rule rule;
    struct lanes lanes;
};

static void any_title(struct meant *meant)
{
    meant->rule.title[0] = 'x';
    meant->rule.gather_ms = 5;
    meant->rule.night.begins_min = 1;
    meant->lanes.lane[0].stages[0].bound.low = 3.0; /* no part of an upper bound */
}
static void other_nature(struct meant *meant)
{
    meant->rule.nature = NATURE_DOUBT;
}
static void other_for(struct meant *meant)
{
    meant->rule.for_ms = 1;
}
static void other_m(struct meant *meant)
{
    meant->rule.count_m = 2;
}
static void other_n(struct meant *meant)
{
    meant->rule.count_n = 2;
}
static void with_recover(struct meant *meant)
{
    meant->rule.has_recover = true;
}
static void other_recover_for(struct meant *meant)
{
    meant->rule.recover_for_ms = 1;
}
static void other_lane(struct meant *meant)
{
    meant->lanes.lane[1] = meant->lanes.lane[0];
    meant->lanes.count = 2;
}
static void other_on(struct meant *meant)
{
    meant->lanes.lane[0].on = PERIOD_1H;
}
static void other_statistic(struct meant *meant)
{
    meant->lanes.lane[0].statistic = STATISTIC_MAX;
}
static void by_night(struct meant *meant)
{
    meant->lanes.lane[0].when = WHEN_NIGHT;
}
static void other_night(struct meant *meant)
{
    meant->lanes.lane[0].when = WHEN_NIGHT;
    meant->rule.night.begins_min = 1;
}
static void other_high(struct meant *meant)
{
    meant->lanes.lane[0].stages[0].bound.high = 1.6;
}
static void other_kind(struct meant *meant)
{
    meant->lanes.lane[0].stages[0].bound.kind = BOUND_BETWEEN;
}
static void other_decimals(struct meant *meant)
{
    meant->lanes.lane[0].stages[0].bound.decimals = 1;
}
static void other_per_day(struct meant *meant)
{
    meant->lanes.lane[0].stages[0].per_day = 1;
}
static void other_from(struct meant *meant)
{
    meant->lanes.lane[0].stages[0].from.ms = 5;
}
static void other_to(struct meant *meant)
{
    meant->lanes.lane[0].stages[0].to.ms = 5;
}
static void other_edition(struct meant *meant)
{
    meant->lanes.lane[0].stages[1] = meant->lanes.lane[0].stages[0];
    meant->lanes.lane[0].stage_count = 2;
}

static uint64_t meaning_with(void (*edit)(struct meant *meant))
{
    struct meant meant = {.rule = {.night = {1320, 360}}};

    lanes_of_bound(&meant.lanes, &ammonia);
    if (edit != NULL)
        edit(&meant);
    return rule_meaning(&meant.rule, &meant.lanes);
}

static void the_meaning_changes_with_every_key_that_judges_and_not_with_the_title(void **state)
{
    static void (*const edits[])(struct meant * meant) = {
        NULL,         other_nature, other_for,     other_m,          other_n,
        with_recover, other_lane,   other_on,      other_statistic,  by_night,
        other_night,  other_high,   other_kind,    other_decimals,   other_per_day,
        other_from,   other_to,     other_edition, other_recover_for};
    const size_t count = sizeof edits / sizeof edits[0];

    assert_true(meaning_with(any_title) == meaning_with(NULL));
    for (size_t i = 0; i < count; i++)
        for (size_t n = 0; n < i; n++)
            assert_true(meaning_with(edits[i]) != meaning_with(edits[n]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_at_the_bound_is_no_breach),
        cmocka_unit_test(between_bound_and_recovery_bound_nothing_is_said),
        cmocka_unit_test(over_range_means_at_least_this),
        cmocka_unit_test(what_is_not_judged_is_neither_good_nor_a_breach),
        cmocka_unit_test(infinity_is_no_value),
        cmocka_unit_test(a_bound_with_decimals_meets_the_value_rounded_once_half_to_even),
        cmocka_unit_test(a_lower_bound_and_a_recovery_bound_meet_the_rounded_value_too),
        cmocka_unit_test(the_meaning_changes_with_every_key_that_judges_and_not_with_the_title),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
