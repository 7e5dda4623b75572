/* statistics_tool.c - ledger/statistics.c at the command line, so that another library can be asked
 * the same: a question a line, an answer a line, numbers to the last bit.
 *
 *   bound K N CONFIDENCE | least K BOUND CONFIDENCE | percentile P N X… | neighbours N X… (nan:
 * none) ranks lower|higher M N X… Y… | shift M N X… Y…
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/statistics.h"

enum { VALUES_MAX = 10000, LEAST_MOST = 1000000 };

static double values[VALUES_MAX];

static bool take(size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (count > VALUES_MAX || scanf("%lf", &values[i]) != 1)
            return false;
    return count > 0;
}

static bool answer_share(const char *what)
{
    unsigned k, n;
    double bound, confidence;

    if (strcmp(what, "bound") == 0 && scanf("%u %u %lf", &k, &n, &confidence) == 3)
        return printf("%.17g\n", share_upper_bound(k, n, confidence)) > 0;
    if (strcmp(what, "least") == 0 && scanf("%u %lf %lf", &k, &bound, &confidence) == 3)
        return printf("%u\n", share_least_n(k, bound, confidence, LEAST_MOST)) > 0;
    return false;
}

static bool answer_row(const char *what)
{
    double p;
    size_t n;

    if (strcmp(what, "percentile") == 0 && scanf("%lf %zu", &p, &n) == 2 && take(n)) {
        sort_ascending(values, n);
        return printf("%.17g\n", percentile_of(values, n, p)) > 0;
    }
    if (strcmp(what, "neighbours") == 0 && scanf("%zu", &n) == 1 && take(n))
        return printf("%.17g\n", neighbour_correlation(values, n)) > 0;
    return false;
}

static bool answer_pair(const char *what)
{
    static double ordered[VALUES_MAX];
    struct rank_test test;
    char wanted[8];
    size_t m, n;

    if (strcmp(what, "ranks") == 0 && scanf("%7s %zu %zu", wanted, &m, &n) == 3 && take(m + n)) {
        rank_test(values, m, values + m, n, *wanted == 'l' ? SHIFT_LOWER : SHIFT_HIGHER, ordered,
                  &test);
        return printf("%.17g %.17g %.17g\n", test.u, test.z, test.p) > 0;
    }
    if (strcmp(what, "shift") == 0 && scanf("%zu %zu", &m, &n) == 2 && take(m + n)) {
        sort_ascending(values, m);
        sort_ascending(values + m, n);
        return printf("%.17g\n", shift_estimate(values, m, values + m, n)) > 0;
    }
    return false;
}

int main(void)
{
    char what[16];

    while (scanf("%15s", what) == 1)
        if (!answer_share(what) && !answer_row(what) && !answer_pair(what)) {
            fprintf(stderr, "not understood: %s\n", what);
            return 2;
        }
    return 0;
}
