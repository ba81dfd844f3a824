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
        >>> from tuner.model.losses import make_loss
        >>> from tuner.spaces import Chosen
        >>> ldam = Chosen("ldam", {"max_margin": 0.5, "scale": 10.0, "reweight_after": 0.5})
        >>> loss = make_loss(ldam, classes=2, minority=1)
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, "sigmoid")])
        >>> model.compile(loss=loss)
        >>> x, y = keras.ops.zeros((4, 2)), keras.ops.array([0, 0, 0, 1])
        >>> fitted = model.fit(x, y, epochs=2, callbacks=[LossSchedule(loss)], verbose=0)
    """

    def __init__(self, loss: RareClassLoss, epochs: int | None = None) -> None:
        super().__init__()
        self.loss = loss
        self.epochs = epochs

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Passes the epoch on."""
        self.loss.begin_epoch(epoch, self.epochs or self.params["epochs"])
