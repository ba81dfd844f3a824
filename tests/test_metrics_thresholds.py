"""Thresholds against brute force and a published case; no part has a say in its own."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.metrics import best_threshold, cross_fitted_thresholds, decide, minority_f1

CASE = Path(__file__).parent / "cases" / "17_threshold_tuned_on_test"

relaxed = settings(max_examples=80, deadline=None)
seeds = st.integers(0, 10**6)
tied = st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=1, max_size=40)


def arrays(rows, scale=20):
    actual, p = zip(*rows, strict=True)
    return np.array(actual), np.array(p) / scale


@relaxed
@given(rows=tied, kind=st.sampled_from([np.float32, np.float64]))
def test_the_best_threshold_is_that_of_brute_force(rows, kind):
    actual, p = arrays(rows)
    p = p.astype(kind)
    called = decide(np.column_stack([1 - p, p]), best_threshold(actual, p)) == 1
    cuts = [p >= cut for cut in np.unique(p)]
    best = max(minority_f1(actual, cut) for cut in cuts)
    assert minority_f1(actual, called) == pytest.approx(best)


@relaxed
@given(rows=tied)
def test_the_threshold_lies_among_the_probabilities(rows):
    actual, p = arrays(rows)
    if actual.any():
        assert p.min() <= best_threshold(actual, p) <= p.max()


@pytest.mark.parametrize("p", [[0.1, 0.2, 0.9], [0.0, 0.0, 0.0]])
def test_without_anything_to_find_the_threshold_is_a_half(p):
    nothing = np.zeros(3, bool)
    assert best_threshold(nothing, np.array(p)) == 0.5
    assert best_threshold(nothing, np.array(p), [0.1, 0.9]) == 0.5
    found = np.array([True, False, False])
    thresholds = cross_fitted_thresholds(found, np.array(p), np.array([0, 1, 1]))
    assert thresholds[0] == 0.5


def test_a_gap_is_cut_in_its_middle():
    actual, p = np.array([False, False, True, True]), np.array([0.1, 0.2, 0.6, 0.9])
    assert best_threshold(actual, p) == pytest.approx(0.4)


def test_of_equally_good_cuts_the_middle_one_is_taken():
    # F1 is 0.5 with 1, 5 or 9 rows called, and less with any other number.
    actual = np.array([True, False, False, False, True, False, False, False, True])
    assert best_threshold(actual, np.arange(9, 0, -1) / 10) == pytest.approx(0.45)


def test_everything_is_called_where_every_row_is_minority():
    p = np.array([0.2, 0.4, 0.3])
    assert best_threshold(np.ones(3, bool), p) <= p.min()


@relaxed
@given(rows=tied)
def test_of_equally_good_candidates_the_first_is_taken(rows):
    actual, p = arrays(rows)
    candidates = np.arange(21) / 20  # each may be the very probability of a row
    scores = [minority_f1(actual, p >= cut) for cut in candidates]
    if actual.any():
        first = next(i for i, value in enumerate(scores) if value >= max(scores) - 1e-12)
        assert best_threshold(actual, p, candidates) == candidates[first]


def test_the_threshold_comes_from_validation_rows():
    val, test = pd.read_csv(CASE / "val.csv"), pd.read_csv(CASE / "test.csv")
    grid = np.round(np.arange(0.05, 0.951, 0.05), 2)
    threshold = best_threshold(val.y.to_numpy() == 1, val.p.to_numpy(), grid)
    assert threshold == 0.45
    for rows, cut, expected in (
        (val, threshold, 0.611111),
        (test, threshold, 0.457143),
        (test, 0.5, 0.363636),
    ):
        f1 = minority_f1(rows.y.to_numpy() == 1, rows.p.to_numpy() >= cut)
        assert f1 == pytest.approx(expected, abs=1e-6)


@relaxed
@given(seed=seeds, count=st.integers(2, 4), part=st.integers(0, 3))
def test_a_rows_own_part_has_no_say_in_its_threshold(seed, count, part):
    part %= count
    rng = np.random.default_rng(seed)
    actual, p = rng.random(60) < 0.3, rng.random(60)
    parts = np.append(np.arange(count), rng.integers(0, count, 60 - count))
    own = parts == part
    before = cross_fitted_thresholds(actual, p, parts)
    other_labels = cross_fitted_thresholds(np.where(own, ~actual, actual), p, parts)
    other_scores = cross_fitted_thresholds(actual, np.where(own, 1 - p, p), parts)
    assert np.array_equal(before[own], other_labels[own])
    assert np.array_equal(before[own], other_scores[own])


def test_rows_of_the_other_parts_decide():
    # Part 0 is cut at 0.75, part 1 at 0.25; each is scored with the other's.
    actual = np.array([False, True, False, True])
    p, parts = np.array([0.6, 0.9, 0.1, 0.4]), np.array([0, 0, 1, 1])
    np.testing.assert_allclose(cross_fitted_thresholds(actual, p, parts), [0.25, 0.25, 0.75, 0.75])


def test_cross_fitting_takes_the_optimism_away():
    gaps = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        actual, p = np.arange(200) < 10, rng.random(200)
        parts = rng.permutation(200) % 5
        own = minority_f1(actual, p >= best_threshold(actual, p))
        honest = minority_f1(actual, p >= cross_fitted_thresholds(actual, p, parts))
        gaps.append(own - honest)
    assert np.mean(gaps) > 0.05


@relaxed
@given(seed=seeds, part=st.integers(0, 3))
def test_a_row_has_no_say_in_its_threshold_in_any_repeat(seed, part):
    rng = np.random.default_rng(seed)
    rows = np.concatenate([rng.permutation(30), rng.permutation(30)])  # two repeats, two folds each
    parts, truth, p = np.repeat(np.arange(4), 15), rng.random(30) < 0.3, rng.random(60)
    own = parts == part
    same = np.isin(rows, rows[own])  # its predictions in the other repeat too
    before = cross_fitted_thresholds(truth[rows], p, parts, rows)
    turned = np.where(same, ~truth[rows], truth[rows])
    after = cross_fitted_thresholds(turned, np.where(same, 1 - p, p), parts, rows)
    assert np.array_equal(before[own], after[own])


def test_rows_of_other_parts_decide_in_all_repeats():
    rows, parts = np.array([0, 1, 2, 3, 0, 2, 1, 3]), np.repeat(np.arange(4), 2)
    actual = np.array([False, True, False, True])[rows]
    p = np.array([0.6, 0.9, 0.1, 0.4, 0.2, 0.3, 0.8, 0.7])
    for part in range(4):
        others = ~np.isin(rows, rows[parts == part])
        expected = best_threshold(actual[others], p[others])
        found = cross_fitted_thresholds(actual, p, parts, rows)[parts == part]
        assert found.tolist() == [expected, expected]
    # Rows 2 and 3, wherever they are predicted, cut those of rows 0 and 1.
    assert cross_fitted_thresholds(actual, p, parts, rows)[0] == best_threshold(
        actual[[2, 3, 5, 7]], p[[2, 3, 5, 7]]
    )
