"""Networks that say the same of every row."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

__all__ = ["is_collapsed"]

_SAME = 1e-6
"""Probabilities this near to each other, as a share of the largest, are taken for one number.

It is a few roundings of float32, which a constant network shows where a matrix product adds in
another order from row to row.
"""


def is_collapsed(probabilities: NDArray[Any]) -> bool:
    """Whether all rows get the same probabilities, up to rounding.

    Such a network can neither decide nor rank. A layer with no unit alive leads there, and so does
    a signal too faint for float32 beside the last bias, which training may still wake. A network
    that calls every row the majority with probabilities that differ is not meant: at another
    threshold it may find every minority row.

    Args:
        probabilities: Shape ``(rows, classes)``, the minority last; or of the minority alone,
            shape ``(rows, 1)``.
    """
    # One minus a probability near 1 is mostly rounding, so of two classes only one is looked at.
    told = probabilities[:, -1:] if probabilities.shape[1] <= 2 else probabilities
    spread = told.max(axis=0) - told.min(axis=0)
    return bool((spread <= _SAME * told.max(axis=0)).all())
