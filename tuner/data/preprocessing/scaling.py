"""Centre and scale of numbers."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scaling", "centre_and_scale"]

Scaling = Literal["standard", "robust"]

_PIECE = 1 << 20
_EQUAL = 1e-6


def centre_and_scale(values: NDArray[Any], scaling: Scaling) -> tuple[float, float]:
    """What to subtract from numbers and to divide them by.

    Values that are all equal have scale 1: dividing by nearly 0 would turn a later difference of
    0.1 into a million. With ``robust``, values of which the middle half is equal, to within a
    millionth of their standard deviation, are divided by that.

    Args:
        values: Finite numbers of any shape.
        scaling: ``standard``: mean and standard deviation; ``robust``: median and interquartile
            range.

    Example:
        >>> centre_and_scale(np.array([1.0, 3.0]), "standard")
        (2.0, 1.0)
    """
    mean, deviation = _moments(values)
    # Rounding leaves equal values with a spread of a few units in the last place.
    resolution = np.finfo(values.dtype).eps if values.dtype.kind == "f" else 0.0
    if deviation <= 10 * resolution * abs(mean):
        return mean, 1.0
    if scaling == "standard":
        return mean, deviation
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    spread = float(high - low)
    return float(middle), spread if spread > _EQUAL * deviation else deviation


def _moments(values: NDArray[Any]) -> tuple[float, float]:
    """Mean and standard deviation, in pieces: NumPy makes a float64 copy of all values at once."""
    mean = float(values.mean(dtype=np.float64))
    flat = values.reshape(-1)
    squares = 0.0
    for at in range(0, flat.size, _PIECE):
        difference = flat[at : at + _PIECE] - np.float64(mean)
        squares += float(difference @ difference)
    return mean, float(np.sqrt(squares / flat.size))
