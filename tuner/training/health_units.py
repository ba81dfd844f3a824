"""Which units of a layer still tell rows from each other, and which let a gradient through."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["constant_units", "flat_units"]

_VARIES = 1e-6
"""A unit that varies less than this, relative to the layer, is lost in float32 sums over units."""

_FLAT = 1e-3
"""Below this slope, a thousandth of ReLU's, next to nothing of a gradient passes."""


def constant_units(outputs: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each unit is dead: it gives the same output to every row.

    For ReLU that is zero on every row. Activations without an exact zero end in another constant
    (ELU in minus its alpha) or fade out (Swish). So a unit counts as constant where its largest and
    smallest output differ by less than a millionth of its own size or of the layer's root mean
    square, whichever is larger. A unit whose inputs are all dead is dead as well.

    Args:
        outputs: Shape ``(rows, …, units)``.

    Returns:
        Shape ``(units,)``.

    Example:
        >>> constant_units(np.array([[0.0, 1.0, 5.0], [0.0, 2.0, 5.0]]))
        array([ True, False,  True])
    """
    values = outputs.reshape(-1, outputs.shape[-1])
    high, low = values.max(axis=0), values.min(axis=0)
    layer = np.sqrt(np.mean(np.square(values, dtype=np.float64)))
    size = np.maximum(np.maximum(np.abs(high), np.abs(low)), layer)
    constant: NDArray[np.bool_] = high - low <= _VARIES * size
    return constant


def flat_units(slopes: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each unit is saturated: its slope is about zero on every row.

    No gradient reaches the weights below such a unit. Bounded activations come there at their
    bounds, ELU and CELU far below zero, ReLU anywhere below it.

    Args:
        slopes: Derivative of each output by its input, shape ``(rows, …, units)``.

    Returns:
        Shape ``(units,)``.
    """
    steepest = np.abs(slopes.reshape(-1, slopes.shape[-1])).max(axis=0)
    flat: NDArray[np.bool_] = steepest < _FLAT
    return flat
