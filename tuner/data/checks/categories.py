"""Category columns that hold more than can be learned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.checks.identifiers import why_id
from tuner.data.dataset import Column, Dataset
from tuner.data.findings import Finding, shortened
from tuner.data.splits import Rows, Splits
from tuner.study import DataSection

__all__ = ["many_categories", "unseen_categories"]

_MANY = 10


def many_categories(dataset: Dataset, splits: Splits, section: DataSection) -> Iterator[Finding]:
    """More categories than columns for them, or more than ten of which half occur once."""
    most = section.preprocessing.max_categories
    for values, column in _columns(dataset):
        counts = _counts(values[splits.development])
        counts = counts[counts > 0]
        once = int((counts == 1).sum())
        if len(counts) > most:
            own = min(most - 1, len(counts) - once)
            message = (
                f"column '{column.name}' has {len(counts)} categories among development rows; the "
                f"{own} most frequent have a column each, all others share one; merge categories, "
                "or raise data.preprocessing.max_categories"
            )
        elif len(counts) > _MANY and 2 * once >= len(counts):
            message = (
                f"column '{column.name}' has {len(counts)} categories among development rows, "
                f"{once} of which occur once and share one column; merge categories"
            )
        else:
            continue
        yield Finding("warning", "many-categories", message, ("data", "preprocessing"))


def unseen_categories(dataset: Dataset, splits: Splits, section: DataSection) -> Iterator[Finding]:
    """Categories of test or validation rows that no row to learn from has."""
    for values, column in _columns(dataset):
        assert column.categories is not None
        told, names = [], []
        rows, codes = _unseen(values, splits.test, splits.development)
        if rows:
            told.append(f"{rows} of {len(splits.test)} test rows")
        names += codes
        count = 0
        for fold in splits.folds:
            rows, codes = _unseen(values, fold.validation, fold.train)
            count += rows
            names += codes
        if count:
            total = sum(len(fold.validation) for fold in splits.folds)
            told.append(f"{count} of {total} validation rows")
        if not told:
            continue
        words = shortened(column.categories[code] for code in dict.fromkeys(names))
        yield Finding(
            "warning",
            "unseen-categories",
            f"column '{column.name}': {' and '.join(told)} have a category that no training row "
            f"has ({words}); nothing can be learned about it",
            ("data", "preprocessing"),
        )


def _columns(dataset: Dataset) -> Iterator[tuple[NDArray[Any], Column]]:
    """Category columns that do not number the rows, which is told of elsewhere."""
    for number, column in enumerate(dataset.columns):
        values = dataset.features[:, number]
        if column.categories is not None and not why_id(values, column):
            yield values, column


def _known(values: NDArray[Any]) -> NDArray[np.int64]:
    """Codes without missing values."""
    if values.dtype.kind == "f":
        values = values[~np.isnan(values)]
    return values.astype(np.int64)


def _counts(values: NDArray[Any]) -> NDArray[np.int64]:
    return np.bincount(_known(values))


def _unseen(values: NDArray[Any], rows: Rows, training: Rows) -> tuple[int, list[int]]:
    """How many rows have a category that the training rows lack, and its codes."""
    seen = _counts(values[training])
    here = _counts(values[rows])
    new = [code for code in np.flatnonzero(here).tolist() if code >= len(seen) or not seen[code]]
    return int(sum(here[code] for code in new)), new
