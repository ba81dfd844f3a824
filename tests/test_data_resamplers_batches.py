"""Balanced batches: equal shares in every batch, all rows over the epochs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.data.resamplers import draw_epoch
from tuner.data.resamplers.batches import class_shares

COUNTS = st.lists(st.integers(1, 200), min_size=2, max_size=4)


def labels_of(counts, seed=0):
    labels = np.repeat(np.arange(len(counts)), counts)
    return np.random.default_rng(seed).permutation(labels)


@settings(max_examples=80, deadline=None)
@given(
    counts=COUNTS,
    ratio=st.floats(0.1, 1.0),
    seed=st.integers(0, 2**32 - 1),
    epoch=st.integers(0, 50),
    batch=st.integers(1, 64),
)
def test_every_batch_has_the_shares_of_the_classes(counts, ratio, seed, epoch, batch):
    labels = labels_of(counts)
    rows = draw_epoch(labels, ratio, seed, epoch)
    shares = class_shares(np.asarray(counts), ratio)
    assert len(rows) == len(labels)
    np.testing.assert_array_equal(rows, draw_epoch(labels, ratio, seed, epoch))
    total = np.bincount(labels[rows], minlength=len(counts))
    assert (np.abs(total - shares * len(labels)) < 1).all()
    for start in range(0, len(rows) - batch + 1, batch):
        found = np.bincount(labels[rows[start : start + batch]], minlength=len(counts))
        share = total / len(labels)
        assert (np.abs(found - share * batch) < 1 + len(counts) * share).all()


@pytest.mark.parametrize(
    ("counts", "ratio", "shares"),
    [
        ([90, 10], 1.0, [0.5, 0.5]),
        ([90, 10], 0.25, [0.8, 0.2]),
        ([50, 50], 0.25, [0.5, 0.5]),
        ([80, 40, 10], 0.5, [0.5, 0.25, 0.25]),
        ([80, 0, 10], 1.0, [0.5, 0.0, 0.5]),
    ],
)
def test_no_share_is_below_the_ratio_times_the_largest(counts, ratio, shares):
    np.testing.assert_allclose(class_shares(np.asarray(counts), ratio), shares)


def test_frequent_rows_are_gone_through_before_any_comes_again():
    labels = labels_of([90, 10])
    drawn = np.concatenate([draw_epoch(labels, 1.0, 7, epoch) for epoch in range(9)])
    seen = np.bincount(drawn, minlength=100)
    # Nine epochs of 50 rows are five times 90 rows.
    assert seen[labels == 0].tolist() == [5] * 90
    assert seen[labels == 1].tolist() == [45] * 10


def test_rare_rows_come_equally_often_within_an_epoch():
    labels = labels_of([93, 7])
    seen = np.bincount(draw_epoch(labels, 1.0, 0, 3), minlength=100)[labels == 1]
    assert seen.sum() == 50
    assert set(seen.tolist()) == {7, 8}


def test_epochs_and_seeds_differ():
    labels = labels_of([90, 10])
    draws = {draw_epoch(labels, 1.0, seed, epoch).tobytes() for seed in (0, 1) for epoch in (0, 1)}
    assert len(draws) == 4
