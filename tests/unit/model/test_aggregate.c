/* Tests of model/aggregate.c: what an aggregate says when there is nothing in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "model/aggregate.h"

static void an_empty_aggregate_has_no_number_and_never_zero(void **state)
{
    struct aggregate empty;

    memset(&empty, 0, sizeof empty);
    aggregate_clear(&empty);
    for (int i = 0; i < STATISTIC_COUNT; i++)
        assert_true(isnan(aggregate_value(&empty, (enum statistic)i)));
    assert_true(isnan(empty.min) && isnan(empty.l10) && isnan(empty.l50) && isnan(empty.l90));
    assert_true(isnan(empty.ld) && isnan(empty.ln) && isnan(empty.ldn));
    assert_int_equal(empty.count, 0);
    assert_false(empty.enough);
    assert_false(wall_is_known(empty.start));
    assert_string_equal(empty.cause, "");
}

static void a_limit_names_the_statistic_it_speaks_about(void **state)
{
    static const char *const words[] = {"mean", "max", "max_8h"};
    const struct aggregate day = {.mean = 1.0, .max = 2.0, .max_8h = 3.0};

    for (int i = 0; i < STATISTIC_COUNT; i++) {
        assert_string_equal(statistic_word((enum statistic)i), words[i]);
        assert_true(aggregate_value(&day, (enum statistic)i) == i + 1.0);
    }
}

static void noise_has_levels_beside_what_every_period_has(void **state)
{
    static const char *const names[] = {"min", "mean", "max", "leq", "l10", "l50", "l90"};
    static const double values[] = {1.0, 2.0, 3.0, 2.0, 4.0, 5.0, 6.0};
    const struct aggregate hour = {
        .min = 1.0, .mean = 2.0, .max = 3.0, .l10 = 4.0, .l50 = 5.0, .l90 = 6.0};
    struct aggregate_number numbers[AGGREGATE_NUMBERS];

    assert_int_equal(aggregate_numbers(&hour, false, numbers), 3);
    assert_int_equal(aggregate_numbers(&hour, true, numbers), 7);
    for (int i = 0; i < AGGREGATE_NUMBERS; i++) {
        assert_string_equal(numbers[i].name, names[i]);
        assert_true(numbers[i].value == values[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_aggregate_has_no_number_and_never_zero),
        cmocka_unit_test(noise_has_levels_beside_what_every_period_has),
        cmocka_unit_test(a_limit_names_the_statistic_it_speaks_about),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
