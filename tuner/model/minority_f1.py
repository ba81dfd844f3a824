"""F1 of the minority class as a Keras metric, from counts over the whole epoch."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

__all__ = ["MinorityF1"]


@keras.saving.register_keras_serializable(package="minority_tuner")
class MinorityF1(keras.metrics.Metric):  # type: ignore[misc]
    """F1 of one class, pooled over all batches since the last reset.

    ``keras.metrics.F1Score`` without a threshold is constant on one sigmoid unit, and a mean of
    batch values depends on the batch size; this is neither. Rows are not weighted.

    Args:
        minority: Code of the class.
        threshold: Probability from which a row counts as that class. With several classes the
            largest probability decides instead.
        name: Name in Keras's logs; ``val_minority_f1`` follows from it.

    Example:
        >>> metric = MinorityF1()
        >>> metric.update_state([0, 1, 1], [[0.2], [0.9], [0.3]])
        >>> round(float(metric.result()), 4)
        0.6667
    """

    def __init__(
        self, minority: int = 1, threshold: float = 0.5, name: str = "minority_f1", **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.minority = minority
        self.threshold = threshold
        self.true_positives = self._count("true_positives")
        self.predicted = self._count("predicted")
        self.actual = self._count("actual")

    def _count(self, name: str) -> Any:
        return self.add_weight(name=name, shape=(), initializer="zeros", dtype="float32")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts a batch: codes ``(rows,)`` or ``(rows, 1)``, probabilities ``(rows, 1 or k)``.

        Of a mixed row, with codes of shape ``(rows, 2)``, the first label counts.
        """
        y_pred = ops.convert_to_tensor(y_pred)
        codes = ops.cast(ops.convert_to_tensor(y_true), "int32")
        codes = codes[:, 0] if len(codes.shape) == 2 else ops.reshape(codes, (-1,))
        actual = ops.cast(ops.equal(codes, self.minority), "float32")
        if y_pred.shape[-1] == 1:
            one = ops.reshape(y_pred, (-1,))
            predicted = (one if self.minority == 1 else 1.0 - one) >= self.threshold
        else:
            predicted = ops.equal(ops.argmax(y_pred, axis=-1), self.minority)
        predicted = ops.cast(predicted, "float32")
        self.true_positives.assign_add(ops.sum(actual * predicted))
        self.predicted.assign_add(ops.sum(predicted))
        self.actual.assign_add(ops.sum(actual))

    def result(self) -> Any:
        """2 TP / (2 TP + FP + FN); 0 where nothing was predicted and nothing was there."""
        total = self.predicted + self.actual
        return ops.where(total > 0, 2.0 * self.true_positives / ops.maximum(total, 1.0), 0.0)

    def get_config(self) -> dict[str, Any]:
        own = {"minority": self.minority, "threshold": self.threshold}
        return {**super().get_config(), **own}
