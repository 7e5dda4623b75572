/* statistics.h - the few statistics a verdict rests on: exact where that is possible, the same to
 * the last step on every machine, and each one that of a textbook (VERDICT.md names it). Pure.
 */
#ifndef LEDGER_STATISTICS_H
#define LEDGER_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The one-sided upper bound of a share of which `k` of `n` were seen (Clopper and Pearson 1934):
 * the share at which k or fewer of n have the chance 1 - confidence. 1 when n is 0 or k is n.
 * `confidence` is a share too: 0.95. */
double share_upper_bound(uint32_t k, uint32_t n, double confidence);
/* The least n of which that bound is at most `bound`; 0: more than `most`. */
uint32_t share_least_n(uint32_t k, double bound, double confidence, uint32_t most);

/* Mann and Whitney's test whether one sample lies lower (or higher) than another: ties share their
 * ranks, variance corrected for them, normal approximation with continuity correction. */
enum shift_wanted { SHIFT_LOWER, SHIFT_HIGHER };
struct rank_test {
    double u; /* of the first sample: pairs in which its value is the larger, ties a half */
    double z; /* larger: the wanted shift is surer; NAN: all values are equal */
    double p; /* one-sided */
};
/* `ordered` has room for one_count + other_count and is overwritten. Both samples hold at least
 * one value; the approximation is good from 8 of each on. */
void rank_test(const double *one, size_t one_count, const double *other, size_t other_count,
               enum shift_wanted wanted, double *ordered, struct rank_test *out);

/* The shift of the first sample against the second: the median of all their differences (Hodges and
 * Lehmann). Both in ascending order. */
double shift_estimate(const double *one, size_t one_count, const double *other, size_t other_count);

/* Of values in ascending order, at least one: the value at k = 1 + (n - 1) p, linear between
 * neighbours (HJ 663). `p` is a share. */
double percentile_of(const double *ordered, size_t count, double p);

void sort_ascending(double *values, size_t count);

/* How alike neighbours are: the covariance of neighbouring values over the variance of all, 0 to 1.
 * NAN stands for a day without a value: neither of its pairs counts. */
double neighbour_correlation(const double *values, size_t count);
/* n (1 - r) / (1 + r), rounded down. */
uint32_t effective_count(uint32_t n, double r);

#endif
