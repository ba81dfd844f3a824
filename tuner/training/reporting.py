"""Each epoch of a training is told to whoever decides whether it goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from tuner.model.losses.base import RareClassLoss
from tuner.training.best_weights import BestWeights

__all__ = ["EpochReport", "Pruned"]


class Pruned(Exception):
    """Going on with a training is not worth it.

    Args:
        epoch: Epochs that were trained, from 1.
    """

    def __init__(self, epoch: int) -> None:
        super().__init__(f"pruned in epoch {epoch}")
        self.epoch = epoch


class EpochReport(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells the best validation average precision so far after each epoch.

    Training that ends with the epoch anyway is not pruned, so that its result is kept. Nor is one
    whose loss changes on the way (see `RareClassLoss.settled_from`): an epoch of its first stage
    compares with no epoch of others. It is judged when it has ended.

    Args:
        watched: Predicts the validation rows; it comes before this one in the list of callbacks.
        goes_on: Takes the epoch, from 1, and the value; says whether training goes on.

    Raises:
        Pruned: From ``fit``, where training does not go on.
    """

    def __init__(self, watched: BestWeights, goes_on: Callable[[int, float], bool]) -> None:
        super().__init__()
        self._watched = watched
        self._goes_on = goes_on

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Tells one epoch."""
        goes_on = self._goes_on(epoch + 1, max(self._watched.values))
        epochs = self.params["epochs"]
        ends = self.model.stop_training or epoch + 1 == epochs
        if not goes_on and not ends and not self._changes(epochs):
            raise Pruned(epoch + 1)

    def _changes(self, epochs: int) -> bool:
        loss = self.model.loss
        return isinstance(loss, RareClassLoss) and loss.settled_from(epochs) > 0
