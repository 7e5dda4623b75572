#include "ledger/statistics.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Shares ------------------------------------------------------------------------------------ */

static double log_gamma(double x)
{
    int sign;

    return lgamma_r(x, &sign); /* lgamma() writes to a variable all threads share */
}

/* The chance of k or fewer of n, each with the chance 0 < p < 1. */
static double lower_tail(uint32_t k, uint32_t n, double p)
{
    double whole = log_gamma((double)n + 1.0);
    double yes = log(p);
    double no = log1p(-p);
    double sum = 0.0;

    for (uint32_t i = 0; i <= k; i++)
        sum += exp(whole - log_gamma((double)i + 1.0) - log_gamma((double)(n - i) + 1.0) +
                   (double)i * yes + (double)(n - i) * no);
    return sum;
}

/* The tail falls as p rises, so the bound lies between a share with a larger tail and one with a
 * smaller one; halving ends when no double lies between them. */
double share_upper_bound(uint32_t k, uint32_t n, double confidence)
{
    double low = n == 0 ? 1.0 : (double)k / (double)n;
    double high = 1.0;

    if (k >= n)
        return 1.0;
    for (;;) {
        double middle = low + (high - low) / 2.0;

        if (middle <= low || middle >= high)
            return high;
        if (lower_tail(k, n, middle) > 1.0 - confidence)
            low = middle;
        else
            high = middle;
    }
}

uint32_t share_least_n(uint32_t k, double bound, double confidence, uint32_t most)
{
    uint32_t low = k; /* of k of k the bound is 1 */
    uint32_t high = most;

    if (most <= k || lower_tail(k, most, bound) > 1.0 - confidence)
        return 0;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (lower_tail(k, middle, bound) > 1.0 - confidence)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* Ranks ------------------------------------------------------------------------------------- */

static int compare_doubles(const void *one, const void *other)
{
    double a = *(const double *)one;
    double b = *(const double *)other;

    return (a > b) - (a < b);
}

void sort_ascending(double *values, size_t count)
{
    if (count > 1)
        qsort(values, count, sizeof values[0], compare_doubles);
}

/* How many of an ascending list are below a value, and how many equal it. */
static void place_of(const double *ordered, size_t count, double value, size_t *below,
                     size_t *equal)
{
    size_t low = 0;
    size_t high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (ordered[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    *below = low;
    for (*equal = 0; low + *equal < count && ordered[low + *equal] == value;)
        (*equal)++;
}

/* The sum of t^3 - t over every group of t equal values. */
static double tie_sum(const double *ordered, size_t count)
{
    double sum = 0.0;

    for (size_t i = 0; i < count;) {
        size_t equal = 1;

        while (i + equal < count && ordered[i + equal] == ordered[i])
            equal++;
        sum += (double)equal * (double)equal * (double)equal - (double)equal;
        i += equal;
    }
    return sum;
}

void rank_test(const double *one, size_t one_count, const double *other, size_t other_count,
               enum shift_wanted wanted, double *ordered, struct rank_test *out)
{
    double m = (double)one_count;
    double n = (double)other_count;
    double both = m + n;
    double beyond, spread;

    assert(one_count > 0 && other_count > 0);
    memcpy(ordered, other, other_count * sizeof ordered[0]);
    sort_ascending(ordered, other_count);
    out->u = 0.0;
    for (size_t i = 0; i < one_count; i++) {
        size_t below, equal;

        place_of(ordered, other_count, one[i], &below, &equal);
        out->u += (double)below + (double)equal / 2.0;
    }
    memcpy(ordered + other_count, one, one_count * sizeof ordered[0]);
    sort_ascending(ordered, one_count + other_count);
    spread = sqrt(m * n / 12.0 *
                  (both + 1.0 - tie_sum(ordered, one_count + other_count) / (both * (both - 1.0))));
    beyond = (wanted == SHIFT_HIGHER ? out->u : m * n - out->u) - m * n / 2.0 - 0.5;
    out->z = spread > 0.0 ? beyond / spread : NAN;
    out->p = spread > 0.0 ? 0.5 * erfc(out->z / sqrt(2.0)) : 1.0;
}

/* Hodges and Lehmann ------------------------------------------------------------------------ */

/* Doubles in their order as whole numbers, so that halving finds one exactly. */
static int64_t place_in_order(double value)
{
    int64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits < 0 ? INT64_MIN - bits : bits;
}

static double at_place(int64_t place)
{
    int64_t bits = place < 0 ? INT64_MIN - place : place;
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

struct samples {
    const double *one, *other;
    size_t one_count, other_count;
};

/* Both are in order, so the place in the second only moves on. */
static uint64_t differences_up_to(const struct samples *samples, double most)
{
    uint64_t count = 0;
    size_t first = 0; /* of those of `other` that are near enough */

    for (size_t i = 0; i < samples->one_count; i++) {
        while (first < samples->other_count && samples->one[i] - samples->other[first] > most)
            first++;
        count += samples->other_count - first;
    }
    return count;
}

/* The difference with so many at or below it: of `number` 1 the smallest. */
static double difference_at(const struct samples *samples, uint64_t number)
{
    int64_t low = place_in_order(samples->one[0] - samples->other[samples->other_count - 1]);
    int64_t high = place_in_order(samples->one[samples->one_count - 1] - samples->other[0]);

    while (low < high) {
        int64_t middle = low + (int64_t)(((uint64_t)high - (uint64_t)low) / 2);

        if (differences_up_to(samples, at_place(middle)) >= number)
            high = middle;
        else
            low = middle + 1;
    }
    return at_place(low) + 0.0;
}

double shift_estimate(const double *one, size_t one_count, const double *other, size_t other_count)
{
    const struct samples samples = {one, other, one_count, other_count};
    uint64_t count = (uint64_t)one_count * other_count;

    assert(count > 0);
    if (count % 2 == 1)
        return difference_at(&samples, count / 2 + 1);
    return (difference_at(&samples, count / 2) + difference_at(&samples, count / 2 + 1)) / 2.0;
}

/* Order and neighbours ---------------------------------------------------------------------- */

double percentile_of(const double *ordered, size_t count, double p)
{
    double k = 1.0 + (double)(count - 1) * p;
    size_t s = (size_t)floor(k);

    assert(count > 0 && p >= 0.0 && p <= 1.0);
    if (s >= count)
        return ordered[count - 1];
    return ordered[s - 1] + (ordered[s] - ordered[s - 1]) * (k - (double)s);
}

/* What there is of them. */
struct seen {
    size_t count;
    double mean;
    bool differ; /* the mean of equal ones may be a digit beside them: all would seem to move */
};

static struct seen look_at(const double *values, size_t count)
{
    struct seen seen = {0, 0.0, false};
    double first = NAN;

    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i]))
            continue;
        if (seen.count++ == 0)
            first = values[i];
        seen.mean += values[i];
        seen.differ = seen.differ || values[i] != first;
    }
    seen.mean /= (double)seen.count;
    return seen;
}

double neighbour_correlation(const double *values, size_t count)
{
    const struct seen seen = look_at(values, count);
    size_t pairs = 0;
    double shared = 0.0;
    double own = 0.0;
    double r;

    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i]))
            continue;
        own += (values[i] - seen.mean) * (values[i] - seen.mean);
        if (i + 1 < count && !isnan(values[i + 1])) {
            shared += (values[i] - seen.mean) * (values[i + 1] - seen.mean);
            pairs++;
        }
    }
    if (pairs == 0 || !seen.differ)
        return 0.0;
    r = (shared / (double)pairs) / (own / (double)seen.count);
    return r < 0.0 ? 0.0 : r > 1.0 ? 1.0 : r;
}

uint32_t effective_count(uint32_t n, double r)
{
    return (uint32_t)floor((double)n * (1.0 - r) / (1.0 + r));
}
