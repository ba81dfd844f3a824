"""Published architectures for images, untrained or with weights from a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from tuner.errors import Problem
from tuner.lazy import LazyModule
from tuner.model.backbones.architectures import (
    ARCHITECTURES,
    LEAST_SIDE,
    STAGES,
    applied,
    stage_of,
)
from tuner.model.backbones.hidden import Hidden, pooled
from tuner.model.backbones.registry import BACKBONES, takes
from tuner.model.backbones.weights import load_weights, refusal_of_file
from tuner.model.depth import ONLY_LAYER
from tuner.spaces import NO_FILE, Choice, Chosen, File, Float, Int, Space

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = ["backbone"]

_COLOURS = 3
"""Channels of the pictures that weights are published for."""

_MOMENTUM = 0.9
"""Of moving statistics. The published .99 and .999 are for hundreds of thousands of steps; after
the few of a small data set a network would still predict with what it began with."""


def _refusal(shape: Sequence[int | None]) -> str | None:
    if len(shape) not in (2, 3) or None in shape:
        return (
            "'backbone' takes images of shape (height, width) or (height, width, channels), and"
            f" the rows are of shape {tuple(shape)}"
        )
    if min(int(side or 0) for side in shape[:2]) < LEAST_SIDE:
        return (
            f"'backbone' takes pictures of {LEAST_SIDE} x {LEAST_SIDE} pixels at least, and the"
            f" rows are of shape {tuple(shape)}; use family: conv"
        )
    return None


def _further(
    shape: Sequence[int | None], spaces: Mapping[str, Space], files: Mapping[str, str]
) -> Iterator[Problem]:
    if "weights" not in files:
        if spaces["trainable_stages"].grid() != (STAGES,):
            told = "an untrained network would keep its random weights where it is not trained"
            yield Problem(
                f"{told}; give weights, or trainable_stages: {STAGES}", ("trainable_stages",)
            )
        return
    if len(shape) == 3 and shape[-1] not in (1, _COLOURS):
        told = f"weights are for pictures of one or three channels, not {shape[-1]}"
        yield Problem(f"{told}; leave them out", ("weights",))
    names = spaces["architecture"].grid() or ()
    if len(names) > 1:
        yield Problem(
            f"a file holds the weights of one architecture, not of {len(names)}; make a study for"
            " each",
            ("weights",),
        )
    elif reason := refusal_of_file(files["weights"], str(names[0])):
        yield Problem(reason, ("weights",))


@BACKBONES.register(
    "backbone",
    architecture=Choice(tuple(ARCHITECTURES), default="MobileNetV2"),
    trainable_stages=Int(0, STAGES, default=STAGES, ge=0, le=STAGES),
    units=Int(16, 256, sampling="log", default=64, ge=1),
    pooling=Choice(("mean", "max"), default="mean"),
    dropout=Float(0.0, 0.5, default=0.0, ge=0.0, lt=1.0),
    l2=Float(0.0, 0.01, default=0.0, ge=0.0),
    weights=File("File of weights that Keras saved for the architecture without its top."),
)
@takes(_refusal, further=_further)
def backbone(
    architecture: str,
    trainable_stages: int,
    units: int,
    pooling: Literal["mean", "max"],
    dropout: float,
    l2: float,
    weights: str,
    *,
    inputs: keras.KerasTensor,
    activation: Chosen,
    initializer: str,
) -> keras.KerasTensor:
    """A network of `keras.applications` without its top, one number of each channel, a dense layer.

    Its layers stand in the network themselves and not as a network inside, so that whatever looks
    at layers finds them.

    Args:
        architecture: Name of one of `ARCHITECTURES`.
        trainable_stages: How many of the last stages are trained; what comes before stays as it
            is, normalises by its moving statistics and drops nothing.
        units: Width of the dense layer, which is the only one with the chosen activation.
        pooling: What becomes of a channel after the last stage: its mean over all places, or its
            maximum.
        dropout: Share of the dense layer's units dropped after the activation.
        l2: Penalty on squared weights of the dense layer.
        weights: Path of a file, or ``none``.
        inputs: Shape ``(batch, height, width)`` or ``(batch, height, width, channels)``.
        activation: Chosen activation.
        initializer: ``auto`` or a Keras name, of the dense layer.

    Returns:
        Shape ``(batch, units)``.

    Raises:
        InputError: The file is missing, or of another network.
    """
    x = inputs if len(inputs.shape) == 4 else keras.layers.Reshape((*inputs.shape[1:], 1))(inputs)
    if weights != NO_FILE and x.shape[-1] == 1:
        x = keras.layers.Concatenate()([x] * _COLOURS)
    network = applied(architecture, x)
    if weights != NO_FILE:
        load_weights(network, weights, architecture)
    _prepare(network, architecture, STAGES - trainable_stages)
    hidden = Hidden(activation, initializer, "none", l2)
    x = keras.layers.Dense(units, **hidden.kernel(ONLY_LAYER))(pooled(network.output, pooling))
    x = hidden.activated(x, ONLY_LAYER)
    return keras.layers.Dropout(dropout)(x) if dropout else x


def _prepare(network: keras.Model, architecture: str, kept: int) -> None:
    """Keeps the first stages as they are, and lets statistics of the others follow sooner."""
    for layer in network.layers:
        stage = stage_of(layer.name, architecture)
        if stage is not None and stage <= kept:
            layer.trainable = False
            if isinstance(layer, keras.layers.Dropout):
                layer.rate = 0.0
        elif isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = min(layer.momentum, _MOMENTUM)
