"""Decisions as numbers whose sign, or whose largest, is the class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.metrics import decide

__all__ = ["decision_values"]

_LEAST = np.finfo(np.float64).tiny
"""Stands for 0 at the threshold itself, which is on the minority's side."""

_LOWEST, _HIGHEST = 2.0**-150, 1 - 2.0**-25
"""Stand for 0 and 1, whose logits are infinite: beyond all other numbers that a float32 holds."""


def decision_values(probabilities: NDArray[Any], threshold: float) -> NDArray[np.float64]:
    """A value for each class; the largest is that of the class that `tuner.metrics.decide` takes.

    The minority has the logarithm of the largest other probability, and beyond it as much as the
    logit of its own lies above that of the threshold. Of two classes only this distance is told:
    the first has 0.

    Args:
        probabilities: Of float32 precision, shape ``(rows, classes)``, the minority last.
        threshold: From which on a row is called minority.

    Example:
        >>> decision_values(np.array([[0.75, 0.25], [0.2, 0.8]]), 0.5).round(2)
        array([[ 0.  , -1.1 ],
               [ 0.  ,  1.39]])
    """
    clipped = np.clip(probabilities.astype(np.float64), _LOWEST, _HIGHEST)
    ahead = _logit(clipped[:, -1]) - _logit(np.clip(threshold, _LOWEST, _HIGHEST))
    called = decide(probabilities, threshold) == probabilities.shape[1] - 1
    ahead = np.where(called, np.maximum(ahead, _LEAST), ahead)
    if probabilities.shape[1] == 2:
        return np.column_stack([np.zeros(len(ahead)), ahead])
    others = np.log(clipped[:, :-1])
    best = others.max(axis=1)
    # Beside numbers of this size the least step must be one that a sum keeps.
    found = np.where(ahead > 0, np.maximum(best + ahead, np.nextafter(best, np.inf)), best + ahead)
    return np.column_stack([others, found])


def _logit(share: NDArray[np.float64] | np.float64) -> Any:
    return np.log(share) - np.log1p(-share)
