"""Equal rows on both sides of a split that may not be changed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tuner.data.dataset import Dataset
from tuner.data.duplicates import equal_rows
from tuner.data.findings import Finding
from tuner.data.splits import Rows, Splits
from tuner.study import DataSection

__all__ = ["shared_rows"]


def shared_rows(dataset: Dataset, splits: Splits, section: DataSection) -> Iterator[Finding]:
    """Test or validation rows that equal a row to learn from.

    Only an official split, and ``duplicates: separate``, let them; all other splits keep equal
    rows together.
    """
    if dataset.parts is None and section.duplicates != "separate":
        return
    equal = equal_rows(dataset.features)
    pairs: list[tuple[str, Rows, Rows, str]] = [
        ("test", splits.test, splits.development, "development")
    ]
    if len(splits.folds) == 1:
        fold = splits.folds[0]
        pairs.append(("validation", fold.validation, fold.train, "training"))
    for name, rows, others, side in pairs:
        count = int(np.isin(equal[rows], equal[others]).sum())
        if count:
            yield Finding(
                "warning",
                "shared-rows",
                f"{count} of {len(rows)} {name} rows equal a {side} row, so that the score is of "
                f"rows seen before; {_advice(dataset)}",
                ("data", "official_split" if dataset.parts is not None else "duplicates"),
            )


def _advice(dataset: Dataset) -> str:
    if dataset.parts is not None:
        return "set data.duplicates: drop, which takes them out of the rows to learn from"
    return "if they are one observation, set data.duplicates: together"
