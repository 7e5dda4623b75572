"""统计，另写一遍 · The statistics of a verdict, from their definitions and without a library."""
import math


def binomial_at_most(k, n, p):
    """P(X <= k) of n trials."""
    if p <= 0 or k >= n:
        return 1.0
    if p >= 1:
        return 0.0
    return math.fsum(math.exp(math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1)
                              + i * math.log(p) + (n - i) * math.log1p(-p)) for i in range(k + 1))


def upper_bound(k, n, confidence):
    """Clopper–Pearson, one-sided: the largest share that k of n does not contradict."""
    low, high = 0.0, 1.0
    if k >= n:
        return 1.0
    for _ in range(80):
        middle = (low + high) / 2
        if binomial_at_most(k, n, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def percentile(values, share):
    """HJ 663: ascending, k = 1 + (n - 1) p, linear between neighbours."""
    ordered = sorted(values)
    at = (len(ordered) - 1) * share
    whole = min(math.floor(at), len(ordered) - 1)
    if whole + 1 >= len(ordered):
        return ordered[-1]
    return ordered[whole] + (at - whole) * (ordered[whole + 1] - ordered[whole])


def rank_test(before, after, higher):
    """Mann and Whitney's test, one-sided: (U, z, p). U counts the pairs in which the later one is the
    larger, ties a half. p: how likely it is by chance that `after` stands so far above `before`
    (`higher`), or below it."""
    m, n = len(before), len(after)
    ranks, ties, at = {}, 0, 0
    ordered = sorted(before + after)
    while at < len(ordered):
        to = at
        while to < len(ordered) and ordered[to] == ordered[at]:
            to += 1
        ranks[ordered[at]] = (at + 1 + to) / 2
        ties += (to - at) ** 3 - (to - at)
        at = to
    u = math.fsum(ranks[value] for value in after) - n * (n + 1) / 2
    total = m + n
    variance = m * n / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return u, 0.0, 1.0
    z = ((u if higher else m * n - u) - m * n / 2 - 0.5) / math.sqrt(variance)
    return u, z, 0.5 * math.erfc(z / math.sqrt(2))


def shift(before, after):
    """Hodges–Lehmann: the median of every difference of a later and an earlier value."""
    return percentile([b - a for a in before for b in after], 0.5)


def neighbours(pairs, values):
    """The correlation of neighbouring days: 0 where there are none or all are equal, never below 0
    or above 1."""
    if not pairs:
        return 0.0
    mean = math.fsum(values) / len(values)
    spread = math.fsum((value - mean) ** 2 for value in values) / len(values)
    if spread <= 0:
        return 0.0
    together = math.fsum((a - mean) * (b - mean) for a, b in pairs) / len(pairs)
    return min(1.0, max(0.0, together / spread))
