"""The interval of an F1 score against naive resampling, simulation and edge cases."""

import numpy as np
import pytest

from tuner.evaluate.intervals import f1_interval
from tuner.metrics import minority_f1


def simulated(rng, count=120, share=0.3):
    actual = rng.random(count) < share
    return actual, np.where(rng.random(count) < 0.8, actual, ~actual)


def width(interval):
    return interval[1] - interval[0]


@pytest.mark.parametrize("seed", range(5))
def test_it_holds_its_estimate_within_zero_and_one(seed):
    actual, decided = simulated(np.random.default_rng(seed))
    low, high = f1_interval(actual, decided)
    assert 0 < low < minority_f1(actual, decided) < high < 1


def test_a_seed_decides_the_draws():
    actual, decided = simulated(np.random.default_rng(0))
    assert f1_interval(actual, decided, seed=3) == f1_interval(actual, decided, seed=3)
    assert f1_interval(actual, decided, seed=3) != f1_interval(actual, decided, seed=4)


ONE = np.arange(50) < 10
NONE, ALL = np.zeros(50, bool), np.ones(50, bool)


@pytest.mark.parametrize(
    ("actual", "decided", "expected"),
    [
        (ONE, ONE, 1.0),
        (ONE, NONE, 0.0),
        (ONE, ~ONE, 0.0),
        (NONE, NONE, 0.0),
        (NONE, ALL, 0.0),
        (ALL, ALL, 1.0),
        (ALL, NONE, 0.0),
        (ONE, ALL, 1 / 3),
    ],
)
@pytest.mark.parametrize("groups", [None, np.repeat(np.arange(25), 2).astype(str)])
def test_scores_that_no_draw_can_change_have_no_width(actual, decided, expected, groups):
    assert f1_interval(actual, decided, groups) == pytest.approx((expected, expected))


def test_more_confidence_is_wider():
    rows = simulated(np.random.default_rng(0))
    widths = [width(f1_interval(*rows, confidence=c)) for c in (0.5, 0.8, 0.95, 0.99)]
    assert widths == sorted(widths)
    assert len(set(widths)) == 4


def test_four_times_the_rows_halve_the_width():
    actual, decided = simulated(np.random.default_rng(1), 200)
    large = f1_interval(np.tile(actual, 4), np.tile(decided, 4))
    assert width(f1_interval(actual, decided)) / width(large) == pytest.approx(2, rel=0.12)


def test_copies_of_a_row_in_one_group_tell_nothing_new():
    actual, decided = simulated(np.random.default_rng(1), 40)
    copies = np.repeat(actual, 6), np.repeat(decided, 6)
    groups = np.repeat(np.arange(40), 6).astype(str)
    grouped = f1_interval(*copies, groups)
    assert grouped == pytest.approx(f1_interval(actual, decided), abs=0.02)
    assert width(grouped) / width(f1_interval(*copies)) == pytest.approx(np.sqrt(6), rel=0.15)


def test_the_order_of_rows_of_a_group_does_not_matter():
    rng = np.random.default_rng(5)
    actual, decided = simulated(rng)
    groups, order = rng.integers(0, 30, 120).astype(str), rng.permutation(120)
    shuffled = f1_interval(actual[order], decided[order], groups[order])
    assert f1_interval(actual, decided, groups) == shuffled


def naive(actual, decided, groups, draws=3000):
    """Whole groups drawn again, those with and without a minority row apart."""
    rng = np.random.default_rng(9)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    strata = [
        [rows for rows in members if actual[rows].any() == positive] for positive in (True, False)
    ]
    scores = []
    for _ in range(draws):
        rows = np.concatenate(
            [stratum[i] for stratum in strata for i in rng.integers(0, len(stratum), len(stratum))]
        )
        scores.append(minority_f1(actual[rows], decided[rows]))
    return np.quantile(scores, [0.025, 0.975])


@pytest.mark.parametrize("grouped", [False, True])
def test_it_is_the_naive_bootstrap(grouped):
    rng = np.random.default_rng(2)
    actual, decided = simulated(rng)
    groups = rng.integers(0, 50, 120) if grouped else np.arange(120)
    expected = naive(actual, decided, groups)
    given = groups.astype(str) if grouped else None
    np.testing.assert_allclose(f1_interval(actual, decided, given), expected, atol=0.015)


def test_it_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    # Of 30 % positives, 80 % right either way: TP .24, FP .14, FN .06.
    truth = 2 * 0.24 / (2 * 0.24 + 0.14 + 0.06)
    intervals = np.array([f1_interval(*simulated(rng, 200), draws=500) for _ in range(300)])
    covered = ((intervals[:, 0] <= truth) & (truth <= intervals[:, 1])).mean()
    assert 0.88 <= covered <= 0.99


def test_a_million_rows_fit_into_memory():
    actual, decided = simulated(np.random.default_rng(0), 1_000_000, 0.02)
    low, high = f1_interval(actual, decided)
    assert low < minority_f1(actual, decided) < high
    assert high - low < 0.01
