"""How common the minority is in the parts of an official split."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import Dataset
from tuner.data.findings import Finding
from tuner.data.splits import Splits
from tuner.lazy import LazyModule
from tuner.study import DataSection

__all__ = ["prevalence_shift"]

stats: Any = LazyModule("scipy.stats")

_CHANCE = 0.01
_RATIO = 1.25
"""A smaller difference moves a threshold too little to be told, however sure it is."""


def prevalence_shift(dataset: Dataset, splits: Splits, section: DataSection) -> Iterator[Finding]:
    """Official parts with another share of minority rows than the training part.

    Fisher's exact test of each part against the training part, with Bonferroni's correction, and a
    ratio of at least 1.25. Where rows have groups, groups with a minority row are counted instead
    of rows, which are not independent.
    """
    if dataset.parts is None:
        return
    counts = {part: _count(dataset, dataset.parts == part) for part in _present(dataset)}
    train = counts.pop("train")
    for part, (positive, total) in counts.items():
        low, high = sorted((positive / total, train[0] / train[1]))
        if high < _RATIO * low:
            continue
        table = [[positive, total - positive], [train[0], train[1] - train[0]]]
        chance = min(1.0, float(stats.fisher_exact(table)[1]) * len(counts))
        if chance >= _CHANCE:
            continue
        what = "groups" if dataset.groups is not None else "rows"
        ratio = f"{high / low:.1f} times apart" if low else "none on one side"
        yield Finding(
            "warning",
            "prevalence-shift",
            f"class '{dataset.minority}' is {_share(train)} of the training {what} but "
            f"{_share((positive, total))} of the {part} {what} of the official split ({ratio}, "
            f"p = {chance:.1g}); a threshold and probabilities from one do not fit the other",
            ("data", "official_split"),
        )


def _present(dataset: Dataset) -> list[str]:
    assert dataset.parts is not None
    found = set(np.unique(dataset.parts).tolist())
    return [part for part in ("train", "validation", "test") if part in found]


def _count(dataset: Dataset, chosen: NDArray[np.bool_]) -> tuple[int, int]:
    """Minority rows and all rows, or groups that hold such."""
    rows = np.flatnonzero(chosen)
    minority = rows[dataset.is_minority(rows)]
    if dataset.groups is None:
        return len(minority), len(rows)
    return len(np.unique(dataset.groups[minority])), len(np.unique(dataset.groups[rows]))


def _share(count: tuple[int, int]) -> str:
    return f"{100 * count[0] / count[1]:.1f} % ({count[0]} of {count[1]})"
