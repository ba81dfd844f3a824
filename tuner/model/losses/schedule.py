"""Tells a loss how far training is."""

from __future__ import annotations

from typing import Any

import keras

from tuner.model.losses.base import RareClassLoss

__all__ = ["LossSchedule"]


class LossSchedule(keras.callbacks.Callback):  # type: ignore[misc]
    """Calls `RareClassLoss.begin_epoch` before each epoch.

    Args:
        loss: The loss that the model is compiled with.
        epochs: What shares of training count from; what ``fit`` is told unless given.

    Example:
        >>> model.fit(x, y, epochs=40, callbacks=[LossSchedule(model.loss)])
    """

    def __init__(self, loss: RareClassLoss, epochs: int | None = None) -> None:
        super().__init__()
        self.loss = loss
        self.epochs = epochs

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Passes the epoch on."""
        self.loss.begin_epoch(epoch, self.epochs or self.params["epochs"])
