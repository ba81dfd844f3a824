"""Columns that number the rows instead of describing them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import Column, Dataset
from tuner.data.findings import Finding
from tuner.data.splits import Splits
from tuner.study import DataSection

__all__ = ["id_like", "why_id"]

_ROWS = 10
"""Fewer rows are in order by chance."""

_NEARLY = 0.9
_SURE = 20.0
"""Values that are all different though chance would make that happen once in exp(20) times."""


def id_like(dataset: Dataset, splits: Splits, section: DataSection) -> Iterator[Finding]:
    """Columns whose values are unique and in order, or unique whole numbers, or unique texts.

    A file sorted by class turns a row number into a perfect predictor, of this file only. A time in
    order is told as well: its values never come again.
    """
    if not dataset.is_table or len(dataset) < _ROWS:
        return
    for number, column in enumerate(dataset.columns):
        if reason := why_id(dataset.features[:, number], column):
            yield Finding(
                "warning",
                "id-like",
                f"column '{column.name}' looks like a row id ({reason}); name it in ignore",
                ("data", "ignore"),
            )


def why_id(values: NDArray[Any], column: Column) -> str:
    """Why a column looks like a row id; empty where it does not.

    Args:
        values: All values of the column, in the order of the source.
        column: What the values are.

    Example:
        >>> why_id(np.arange(50.0), Column("n"))
        'unique, monotone'
    """
    if values.dtype.kind == "f" and np.isnan(values).any():
        values = values[~np.isnan(values)]
    if len(values) < _ROWS:
        return ""
    if column.categories is not None:
        distinct = len(np.unique(values))
        if distinct < max(_NEARLY * len(values), 2 * _ROWS):
            return ""
        return f"{distinct} different texts in {len(values)} rows"
    return _ordered(values) or _whole_and_unique(values)


def _ordered(values: NDArray[Any]) -> str:
    later, earlier = values[1:], values[:-1]
    if not ((later >= earlier).all() or (later <= earlier).all()):
        return ""
    distinct = 1 + int((later != earlier).sum())
    if distinct == len(values):
        return "unique, monotone"
    if distinct >= _NEARLY * len(values):
        return f"{distinct} different values in {len(values)} rows, monotone"
    return ""


def _whole_and_unique(values: NDArray[Any]) -> str:
    """Whole numbers so close together that chance would have drawn one of them twice."""
    low, high = float(values.min()), float(values.max())
    room = high - low + 1
    rows = len(values)
    # n draws among m numbers are all different with a probability of about exp(-n² / 2m).
    if rows > room or (rows * rows / (2 * room) < _SURE and rows != room):
        return ""
    if (values[:1000] % 1 != 0).any() or (values % 1 != 0).any() or len(np.unique(values)) < rows:
        return ""
    return f"unique whole numbers from {low:.0f} to {high:.0f}"
