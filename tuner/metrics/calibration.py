"""How far probabilities are off, and what mends them.

A score of mended probabilities must come from rows that the map did not see, as it does here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tuner.metrics.calibrators import Isotonic, Platt
from tuner.metrics.cross_fitting import sides
from tuner.metrics.priors import prior_corrected, prior_shift
from tuner.metrics.reliability_bins import reliability_bins

__all__ = [
    "CALIBRATIONS",
    "Calibration",
    "Isotonic",
    "Platt",
    "Reliability",
    "calibration_from_json",
    "cross_calibrated",
    "expected_calibration_error",
    "prior_corrected",
    "prior_shift",
    "reliability",
]


def expected_calibration_error(
    actual: NDArray[np.bool_], minority: NDArray[Any], bins: int = 15
) -> float:
    """Mean distance of the minority's probability from its frequency, over `reliability_bins`.

    Chance alone makes it about ``0.8 * sqrt(bins / minority rows)`` of the minority's share.

    Args:
        actual: Whether each row is of the minority class, shape ``(rows,)``.
        minority: Its minority probability, shape ``(rows,)``.
        bins: How many bins at most.
    """
    found = reliability_bins(actual, minority, bins)
    return sum(one.rows * abs(one.told - one.found) for one in found) / len(actual)


@dataclass(frozen=True)
class Reliability:
    """How far the minority's probabilities are off.

    Attributes:
        brier: Mean squared difference from 0 or 1 (Brier, 1950).
        ece: See `expected_calibration_error`.
    """

    brier: float
    ece: float

    def to_json(self) -> dict[str, float]:
        """Plain values by name."""
        return asdict(self)


def reliability(labels: NDArray[np.int64], probabilities: NDArray[Any]) -> Reliability:
    """Brier score and expected calibration error of the minority's probability.

    Args:
        labels: Codes, shape ``(rows,)``.
        probabilities: Shape ``(rows, classes)``, the minority last.
    """
    actual = labels == probabilities.shape[1] - 1
    minority = probabilities[:, -1].astype(np.float64)
    return Reliability(
        float(np.mean((minority - actual) ** 2)), expected_calibration_error(actual, minority)
    )


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
    rows: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Each part's probabilities, mended by a map that was fitted on rows of other parts.

    Args:
        labels: Codes, shape ``(rows,)``.
        probabilities: Shape ``(rows, classes)``, the minority last.
        parts: The part of each row, such as its fold, shape ``(rows,)``; at least two differ.
        kind: Name of the map in `CALIBRATIONS`.
        weights: Weight of each row in the fit; all alike unless given.
        rows: The row of each prediction, where a row stands in several parts; see `sides`.

    Raises:
        ValueError: The rows outside a part hold no minority row, or nothing else.
    """
    mended = np.empty(probabilities.shape, dtype=np.float64)
    for own, others in sides(parts, rows):
        weight = None if weights is None else weights[others]
        fitted = CALIBRATIONS[kind].fit(labels[others], probabilities[others], weight)
        mended[own] = fitted.apply(probabilities[own])
    return mended
