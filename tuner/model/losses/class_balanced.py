"""Class-balanced crossentropy (Cui et al., 2019): weights by effective number of rows."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from tuner.model.losses.base import RareClassLoss, negative_log_likelihood
from tuner.model.losses.frequencies import effective_number_weights

__all__ = ["ClassBalanced"]


@keras.saving.register_keras_serializable(package="minority_tuner")
class ClassBalanced(RareClassLoss):
    """Crossentropy times ``(1 - beta) / (1 - beta ** n)`` for the n training rows of the class.

    The weights are scaled so that their mean over the training rows is 1.

    Args:
        classes: How many there are.
        minority: Code of the minority class.
        beta: In [0, 1); 0 weighs all classes alike.
        kwargs: As in `RareClassLoss`.
    """

    free = (*RareClassLoss.free, "beta")

    def __init__(self, classes: int, minority: int, *, beta: float = 0.999, **kwargs: Any) -> None:
        self.beta = beta
        super().__init__(classes, minority, **kwargs)

    def by_class(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """The weight of each class."""
        return effective_number_weights(counts, self.beta)

    def row_losses(self, actual: Any, logits: Any) -> Any:
        """Weighted crossentropy of each row."""
        weights = ops.sum(actual * self.frequencies, axis=-1)
        return weights * negative_log_likelihood(actual, logits)

    def get_config(self) -> dict[str, Any]:
        """What makes an equal loss."""
        return {**super().get_config(), "beta": self.beta}
