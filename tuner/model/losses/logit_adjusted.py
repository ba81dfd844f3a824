"""Logit-adjusted crossentropy (Menon et al., 2021)."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.model.losses.base import RareClassLoss, negative_log_likelihood

__all__ = ["LogitAdjusted"]


@keras.saving.register_keras_serializable(package="minority_tuner")
class LogitAdjusted(RareClassLoss):
    """Crossentropy of ``logits + tau * log(share of the class)``.

    The network need not learn how rare a class is: with `tau` 1 its own output, which leaves the
    adjustment out, is the posterior for equally frequent classes.

    Args:
        classes: How many there are.
        minority: Code of the minority class.
        tau: From 0, which is crossentropy.
        kwargs: As in `RareClassLoss`.
    """

    free = (*RareClassLoss.free, "tau")

    def __init__(self, classes: int, minority: int, *, tau: float = 1.0, **kwargs: Any) -> None:
        self.tau = tau
        super().__init__(classes, minority, **kwargs)

    def by_class(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is added to the logit of each class."""
        adjustment: NDArray[np.float64] = self.tau * np.log(counts / counts.sum())
        return adjustment

    def row_losses(self, actual: Any, logits: Any) -> Any:
        """Crossentropy of each row's adjusted logits."""
        return negative_log_likelihood(actual, logits + self.frequencies)

    def get_config(self) -> dict[str, Any]:
        """What makes an equal loss."""
        return {**super().get_config(), "tau": self.tau}
