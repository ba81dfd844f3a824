"""How many rows of each class there are to be after resampling.

`ratio` is what the rarest class is to have of the most frequent one. With more than two classes,
every class is held to it: none stays below `ratio` times the largest, or none stays above the
smallest divided by `ratio`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.spaces import Float

__all__ = ["RATIO", "cut", "raised", "strategy"]

Counts = NDArray[np.int64]

RATIO = Float(0.1, 1.0, default=1.0, gt=0.0, le=1.0)
"""The space of the ratio, the same for every resampler."""

_ROUNDING = 1e-9
"""0.29 * 100 is a little less than 29."""


def raised(counts: Counts, ratio: float) -> Counts:
    """Counts after over-sampling: every class has `ratio` times the largest, rounded down, or more.

    Example:
        >>> raised(np.array([80, 15, 45]), 0.5)
        array([80, 40, 45])
    """
    return np.maximum(counts, _floor(ratio * counts.max()))


def cut(counts: Counts, ratio: float) -> Counts:
    """Counts after under-sampling: no class has more than the smallest divided by `ratio`.

    Example:
        >>> cut(np.array([80, 15, 25]), 0.5)
        array([30, 15, 25])
    """
    return np.minimum(counts, _floor(counts.min() / ratio))


def strategy(counts: Counts, targets: Counts) -> dict[int, int]:
    """The classes whose counts change and their new counts, as imbalanced-learn takes them."""
    changed = np.flatnonzero(targets != counts)
    return {int(code): int(targets[code]) for code in changed}


def _floor(value: Any) -> int:
    return int(np.floor(value * (1.0 + _ROUNDING)))
