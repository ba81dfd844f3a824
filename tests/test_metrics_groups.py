"""Groups of rows as rows: against a loop in Python, and what must hold of any rule."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.metrics import decide
from tuner.metrics.groups import by_group, group_labels


@st.composite
def predictions(draw):
    rows, classes = draw(st.integers(1, 30)), draw(st.integers(2, 4))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    told = rng.dirichlet(np.ones(classes), rows)
    labels = rng.integers(0, classes, rows)
    return labels, told, rng.integers(0, draw(st.integers(1, 8)), rows)


def by_hand(labels, told, groups, places):
    found = []
    for group in sorted(set(groups.tolist())):
        own = groups == group
        highest = sorted(told[own, -1], reverse=True)
        if places is None:
            minority = sum(highest) / len(highest)
        else:
            minority = highest[min(places, len(highest)) - 1]
        rest = told[own, :-1].mean(axis=0)
        found.append([*(rest / rest.sum() * (1 - minority)), minority])
    return np.array(found)


@given(predictions(), st.sampled_from([1, 2, 3, 50, None]))
def test_probabilities_are_those_found_group_by_group(drawn, places):
    labels, told, groups = drawn
    codes, found = by_group(labels, told, groups, places)
    np.testing.assert_allclose(found, by_hand(labels, told, groups, places), atol=1e-12)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-12)
    assert len(codes) == len(set(groups.tolist()))


@given(predictions(), st.integers(1, 4), st.floats(0.01, 0.99))
def test_a_group_is_called_minority_exactly_where_so_many_of_its_rows_are(drawn, places, threshold):
    labels, told, groups = drawn
    _, found = by_group(labels, told, groups, places)
    called = decide(found, threshold) == told.shape[1] - 1
    for number, group in enumerate(sorted(set(groups.tolist()))):
        rows = told[groups == group, -1] >= threshold
        assert called[number] == (rows.sum() >= min(places, len(rows)))


@given(predictions(), st.sampled_from([1, 2, None]))
def test_the_order_of_rows_does_not_matter(drawn, places):
    labels, told, groups = drawn
    order = np.random.default_rng(1).permutation(len(labels))
    one = by_group(labels, told, groups, places)
    other = by_group(labels[order], told[order], groups[order], places)
    assert (one[0] == other[0]).all()
    np.testing.assert_allclose(one[1], other[1], atol=1e-12)


def test_single_rows_as_groups_stay_what_they_are():
    labels, told = np.array([0, 1, 2]), np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.2, 0.8, 0]])
    for places in (1, 5, None):
        codes, found = by_group(labels, told, np.arange(3), places)
        assert (codes == labels).all()
        np.testing.assert_allclose(found, told, atol=1e-15)


def test_a_group_that_is_surely_of_the_minority_leaves_nothing_for_others():
    codes, found = by_group(np.array([1, 1]), np.array([[0.0, 1.0], [0.0, 1.0]]), np.zeros(2), 1)
    assert codes.tolist() == [1]
    assert found.tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [([0, 0, 2], 2), ([0, 1, 1], 1), ([0, 1], 0), ([2], 2), ([1, 0, 1, 0], 0)],
)
def test_a_group_has_the_class_of_its_rare_row_or_of_most(labels, expected):
    assert group_labels(np.array(labels), np.zeros(len(labels)), 3).tolist() == [expected]
