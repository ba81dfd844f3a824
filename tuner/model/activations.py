"""Activation functions of the hidden layers, and the initial weights that suit them.

An entry returns a stock Keras layer, or stock layers in a row, so that an exported model loads with
no custom objects. `he` marks the ReLU kind and names its slope below zero; without it, initial
weights are Glorot's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from tuner.lazy import LazyModule
from tuner.registry import Registry
from tuner.spaces import Chosen, Float

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = ["ACTIVATIONS", "he", "kernel_initializer", "make_activation"]

P = ParamSpec("P")
R = TypeVar("R")

ACTIVATIONS: Registry[keras.layers.Layer] = Registry("activation")


def he(slope: float | str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Marks a rectifier: its slope below zero, or the name of the parameter that holds it."""

    def mark(function: Callable[P, R]) -> Callable[P, R]:
        function.slope = slope  # type: ignore[attr-defined]
        return function

    return mark


@ACTIVATIONS.register("relu")
@he(slope=0.0)
def relu() -> keras.layers.Layer:
    """ReLU: max(0, x) (Nair & Hinton, 2010)."""
    return keras.layers.ReLU()


@ACTIVATIONS.register(
    "leaky_relu", negative_slope=Float(0.01, 0.3, sampling="log", default=0.01, ge=0.0)
)
@he(slope="negative_slope")
def leaky_relu(negative_slope: float) -> keras.layers.Layer:
    """Leaky ReLU: x for x > 0, negative_slope * x otherwise (Maas et al., 2013)."""
    return keras.layers.LeakyReLU(negative_slope=negative_slope)


@ACTIVATIONS.register("prelu", alpha_initializer=Float(0.0, 0.5, default=0.25, ge=0.0))
@he(slope="alpha_initializer")
def prelu(
    alpha_initializer: float, *, shared_axes: tuple[int, ...] | None = None
) -> keras.layers.Layer:
    """PReLU: x for x > 0, alpha * x otherwise; each unit learns its alpha (He et al., 2015).

    Args:
        alpha_initializer: Slope before training.
        shared_axes: Axes along which one slope is shared; a convolution shares over positions.
    """
    start = keras.initializers.Constant(alpha_initializer)
    return keras.layers.PReLU(alpha_initializer=start, shared_axes=shared_axes)


@ACTIVATIONS.register("elu", alpha=Float(0.1, 2.0, sampling="log", default=1.0, gt=0.0))
def elu(alpha: float) -> keras.layers.Layer:
    """ELU: x for x > 0, alpha * (exp(x) - 1) otherwise (Clevert et al., 2016)."""
    return keras.layers.ELU(alpha=alpha)


@ACTIVATIONS.register("swish", aliases=("silu",))
def swish() -> keras.layers.Layer:
    """Swish, also SiLU: x * sigmoid(x) (Ramachandran et al., 2017; Elfwing et al., 2018)."""
    return keras.layers.Activation("silu")


@ACTIVATIONS.register("gelu")
def gelu() -> keras.layers.Layer:
    """GELU: x * Phi(x), with the exact normal distribution (Hendrycks & Gimpel, 2016)."""
    return keras.layers.Activation("gelu")


@ACTIVATIONS.register("selu")
def selu() -> keras.layers.Layer:
    """SELU: ELU with the scale and alpha that keep mean and variance (Klambauer et al., 2017)."""
    return keras.layers.Activation("selu")


@ACTIVATIONS.register("mish")
def mish() -> keras.layers.Layer:
    """Mish: x * tanh(softplus(x)) (Misra, 2019)."""
    return keras.layers.Activation("mish")


@ACTIVATIONS.register("celu", alpha=Float(0.1, 2.0, sampling="log", default=1.0, gt=0.0))
def celu(alpha: float) -> keras.layers.Layer:
    """CELU: x for x > 0, alpha * (exp(x / alpha) - 1) otherwise (Barron, 2017).

    Keras has the function but no layer with its alpha. CELU is ELU on a rescaled axis,
    alpha * ELU(x / alpha), which stock layers say without a custom object.
    """
    rescaling = keras.layers.Rescaling
    return keras.Sequential(
        [rescaling(1.0 / alpha), keras.layers.ELU(alpha=1.0), rescaling(alpha)], name=None
    )


def make_activation(
    chosen: Chosen, shared_axes: tuple[int, ...] | None = None
) -> keras.layers.Layer:
    """A new layer of the chosen activation.

    Args:
        chosen: Name and parameters.
        shared_axes: For learned slopes; see `prelu`.
    """
    return ACTIVATIONS[chosen.name](chosen.parameters, shared_axes=shared_axes)


def kernel_initializer(chosen: Chosen, named: str = "auto") -> keras.initializers.Initializer:
    """Initial weights of a layer that the chosen activation follows.

    ``auto`` is He et al. (2015) for the ReLU kind, variance ``2 / (1 + slope²) / fan_in``; LeCun
    for SELU, whose fixed point assumes it; Glorot & Bengio (2010) otherwise.

    Args:
        chosen: The activation.
        named: ``auto`` or the Keras name of an initializer, which then counts.
    """
    if named != "auto":
        return keras.initializers.get(named)
    if chosen.name == "selu":
        return keras.initializers.LecunNormal()
    slope = _slope(ACTIVATIONS[chosen.name].function, chosen.parameters)
    if slope is None:
        return keras.initializers.GlorotUniform()
    return keras.initializers.VarianceScaling(2.0 / (1.0 + slope**2), "fan_in", "truncated_normal")


def _slope(function: Callable[..., Any], parameters: Mapping[str, Any]) -> float | None:
    slope = getattr(function, "slope", None)
    return float(parameters[slope]) if isinstance(slope, str) else slope
