"""Soft F1: the score itself as a loss, with probabilities in place of counts."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from tuner.model.losses.base import RareClassLoss
from tuner.model.losses.numerics import class_logits, log_probabilities

__all__ = ["SoftF1"]


@keras.saving.register_keras_serializable(package="minority_tuner")
class SoftF1(RareClassLoss):
    """``1 - 2 Σ w p a / Σ w (p + a)`` over the batch.

    Here p is a row's probability of the minority, a is 1 for the minority's rows and 0 elsewhere,
    and w is the row's weight.

    The loss belongs to a batch and not to its rows: it depends on the batch size, its mean over
    batches is not that over the epoch, and a batch without minority rows has the loss 1 and no
    gradient. Take batches large enough to hold some, or balanced ones. Its gradient also vanishes
    where the network is certain and wrong, as that of no other loss here does.

    Args:
        classes: How many there are.
        minority: Code of the minority class.
        kwargs: As in `RareClassLoss`; the reduction must be ``sum_over_batch_size``.

    Raises:
        ValueError: Another reduction is asked for.
    """

    def __init__(self, classes: int, minority: int, **kwargs: Any) -> None:
        super().__init__(classes, minority, **kwargs)
        if self.reduction != "sum_over_batch_size":
            raise ValueError(
                "soft F1 has no value for a row; expected the reduction 'sum_over_batch_size',"
                f" got {self.reduction!r}"
            )

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a batch, one number.

        Args:
            y_true: Codes, shape ``(rows,)`` or ``(rows, 1)``.
            y_pred: Probabilities, shape ``(rows, 1)`` or ``(rows, classes)``.
            sample_weight: Weight of each row in the sums, shaped like `y_true`.
        """
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        actual = self.actual(y_true)[:, self.minority]
        logits = class_logits(y_pred, self.classes)
        p = ops.exp(log_probabilities(logits)[:, self.minority])
        weights = ops.ones_like(p)
        if sample_weight is not None:
            given = ops.convert_to_tensor(sample_weight, dtype=self.dtype)
            weights = ops.reshape(given, (-1,))
        total = ops.sum(weights * (p + actual))
        # Nothing predicted and nothing there is an F1 of 0, here as in the metrics.
        return 1.0 - ops.divide_no_nan(2.0 * ops.sum(weights * p * actual), total)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of a batch without row weights, one number."""
        return self(y_true, y_pred)
