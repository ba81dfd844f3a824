"""The numbers that rows are compared by."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.block_means import block_means
from tuner.data.checks.nearest import Matrix
from tuner.data.dataset import Dataset, missing_values
from tuner.data.splits import Rows

__all__ = ["RowView", "some_of", "view_of"]

_ROWS = 20_000
_SIDE = 16
_PIECE = 256
_COMMON = 0.1
_COLUMNS = 2
_NEAREST = 0.1
"""Share of the gaps between values that may be smaller than what a column is rounded to."""
_MOST = _SIDE * _SIDE


class RowView:
    """The numbers that rows are compared by; made by `view_of`.

    Args:
        dataset: All rows.
        columns: Columns of a table that count; none for images.
        reference: Rows that say how the columns of a table are scaled.
    """

    def __init__(self, dataset: Dataset, columns: list[int], reference: NDArray[Any]) -> None:
        self._dataset = dataset
        self._columns = columns
        if dataset.is_table:
            self._centre = np.nanmean(reference[:, columns], axis=0, dtype=np.float64)
            self._scale = np.nanstd(reference[:, columns], axis=0, dtype=np.float64)
            self._step = np.asarray([_step(reference[:, column]) for column in columns])
            self._rng = np.random.default_rng(0)

    def of(self, rows: Rows) -> Matrix:
        """Shape ``(rows, numbers)``."""
        if not self._dataset.is_table:
            pieces = range(0, len(rows), _PIECE)
            return np.concatenate(
                [
                    block_means(self._dataset.features[rows[at : at + _PIECE]], _SIDE)
                    for at in pieces
                ]
            )
        values = self._dataset.features[rows][:, self._columns].astype(np.float64)
        # Rounded numbers lie on lines, along which neighbours are nearer than the dimension says.
        values += self._rng.uniform(-0.5, 0.5, values.shape) * self._step
        scaled: Matrix = np.nan_to_num((values - self._centre) / self._scale)
        return scaled

    @property
    def width(self) -> int:
        """Numbers a row."""
        return len(self._columns) if self._dataset.is_table else _SIDE * _SIDE

    def agreement(self, rows: Rows, others: Rows) -> Matrix:
        """In what share of all their features rows equal others; missing values are equal."""
        one, other = self._dataset.features[rows], self._dataset.features[others]
        same = (one == other) | ((one != one) & (other != other))
        share: Matrix = same.mean(axis=tuple(range(1, same.ndim)))
        return share


def view_of(dataset: Dataset, development: Rows, rng: np.random.Generator) -> RowView | None:
    """The view of a data set; None for a table with too few columns to compare rows by.

    Columns with a value in more than a tenth of the rows do not count: rows that share
    such values lie in one cell, close by chance. Of more than 256 columns, so many are drawn.
    """
    if not dataset.is_table:
        return RowView(dataset, [], dataset.features[:0])
    reference = dataset.features[some_of(development, _ROWS, rng)]
    columns = [
        number
        for number, column in enumerate(dataset.columns)
        if column.categories is None and _most_common(reference[:, number]) <= _COMMON
    ]
    if len(columns) < _COLUMNS:
        return None
    if len(columns) > _MOST:
        columns = np.sort(rng.choice(columns, _MOST, replace=False)).tolist()
    return RowView(dataset, columns, reference)


def _most_common(values: NDArray[Any]) -> float:
    """Share of rows that have the most frequent value; missing values count as one."""
    counts = np.unique(values, return_counts=True)[1]
    return float(counts.max() / len(values))


def _step(values: NDArray[Any]) -> float:
    """How far apart the nearest values are; what a column is rounded to, if it is."""
    distinct = np.unique(values[~missing_values(values)])
    return float(np.quantile(np.diff(distinct.astype(np.float64)), _NEAREST))


def some_of(rows: Rows, most: int, rng: np.random.Generator) -> Rows:
    """At most so many of the rows, drawn without replacement, in their order."""
    if len(rows) <= most:
        return rows
    return np.sort(rng.choice(rows, most, replace=False))
