/* Tests of ledger/statistics.c against figures printed elsewhere. That it agrees with another
 * library on random data is tests/system/test_statistics.py. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/statistics.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void assert_near(double is, double wanted, double within)
{
    if (!(fabs(is - wanted) <= within))
        print_message("%.12g is not near %.12g\n", is, wanted);
    assert_true(fabs(is - wanted) <= within);
}

/* Of the domain's own table: 30 clean days prove little. */
static void the_bound_of_clean_days_is_that_of_the_table(void **state)
{
    static const struct {
        uint32_t n;
        double percent;
    } table[] = {
        {30,  9.5 },
        {59,  4.95},
        {90,  3.27},
        {180, 1.65},
        {365, 0.82}
    };

    for (size_t i = 0; i < COUNT(table); i++)
        assert_near(share_upper_bound(0, table[i].n, 0.95) * 100.0, table[i].percent,
                    i == 0 ? 0.05 : 0.005);
}

static void the_least_days_that_prove_are_those_of_the_table(void **state)
{
    static const uint32_t five[] = {59, 93, 124, 153, 181, 208};
    static const uint32_t ten[] = {29, 46, 61, 76, 89, 103};

    for (uint32_t k = 0; k < COUNT(five); k++) {
        assert_int_equal(share_least_n(k, 0.05, 0.95, 3660), five[k]);
        assert_int_equal(share_least_n(k, 0.10, 0.95, 3660), ten[k]);
        assert_true(share_upper_bound(k, five[k], 0.95) <= 0.05);
        assert_true(share_upper_bound(k, five[k] - 1, 0.95) > 0.05);
    }
    assert_int_equal(share_least_n(0, 0.05, 0.95, 58), 0);
    assert_int_equal(share_least_n(0, 0.05, 0.95, 59), 59);
    assert_int_equal(share_least_n(7, 0.05, 0.95, 7), 0);
}

/* Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 5: upper limits of two-sided
 * 95 % intervals, which are one-sided ones of 97.5 %. */
static void the_bound_is_clopper_and_pearsons(void **state)
{
    static const struct {
        uint32_t k, n;
        double upper;
    } table[] = {
        {81, 263, 0.3676},
        {15, 148, 0.1617},
        {0,  20,  0.1684},
        {1,  29,  0.1776}
    };

    for (size_t i = 0; i < COUNT(table); i++)
        assert_near(share_upper_bound(table[i].k, table[i].n, 0.975), table[i].upper, 0.00005);
}

static void without_days_or_with_every_day_beyond_nothing_is_bounded(void **state)
{
    assert_true(share_upper_bound(0, 0, 0.95) == 1.0);
    assert_true(share_upper_bound(7, 7, 0.95) == 1.0);
    assert_true(share_upper_bound(9, 7, 0.95) == 1.0);
    assert_near(share_upper_bound(0, 1, 0.95), 0.95, 1e-15);
}

/* Samples of n and n values without ties whose U (of the first) is as asked. */
static void samples_with(size_t n, size_t u, double *one, double *other)
{
    for (size_t i = 0; i < n; i++) {
        one[i] = (double)i;
        other[i] = 1000.0 + (double)i;
    }
    for (size_t i = n; i-- > 0 && u > 0;) { /* each value above so many of the other sample */
        size_t above = u < n ? u : n;

        one[i] = 1000.0 + (double)above - 0.5 + (double)i / 1000.0;
        u -= above;
    }
}

/* Critical values of U, one-sided, 0.05 (Mann and Whitney's tables, as every textbook prints them;
 * at 12 and 12 the approximation is one beyond the table, 0.0499 for 0.0503): at this U the shift
 * is proven, at the next it is not. */
static void the_critical_values_are_those_of_the_tables(void **state)
{
    static const struct {
        size_t n, u;
    } table[] = {
        {8,  15 },
        {9,  21 },
        {10, 27 },
        {15, 72 },
        {20, 138}
    };
    double one[20], other[20], ordered[40];
    struct rank_test test;

    for (size_t i = 0; i < COUNT(table); i++)
        for (size_t more = 0; more < 2; more++) {
            samples_with(table[i].n, table[i].u + more, one, other);
            rank_test(one, table[i].n, other, table[i].n, SHIFT_LOWER, ordered, &test);
            assert_true(test.u == (double)(table[i].u + more));
            assert_true((test.p <= 0.05) == (more == 0));
            rank_test(other, table[i].n, one, table[i].n, SHIFT_HIGHER, ordered, &test);
            assert_true((test.p <= 0.05) == (more == 0));
        }
}

static void equal_values_share_their_ranks_and_prove_nothing(void **state)
{
    const double one[] = {1, 1, 2, 2, 3, 3, 4, 4};
    const double same[] = {5, 5, 5, 5, 5, 5, 5, 5};
    double ordered[16];
    struct rank_test test;

    rank_test(one, 8, one, 8, SHIFT_LOWER, ordered, &test);
    assert_true(test.u == 32.0);
    assert_true(test.p > 0.5);
    rank_test(same, 8, same, 8, SHIFT_LOWER, ordered, &test);
    assert_true(test.u == 32.0 && isnan(test.z) && test.p == 1.0);
}

static void the_shift_is_the_median_of_all_differences(void **state)
{
    const double one[] = {1.0, 2.0, 4.0};
    const double other[] = {2.5, 7.0};
    const double even[] = {-1.0, 0.0, 3.0, 8.0};

    /* -6, -5, -3, -1.5, -0.5, 1.5 */
    assert_true(shift_estimate(one, 3, other, 2) == -2.25);
    /* -7, -6, -4, -3, -2, -2, -1, 0, 1, 2, 4, 5 less 1 … : by one value it is the shifted median */
    assert_true(shift_estimate(even, 4, one, 1) == 0.5);
    assert_true(shift_estimate(one, 3, one, 3) == 0.0 && !signbit(shift_estimate(one, 3, one, 3)));
}

/* HJ 663: k = 1 + (n - 1) p. Of 1 … 20 the 95th percentile stands at k = 19.05. */
static void a_percentile_lies_linearly_between_its_neighbours(void **state)
{
    double values[20];

    for (size_t i = 0; i < 20; i++)
        values[i] = (double)(i + 1);
    assert_near(percentile_of(values, 20, 0.95), 19.05, 1e-12);
    assert_near(percentile_of(values, 20, 0.05), 1.95, 1e-12);
    assert_true(percentile_of(values, 20, 1.0) == 20.0);
    assert_true(percentile_of(values, 1, 0.95) == 1.0);
    assert_near(percentile_of(values, 5, 0.5), 3.0, 1e-15);
}

static void neighbours_that_are_alike_make_fewer_days(void **state)
{
    const double rising[] = {1, 2, 3, 4, 5, 6, 7, 8};
    const double jumping[] = {1, 9, 1, 9, 1, 9};
    const double apart[] = {1, NAN, 2, NAN, 3};
    const double same[] = {6.1, 6.1, 6.1};
    /* mean 3, squares 4 + 0 + 4, pairs (1, 3) and (3, 5): 0 / 2; with a day missing no pair more */
    const double few[] = {1, 3, 5};

    /* rising by one: pairs sum to 26.25, squares to 42: (26.25 / 7) / (42 / 8) */
    assert_near(neighbour_correlation(rising, COUNT(rising)), 5.0 / 7.0, 1e-12);
    assert_true(neighbour_correlation(jumping, COUNT(jumping)) == 0.0);
    assert_true(neighbour_correlation(apart, COUNT(apart)) == 0.0);
    assert_true(neighbour_correlation(same, COUNT(same)) == 0.0);
    assert_true(neighbour_correlation(few, COUNT(few)) == 0.0);
    assert_int_equal(effective_count(90, 0.0), 90);
    assert_int_equal(effective_count(90, 0.5), 30);
    assert_int_equal(effective_count(90, 1.0), 0);
    assert_int_equal(effective_count(0, 0.5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bound_of_clean_days_is_that_of_the_table),
        cmocka_unit_test(the_least_days_that_prove_are_those_of_the_table),
        cmocka_unit_test(the_bound_is_clopper_and_pearsons),
        cmocka_unit_test(without_days_or_with_every_day_beyond_nothing_is_bounded),
        cmocka_unit_test(the_critical_values_are_those_of_the_tables),
        cmocka_unit_test(equal_values_share_their_ranks_and_prove_nothing),
        cmocka_unit_test(the_shift_is_the_median_of_all_differences),
        cmocka_unit_test(a_percentile_lies_linearly_between_its_neighbours),
        cmocka_unit_test(neighbours_that_are_alike_make_fewer_days),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
