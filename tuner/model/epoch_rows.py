"""The rows of one epoch, in the order in which batches take them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.data.augmentation import augmented
from tuner.data.mixing import Mixing, draw_mixing
from tuner.data.preprocessing import NetworkRows
from tuner.data.resamplers import draw_epoch
from tuner.model.training_rows import TrainingRows

__all__ = ["EpochRows", "epoch_rows"]


@dataclass(frozen=True)
class EpochRows:
    """What one epoch trains on.

    Attributes:
        x: Shape ``(rows, …)``, as many rows in every epoch; there may be more than are drawn.
        y: Codes, shape ``(rows,)``.
        weights: Weight of each row in the loss, shape ``(rows,)``.
        order: Row numbers in the order in which batches take them; a row may come several times.
        mixing: What each is mixed with, along `order`, or None.
    """

    x: NetworkRows
    y: NDArray[np.int64]
    weights: NDArray[np.float32]
    order: NDArray[np.int64]
    mixing: Mixing | None = None


def epoch_rows(
    rows: TrainingRows, seed: int, epoch: int, into: NDArray[np.float32] | None = None
) -> EpochRows:
    """The rows of an epoch, the same for every engine.

    Without augmentation they are the training rows themselves. With it, a row that is drawn several
    times in an epoch is another picture each time. Mixing is told and not done, since it makes a
    batch of two others.

    Args:
        rows: What the network learns from.
        seed: Decides order and augmentation.
        epoch: Number of the epoch, from 0.
        into: Where augmented pictures go; see `augmented`.
    """
    order, wanted = _order(rows, seed, epoch), rows.augmentation
    mixing = draw_mixing(wanted, len(order), rows.x.shape[1:], seed=seed, epoch=epoch)
    if wanted is None or not wanted.remakes:
        return EpochRows(rows.x, rows.y, rows.weights, order, mixing)
    x, y, weights = rows.x, rows.y, rows.weights
    if rows.batch_ratio is not None:
        x, y, weights, order = x[order], y[order], weights[order], np.arange(len(order))
    rare = y == rows.minority
    x = augmented(x, rare, wanted, seed=seed, epoch=epoch, into=into)
    return EpochRows(x, y, weights, order, mixing)


def _order(rows: TrainingRows, seed: int, epoch: int) -> NDArray[np.int64]:
    if rows.batch_ratio is not None:
        return draw_epoch(rows.y, rows.batch_ratio, seed, epoch)
    return np.random.default_rng([seed, epoch]).permutation(len(rows.y))
