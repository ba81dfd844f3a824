"""Units are divided among parts so that every class has its share in each."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

import tuner.data.allocation
from tuner.data.allocation import allocate
from tuner.data.needs import Needs


@settings(max_examples=100, deadline=None)
@given(
    counts=st.lists(st.integers(1, 60), min_size=2, max_size=4),
    shares=st.sampled_from([(0.75, 0.25), (0.95, 0.05), (0.2, 0.8), (1 / 3,) * 3, (0.2,) * 5]),
    seed=st.integers(0, 2**40),
)
def test_single_rows_are_divided_to_within_one_row_of_every_share(counts, shares, seed):
    labels = np.repeat(np.arange(len(counts)), counts)
    parts = allocate(labels, None, np.array(shares), seed)
    for code, count in enumerate(counts):
        reached = np.bincount(parts[labels == code], minlength=len(shares))
        assert (np.abs(reached - count * np.array(shares)) < 1).all()
        if count >= len(shares):
            assert reached.all()


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=30),
    singles=st.integers(0, 40),
    seed=st.integers(0, 99),
)
def test_units_stay_whole(sizes, singles, seed):
    units = np.repeat(np.arange(len(sizes) + singles), [*sizes, *[1] * singles])
    labels = np.random.default_rng(seed).integers(0, 2, len(units))
    parts = allocate(labels, units, np.array([0.5, 0.5]), seed)
    for unit in np.unique(units):
        assert len(set(parts[units == unit])) == 1


def test_single_rows_fill_up_what_large_units_leave():
    units = np.repeat(np.arange(41), [60, *[1] * 40])
    labels = np.zeros(100, dtype=np.int64)
    parts = allocate(labels, units, np.array([0.5, 0.5]), 0)
    assert sorted(np.bincount(parts).tolist()) == [40, 60]
    more = allocate(np.zeros(160, dtype=np.int64), np.r_[units, 41:101], np.array([0.5, 0.5]), 0)
    assert np.bincount(more).tolist() == [80, 80]


def test_very_many_units_with_the_same_content_are_dealt_out_evenly(monkeypatch):
    monkeypatch.setattr(tuner.data.allocation, "_MANY", 30)
    rng = np.random.default_rng(0)
    counts = np.array([[2, 0], [1, 1], [0, 3]])[rng.integers(0, 3, 100)]
    units = np.repeat(np.arange(100), counts.sum(axis=1))
    labels = np.concatenate([np.repeat([0, 1], count) for count in counts])
    parts = allocate(labels, units, np.array([0.5, 0.3, 0.2]), 0)
    of_unit = parts[np.unique(units, return_index=True)[1]]
    assert np.array_equal(of_unit[units], parts)
    for content in np.unique(counts, axis=0):
        alike = (counts == content).all(axis=1)
        shared = np.bincount(of_unit[alike], minlength=3)
        assert (shared >= np.floor(alike.sum() * np.array([0.5, 0.3, 0.2]))).all()
    wanted = np.outer([0.5, 0.3, 0.2], np.bincount(labels))
    reached = np.array([np.bincount(labels[parts == part], minlength=2) for part in range(3)])
    assert np.abs(reached - wanted).max() < 3
    other = allocate(labels, units, np.array([0.5, 0.3, 0.2]), 1)
    assert not np.array_equal(other, parts)


def test_units_of_one_row_are_like_rows():
    labels = np.repeat([0, 1], [41, 12])
    parts = allocate(labels, np.arange(53), np.full(4, 0.25), 3)
    assert np.bincount(parts[labels == 1]).tolist() == [3, 3, 3, 3]
    assert sorted(np.bincount(parts).tolist()) == [13, 13, 13, 14]


def drawn(rng):
    """Rows in groups: of one class each, mixed at random, or mixed by group."""
    groups, share = int(rng.integers(12, 200)), rng.choice([0.03, 0.1, 0.3])
    sizes = rng.integers(1, int(rng.choice([2, 5, 20, 60])) + 1, groups)
    chance = [
        rng.random(groups) < share,
        np.full(groups, share),
        rng.beta(share * 1.5, (1 - share) * 1.5, groups),
    ][rng.integers(3)]
    labels = (rng.random(sizes.sum()) < np.repeat(chance, sizes)).astype(np.int64)
    return labels, np.repeat(np.arange(groups), sizes)


def worst_fold(labels, parts, folds):
    """Largest deviation of a fold from its share of minority rows, relative to that share."""
    reached = np.bincount(parts[labels == 1], minlength=folds)
    return np.abs(reached / (labels.sum() / folds) - 1).max()


def test_folds_of_groups_are_as_balanced_as_scikit_learns():
    rng = np.random.default_rng(0)
    ours, theirs = [], []
    while len(ours) < 100:
        labels, groups = drawn(rng)
        folds = int(rng.choice([2, 3, 5]))
        if len(np.unique(groups[labels == 1])) < folds:
            continue
        ours.append(
            worst_fold(labels, allocate(labels, groups, np.full(folds, 1 / folds), 0), folds)
        )
        parts = np.empty(len(labels), dtype=np.int64)
        judge = StratifiedGroupKFold(folds, shuffle=True, random_state=0)
        # scikit-learn warns where a class has fewer rows than folds; none is drawn here.
        for fold, (_, held) in enumerate(judge.split(labels, labels, groups)):
            parts[held] = fold
        theirs.append(worst_fold(labels, parts, folds))
    difference = np.array(ours) - np.array(theirs)
    assert difference.mean() <= 0
    assert (difference <= 1e-12).mean() > 0.8
    assert difference.max() < 0.35


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.sampled_from([1, 2, 7, 90]), min_size=4, max_size=12),
    seed=st.integers(0, 999),
)
def test_each_part_gets_the_minority_units_that_it_needs(sizes, seed):
    units = np.repeat(np.arange(len(sizes)), sizes)
    labels = np.ones(len(units), dtype=np.int64)
    needs = Needs(np.array([[0, 2], [0, 1], [0, 1]]))
    parts = allocate(labels, units, np.array([0.1, 0.8, 0.1]), seed, needs)
    held = [len(set(units[parts == part])) for part in range(3)]
    assert held[0] >= 2
    assert min(held[1:]) >= 1
