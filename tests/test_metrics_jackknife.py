"""What the parts of some rows contribute to a score of all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.metrics import minority_f1
from tuner.metrics.jackknife import pseudo_values


def f1_of(actual, decided):
    return lambda kept: minority_f1(actual[kept], decided[kept])


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=6))
def test_the_parts_of_a_mean_are_their_own_means(values):
    rows = np.repeat(values, 3)
    whole, parts = pseudo_values(lambda kept: rows[kept].mean(), np.repeat(range(len(values)), 3))
    assert whole == pytest.approx(np.mean(values), abs=1e-12)
    assert parts == pytest.approx(np.array(values), abs=1e-9)


def test_the_parts_of_f1_are_those_of_its_counts():
    # To first order a part contributes F1 + (2 TP - F1 (2 TP + FP + FN)) / mean of the latter.
    rng = np.random.default_rng(0)
    actual = rng.random(9000) < 0.2
    decided = np.where(rng.random(9000) < 0.9, actual, ~actual)
    folds = np.arange(9000) % 3
    whole, parts = pseudo_values(f1_of(actual, decided), folds)
    hits = np.bincount(folds, actual & decided)
    sizes = np.array(
        [(actual.sum(where=folds == f) + decided.sum(where=folds == f)) for f in range(3)]
    )
    linear = whole + (2 * hits - whole * sizes) / sizes.mean()
    assert parts == pytest.approx(linear, abs=2e-4)
    assert parts.mean() == pytest.approx(whole, abs=1e-4)


def test_a_part_without_any_of_the_minority_has_a_say():
    actual = np.array([True, True, False, False])
    whole, parts = pseudo_values(
        f1_of(actual, np.array([True, True, True, False])), np.array([0, 0, 1, 1])
    )
    assert whole == pytest.approx(0.8)
    assert parts == pytest.approx([1.6 - 0.0, 1.6 - 1.0])
