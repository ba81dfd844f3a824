"""Activation functions of the hidden layers, and the initial weights that suit them.

An entry returns a Keras layer, or Keras layers in a row, so that an exported model loads with no
custom objects; Keras has no layer for `rrelu` and `swish_beta`. Two marks tell more of an entry:
`he` that it is of the ReLU kind, and its slope below zero, without which initial weights are
Glorot's; `checked` what its parameters must satisfy together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from tuner.errors import Path, Problem
from tuner.lazy import LazyModule
from tuner.model.depth import ONLY_LAYER, Depth
from tuner.model.learned_activations import check_rrelu, rrelu_slope
from tuner.registry import Registry
from tuner.spaces import Alternative, Alternatives, Choice, Chosen, Float, fixed_default

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = [
    "ACTIVATIONS",
    "at_depth",
    "check_activations",
    "checked",
    "he",
    "kernel_initializer",
    "make_activation",
]

F = TypeVar("F", bound=Callable[..., Any])

ACTIVATIONS: Registry[keras.layers.Layer] = Registry("activation")


def he(slope: float | str | Callable[..., float]) -> Callable[[F], F]:
    """Marks a rectifier.

    Args:
        slope: Below zero: a number, the name of the parameter that holds it, or a function of all
            parameters by name.
    """
    return _mark("slope", slope)


def checked(check: Callable[[Alternative], list[Problem]]) -> Callable[[F], F]:
    """Marks an entry whose parameters must satisfy something together.

    Args:
        check: Tells what is wrong with an entry of a study; paths start below the entry's name.
    """
    return _mark("check", check)


def _mark(name: str, value: object) -> Callable[[F], F]:
    def mark(function: F) -> F:
        setattr(function, name, value)
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
    """Leaky ReLU: x for x > 0, negative_slope * x otherwise (Maas et al., 2013).

    Args:
        negative_slope: Slope below zero.
    """
    return keras.layers.LeakyReLU(negative_slope=negative_slope)


@ACTIVATIONS.register(
    "prelu",
    alpha_initializer=Float(0.0, 0.5, default=0.25, ge=0.0),
    shared=Choice((False, True), default=False),
)
@he(slope="alpha_initializer")
def prelu(
    alpha_initializer: float, shared: bool, *, shared_axes: tuple[int, ...] | None = None
) -> keras.layers.Layer:
    """PReLU: x for x > 0, alpha * x otherwise, with a learned alpha (He et al., 2015).

    Args:
        alpha_initializer: Slope before training.
        shared: Whether the layer learns one slope, rather than one for each unit or channel.
        shared_axes: The positions of a convolution's output, such as (1, 2), along which a
            channel's slope is shared; None where there are none.
    """
    start = keras.initializers.Constant(alpha_initializer)
    if shared:
        positions = shared_axes or ()
        shared_axes = (*positions, len(positions) + 1)
    return keras.layers.PReLU(alpha_initializer=start, shared_axes=shared_axes)


@ACTIVATIONS.register("elu", alpha=Float(0.1, 2.0, sampling="log", default=1.0, gt=0.0))
def elu(alpha: float) -> keras.layers.Layer:
    """ELU: x for x > 0, alpha * (exp(x) - 1) otherwise (Clevert et al., 2016).

    Args:
        alpha: What the output nears far below zero, with its sign turned.
    """
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

    Args:
        alpha: What the output nears far below zero, with its sign turned.
    """
    rescaling = keras.layers.Rescaling
    return keras.Sequential(
        [rescaling(1.0 / alpha), keras.layers.ELU(alpha=1.0), rescaling(alpha)], name=None
    )


@ACTIVATIONS.register(
    "rrelu",
    lower=Float(0.0, 0.2, default=0.125, ge=0.0),
    upper=Float(0.2, 0.5, default=1 / 3, ge=0.0),
)
@he(slope=rrelu_slope)
@checked(check_rrelu)
def rrelu(lower: float, upper: float) -> keras.layers.Layer:
    """RReLU: x for x >= 0, else a random slope * x, at inference the mean (Xu et al., 2015).

    Args:
        lower: Smallest slope.
        upper: Largest slope.
    """
    from tuner.model.learned_layers import RReLU

    return RReLU(lower, upper)


@ACTIVATIONS.register(
    "swish_beta",
    beta_initializer=Float(0.1, 2.0, default=1.0, ge=0.0),
    shared=Choice((False, True), default=False),
)
def swish_beta(beta_initializer: float, shared: bool) -> keras.layers.Layer:
    """Swish with learned beta: x * sigmoid(beta * x) (Ramachandran et al., 2017).

    Args:
        beta_initializer: Beta before training.
        shared: Whether the layer learns one beta, rather than one for each unit or channel.
    """
    from tuner.model.learned_layers import SwishBeta

    return SwishBeta(beta_initializer, shared)


_SINGLE = tuple(ACTIVATIONS)


@ACTIVATIONS.register(
    "by_depth",
    first=Choice(_SINGLE, default="leaky_relu"),
    middle=Choice(_SINGLE, default="relu"),
    last=Choice(_SINGLE, default="swish"),
)
def by_depth(
    first: str,
    middle: str,
    last: str,
    *,
    shared_axes: tuple[int, ...] | None = None,
    depth: Depth = ONLY_LAYER,
) -> keras.layers.Layer:
    """Another activation in the first, the middle and the last hidden layer.

    Each has its registered default parameters. An only layer is the first; two are first and last.

    Args:
        first: In the first hidden layer.
        middle: In all between.
        last: In the last one.
    """
    parts = {"first": first, "middle": middle, "last": last}
    return make_activation(at_depth(Chosen("by_depth", parts), depth), shared_axes)


def at_depth(chosen: Chosen, depth: Depth) -> Chosen:
    """The one activation that stands at this depth: `chosen`, unless it is `by_depth`.

    Example:
        >>> parts = {"first": "elu", "middle": "relu", "last": "gelu"}
        >>> at_depth(Chosen("by_depth", parts), Depth(2, 3)).name
        'gelu'
    """
    if chosen.name != "by_depth":
        return chosen
    entry = ACTIVATIONS[str(depth.pick(**chosen.parameters))]
    defaults = {key: fixed_default(space).value for key, space in entry.spaces.items()}
    return Chosen(entry.name, MappingProxyType(defaults))


def make_activation(
    chosen: Chosen, shared_axes: tuple[int, ...] | None = None, depth: Depth = ONLY_LAYER
) -> keras.layers.Layer:
    """A new layer of the chosen activation.

    Args:
        chosen: Name and parameters.
        shared_axes: For learned slopes; see `prelu`.
        depth: Place of the hidden layer.
    """
    entry = ACTIVATIONS[chosen.name]
    return entry(chosen.parameters, shared_axes=shared_axes, depth=depth)


def kernel_initializer(
    chosen: Chosen, named: str = "auto", depth: Depth = ONLY_LAYER
) -> keras.initializers.Initializer:
    """Initial weights of a layer that the chosen activation follows.

    ``auto`` is He et al. (2015) for the ReLU kind, variance ``2 / (1 + slope²) / fan_in``; LeCun
    for SELU, whose fixed point assumes it; Glorot & Bengio (2010) otherwise.

    Args:
        chosen: The activation.
        named: ``auto`` or the Keras name of an initializer, which then counts.
        depth: Place of the hidden layer.
    """
    if named != "auto":
        return keras.initializers.get(named)
    chosen = at_depth(chosen, depth)
    if chosen.name == "selu":
        return keras.initializers.LecunNormal()
    slope = _slope(ACTIVATIONS[chosen.name].function, chosen.parameters)
    if slope is None:
        return keras.initializers.GlorotUniform()
    return keras.initializers.VarianceScaling(2.0 / (1.0 + slope**2), "fan_in", "truncated_normal")


def _slope(function: Callable[..., Any], parameters: Mapping[str, Any]) -> float | None:
    slope = getattr(function, "slope", None)
    if isinstance(slope, str):
        return float(parameters[slope])
    return slope(**parameters) if callable(slope) else slope


def check_activations(place: Alternatives, path: Path = ("model", "activation")) -> list[Problem]:
    """What is wrong with the parameters of each entry together, which each alone does not show.

    Args:
        place: The study's ``model.activation``.
        path: Where it stands.
    """
    return [
        problem.under(*path, *entry.place)
        for entry in place.entries
        if (check := getattr(ACTIVATIONS[entry.name].function, "check", None))
        for problem in check(entry)
    ]
