"""Scaling, fitted on training rows only and saved as plain JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Standardizer"]


@dataclass(frozen=True)
class Standardizer:
    """Subtracts a mean and divides by a scale.

    A table has a mean and a scale for each column. Images have one for all pixels, so that the
    shape of what they show is kept. A column that is constant in the training rows has scale 1:
    dividing by nearly 0 would turn a later difference of 0.1 into a million.

    Attributes:
        mean: Shape ``(columns,)``, or ``()`` for images.
        scale: The same shape.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(cls, features: NDArray[np.float32]) -> Standardizer:
        """Learns mean and scale from training rows, shape ``(rows, …)``."""
        axis = 0 if features.ndim == 2 else None
        mean = np.asarray(features.mean(axis=axis, dtype=np.float64))
        scale = np.asarray(features.std(axis=axis, dtype=np.float64))
        # Rounding leaves a constant column with a spread of a few units in the last place.
        constant = scale <= 10 * np.finfo(np.float32).eps * np.maximum(np.abs(mean), 1e-30)
        return cls(mean, np.where(constant, 1.0, scale))

    def transform(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scaled rows, float32, of the same shape."""
        return ((features - self.mean) / self.scale).astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers that `from_json` reads back exactly."""
        return {"kind": "standard", "mean": self.mean.tolist(), "scale": self.scale.tolist()}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Standardizer:
        """Reads what `to_json` wrote."""
        return cls(np.asarray(content["mean"]), np.asarray(content["scale"]))
