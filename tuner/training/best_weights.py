"""Early stopping on validation average precision, with the best weights kept in memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.data.preprocessing import NetworkRows
from tuner.metrics.scores import average_precision
from tuner.model.losses.base import RareClassLoss
from tuner.training.row_memory import rows_predicted
from tuner.training.unit import TrainingFailed

__all__ = ["BestWeights", "FiniteLoss", "PredictsItself", "checked", "outputs", "predict"]


@runtime_checkable
class PredictsItself(Protocol):
    """A training that predicts the validation rows as a part of each epoch.

    Attributes:
        predicted_outputs: Of the validation rows, as the network gives them, after the last epoch.
    """

    predicted_outputs: NDArray[np.float32]


class FiniteLoss(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends the training as failed at the first loss that is not finite, and records the loss."""

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        told = (logs or {}).get("loss")
        if told is None:
            return  # a training loop of a person's own need not tell it
        loss = float(told)
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
        patience: Epochs without a better value before training stops; counted from where the loss
            has become what it stays (see `RareClassLoss.settled_from`).
        correct: What is done to probabilities, shape ``(rows, classes)``, before they are ranked.

    Attributes:
        latest: Probabilities of the validation rows after the last epoch.
        best: After the best epoch.
        best_epoch: Its number, from 1.
        values: Average precision by epoch.
    """

    def __init__(
        self,
        x: NetworkRows,
        actual: NDArray[np.bool_],
        patience: int,
        correct: Callable[[NDArray[Any]], NDArray[Any]] | None = None,
    ) -> None:
        super().__init__()
        self.x = x
        self.actual = actual
        self.patience = patience
        self.correct = correct
        self.values: list[float] = []
        self.best_epoch = 0
        self.best: NDArray[np.float32] = np.empty((0, 0), dtype=np.float32)
        self.latest = self.best
        self._weights: list[NDArray[Any]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.latest = probabilities = self._predicted()
        ranked = probabilities if self.correct is None else self.correct(probabilities)
        value = average_precision(self.actual, ranked[:, -1])
        if not self.values or value > max(self.values):
            self.best_epoch, self.best = epoch + 1, probabilities
            self._weights = self.model.get_weights()
        self.values.append(value)
        if epoch + 1 - max(self.best_epoch, self._settled_from()) >= self.patience:
            self.model.stop_training = True

    def _predicted(self) -> NDArray[np.float32]:
        if isinstance(self.model, PredictsItself):
            return checked(self.model.predicted_outputs)
        return predict(self.model, self.x)

    def at_end(self, model: keras.Model) -> None:
        """Makes sure that the network has its best weights, whoever called for which epochs.

        A training of a person's own may tell of no epoch; its last weights are the best then.
        """
        if not self.values:
            self.set_model(model)
            self.on_epoch_end(0)
        self.on_train_end()

    def _settled_from(self) -> int:
        loss = getattr(self.model, "loss", None)
        if not isinstance(loss, RareClassLoss):
            return 0
        return loss.settled_from(self.params["epochs"])

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self._weights:
            self.model.set_weights(self._weights)


def predict(model: keras.Model, x: NetworkRows) -> NDArray[np.float32]:
    """Probabilities of all classes, shape ``(rows, classes)``.

    Raises:
        TrainingFailed: A prediction is not finite.
    """
    return checked(outputs(model, x))


def outputs(model: keras.Model, x: NetworkRows) -> NDArray[np.float32]:
    """What a network gives for rows, shape ``(rows, outputs)``.

    Calling the model costs no tracing, which ``model.predict`` would for every new model.
    """
    most = rows_predicted(model)
    parts = (np.asarray(x[at : at + most]) for at in range(0, len(x), most))
    return np.concatenate([np.asarray(model(part, training=False)) for part in parts])


def checked(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a network gives, as probabilities of all classes, shape ``(rows, classes)``.

    Raises:
        TrainingFailed: A prediction is not finite.
    """
    if not np.isfinite(probabilities).all():
        raise TrainingFailed("non-finite predictions")
    if probabilities.shape[1] == 1:
        probabilities = np.hstack([1.0 - probabilities, probabilities])
    return probabilities
