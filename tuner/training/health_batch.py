"""The batch that a network's health is measured on, before and after training."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.training.unit import LabelledRows

__all__ = ["HEALTH_ROWS", "fixed_batch"]

HEALTH_ROWS = 256
"""Rows that health is measured on, unless the network takes too much memory for each."""

_LEAST_SHARE = 8
"""One row in so many is of the minority at least, as 32 of 256 are."""


def fixed_batch(
    train: LabelledRows,
    weights: NDArray[Any],
    minority: int,
    seed: int,
    *,
    size: int = HEALTH_ROWS,
    minority_rows: int = 32,
) -> LabelledRows:
    """Draws training rows, the same ones for one seed, with enough of the minority among them.

    Minority rows that are drawn beyond their share count for less, so that the batch's loss stands
    for that of all rows: each row's weight is multiplied by the share of its side (minority or
    not) among all rows over that in the batch.

    Args:
        train: All training rows.
        weights: Weight of each of them in the loss, shape ``(rows,)``.
        minority: Code of the minority class.
        seed: Decides which rows are drawn.
        size: Rows in the batch; all rows where there are no more.
        minority_rows: Minority rows that it holds at least, or all there are; but an eighth of the
            batch, where it is small, so that both sides are seen.

    Returns:
        Rows in the order of `train`; their weights are what the loss must count them by.
    """
    rare = train.y == minority
    sides = np.flatnonzero(rare), np.flatnonzero(~rare)
    size = min(size, len(train.y))
    least = min(minority_rows, max(1, size // _LEAST_SHARE))
    wanted = max(round(size * rare.mean()), least)
    # Where one side has too few rows, the other fills the batch.
    wanted = max(min(wanted, len(sides[0])), size - len(sides[1]))
    rng = np.random.default_rng(seed)
    drawn = [
        rng.choice(side, count, replace=False)
        for side, count in zip(sides, (wanted, size - wanted), strict=True)
    ]
    rows = np.sort(np.concatenate(drawn))
    shares = [len(side) / max(len(part), 1) for side, part in zip(sides, drawn, strict=True)]
    correction = np.where(rare[rows], *shares) * size / len(train.y)
    x = np.asarray(train.x[rows])  # few rows, and a network is measured on them twice
    return LabelledRows(x, train.y[rows], np.asarray(weights)[rows] * correction)
