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
    """Columns with one value among all development rows; an error where a part has no other."""
    if not dataset.is_table:
        return
    training = {name: rows for name, rows in splits.named().items() if "training" in name}
    for name, rows in {"the development part": splits.development, **training}.items():
        if all(_constant(values[rows]) for values in dataset.features.T):
            message = f"every feature column is constant in {name}; nothing can be learned"
            yield Finding("error", "constant-columns", message, ("data",))
            return
    constant = [
        column.name
        for column, values in zip(dataset.columns, dataset.features.T, strict=True)
        if _constant(values[splits.development])
    ]
    if not constant:
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
