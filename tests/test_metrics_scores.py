"""Scores against scikit-learn, a published case and what must always hold."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.metrics import geometric_mean_score

from tuner.metrics import METRICS, decide, minority_f1, score

CASE = Path(__file__).parent / "cases" / "08_multiclass_minority_definition"

relaxed = settings(max_examples=60, deadline=None)
seeds = st.integers(0, 10**6)


def two_columns(p):
    return np.column_stack([1 - p, p])


def drawn(seed, count, classes=2):
    """Labels with every class, and probabilities with ties that know something of them."""
    rng = np.random.default_rng(seed)
    y = rng.choice(classes, count, p=np.arange(classes, 0, -1) / sum(range(classes + 1)))
    y[:classes] = np.arange(classes)
    weights = np.round(rng.random((count, classes)) + 0.5 * np.eye(classes)[y], 1) + 0.1
    return y, weights / weights.sum(axis=1, keepdims=True)


@relaxed
@given(seed=seeds, count=st.integers(6, 80), threshold=st.floats(0.2, 0.8))
def test_two_class_scores_are_scikit_learns(seed, count, threshold):
    y, p = drawn(seed, count)
    called = np.where(p[:, 1] >= threshold, 1, 0)
    got = score(y, p, called)
    assert got.minority_f1 == pytest.approx(sk.f1_score(y, called, zero_division=0))
    assert got.precision == pytest.approx(sk.precision_score(y, called, zero_division=0))
    assert got.recall == pytest.approx(sk.recall_score(y, called))
    assert got.pr_auc == pytest.approx(sk.average_precision_score(y, p[:, 1]))
    assert got.roc_auc == pytest.approx(sk.roc_auc_score(y, p[:, 1]))
    assert got.balanced_accuracy == pytest.approx(sk.balanced_accuracy_score(y, called))
    assert got.mcc == pytest.approx(sk.matthews_corrcoef(y, called))
    assert got.gmean == pytest.approx(geometric_mean_score(y, called))
    assert got.brier == pytest.approx(sk.brier_score_loss(y, p[:, 1]))
    assert got.confusion == tuple(map(tuple, sk.confusion_matrix(y, called).tolist()))


@relaxed
@given(seed=seeds, count=st.integers(9, 80), classes=st.integers(3, 5))
def test_scores_of_several_classes_are_scikit_learns(seed, count, classes):
    y, p = drawn(seed, count, classes)
    called = p.argmax(axis=1)
    got = score(y, p, called)
    last = {"labels": [classes - 1], "average": "macro", "zero_division": 0}
    assert got.minority_f1 == pytest.approx(sk.f1_score(y, called, **last))
    assert got.precision == pytest.approx(sk.precision_score(y, called, **last))
    assert got.recall == pytest.approx(sk.recall_score(y, called, **last))
    assert got.pr_auc == pytest.approx(sk.average_precision_score(y == classes - 1, p[:, -1]))
    assert got.balanced_accuracy == pytest.approx(sk.balanced_accuracy_score(y, called))
    assert got.mcc == pytest.approx(sk.matthews_corrcoef(y, called))
    rest = geometric_mean_score(y == classes - 1, called == classes - 1)
    assert got.gmean == pytest.approx(rest)
    expected = sk.confusion_matrix(y, called, labels=range(classes))
    assert got.confusion == tuple(map(tuple, expected.tolist()))


@relaxed
@given(seed=seeds, count=st.integers(4, 60), classes=st.integers(2, 4))
def test_the_order_of_rows_does_not_matter(seed, count, classes):
    y, p = drawn(seed, count, classes)
    order = np.random.default_rng(seed).permutation(count)
    called = p.argmax(axis=1)
    got, again = score(y, p, called), score(y[order], p[order], called[order])
    assert again.brier == pytest.approx(got.brier)
    assert again.pr_auc == pytest.approx(got.pr_auc)
    assert replace(again, brier=got.brier, pr_auc=got.pr_auc) == got


@relaxed
@given(seed=seeds, truth=st.integers(0, 2), call=st.integers(0, 2), count=st.integers(1, 9))
def test_one_sided_rows_give_finite_scores_in_range(seed, truth, call, count):
    p = np.random.default_rng(seed).dirichlet(np.ones(3), count)
    got = score(np.full(count, truth), p, np.full(count, call)).to_json()
    assert np.array(got.pop("confusion")).sum() == count
    assert all(np.isfinite(value) and 0 <= value <= 1 + 1e-9 for value in got.values())
    assert got["mcc"] == 0.0
    if truth != 2:
        assert (got["minority_f1"], got["recall"], got["pr_auc"]) == (0.0, 0.0, 0.0)
    assert got["roc_auc"] == 0.0  # there are no pairs
    if call != 2:
        assert (got["minority_f1"], got["precision"], got["gmean"]) == (0.0, 0.0, 0.0)


def test_a_class_that_is_not_there_takes_no_part_in_balanced_accuracy():
    p = np.array([[0.8, 0.1, 0.1], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]])
    assert score(np.array([0, 0, 2]), p, np.array([0, 1, 2])).balanced_accuracy == 0.75


def test_matthews_correlation_of_many_rows_does_not_overflow():
    y = np.repeat([0, 1], [60_000, 40_000])
    called = np.roll(y, 20_000)
    got = score(y, two_columns(called.astype(np.float32)), called).mcc
    # TP 1, FP 1, FN 1, TN 2, each times 20 000.
    assert got == pytest.approx((1 * 2 - 1 * 1) / np.sqrt(2 * 2 * 3 * 3))


def test_perfect_decisions_score_one_each():
    y = np.array([0, 0, 1, 2])
    got = score(y, np.eye(3)[y], y)
    assert {name: getattr(got, name) for name in METRICS} == dict.fromkeys(METRICS, 1.0)
    assert got.brier == 0.0


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [(0.5, [0, 1, 0]), (0.3, [2, 2, 0]), (0.0, [2, 2, 2]), ([0.4, 0.31, 0.2], [0, 1, 2])],
)
def test_the_minority_is_called_from_its_threshold_on_else_the_likeliest_other(threshold, expected):
    probabilities = np.array([[0.5, 0.2, 0.3], [0.1, 0.6, 0.3], [0.5, 0.3, 0.2]])
    assert decide(probabilities, threshold).tolist() == expected


def test_the_likeliest_class_is_not_called_when_it_is_a_minority_below_its_threshold():
    assert decide(np.array([[0.1, 0.3, 0.6]]), 0.7).tolist() == [1]


@relaxed
@given(seed=seeds, classes=st.integers(2, 4), low=st.floats(0, 1), high=st.floats(0, 1))
def test_a_higher_threshold_calls_no_further_rows_minority(seed, classes, low, high):
    _, p = drawn(seed, 30, classes)
    few, many = (decide(p, t) == classes - 1 for t in (max(low, high), min(low, high)))
    assert not (few & ~many).any()


def test_minority_f1_is_the_rarest_classs_own():
    rows = pd.read_csv(CASE / "preds.csv")
    for name, value in {"A": 0.960961, "B": 0.566667, "C": 0.487805}.items():
        own = minority_f1((rows.y_true == name).to_numpy(), (rows.y_pred == name).to_numpy())
        assert own == pytest.approx(value, abs=1e-6)
    truth, called = (rows[column].map("ABC".index).to_numpy() for column in ("y_true", "y_pred"))
    assert score(truth, np.eye(3)[called], called).minority_f1 == pytest.approx(0.487805, abs=1e-6)
