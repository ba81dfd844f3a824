"""Names that people read as one, and that count as several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from tuner.data.dataset import Dataset
from tuner.data.findings import Finding, shortened
from tuner.data.splits import Splits
from tuner.data.tables.cells import as_number
from tuner.study import DataSection

__all__ = ["alike", "alike_names"]


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
            f"{what} {shortened(sets[0])}{more} differ in blanks, case or the form of a number "
            "only, and count as different; write them alike if they are the same",
            ("data",),
        )


def alike(names: Iterable[str]) -> list[list[str]]:
    """Sets of names that are the same but for blanks, case or the form of a number.

    Example:
        >>> alike(["yes", "no", "Yes ", "1", "1.0", "01", "10"])
        [['yes', 'Yes '], ['1', '1.0', '01']]
    """
    sets: dict[str | float, list[str]] = {}
    for name in names:
        number = as_number(name)
        key = " ".join(name.split()).casefold() if number is None else number
        sets.setdefault(key, []).append(name)
    return [same for same in sets.values() if len(same) > 1]
