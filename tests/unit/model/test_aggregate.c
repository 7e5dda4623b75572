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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_aggregate_has_no_number_and_never_zero),
        cmocka_unit_test(a_limit_names_the_statistic_it_speaks_about),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
