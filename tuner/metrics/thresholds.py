"""The probability from which a row is called minority.

A threshold that is scored on the rows it was chosen on promises too much: about .13 F1 at 10
positives, .02 at 200. So each part's rows are scored with a threshold from the other parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tuner.metrics.cross_fitting import sides

__all__ = ["best_threshold", "cross_fitted_thresholds"]


def best_threshold(
    actual: NDArray[np.bool_], minority: NDArray[Any], candidates: ArrayLike | None = None
) -> float:
    """The threshold with the best F1 on these rows; 0.5 where there is nothing to find.

    Args:
        actual: Whether each row is of the minority class, shape ``(rows,)``.
        minority: Its minority probability, shape ``(rows,)``.
        candidates: Thresholds to choose from, ascending; the first of equally good ones is taken.
            Unless given, all midpoints between neighbouring probabilities, and of equally good
            ones the middle, which is the least sensitive to noise.
    """
    if not actual.any():
        return 0.5
    minority = minority.astype(np.float64)
    if candidates is not None:
        options = np.asarray(candidates, dtype=np.float64)
        return float(options[int(np.argmax(_f1_at(actual, minority, options)))])
    values = np.unique(minority)
    options = np.append(values[0], (values[:-1] + values[1:]) / 2)
    f1 = _f1_at(actual, minority, options)
    best = np.flatnonzero(f1 >= f1.max() - 1e-12)
    return float(options[best[len(best) // 2]])


def _f1_at(
    actual: NDArray[np.bool_], minority: NDArray[np.float64], thresholds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """F1 at each threshold, in n log n."""
    ascending = np.sort(minority)
    positives = np.sort(minority[actual])
    called = len(ascending) - np.searchsorted(ascending, thresholds, side="left")
    hits = len(positives) - np.searchsorted(positives, thresholds, side="left")
    f1: NDArray[np.float64] = 2 * hits / (called + len(positives))
    return f1


def cross_fitted_thresholds(
    actual: NDArray[np.bool_],
    minority: NDArray[Any],
    parts: NDArray[np.int64],
    rows: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """A threshold for each prediction, chosen on rows of other parts.

    Args:
        actual: Whether each row is of the minority class, shape ``(predictions,)``.
        minority: Its minority probability, shape ``(predictions,)``.
        parts: The part of each, shape ``(predictions,)``; at least two differ.
        rows: The row of each, where a row stands in several parts; see `sides`.
    """
    thresholds = np.empty(len(parts), dtype=np.float64)
    for own, others in sides(parts, rows):
        thresholds[own] = best_threshold(actual[others], minority[others])
    return thresholds
