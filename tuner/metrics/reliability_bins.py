"""Rows by their probability of the minority, in bins of equal mass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bin", "bin_count", "reliability_bins"]

_POSITIVES = 5
"""Minority rows that a bin holds on average, at least."""


@dataclass(frozen=True)
class Bin:
    """Rows of about the same probability.

    Attributes:
        rows: How many there are.
        told: Their mean probability of the minority.
        found: The share of them that are of the minority.
    """

    rows: int
    told: float
    found: float


def bin_count(positives: int, most: int) -> int:
    """How many bins there are for so many minority rows."""
    return int(np.clip(positives // _POSITIVES, 1, most))


def reliability_bins(
    actual: NDArray[np.bool_], minority: NDArray[Any], bins: int = 15
) -> list[Bin]:
    """Bins that hold equally many rows (Naeini et al., 2015), by rising probability.

    Bins of equal ranges of probability (Guo et al., 2017) would say little where the minority is
    rare: nearly all rows lie in the first. There are fewer bins where each would have fewer than 5
    minority rows on average. Rows of equal probability share a bin, so that the order of rows has
    no say.

    Args:
        actual: Whether each row is of the minority class, shape ``(rows,)``.
        minority: Its minority probability, shape ``(rows,)``.
        bins: How many bins at most.
    """
    order = np.lexsort((actual, minority))  # sums depend on the order in their last digits
    told, found = np.asarray(minority, dtype=np.float64)[order], np.asarray(actual)[order]
    count = bin_count(int(found.sum()), bins)
    starts = np.arange(count) * len(told) // count
    place = np.searchsorted(told[starts], told, side="right")
    return [
        Bin(int(inside.sum()), float(told[inside].mean()), float(found[inside].mean()))
        for inside in (place == one for one in np.unique(place))
    ]
