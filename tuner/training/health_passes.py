"""One pass forward and two back through a network, from which its health is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

__all__ = ["Passes", "hidden_activations", "run_passes"]

_BETWEEN = (
    keras.layers.BatchNormalization,
    keras.layers.LayerNormalization,
    keras.layers.GroupNormalization,
    keras.layers.RMSNormalization,
    keras.layers.UnitNormalization,
    keras.layers.Dropout,
    keras.layers.AlphaDropout,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.SpatialDropout2D,
    keras.layers.Add,
    keras.layers.Concatenate,
    keras.layers.Flatten,
    keras.layers.ZeroPadding2D,
    keras.layers.Reshape,
    keras.layers.MaxPooling2D,
    keras.layers.AveragePooling2D,
    keras.layers.GlobalMaxPooling2D,
    keras.layers.GlobalAveragePooling2D,
    keras.layers.Identity,
)
"""Layers that may stand between a kernel and its activation."""


@dataclass(frozen=True)
class Passes:
    """What the passes gave; the minority is the last class.

    Attributes:
        outputs: Of each hidden activation layer, shape ``(rows, …, units)``.
        slopes: Derivative of each of these outputs by its input, of the same shape.
        probabilities: Shape ``(rows, 1)`` or ``(rows, classes)``.
        kernel_norms: Norm of the gradient of each trainable kernel.
        minority_norm: Norm of what the minority rows add to the gradient of all weights.
        rest_norm: Norm of what all other rows add.
    """

    outputs: tuple[NDArray[np.float32], ...]
    slopes: tuple[NDArray[np.float32], ...]
    probabilities: NDArray[np.float32]
    kernel_norms: tuple[float, ...]
    minority_norm: float
    rest_norm: float


def hidden_activations(model: keras.Model) -> list[keras.layers.Layer]:
    """The activation layers, each the first layer of a kind of its own after one with a kernel.

    So every activation is found, a person's own as well. What may stand between the two is known:
    normalisation, dropout, sums of branches, pooling and reshaping. A layer that stands in several
    places of a network is left out.
    """
    found, kernel = [], False
    for layer in model.layers:
        if _has_kernel(layer):
            kernel = getattr(layer, "activation", None) in (None, keras.activations.linear)
        elif kernel and not isinstance(layer, _BETWEEN):
            if len(layer._inbound_nodes) == 1 and layer.output is not model.output:
                found.append(layer)
            kernel = False
    return found


def _has_kernel(layer: keras.layers.Layer) -> bool:
    return isinstance(getattr(layer, "kernel", None), keras.Variable)


def run_passes(
    model: keras.Model,
    x: NDArray[Any],
    y: NDArray[np.int64],
    loss: keras.losses.Loss,
    weights: NDArray[Any],
) -> Passes:
    """Runs the rows through the network as it predicts, and their loss back to its weights.

    The rows' shares of the gradient are told apart at the last sums: the loss's derivative by them
    is taken once for all rows, then led back for the minority rows and for the others. So a loss
    that is no sum over rows, such as a soft F1, can be divided too.

    Args:
        model: See `tuner.training.health.probe`.
        x: Shape ``(rows, …)``.
        y: Codes, shape ``(rows,)``.
        loss: Takes codes, probabilities and ``sample_weight``.
        weights: Shape ``(rows,)``.

    Raises:
        ValueError: The loss does not depend on the network's output.
    """
    import tensorflow as tf

    layers = hidden_activations(model)
    ends = [(layer.input, layer.output) for layer in layers]
    # It shares the layers; the name keeps Keras' counter of unnamed models where it was.
    watched = keras.Model(model.input, {"ends": ends, "out": model.output}, name="health")
    with tf.GradientTape(persistent=True) as tape:
        reached = watched(x, training=False)
        out = reached["out"]
        value = loss(y[:, None], out, sample_weight=np.asarray(weights, dtype=np.float32))
    # Keras' own losses start from the logits where it keeps them, for saturated outputs have no
    # gradient of their own.
    sums = getattr(out, "_keras_logits", out)
    signal = tape.gradient(value, sums)
    if signal is None:
        raise ValueError("the loss does not depend on the output of the model")
    minority = (y == max(out.shape[-1] - 1, 1)).astype(np.float32)[:, None]
    parts = [_led_back(tape, sums, signal * mask, model) for mask in (minority, 1.0 - minority)]
    return Passes(
        # NumPy knows no bfloat16, in which hidden layers may compute.
        outputs=tuple(np.asarray(after, np.float32) for _, after in reached["ends"]),
        slopes=tuple(
            np.asarray(_slopes(layer, at), np.float32)
            for layer, (at, _) in zip(layers, reached["ends"], strict=True)
        ),
        probabilities=np.asarray(out),
        kernel_norms=_kernel_norms(model, parts),
        minority_norm=_norm(parts[0].values()),
        rest_norm=_norm(parts[1].values()),
    )


def _slopes(layer: keras.layers.Layer, at: Any) -> Any:
    """Derivative of a layer's outputs by its inputs, each by its own.

    The layer runs once more: the tape of the whole network would go back to the input for each.
    """
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(at)
        after = layer(at, training=False)
    return tape.gradient(after, at)


Gradients = dict[int, NDArray[np.float64]]


def _led_back(tape: Any, sums: Any, signal: Any, model: keras.Model) -> Gradients:
    """The gradient of each trainable variable, by the variable's identity."""
    variables = model.trainable_variables
    gradients = tape.gradient(
        sums, variables, output_gradients=signal, unconnected_gradients="zero"
    )
    return {
        id(variable): np.asarray(gradient, dtype=np.float64)
        for variable, gradient in zip(variables, gradients, strict=True)
    }


def _kernel_norms(model: keras.Model, parts: Sequence[Gradients]) -> tuple[float, ...]:
    kernels = [id(layer.kernel) for layer in model.layers if _has_kernel(layer)]
    return tuple(_norm([sum(part[k] for part in parts)]) for k in kernels if k in parts[0])


def _norm(gradients: Any) -> float:
    return float(np.sqrt(sum(np.square(gradient).sum() for gradient in gradients)))
