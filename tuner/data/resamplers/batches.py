"""Balanced batches: rows stay as they are, and every batch has the same shares of the classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tuner.data.resamplers.copies import Unchanged
from tuner.data.resamplers.resampler import RESAMPLERS, Resampler
from tuner.data.resamplers.targets import RATIO

__all__ = ["class_shares", "draw_epoch"]

Rows = NDArray[np.int64]


@RESAMPLERS.register("balanced_batches", ratio=RATIO)
def balanced_batches(ratio: float) -> Resampler:
    """Every batch is drawn with equal shares of the classes, from all rows over the epochs.

    Args:
        ratio: What the rarest class is to have of the most frequent one.
    """
    return Unchanged("balanced_batches", ratio)


def class_shares(counts: NDArray[np.int64], ratio: float) -> NDArray[np.float64]:
    """The share of each class in a batch: none is below `ratio` times the largest.

    Example:
        >>> class_shares(np.array([90, 10]), 0.25)
        array([0.8, 0.2])
    """
    wanted = np.where(counts > 0, np.maximum(counts, ratio * counts.max()), 0.0)
    shares: NDArray[np.float64] = wanted / wanted.sum()
    return shares


def draw_epoch(labels: NDArray[np.int64], ratio: float, seed: int, epoch: int) -> Rows:
    """The rows of one epoch, in the order in which batches take them.

    Classes are interleaved, so that in any batch of ``b`` rows the number of a class's rows differs
    from ``b`` times its share of the epoch by less than ``1 + classes * share``; shuffling would
    undo it. Rows of a class with fewer rows than its part of the epoch come equally often, to
    within one. Those of other classes are gone through over the epochs, each before any comes
    again.

    Args:
        labels: Codes of the training rows, shape ``(rows,)``.
        ratio: Smallest share of a class, as a part of the largest.
        seed: Decides the order; 0 or more.
        epoch: Number of the epoch, from 0.

    Returns:
        Row numbers, as many as there are rows.

    Example:
        >>> rows = draw_epoch(np.array([0, 0, 0, 0, 0, 0, 0, 1]), 1.0, seed=0, epoch=0)
        >>> int(np.count_nonzero(rows == 7))
        4
    """
    counts = np.bincount(labels)
    quotas = _whole(class_shares(counts, ratio) * len(labels))
    offsets = np.random.default_rng([seed, epoch]).random(len(counts))
    drawn, places = [], []
    for code, quota in enumerate(quotas.tolist()):
        if quota:
            rows = np.flatnonzero(labels == code)
            drawn.append(_draw(rows, quota, (seed, code), epoch))
            places.append((np.arange(quota) + offsets[code]) / quota)
    order: Rows = np.concatenate(drawn)[np.argsort(np.concatenate(places), kind="stable")]
    return order


def _draw(rows: Rows, quota: int, key: tuple[int, int], epoch: int) -> Rows:
    if quota >= len(rows):
        rng = np.random.default_rng([*key, epoch])
        passes = np.tile(rows, (-(-quota // len(rows)), 1))
        return rng.permuted(passes, axis=1).reshape(-1)[:quota]
    # One endless row of shuffled passes; each epoch takes its piece, whatever was drawn before.
    first, start = divmod(epoch * quota, len(rows))
    orders = [np.random.default_rng([*key, first + more]).permutation(rows) for more in (0, 1)]
    return np.concatenate(orders)[start : start + quota]


def _whole(parts: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole numbers of the same sum, by largest remainders."""
    whole = np.floor(parts + 1e-9).astype(np.int64)
    rest = round(float(parts.sum())) - int(whole.sum())
    whole[np.argsort(whole - parts, kind="stable")[:rest]] += 1
    return whole
