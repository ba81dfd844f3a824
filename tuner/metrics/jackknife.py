"""What each part of some rows contributes to a score of all of them.

F1 over all rows is no mean of the F1 of their parts, which at few minority rows is biased low. So
the parts of a score are found by leaving each of them out: pseudo-values (Tukey, 1958), whose mean
is the score but for a bias of second order, and whose spread is that of the score.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["pseudo_values"]


def pseudo_values(
    statistic: Callable[[NDArray[np.bool_]], float], parts: NDArray[Any]
) -> tuple[float, NDArray[np.float64]]:
    """A score and what each part contributes to it.

    Args:
        statistic: The score of some rows, given as a mask of shape ``(rows,)``.
        parts: The part of each row, shape ``(rows,)``; at least two differ.

    Returns:
        The score of all rows, and for each part ``K S - (K - 1) S'``, where S is the score of all
        K parts and S' that without it, shape ``(parts,)``.

    Example:
        >>> rows = np.array([1.0, 2.0, 6.0, 7.0])
        >>> pseudo_values(lambda kept: rows[kept].mean(), np.array([0, 0, 1, 1]))
        (4.0, array([1.5, 6.5]))
    """
    names = np.unique(parts)
    whole = float(statistic(np.ones(len(parts), dtype=np.bool_)))
    without = np.array([statistic(parts != name) for name in names], dtype=np.float64)
    return whole, len(names) * whole - (len(names) - 1) * without
