"""Rows drawn anew for each epoch, as ``keras.Model.fit`` takes them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tuner.model.epoch_rows import EpochRows, epoch_rows
from tuner.model.training_rows import TrainingRows

__all__ = ["EpochBatches"]


class EpochBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of rows that are drawn or changed anew in each epoch; see `epoch_rows`.

    Pass it to ``fit`` with ``shuffle=False``.

    Args:
        rows: What to draw from.
        batch_size: Rows in a batch; the last of an epoch may have fewer.
        seed: Decides the order, and how pictures are changed.
        epoch: The epoch that is drawn first, from 0.
    """

    def __init__(self, rows: TrainingRows, batch_size: int, seed: int, epoch: int = 0) -> None:
        super().__init__()
        self._rows, self._batch_size, self._seed = rows, batch_size, seed
        self._next = self._epoch = epoch
        self._drawn = self._draw(epoch)

    def _draw(self, epoch: int) -> EpochRows:
        return epoch_rows(self._rows, self._seed, epoch)

    def __len__(self) -> int:
        return -(-len(self._drawn.order) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[Any, Any, Any]:
        drawn = self._drawn
        rows = drawn.order[index * self._batch_size : (index + 1) * self._batch_size]
        return np.asarray(drawn.x[rows]), drawn.y[rows], drawn.weights[rows]

    def on_epoch_begin(self) -> None:
        """Draws the epoch. Keras looks at a few batches before the first, to learn their shapes."""
        if self._next != self._epoch:
            self._drawn, self._epoch = self._draw(self._next), self._next
        self._next += 1
