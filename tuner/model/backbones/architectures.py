"""The architectures of `keras.applications` that a study may name, and their stages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from tuner.lazy import LazyModule

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = ["ARCHITECTURES", "LEAST_SIDE", "STAGES", "Architecture", "applied", "stage_of"]

STAGES = 5
"""Stages of every architecture; each halves the sides of the picture."""

LEAST_SIDE = 2**STAGES
"""Pixels of a side, of which one is left after the last stage; Keras takes no fewer either."""


@dataclass(frozen=True)
class Architecture:
    """A network of `keras.applications`.

    Attributes:
        numbers: How many its weights hold, for pictures of three channels and without its top,
            moving statistics included.
        stages: What the names of the layers of each stage match, from input to output.
        scales: Whether it scales pixels itself unless it is told not to; they are standardised
            before.
    """

    numbers: int
    stages: tuple[str, ...]
    scales: bool = False


ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        "MobileNetV3Small": Architecture(
            939_120,
            (
                r"conv|conv_bn",
                r"expanded_conv_(depthwise|squeeze|project).*",
                r"expanded_conv_[12]_.*",
                r"expanded_conv_[3-7]_.*",
                r"expanded_conv_(8|9|10)_.*|conv_1|conv_1_bn",
            ),
            scales=True,
        ),
        "MobileNetV2": Architecture(
            2_257_984,
            (
                r"Conv1.*|bn_Conv1|expanded_conv_.*",
                r"block_[12]_.*",
                r"block_[345]_.*",
                r"block_([6-9]|1[0-2])_.*",
                r"block_1[3-6]_.*|Conv_1.*",
            ),
        ),
        "EfficientNetV2B0": Architecture(
            5_919_312,
            (r"stem_.*|block1.*", r"block2.*", r"block3.*", r"block[45].*", r"block6.*|top_.*"),
            scales=True,
        ),
        "DenseNet121": Architecture(
            7_037_504,
            (
                r"conv1_.*",
                r"conv2_.*|pool2_.*",
                r"conv3_.*|pool3_.*",
                r"conv4_.*|pool4_.*",
                r"conv5_.*|bn",
            ),
        ),
        "ResNet50V2": Architecture(
            23_564_800,
            (r"conv1_.*", r"conv2_.*", r"conv3_.*", r"conv4_.*", r"conv5_.*|post_.*"),
        ),
    }
)
"""By their names in `keras.applications`, the smallest first."""


def applied(name: str, x: keras.KerasTensor) -> keras.Model:
    """The network without its top and with initial weights, from the input that `x` comes of.

    Args:
        name: Of the architecture.
        x: Shape ``(batch, height, width, channels)``.
    """
    function = getattr(keras.applications, name)
    plain = {"include_preprocessing": False} if ARCHITECTURES[name].scales else {}
    return function(include_top=False, weights=None, input_tensor=x, **plain)


def stage_of(layer: str, architecture: str) -> int | None:
    """The stage of a layer, from 1; None for layers without weights that no stage names.

    Example:
        >>> stage_of("block_6_expand", "MobileNetV2")
        4
    """
    for stage, pattern in enumerate(ARCHITECTURES[architecture].stages, start=1):
        if re.fullmatch(pattern, layer):
            return stage
    return None
