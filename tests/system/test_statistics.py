"""The statistics of a verdict against another library (scipy) on random data. The seed is printed;
LOOKBACK_SEED repeats it."""
import os
import random
import subprocess

import numpy
import pytest
from scipy.stats import beta, mannwhitneyu

from lookback import BINARY

TOOL = os.environ.get("LOOKBACK_STATISTICS",
                      os.path.join(os.path.dirname(BINARY), "tests", "statistics_tool"))


@pytest.fixture(scope="module")
def chance():
    seed = int(os.environ.get("LOOKBACK_SEED", random.SystemRandom().randrange(1 << 32)))
    print("LOOKBACK_SEED =", seed)
    return random.Random(seed)


def ask(questions):
    """One answer, a list of numbers, a question."""
    done = subprocess.run([TOOL], input="\n".join(questions), capture_output=True, text=True,
                          timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    answers = [[float(word) for word in line.split()] for line in done.stdout.splitlines()]
    assert len(answers) == len(questions)
    return answers


def words(values):
    return " ".join(repr(float(value)) for value in values)


def sample(chance, most=120):
    """Values as sensors give them: some coarse with many ties, some fine, some all equal."""
    digits = chance.choice([0, 1, 3, 12])
    spread = chance.choice([0.0, 0.5, 5.0])
    middle = chance.uniform(-20, 60)
    return [round(chance.gauss(middle, spread), digits) for _ in range(chance.randint(8, most))]


def test_the_upper_bound_is_the_beta_quantile(chance):
    cases = []
    for _ in range(400):
        n = chance.choice([1, 7, 30, 59, 90, 180, 365, 2000, chance.randint(1, 3660)])
        k = chance.choice([0, 1, 2, n - 1, chance.randint(0, n), min(n, chance.randint(0, 30))])
        cases.append((min(k, n), n, chance.choice([0.5, 0.8, 0.9, 0.95, 0.99, 0.999])))
    answers = ask([f"bound {k} {n} {confidence!r}" for k, n, confidence in cases])
    for (k, n, confidence), (bound,) in zip(cases, answers):
        expected = 1.0 if k == n else beta.ppf(confidence, k + 1, n - k)
        assert bound == pytest.approx(expected, rel=1e-9), (k, n, confidence)


def test_the_least_days_are_the_first_whose_bound_is_low_enough(chance):
    cases = [(chance.randint(0, 40), chance.choice([0.01, 0.05, 0.1, 0.3])) for _ in range(60)]
    answers = ask([f"least {k} {bound!r} 0.95" for k, bound in cases])
    for (k, bound), (n,) in zip(cases, answers):
        n = int(n)
        assert beta.ppf(0.95, k + 1, n - k) <= bound + 1e-12
        assert n - 1 == k or beta.ppf(0.95, k + 1, n - 1 - k) > bound - 1e-12


def test_ranks_are_tested_as_scipy_tests_them(chance):
    cases = []
    for _ in range(300):
        one, other = sample(chance), sample(chance)
        if chance.random() < 0.5:  # not far apart
            other = [value - numpy.median(other) + numpy.median(one) for value in other]
            other = [round(value, 1) for value in other]
        cases.append((chance.choice(["lower", "higher"]), one, other))
    answers = ask([f"ranks {wanted} {len(one)} {len(other)} {words(one)} {words(other)}"
                   for wanted, one, other in cases])
    compared = 0
    for (wanted, one, other), (u, z, p) in zip(cases, answers):
        if len(set(one) | set(other)) == 1:
            assert p == 1.0
            continue
        found = mannwhitneyu(one, other, use_continuity=True, method="asymptotic",
                             alternative="less" if wanted == "lower" else "greater")
        assert u == found.statistic
        assert p == pytest.approx(found.pvalue, rel=1e-9, abs=1e-300)
        compared += 1
    assert compared > 250


def test_the_shift_is_the_median_of_all_differences(chance):
    cases = [(sample(chance, 60), sample(chance, 60)) for _ in range(200)]
    cases += [([0.0] * 9, [-0.0] * 8), ([1e-300, -1e-300] * 5, [1e300, -1e300, 0.0] * 3)]
    answers = ask([f"shift {len(one)} {len(other)} {words(one)} {words(other)}"
                   for one, other in cases])
    for (one, other), (shift,) in zip(cases, answers):
        assert shift == float(numpy.median(numpy.subtract.outer(one, other)))


def test_percentiles_are_numpys(chance):
    cases = [(sample(chance), chance.choice([0.05, 0.5, 0.9, 0.95, 0.98, 1.0])) for _ in range(200)]
    answers = ask([f"percentile {p!r} {len(values)} {words(values)}" for values, p in cases])
    for (values, p), (found,) in zip(cases, answers):
        assert found == pytest.approx(float(numpy.percentile(values, 100 * p)), rel=1e-12, abs=1e-12)


def test_neighbours_are_as_alike_as_numpy_says(chance):
    cases = []
    for _ in range(100):
        values = sample(chance)
        for i in range(1, len(values)):
            values[i] += chance.choice([0.0, 0.9]) * (values[i - 1] - values[i])
        cases.append([float("nan") if chance.random() < 0.1 else value for value in values])
    answers = ask([f"neighbours {len(values)} {words(values)}" for values in cases])
    for values, (found,) in zip(cases, answers):
        days = numpy.array(values)
        off = days - numpy.nanmean(days)
        pairs = off[:-1] * off[1:]
        own = numpy.nanmean(off ** 2)
        alike = numpy.nanmax(days) == numpy.nanmin(days) or numpy.isnan(pairs).all()
        expected = 0.0 if alike else numpy.nanmean(pairs) / own
        assert found == pytest.approx(min(max(expected, 0.0), 1.0), abs=1e-9)
