"""Focal loss (Lin et al., 2017): rows that are right already count less."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from tuner.model.losses.base import RareClassLoss
from tuner.model.losses.numerics import log_complement, log_probabilities

__all__ = ["Focal"]


@keras.saving.register_keras_serializable(package="minority_tuner")
class Focal(RareClassLoss):
    """``-w (1 - p) ** gamma log p`` with the probability p of the true class.

    The weight w is ``2 alpha`` for the minority and ``2 (1 - alpha)`` for the others, which is the
    published alpha, scaled so that an alpha of 0.5 weighs nothing.

    Args:
        classes: How many there are.
        minority: Code of the minority class.
        gamma: From 0, which is crossentropy; the larger, the less do right rows count.
        alpha: In (0, 1).
        kwargs: As in `RareClassLoss`.
    """

    numbers = ("gamma",)
    free = (*RareClassLoss.free, "gamma", "alpha")

    def __init__(
        self,
        classes: int,
        minority: int,
        *,
        gamma: float = 2.0,
        alpha: float = 0.5,
        **kwargs: Any,
    ) -> None:
        self.gamma = gamma
        self.alpha = alpha
        super().__init__(classes, minority, **kwargs)

    def by_class(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """The weight of each class, which does not depend on its frequency."""
        weights = np.full(self.classes, 2.0 * (1.0 - self.alpha))
        weights[self.minority] = 2.0 * self.alpha
        return weights

    def row_losses(self, actual: Any, logits: Any) -> Any:
        """Focal loss of each row."""
        log_p = log_probabilities(logits)
        # By logs: the derivative of (1 - p) ** gamma is infinite at p = 1 where gamma is below 1.
        ease = ops.exp(self.number("gamma") * log_complement(log_p, actual))
        return -ops.sum(actual * self.frequencies * log_p, axis=-1) * ease

    def get_config(self) -> dict[str, Any]:
        """What makes an equal loss."""
        return {**super().get_config(), "gamma": self.gamma, "alpha": self.alpha}
