"""Crossentropy, with smoothed labels where asked."""

from __future__ import annotations

from typing import Any

import keras

from tuner.model.losses.base import RareClassLoss, negative_log_likelihood

__all__ = ["CrossEntropy"]


@keras.saving.register_keras_serializable(package="minority_tuner")
class CrossEntropy(RareClassLoss):
    """``-Σ t(c) log p(c)``, where t is 1 for the true class, moved by s towards 1 / k.

    Equal to Keras's binary and categorical crossentropy with the same smoothing.

    Args:
        classes: How many there are.
        minority: Code of the minority class.
        label_smoothing: s in [0, 1): the share of each label that is spread over all classes.
        kwargs: As in `RareClassLoss`.
    """

    numbers = ("label_smoothing",)
    free = (*RareClassLoss.free, "label_smoothing")

    def __init__(
        self, classes: int, minority: int, *, label_smoothing: float = 0.0, **kwargs: Any
    ) -> None:
        self.label_smoothing = label_smoothing
        super().__init__(classes, minority, **kwargs)

    def row_losses(self, actual: Any, logits: Any) -> Any:
        """Crossentropy of each row."""
        spread = self.number("label_smoothing")
        return negative_log_likelihood(actual * (1.0 - spread) + spread / self.classes, logits)

    def get_config(self) -> dict[str, Any]:
        """What makes an equal loss."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
