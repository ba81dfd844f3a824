"""Rows drawn anew for each epoch, as ``keras.Model.fit`` takes them."""

from __future__ import annotations

from typing import Any

import keras

from tuner.data.resamplers import draw_epoch
from tuner.model.training_rows import TrainingRows

__all__ = ["BalancedBatches"]


class BalancedBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches with the same shares of the classes; see `draw_epoch`.

    Pass it to ``fit`` with ``shuffle=False``.

    Args:
        rows: What to draw from; its ``batch_ratio`` is a number.
        batch_size: Rows in a batch; the last of an epoch may have fewer.
        seed: Decides the order.
        epoch: The epoch that is drawn first, from 0.
    """

    def __init__(self, rows: TrainingRows, batch_size: int, seed: int, epoch: int = 0) -> None:
        super().__init__()
        self._rows, self._batch_size, self._seed = rows, batch_size, seed
        self._next = epoch
        self._order = self._draw()

    def _draw(self) -> Any:
        assert self._rows.batch_ratio is not None  # what `BalancedBatches` is for
        return draw_epoch(self._rows.y, self._rows.batch_ratio, self._seed, self._next)

    def __len__(self) -> int:
        return -(-len(self._order) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[Any, Any, Any]:
        rows = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return self._rows.x[rows], self._rows.y[rows], self._rows.weights[rows]

    def on_epoch_begin(self) -> None:
        """Draws the epoch. Keras looks at a few batches before the first, to learn their shapes."""
        self._order = self._draw()
        self._next += 1
