"""What a compiled epoch takes, and how batches come from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tuner.data.mixing import Mixing
from tuner.training.fused.placing import Placed

__all__ = ["EpochInputs"]


@dataclass(frozen=True)
class EpochInputs:
    """What an epoch takes, as tensors; a new shape of any is another compilation.

    Attributes:
        x: Training rows, values of shape ``(rows, …)``, filled up with rows that no batch names.
        y: Their codes, shape ``(rows,)``.
        weights: Their weights in the loss, shape ``(rows,)``.
        order: Which rows each batch takes, shape ``(batches, batch)``; -1 fills up.
        batches: How many of them there are; the others fill up.
        seed: Two int32 that no other epoch of the unit has.
        numbers: What layers look up; see `Step`.
        penalties: l1 and l2 of each trainable variable, shape ``(variables, 2)``.
        loss: The variables of the loss, in the order of its `state`.
        mixing: What each row of a batch is mixed with, shapes ``(batches, batch, …)``; its partners
            are row numbers. Empty where rows are not mixed.
        validation: Rows to predict, values of shape ``(parts, rows, …)``.
    """

    x: Placed
    y: Any
    weights: Any
    order: Any
    batches: Any
    seed: Any
    numbers: Any
    penalties: Any
    loss: tuple[Any, ...]
    mixing: Mixing | tuple[()]
    validation: Placed

    @property
    def shapes(self) -> tuple[Any, ...]:
        """Of those tensors whose shapes or types differ between units of one architecture."""
        return self.x.kind, tuple(self.order.shape), self.validation.kind, bool(self.mixing)

    def labels(self, rows: Any, sizes: Any) -> tuple[Any, Any]:
        """Codes and weights of the rows of all batches, as the loss takes them.

        Args:
            rows: Row numbers, shape ``(batches, batch)``.
            sizes: What their weights are multiplied by, of the same shape.

        Returns:
            Codes, shape ``(batches, batch, 1)``, and weights, shape ``(batches, batch)``; where
            rows are mixed, both of shape ``(batches, batch, 2)``.
        """
        import tensorflow as tf

        y, weights = tf.gather(self.y, rows)[..., None], tf.gather(self.weights, rows) * sizes
        if not self.mixing:
            return y, weights
        partners = self.mixing.partners
        others = tf.gather(self.weights, partners) * sizes
        both = tf.concat([y, tf.gather(self.y, partners)[..., None]], axis=-1)
        return both, self.mixing.weights(weights, others)

    def pictures(self, rows: Any, at: Any) -> Any:
        """The rows of a batch as the network takes them, mixed where they are to be.

        Args:
            rows: Row numbers, shape ``(batch,)``.
            at: Number of the batch.
        """
        import tensorflow as tf

        own = self.x.numbers(tf.gather(self.x.values, rows))
        if not self.mixing:
            return own
        mixing = self.mixing.at(at)
        return mixing.pictures(own, self.x.numbers(tf.gather(self.x.values, mixing.partners)))
