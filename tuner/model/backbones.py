"""Backbones: from the input tensor to the last hidden tensor.

An entry's positional parameters are the keys of the ``model`` section with that ``family``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuner.lazy import LazyModule
from tuner.model.activations import kernel_initializer, make_activation
from tuner.model.depth import depths
from tuner.registry import Registry
from tuner.spaces import Choice, Chosen, Float, Int

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = ["BACKBONES"]

BACKBONES: Registry[keras.KerasTensor] = Registry("backbone")


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
    x = keras.layers.Flatten()(inputs) if len(inputs.shape) > 2 else inputs
    for depth in depths(layers):
        x = keras.layers.Dense(
            units,
            use_bias=not batch_normalization,  # its own shift does the bias's work
            kernel_initializer=kernel_initializer(activation, initializer, depth),
            kernel_regularizer=keras.regularizers.L2(l2) if l2 else None,
        )(x)
        if batch_normalization:
            x = keras.layers.BatchNormalization()(x)
        x = make_activation(activation, depth=depth)(x)
        if dropout:
            x = keras.layers.Dropout(dropout)(x)
    return x
