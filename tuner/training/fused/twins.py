"""Layers that do what those of Keras do, with numbers that may change after they are traced.

Stock layers hold slopes and rates as Python's numbers. These hold the places of theirs among the
numbers of a `Step`. They exist in compiled epochs only; no model that anybody sees has them.
"""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from tuner.training.fused.step import current_step

__all__ = [
    "TWINS",
    "Exponential",
    "MaskedNormalization",
    "Path",
    "Rectifier",
    "Rescaled",
    "Share",
    "Slopes",
    "draws_of",
]


class _Twin(keras.layers.Layer):  # type: ignore[misc]
    """Base: knows where its numbers are.

    Args:
        places: Of its numbers, in the order in which it takes them.
        kwargs: As in every Keras layer.
    """

    def __init__(self, places: list[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._places = tuple(places)

    def _given(self) -> list[Any]:
        """The numbers in float32."""
        numbers = current_step().numbers
        return [numbers[place] for place in self._places]

    def _numbers(self) -> list[Any]:
        """The numbers as the layer computes with them."""
        return [ops.cast(number, self.compute_dtype) for number in self._given()]

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Shape of the output, which is that of the input."""
        return input_shape

    def compute_output_spec(self, inputs: Any, **_: Any) -> Any:
        """Known without a call, which needs a step."""
        return keras.KerasTensor(inputs.shape, self.compute_dtype)


class Rectifier(_Twin):
    """ReLU and LeakyReLU: x for x > 0, slope * x otherwise."""

    def call(self, inputs: Any) -> Any:
        """Shaped like `inputs`."""
        (slope,) = self._numbers()
        return ops.where(inputs > 0, inputs, slope * inputs)


class Exponential(_Twin):
    """ELU and SELU: scale times x for x > 0, and times alpha * (exp(x) - 1) otherwise."""

    def call(self, inputs: Any) -> Any:
        """Shaped like `inputs`."""
        alpha, scale = self._numbers()
        # XLA's expm1 takes twice the time of all else here. What this loses near 0 is below the
        # rounding of sums of numbers of size 1.
        below = alpha * (ops.exp(ops.minimum(inputs, 0.0)) - 1.0)
        return scale * ops.where(inputs > 0, inputs, below)


class Rescaled(_Twin):
    """Rescaling: scale * x + offset."""

    def call(self, inputs: Any) -> Any:
        """Shaped like `inputs`."""
        scale, offset = self._numbers()
        return inputs * scale + offset


class Share(_Twin):
    """Dropout: each number is dropped with a probability, and the others grow by as much."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Shaped like `inputs`."""
        if not training:
            return inputs
        (rate,) = self._given()
        kept = current_step().drawn(inputs.shape) >= rate
        return _kept(inputs, kept, rate)


class Path(_Twin):
    """Dropout of whole rows, as in stochastic depth: dropped with a probability, or growing."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Shaped like `inputs`."""
        if not training:
            return inputs
        (rate,) = self._given()
        shape = (inputs.shape[0], *[1] * (len(inputs.shape) - 1))
        kept = current_step().drawn(shape) >= rate
        return _kept(inputs, kept, rate)


class Slopes(_Twin):
    """RReLU: x for x >= 0, a random slope * x otherwise, at inference the mean slope."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Shaped like `inputs`."""
        lower, upper = self._numbers()
        slope = 0.5 * (lower + upper)
        if training:
            drawn = ops.cast(current_step().drawn(inputs.shape), self.compute_dtype)
            slope = lower + (upper - lower) * drawn
        return ops.where(inputs >= 0, inputs, slope * inputs)


class MaskedNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """Batch normalisation with the statistics of the rows that are, not of those that fill up."""

    def _moments(self, inputs: Any, mask: Any) -> Any:
        """Mean and variance of each channel over the rows that are."""
        present = current_step().present
        if present is None:
            return super()._moments(inputs, mask)
        # Means over the places of each row first: few numbers are left to weigh.
        places = [axis for axis in self._reduction_axes if axis]
        shape = [1 if axis in self._reduction_axes else -1 for axis in range(len(inputs.shape))]
        rows = ops.sum(present)

        def mean_of(values: Any) -> Any:
            return ops.sum(present[:, None] * ops.mean(values, places), axis=0) / rows

        mean = mean_of(inputs)
        return mean, mean_of(ops.square(inputs - ops.reshape(mean, shape)))

    def compute_output_spec(self, inputs: Any, **_: Any) -> Any:
        """Known without a call, which needs a step."""
        return keras.KerasTensor(inputs.shape, self.compute_dtype)


def _kept(inputs: Any, kept: Any, rate: Any) -> Any:
    """What is kept, grown by what is dropped, in the inputs' own numbers."""
    grown = inputs / ops.cast(1.0 - rate, inputs.dtype)
    return ops.where(kept, grown, ops.zeros((), inputs.dtype))


def draws_of(network: keras.Model) -> int:
    """How many numbers the layers of a network draw for one row."""
    total = 0
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            total += draws_of(layer)
        elif isinstance(layer, Share | Slopes):
            total += math.prod(layer.output.shape[1:])
        elif isinstance(layer, Path):
            total += 1
    return total


TWINS: dict[str, type[keras.layers.Layer]] = {
    kind.__name__: kind
    for kind in (Rectifier, Exponential, Rescaled, Share, Path, Slopes, MaskedNormalization)
}
