"""Networks that say the same of every row are not trained any longer."""

from __future__ import annotations

from typing import Any

import keras

from tuner.metrics.collapse import is_collapsed
from tuner.training.best_weights import BestWeights

__all__ = ["StopCollapsed"]

_EPOCHS = 3
"""A signal too faint for float32 may wake in an epoch or two; a layer of dead units does not."""


class StopCollapsed(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends training after three epochs in a row with the same prediction for every validation row.

    Args:
        watched: Predicts the validation rows; it comes before this one in the list of callbacks.
    """

    def __init__(self, watched: BestWeights) -> None:
        super().__init__()
        self._watched = watched
        self._epochs = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Counts epochs in a row."""
        self._epochs = self._epochs + 1 if is_collapsed(self._watched.latest) else 0
        if self._epochs >= _EPOCHS:
            self.model.stop_training = True
