"""What the slopes of RReLU must satisfy, and what a trained network's activations learned.

Keras is imported inside the functions, so that a study is checked without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from tuner.errors import Problem
from tuner.spaces import Alternative, ends

if TYPE_CHECKING:
    import keras

__all__ = [
    "LearnedParameters",
    "check_rrelu",
    "learned_parameters",
    "named_layers",
    "rrelu_slope",
]

_SHOWN = 64


def rrelu_slope(lower: float, upper: float) -> float:
    """The slope that `kernel_initializer` reckons with: its square is the mean square slope.

    Initial weights keep the variance of sums, to which a random slope contributes its mean square.
    """
    return float(np.sqrt((lower**2 + lower * upper + upper**2) / 3.0))


def check_rrelu(entry: Alternative) -> list[Problem]:
    """What is wrong with the slopes of an `rrelu` entry; paths start below the entry's name.

    Every trial must be buildable, so that the whole range of `lower` lies below that of `upper`.
    """
    lower = max(map(float, ends(entry.parameters["lower"])))
    upper = min(map(float, ends(entry.parameters["upper"])))
    if lower <= upper:
        return []
    message = (
        f"lower must not exceed upper, got lower up to {lower:g} and upper from {upper:g}; make"
        " the ranges meet at most"
    )
    return [Problem(message, ("lower",))]


class LearnedParameters(TypedDict):
    """What one layer learned, as plain values.

    Attributes:
        layer: Name of the layer, after the names of the models that hold it.
        kind: ``prelu slope`` or ``swish beta``.
        count: How many numbers the layer learned.
        mean, min, max: Over all of them.
        values: The first 64, in the order of units or channels.
    """

    layer: str
    kind: str
    count: int
    mean: float
    min: float
    max: float
    values: list[float]


def learned_parameters(model: keras.Model) -> list[LearnedParameters]:
    """The learned slopes and betas of a network, layer by layer in its order.

    Args:
        model: Built; models inside it are looked into.

    Returns:
        One entry for each layer that learns any; empty for other activations.
    """
    from tuner.model.learned_layers import SwishBeta

    found = []
    for name, layer in named_layers(model):
        if kind := _kind(layer, SwishBeta):
            found.append(_told(name, *kind))
    return found


def named_layers(model: keras.Model, prefix: str = "") -> Iterator[tuple[str, keras.layers.Layer]]:
    """All layers in their order, those of models inside it too, by name.

    Args:
        model: Looked into.
        prefix: Before each name.
    """
    import keras

    for layer in model.layers:
        name = f"{prefix}{layer.name}"
        if isinstance(layer, keras.Model):
            yield from named_layers(layer, f"{name}/")
        else:
            yield name, layer


def _kind(layer: keras.layers.Layer, swish: type[Any]) -> tuple[str, Any] | None:
    import keras

    if isinstance(layer, keras.layers.PReLU):
        return "prelu slope", layer.alpha
    if isinstance(layer, swish):
        return "swish beta", layer.beta
    return None


def _told(name: str, kind: str, variable: Any) -> LearnedParameters:
    import keras

    values = np.asarray(keras.ops.convert_to_numpy(variable), dtype=np.float64).reshape(-1)
    return LearnedParameters(
        layer=name,
        kind=kind,
        count=len(values),
        mean=float(values.mean()),
        min=float(values.min()),
        max=float(values.max()),
        values=values[:_SHOWN].tolist(),
    )
