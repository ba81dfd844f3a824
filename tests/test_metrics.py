"""Scores and thresholds against scikit-learn, published cases and brute force."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.metrics import best_threshold, cross_fitted_thresholds, decide, minority_f1, score

CASES = Path(__file__).parent / "cases"


def two_columns(p):
    return np.column_stack([1 - p, p])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 999), count=st.integers(20, 80), share=st.floats(0.1, 0.6))
def test_scores_are_scikit_learns(seed, count, share):
    rng = np.random.default_rng(seed)
    y = (rng.random(count) < share).astype(np.int64)
    y[:2] = 0, 1
    p = np.round(np.clip(0.3 * y + 0.7 * rng.random(count), 0, 1), 2)
    called = decide(two_columns(p), 0.5)
    got = score(y, two_columns(p), called)
    assert got.minority_f1 == pytest.approx(sk.f1_score(y, called))
    assert got.precision == pytest.approx(sk.precision_score(y, called, zero_division=0))
    assert got.recall == pytest.approx(sk.recall_score(y, called))
    assert got.pr_auc == pytest.approx(sk.average_precision_score(y, p))
    assert got.balanced_accuracy == pytest.approx(sk.balanced_accuracy_score(y, called))
    assert got.mcc == pytest.approx(sk.matthews_corrcoef(y, called))
    assert got.brier == pytest.approx(sk.brier_score_loss(y, p))
    assert got.confusion == tuple(map(tuple, sk.confusion_matrix(y, called).tolist()))
    order = rng.permutation(count)
    again = score(y[order], two_columns(p)[order], called[order])
    assert again.brier == pytest.approx(got.brier)
    assert replace(again, brier=got.brier) == got


@pytest.mark.parametrize("truth", [np.zeros(5, np.int64), np.ones(5, np.int64)])
@pytest.mark.parametrize("p", [0.0, 1.0])
def test_one_sided_rows_give_finite_scores(truth, p):
    probabilities = two_columns(np.full(5, p))
    got = score(truth, probabilities, decide(probabilities, 0.5)).to_json()
    got.pop("confusion")
    assert all(np.isfinite(value) for value in got.values())
    if not truth.any():
        assert (got["minority_f1"], got["recall"], got["pr_auc"]) == (0.0, 0.0, 0.0)


def test_matthews_correlation_of_several_classes_is_scikit_learns():
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 4, 90), rng.dirichlet(np.ones(4), 90)
    called = decide(p, 0.4)
    assert score(y, p, called).mcc == pytest.approx(sk.matthews_corrcoef(y, called))


def test_several_classes_are_decided_by_threshold_and_then_by_likelihood():
    probabilities = np.array([[0.5, 0.2, 0.3], [0.1, 0.6, 0.3], [0.5, 0.3, 0.2]])
    assert decide(probabilities, 0.3).tolist() == [2, 2, 0]
    assert decide(probabilities, [0.4, 0.31, 0.2]).tolist() == [0, 1, 2]


def test_minority_f1_is_the_rarest_classes_own():
    rows = pd.read_csv(CASES / "08_multiclass_minority_definition" / "preds.csv")
    truth, called = rows.iloc[:, -2].to_numpy(), rows.iloc[:, -1].to_numpy()
    expected = {"A": 0.960961, "B": 0.566667, "C": 0.487805}
    for name, value in expected.items():
        assert minority_f1(truth == name, called == name) == pytest.approx(value, abs=1e-6)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 9999), count=st.integers(3, 40), digits=st.integers(1, 3))
def test_the_best_threshold_is_that_of_brute_force(seed, count, digits):
    rng = np.random.default_rng(seed)
    actual = rng.random(count) < 0.4
    actual[0] = True
    p = np.round(rng.random(count), digits)
    got = minority_f1(actual, p >= best_threshold(actual, p))
    assert got == max(minority_f1(actual, p >= cut) for cut in p)


def test_without_anything_to_find_the_threshold_is_a_half():
    assert best_threshold(np.zeros(3, bool), np.array([0.1, 0.2, 0.9])) == 0.5


def test_the_threshold_comes_from_validation_rows():
    folder = CASES / "17_threshold_tuned_on_test"
    val, test = pd.read_csv(folder / "val.csv"), pd.read_csv(folder / "test.csv")
    grid = np.round(np.arange(0.05, 0.951, 0.05), 2)
    threshold = best_threshold(val.y.to_numpy() == 1, val.p.to_numpy(), grid)
    assert threshold == 0.45
    truth, p = test.y.to_numpy() == 1, test.p.to_numpy()
    assert minority_f1(val.y.to_numpy() == 1, val.p.to_numpy() >= threshold) == pytest.approx(
        0.611111, abs=1e-6
    )
    assert minority_f1(truth, p >= threshold) == pytest.approx(0.457143, abs=1e-6)
    assert minority_f1(truth, p >= 0.5) == pytest.approx(0.363636, abs=1e-6)


def test_a_rows_own_part_has_no_say_in_its_threshold():
    rng = np.random.default_rng(0)
    actual, p, parts = rng.random(90) < 0.3, rng.random(90), np.repeat([0, 1, 2], 30)
    before = cross_fitted_thresholds(actual, p, parts)
    changed = np.where(parts == 1, ~actual, actual)
    after = cross_fitted_thresholds(changed, p, parts)
    assert np.array_equal(before[parts == 1], after[parts == 1])
    assert not np.array_equal(before, after)


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
