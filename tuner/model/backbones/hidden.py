"""What all hidden layers of a network have in common, whatever their kernels do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tuner.lazy import LazyModule
from tuner.model.activations import kernel_initializer, make_activation
from tuner.model.depth import Depth
from tuner.spaces import Chosen

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = ["Hidden", "Normalization", "pooled"]

Normalization = Literal["none", "batch", "group"]

_GROUPS = 8
"""Groups of channels at most; fewer where their number is no multiple."""


def pooled(x: keras.KerasTensor, pooling: Literal["mean", "max"]) -> keras.KerasTensor:
    """One number of each channel, over all places of a picture; shape ``(batch, channels)``."""
    if pooling == "max":
        return keras.layers.GlobalMaxPooling2D()(x)
    return keras.layers.GlobalAveragePooling2D()(x)


@dataclass(frozen=True)
class Hidden:
    """How the hidden layers of a network are made around their kernels.

    Attributes:
        activation: Chosen activation.
        initializer: ``auto`` or a Keras name.
        normalization: How sums are normalised before the activation: over the ``batch``, or over
            ``group``s of channels of each row, whatever else is in the batch (Wu & He, 2018); of a
            dense layer all units are one group (layer normalisation), since a group of few numbers
            says nothing but their signs.
        l2: Penalty on squared weights of the kernels.
    """

    activation: Chosen
    initializer: str
    normalization: Normalization
    l2: float

    def kernel(self, depth: Depth) -> dict[str, Any]:
        """What the layer with the kernel is told, by keyword.

        Args:
            depth: Place of the hidden layer.
        """
        return {
            "use_bias": self.normalization == "none",  # its own shift does the bias's work
            "kernel_initializer": kernel_initializer(self.activation, self.initializer, depth),
            "kernel_regularizer": keras.regularizers.L2(self.l2) if self.l2 else None,
        }

    def normalized(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """The sums of a kernel, normalised where that is asked for; shape ``(batch, …, units)``."""
        if self.normalization == "batch":
            return keras.layers.BatchNormalization()(x)
        if self.normalization == "group":
            groups = math.gcd(x.shape[-1], _GROUPS) if len(x.shape) > 2 else 1
            return keras.layers.GroupNormalization(groups)(x)
        return x

    def activated(
        self, x: keras.KerasTensor, depth: Depth, positions: tuple[int, ...] | None = None
    ) -> keras.KerasTensor:
        """The sums of a kernel, activated.

        Args:
            x: Shape ``(batch, …, units)``.
            depth: Place of the hidden layer.
            positions: Axes of a convolution's output, along which learned slopes are shared.
        """
        return make_activation(self.activation, positions, depth)(x)
