"""Fully connected layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuner.lazy import LazyModule
from tuner.model.backbones.hidden import Hidden
from tuner.model.backbones.registry import BACKBONES
from tuner.model.depth import depths
from tuner.spaces import Choice, Chosen, Float, Int

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = ["dense"]


@BACKBONES.register(
    "dense",
    layers=Int(1, 6, default=2, ge=1),
    units=Int(16, 256, sampling="log", default=64, ge=1),
    batch_normalization=Choice((False, True), default=False),
    dropout=Float(0.0, 0.5, default=0.0, ge=0.0, lt=1.0),
    l2=Float(0.0, 0.01, default=0.0, ge=0.0),
)
def dense(
    layers: int,
    units: int,
    batch_normalization: bool,
    dropout: float,
    l2: float,
    *,
    inputs: keras.KerasTensor,
    activation: Chosen,
    initializer: str,
) -> keras.KerasTensor:
    """Fully connected layers of equal width; images are flattened first.

    Args:
        layers: Number of hidden layers.
        units: Width of each.
        batch_normalization: Whether sums are normalised before the activation.
        dropout: Share of units dropped after the activation.
        l2: Penalty on squared weights of the hidden layers.
        inputs: Shape ``(batch, …)``.
        activation: Chosen activation.
        initializer: ``auto`` or a Keras name.

    Returns:
        Shape ``(batch, units)``.
    """
    hidden = Hidden(activation, initializer, "batch" if batch_normalization else "none", l2)
    x = keras.layers.Flatten()(inputs) if len(inputs.shape) > 2 else inputs
    for depth in depths(layers):
        x = hidden.normalized(keras.layers.Dense(units, **hidden.kernel(depth))(x))
        x = hidden.activated(x, depth)
        if dropout:
            x = keras.layers.Dropout(dropout)(x)
    return x
