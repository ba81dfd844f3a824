"""What all losses for a rare class share: codes as labels, and class frequencies set from outside.

The frequencies are in a variable, so that one traced training step serves every fold.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike, NDArray

from tuner.model.losses.frequencies import checked_counts
from tuner.model.losses.numerics import class_logits, log_probabilities

__all__ = ["RareClassLoss", "negative_log_likelihood"]


@keras.saving.register_keras_serializable(package="minority_tuner")
class RareClassLoss(keras.losses.Loss):  # type: ignore[misc]
    """A loss over class codes that may know how often each class occurs.

    It takes codes, shape ``(rows,)`` or ``(rows, 1)``, and probabilities, shape ``(rows, 1)`` from
    one sigmoid unit or ``(rows, classes)`` from a softmax. Row weights and reductions work as in
    every Keras loss.

    A subclass writes `row_losses`, and `by_class` if class frequencies matter. It sets its own
    parameters before it calls this constructor, which calls `by_class` and reads `numbers`.

    Attributes:
        numbers: Names of its parameters that `row_losses` reads with `number`. They lie in
            variables, so that losses which differ in nothing else share a traced training step.
        free: Names of all its parameters that a traced step does not hold: `numbers`, and those
            that only `by_class` reads or that only count between epochs.

    Args:
        classes: How many there are.
        minority: Code of the minority class.
        counts: What `adapt` was given; None for equal frequencies.
        name: Name in Keras's logs.
        reduction: As in Keras.
        dtype: As in Keras.

    Raises:
        ValueError: There are not two classes or more with the minority among them.
    """

    numbers: tuple[str, ...] = ()
    free: tuple[str, ...] = ("counts", "name")

    def __init__(
        self,
        classes: int,
        minority: int,
        *,
        counts: ArrayLike | None = None,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        if classes < 2 or not 0 <= minority < classes:
            raise ValueError(
                f"expected two classes or more and a minority among them, got {classes} and"
                f" {minority}"
            )
        self.classes = classes
        self.minority = minority
        self.counts: list[float] | None = None
        start = self.by_class(np.ones(classes))
        self._by_class = None if start is None else self._variable(start, "by_class")
        self._numbers = {name: self._variable(getattr(self, name), name) for name in self.numbers}
        if counts is not None:
            self.adapt(counts)

    def _variable(self, start: Any, name: str) -> Any:
        return keras.Variable(start, trainable=False, dtype=self.dtype, name=name)

    def adapt(self, counts: ArrayLike) -> None:
        """Sets the class frequencies; before that, all classes are equally frequent.

        A training step that is traced already goes by the new ones.

        Args:
            counts: Training rows of each class, shape ``(classes,)``.

        Raises:
            InputError: A class has no row.
        """
        given = checked_counts(counts, self.classes)
        self.counts = given.tolist()
        if self._by_class is not None:
            self._by_class.assign(self.by_class(given))

    def by_class(self, counts: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """What the loss keeps of the class frequencies, in one shape whatever they are.

        None where they do not matter. `row_losses` finds it, as a tensor, under `frequencies`.
        """
        return None

    def begin_epoch(self, epoch: int, epochs: int) -> None:
        """Tells the loss how far training is; see `LossSchedule`.

        Args:
            epoch: The epoch that begins, from 0.
            epochs: How many there will be at most.
        """

    def settled_from(self, epochs: int) -> int:
        """The number of epochs, of at most so many, after which the loss no longer changes.

        Training must not be stopped early before, or the later stage would never come.
        """
        return 0

    @property
    def state(self) -> list[Any]:
        """All its variables, in one order for all losses of a kind."""
        own = [] if self._by_class is None else [self._by_class]
        return [*own, *self._numbers.values()]

    def number(self, name: str) -> Any:
        """The tensor of one of its `numbers`."""
        return ops.convert_to_tensor(self._numbers[name])

    @property
    def frequencies(self) -> Any:
        """The tensor of what `by_class` returned."""
        return ops.convert_to_tensor(self._by_class)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a batch.

        Args:
            y_true: Codes, shape ``(rows,)`` or ``(rows, 1)``; of mixed rows ``(rows, labels)``.
            y_pred: Probabilities, shape ``(rows, 1)`` or ``(rows, classes)``.
            sample_weight: Weight of each row; of mixed rows that of each label, ``(rows, labels)``.
                A row's loss is the sum of those of its labels, so that weights which are shares
                give crossentropy what mixed labels would.
        """
        labels = y_true.shape[1] if len(getattr(y_true, "shape", ())) == 2 else 1
        if labels == 1:
            return super().__call__(y_true, y_pred, sample_weight)
        each = [(y_true[:, at], sample_weight[:, at]) for at in range(labels)]
        return sum(super(RareClassLoss, self).__call__(y, y_pred, own) for y, own in each)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Losses of the rows, shape ``(rows,)``; see the class for the arguments."""
        # Keras hands nested lists on as they are; a tensor comes back with the logits it keeps.
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        return self.row_losses(self.actual(y_true), class_logits(y_pred, self.classes))

    def actual(self, y_true: Any) -> Any:
        """1 for the true class and 0 elsewhere, shape ``(rows, classes)``."""
        codes = ops.cast(ops.reshape(ops.convert_to_tensor(y_true), (-1,)), "int32")
        return ops.one_hot(codes, self.classes, dtype=self.dtype)

    def row_losses(self, actual: Any, logits: Any) -> Any:
        """The loss of each row, shape ``(rows,)``.

        Args:
            actual: 1 for the true class and 0 elsewhere, shape ``(rows, classes)``.
            logits: Shape ``(rows, classes)``; 0 for the first of two classes.
        """
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """What makes an equal loss, class frequencies included."""
        own = {"classes": self.classes, "minority": self.minority, "counts": self.counts}
        # Keras leaves the type out, with which a loss in float64 would come back in float32.
        return {**super().get_config(), **own, "dtype": self.dtype}


def negative_log_likelihood(actual: Any, logits: Any) -> Any:
    """-log p of the true class, shape ``(rows,)``; or a mean by the shares in `actual`."""
    return -ops.sum(actual * log_probabilities(logits), axis=-1)
