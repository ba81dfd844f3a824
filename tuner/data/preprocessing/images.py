"""Scaling of images."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import Column
from tuner.data.preprocessing.scaling import Scaling, centre_and_scale

__all__ = ["ImageScaler"]

_PIECE = 1 << 17
"""Numbers that are scaled at once, so that their float64 copies stay in the processor's cache."""


@dataclass(frozen=True)
class ImageScaler:
    """Subtracts one number from all pixels and divides them by another.

    One mean and one scale for the whole image keep the shape of what it shows.

    Attributes:
        centre: Subtracted from every pixel.
        scale: What the difference is divided by.
        reading: How the images were read from files; new ones must be read the same way.
        dtype: NumPy's name of the type of the pixels; empty where it is not known.
    """

    centre: float
    scale: float
    reading: Mapping[str, Any] = field(default_factory=dict)
    dtype: str = ""

    @classmethod
    def fit(
        cls, features: NDArray[Any], scaling: Scaling, reading: Mapping[str, Any]
    ) -> ImageScaler:
        """Learns centre and scale from all pixels of training rows, shape ``(rows, …)``."""
        return cls(*centre_and_scale(features, scaling), dict(reading), str(features.dtype))

    def transform(
        self, features: NDArray[Any], columns: tuple[Column, ...] = ()
    ) -> NDArray[np.float32]:
        """Scaled rows, float32, of the same shape."""
        scaled = np.empty(features.shape, dtype=np.float32)
        rows = max(1, _PIECE // max(1, math.prod(features.shape[1:])))
        for at in range(0, len(features), rows):
            piece = features[at : at + rows].astype(np.float64)
            piece -= self.centre
            piece /= self.scale
            scaled[at : at + rows] = piece
        return scaled

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` reads back exactly."""
        return {
            "kind": "images",
            "centre": self.centre,
            "scale": self.scale,
            "reading": {key: value for key, value in self.reading.items() if key != "found"},
            "dtype": self.dtype,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> ImageScaler:
        """Reads what `to_json` wrote."""
        return cls(content["centre"], content["scale"], dict(content["reading"]), content["dtype"])
