"""Columns that know the class by themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import Dataset, missing_values
from tuner.data.findings import Finding
from tuner.data.splits import Splits
from tuner.study import DataSection

__all__ = ["area_under_roc", "single_predictors"]

_AREA = 0.99
_CHANCE = 0.001
_ROWS = 100_000
_FEW = 30
"""Numbers with so few values may be codes, which need not be in an order that tells."""


def single_predictors(dataset: Dataset, splits: Splits, section: DataSection) -> Iterator[Finding]:
    """Columns with an area under the ROC curve of .99 or more for the minority class.

    Only development rows are looked at. Number columns are taken in either direction; categories,
    and numbers with few values, by the share of the minority among the other rows with the same
    value, so that values which occur once tell nothing. The chance of such an area
    without any relation, over all columns, must be below .001 (normal approximation of
    Mann & Whitney's statistic, which is too large for small counts and so keeps silent there).
    """
    if not dataset.is_table:
        return
    rows = _sampled(dataset, splits.development)
    actual = dataset.is_minority(rows)
    for number, column in enumerate(dataset.columns):
        values = dataset.features[rows, number]
        area = _area(values, actual, column.categories is not None)
        chance = _chance(area, actual) * len(dataset.columns)
        if area < _AREA or chance >= _CHANCE:
            continue
        shown = f"p = {chance:.1g}" if chance > 1e-15 else "p < 1e-15"
        yield Finding(
            "warning",
            "single-predictor",
            f"column '{column.name}' alone tells class '{dataset.minority}': ROC AUC {area:.3f} on "
            f"{len(rows)} development rows, {int(actual.sum())} of the class ({shown}); it may be "
            "a copy of the target or known only after it; if so, name it in ignore",
            ("data", "ignore"),
        )


def _sampled(dataset: Dataset, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """At most so many rows, minority rows first, since each of them says more."""
    if len(rows) <= _ROWS:
        return rows
    minority = dataset.is_minority(rows)
    rng = np.random.default_rng(0)
    few, many = rng.permutation(rows[minority]), rng.permutation(rows[~minority])
    few = few[: max(_ROWS // 2, _ROWS - len(many))]
    return np.sort(np.concatenate([few, many[: _ROWS - len(few)]]))


def _area(values: NDArray[Any], actual: NDArray[np.bool_], category: bool) -> float:
    missing = missing_values(values)
    areas = []
    if not category:
        # Missing values stand on one end, then on the other.
        for end in (-np.inf, np.inf) if missing.any() else (0.0,):
            area = area_under_roc(np.where(missing, end, values), actual)
            areas += [area, 1 - area]
    distinct, codes = np.unique(values, return_inverse=True)
    if category or len(distinct) <= _FEW:
        areas.append(area_under_roc(_share_of_others(codes, actual), actual))
    return max(areas)


def _share_of_others(codes: NDArray[Any], actual: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of the minority among the other rows with the same value; its share overall if none."""
    others = np.bincount(codes)[codes] - 1
    positive = np.bincount(codes, actual)[codes] - actual
    shares: NDArray[np.float64] = np.where(
        others > 0, positive / np.maximum(others, 1), actual.mean()
    )
    return shares


def area_under_roc(scores: NDArray[Any], actual: NDArray[np.bool_]) -> float:
    """Probability that a minority row has the larger score, ties counting one half.

    Example:
        >>> area_under_roc(np.array([1, 2, 3, 4]), np.array([False, False, True, True]))
        1.0
    """
    _, codes, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[codes]
    positive = int(actual.sum())
    negative = len(actual) - positive
    above = ranks[actual].sum() - positive * (positive + 1) / 2
    return float(above / (positive * negative))


def _chance(area: float, actual: NDArray[np.bool_]) -> float:
    positive = int(actual.sum())
    negative = len(actual) - positive
    deviation = math.sqrt((positive + negative + 1) / (12 * positive * negative))
    return math.erfc(abs(area - 0.5) / deviation / math.sqrt(2))
