"""Convolutions for images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from tuner.lazy import LazyModule
from tuner.model.backbones.hidden import Hidden, Normalization, pooled
from tuner.model.backbones.registry import BACKBONES, takes
from tuner.model.depth import Depth, depths
from tuner.spaces import Choice, Chosen, Float, Int, Space

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = ["conv"]

_FEWEST = 4
"""Units of a dense layer that is normalised by itself; of two, only the signs would be left."""

_POSITIONS = (1, 2)
"""Height and width, along which a channel shares what its activation learns."""


def _refusal(shape: Sequence[int | None]) -> str | None:
    if len(shape) == 1:
        return "'conv' takes images, and the rows are those of a table; use family: dense"
    if len(shape) not in (2, 3) or None in shape:
        return (
            "'conv' takes images of shape (height, width) or (height, width, channels), and the"
            f" rows are of shape {tuple(shape)}"
        )
    return None


def _pointless(spaces: Mapping[str, Space]) -> str | None:
    if spaces["residual"].grid() == (False,) and spaces["stochastic_depth"].grid() != (0.0,):
        return "'stochastic_depth' drops residual blocks, and there are none; give residual: true"
    few = set(spaces["units"].grid() or ()) & set(range(_FEWEST))
    if few and "group" in (spaces["normalization"].grid() or ()):
        return f"'normalization: group' leaves little of few units; give {_FEWEST} units at least"
    return None


@BACKBONES.register(
    "conv",
    blocks=Int(1, 4, default=2, ge=1, le=8),
    convolutions=Int(1, 3, default=1, ge=1),
    filters=Int(8, 64, sampling="log", default=16, ge=1),
    kernel_size=Choice((3, 5), default=3),
    strides=Choice((1, 2), default=1),
    units=Int(16, 256, sampling="log", default=64, ge=1),
    normalization=Choice(("none", "batch", "group"), default="none"),
    residual=Choice((False, True), default=False),
    stochastic_depth=Float(0.0, 0.5, default=0.0, ge=0.0, lt=1.0),
    pooling=Choice(("mean", "max"), default="mean"),
    dropout=Float(0.0, 0.5, default=0.0, ge=0.0, lt=1.0),
    l2=Float(0.0, 0.01, default=0.0, ge=0.0),
)
@takes(_refusal, _pointless)
def conv(
    blocks: int,
    convolutions: int,
    filters: int,
    kernel_size: int,
    strides: int,
    units: int,
    normalization: Normalization,
    residual: bool,
    stochastic_depth: float,
    pooling: Literal["mean", "max"],
    dropout: float,
    l2: float,
    *,
    inputs: keras.KerasTensor,
    activation: Chosen,
    initializer: str,
) -> keras.KerasTensor:
    """Blocks of convolutions and max pooling, one number of each channel, and one dense layer.

    Args:
        blocks: Number of blocks. Once a side of the picture is shorter than two pixels, blocks do
            not pool.
        convolutions: Convolutions of each block, before it pools.
        filters: Channels of the first block; each further one has twice as many.
        kernel_size: Side of the kernels, in pixels.
        strides: Pixels from one place of the first convolution to the next; with 2 all that follows
            works on a quarter of the places.
        units: Width of the dense layer, which is the last hidden layer.
        normalization: How sums are normalised before the activation.
        residual: Whether the input of a block is added to what its convolutions make of it, before
            the last activation (He et al., 2016); a convolution of one pixel brings it to the
            block's channels and places.
        stochastic_depth: Share of rows for which the convolutions of the last block are left out in
            a training step, so that only what was added goes on; less in blocks before it, in
            proportion to their depth (Huang et al., 2016).
        pooling: What becomes of a channel after the last block: its mean over all places, or its
            maximum.
        dropout: Share of the dense layer's units dropped after the activation.
        l2: Penalty on squared weights of the hidden layers.
        inputs: Shape ``(batch, height, width)`` or ``(batch, height, width, channels)``.
        activation: Chosen activation.
        initializer: ``auto`` or a Keras name.

    Returns:
        Shape ``(batch, units)``.
    """
    hidden = Hidden(activation, initializer, normalization, l2)
    x = inputs if len(inputs.shape) == 4 else keras.layers.Reshape((*inputs.shape[1:], 1))(inputs)
    *places, head = depths(blocks * convolutions + 1)
    for block in range(blocks):
        own = places[block * convolutions : (block + 1) * convolutions]
        left_out = stochastic_depth * (block + 1) / blocks
        step = 1 if block else strides
        sums = _convolved(x, filters * 2**block, kernel_size, step, hidden, own)
        if residual:
            sums = _added(x, sums, step, hidden, own[-1], left_out)
        x = hidden.activated(sums, own[-1], _POSITIONS)
        x = keras.layers.MaxPooling2D(2)(x) if min(x.shape[1:3]) >= 2 else x
    sums = keras.layers.Dense(units, **hidden.kernel(head))(pooled(x, pooling))
    sums = hidden.normalized(sums)
    x = hidden.activated(sums, head)
    return keras.layers.Dropout(dropout)(x) if dropout else x


def _convolved(
    x: keras.KerasTensor,
    filters: int,
    kernel_size: int,
    strides: int,
    hidden: Hidden,
    places: Sequence[Depth],
) -> keras.KerasTensor:
    """The convolutions of a block, the last one not activated yet; the first one has `strides`."""
    for depth in places:
        step = strides if depth is places[0] else 1
        kernel = hidden.kernel(depth)
        x = keras.layers.Conv2D(filters, kernel_size, step, padding="same", **kernel)(x)
        x = hidden.normalized(x)
        if depth is not places[-1]:
            x = hidden.activated(x, depth, _POSITIONS)
    return x


def _added(
    x: keras.KerasTensor,
    sums: keras.KerasTensor,
    strides: int,
    hidden: Hidden,
    depth: Depth,
    left_out: float,
) -> keras.KerasTensor:
    """What goes into a block and what its convolutions make of it."""
    if x.shape[1:] != sums.shape[1:]:
        x = keras.layers.Conv2D(sums.shape[-1], 1, strides, **hidden.kernel(depth))(x)
        x = hidden.normalized(x)
    if left_out:
        sums = keras.layers.Dropout(left_out, noise_shape=(None, 1, 1, 1))(sums)
    return keras.layers.Add()([x, sums])
