"""Early stopping on validation average precision, with the best weights kept in memory."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.metrics.scores import average_precision
from tuner.training.unit import TrainingFailed

__all__ = ["BestWeights", "FiniteLoss", "predict"]

_CHUNK = 8192


class FiniteLoss(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends the training as failed at the first loss that is not finite, and records the loss."""

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        loss = float((logs or {})["loss"])
        if not math.isfinite(loss):
            raise TrainingFailed(f"non-finite loss in epoch {epoch + 1}")
        self.losses.append(loss)


class BestWeights(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps the weights of the epoch with the best validation average precision.

    Average precision needs no threshold and is smoother than F1 at few positives; higher is better,
    and of equal epochs the earliest counts.

    Args:
        x: Validation rows.
        actual: Whether each is of the minority class.
        patience: Epochs without a better value before training stops.
    """

    def __init__(self, x: NDArray[Any], actual: NDArray[np.bool_], patience: int) -> None:
        super().__init__()
        self.x = x
        self.actual = actual
        self.patience = patience
        self.values: list[float] = []
        self.best_epoch = 0
        self.best: NDArray[np.float32] = np.empty((0, 0), dtype=np.float32)
        self._weights: list[NDArray[Any]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        probabilities = predict(self.model, self.x)
        value = average_precision(self.actual, probabilities[:, -1])
        if not self.values or value > max(self.values):
            self.best_epoch, self.best = epoch + 1, probabilities
            self._weights = self.model.get_weights()
        self.values.append(value)
        if epoch + 1 - self.best_epoch >= self.patience:
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self._weights:
            self.model.set_weights(self._weights)


def predict(model: keras.Model, x: NDArray[Any]) -> NDArray[np.float32]:
    """Probabilities of all classes, shape ``(rows, classes)``.

    Calling the model costs no tracing, which ``model.predict`` would for every new model.

    Raises:
        TrainingFailed: A prediction is not finite.
    """
    parts = [
        np.asarray(model(x[at : at + _CHUNK], training=False)) for at in range(0, len(x), _CHUNK)
    ]
    probabilities = np.concatenate(parts)
    if not np.isfinite(probabilities).all():
        raise TrainingFailed("non-finite predictions")
    if probabilities.shape[1] == 1:
        probabilities = np.hstack([1.0 - probabilities, probabilities])
    return probabilities
