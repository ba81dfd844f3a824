"""What is learned on some predictions and applied to those of other rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["sides"]

Mask = NDArray[np.bool_]


def sides(parts: NDArray[Any], rows: NDArray[Any] | None = None) -> Iterator[tuple[Mask, Mask]]:
    """Each part, and the predictions of all rows that do not stand in it.

    Args:
        parts: The part of each prediction, such as its fold, shape ``(predictions,)``; two differ.
        rows: The row of each prediction, where a row stands in several parts, as it does where
            rows are divided repeatedly; every prediction is of a row of its own unless given.

    Example:
        >>> own, others = next(sides(np.array([0, 0, 1, 2]), np.array([5, 6, 7, 5])))
        >>> own, others
        (array([ True,  True, False, False]), array([False, False,  True, False]))
    """
    for part in np.unique(parts):
        own = parts == part
        yield own, ~own if rows is None else ~np.isin(rows, rows[own])
