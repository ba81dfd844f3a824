"""How far probabilities are off, and what mends them.

A score of mended probabilities must come from rows that the map did not see, as it does here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tuner.metrics.calibrators import Isotonic, Platt
from tuner.metrics.priors import prior_corrected, prior_shift

__all__ = [
    "CALIBRATIONS",
    "Calibration",
    "Isotonic",
    "Platt",
    "calibration_from_json",
    "cross_calibrated",
    "expected_calibration_error",
    "prior_corrected",
    "prior_shift",
]

_POSITIVES = 5
"""Minority rows that a bin holds on average, at least."""


def expected_calibration_error(
    actual: NDArray[np.bool_], minority: NDArray[Any], bins: int = 15
) -> float:
    """Mean distance of the minority's probability from its frequency, over bins of equal mass.

    Bins hold equally many rows (Naeini et al., 2015), not equal ranges of probability (Guo et al.,
    2017): where the minority is rare nearly all rows lie in the first such range, and the error
    would say no more than whether the mean is right. Chance alone makes it about
    ``0.8 * sqrt(bins / minority rows)`` of the minority's share, so there are fewer bins where each
    would have fewer than 5 minority rows on average. Rows of equal probability share a bin, so that
    the order of rows has no say.

    Args:
        actual: Whether each row is of the minority class, shape ``(rows,)``.
        minority: Its minority probability, shape ``(rows,)``.
        bins: How many bins at most.
    """
    told = np.asarray(minority, dtype=np.float64)
    count = int(np.clip(actual.sum() // _POSITIVES, 1, bins))
    starts = np.arange(count) * len(told) // count
    place = np.searchsorted(np.sort(told)[starts], told, side="right")
    excess = np.bincount(place, weights=told - actual)
    return float(np.abs(excess).sum() / len(told))


Calibration: TypeAlias = Platt | Isotonic

CALIBRATIONS: Mapping[str, type[Platt] | type[Isotonic]] = MappingProxyType(
    {Platt.kind: Platt, Isotonic.kind: Isotonic}
)
"""Every kind of map by its name."""


def calibration_from_json(content: Mapping[str, Any]) -> Calibration:
    """Reads what the `to_json` of a map wrote."""
    return CALIBRATIONS[content["kind"]].from_json(content)


def cross_calibrated(
    labels: NDArray[np.int64],
    probabilities: NDArray[Any],
    parts: NDArray[np.int64],
    kind: str,
    weights: NDArray[Any] | None = None,
) -> NDArray[np.float64]:
    """Each part's probabilities, mended by a map that was fitted on all other parts.

    Args:
        labels: Codes, shape ``(rows,)``.
        probabilities: Shape ``(rows, classes)``, the minority last.
        parts: The part of each row, such as its fold, shape ``(rows,)``; at least two differ.
        kind: Name of the map in `CALIBRATIONS`.
        weights: Weight of each row in the fit; all alike unless given.

    Raises:
        ValueError: The rows outside a part hold no minority row, or nothing else.
    """
    mended = np.empty(probabilities.shape, dtype=np.float64)
    for part in np.unique(parts):
        own = parts == part
        others = None if weights is None else weights[~own]
        fitted = CALIBRATIONS[kind].fit(labels[~own], probabilities[~own], others)
        mended[own] = fitted.apply(probabilities[own])
    return mended
