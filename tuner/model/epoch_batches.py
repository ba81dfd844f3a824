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
        """A batch; of mixed rows, labels and weights have the shape ``(rows, 2)``."""
        drawn = self._drawn
        places = slice(index * self._batch_size, (index + 1) * self._batch_size)
        own = _taken(drawn, drawn.order[places])
        if drawn.mixing is None:
            return own
        mixing = drawn.mixing.at(places)
        other = _taken(drawn, drawn.order[mixing.partners])
        with keras.device("cpu"):
            x, weights = mixing.pictures(own[0], other[0]), mixing.weights(own[2], other[2])
        return np.asarray(x), np.stack([own[1], other[1]], axis=1), np.asarray(weights)

    def on_epoch_begin(self) -> None:
        """Draws the epoch. Keras looks at a few batches before the first, to learn their shapes."""
        if self._next != self._epoch:
            self._drawn, self._epoch = self._draw(self._next), self._next
        self._next += 1


def _taken(drawn: EpochRows, rows: Any) -> tuple[Any, Any, Any]:
    return np.asarray(drawn.x[rows]), drawn.y[rows], drawn.weights[rows]
