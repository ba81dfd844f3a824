"""Names that people read as one, and that count as several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from tuner.data.dataset import Dataset
from tuner.data.findings import Finding, shortened
from tuner.data.splits import Splits
from tuner.data.tables.spelled_alike import ALIKE, alike
from tuner.study import DataSection

__all__ = ["alike_names"]


def alike_names(dataset: Dataset, splits: Splits, section: DataSection) -> Iterator[Finding]:
    """Classes, groups or categories that differ in blanks, case or the form of a number only."""
    named: list[tuple[str, Iterable[str]]] = [("classes", dataset.classes)]
    if dataset.groups is not None:
        named.append(("groups", np.unique(dataset.groups).tolist()))
    named += [(f"categories of column '{c.name}'", c.categories or ()) for c in dataset.columns]
    for what, names in named:
        sets = alike(names)
        if not sets:
            continue
        more = f" (and {len(sets) - 1} more such sets)" if len(sets) > 1 else ""
        yield Finding(
            "warning",
            "alike-names",
            f"{what} {shortened(sets[0])}{more} {ALIKE}, and count as different; write them alike"
            " if they are the same",
            ("data",),
        )
