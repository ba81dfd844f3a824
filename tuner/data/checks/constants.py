"""Columns that say nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import Dataset
from tuner.data.findings import Finding, shortened
from tuner.data.splits import Splits
from tuner.study import DataSection

__all__ = ["constant_columns"]


def constant_columns(dataset: Dataset, splits: Splits, section: DataSection) -> Iterator[Finding]:
    """Columns with one value among all development rows; an error where all are such."""
    if not dataset.is_table:
        return
    constant = [
        column.name
        for number, column in enumerate(dataset.columns)
        if _constant(dataset.features[splits.development, number])
    ]
    if not constant:
        return
    if len(constant) == len(dataset.columns):
        yield Finding(
            "error",
            "constant-columns",
            "every feature column is constant among development rows; nothing can be learned",
            ("data",),
        )
        return
    several = len(constant) > 1
    yield Finding(
        "warning",
        "constant-columns",
        f"column{'s' * several} {shortened(constant)} {'are' if several else 'is'} constant among "
        f"development rows and {'are' if several else 'is'} left out",
        ("data", "ignore"),
    )


def _constant(values: NDArray[Any]) -> bool:
    """Whether all values are equal; missing ones equal each other."""
    first = values[0]
    if first != first:
        return bool(np.isnan(values).all())
    return not bool((values != first).any())
