"""Rows that nearly equal a row on the other side of a split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.checks.nearest import Matrix, nearness
from tuner.data.checks.row_view import RowView, some_of, view_of
from tuner.data.dataset import Dataset
from tuner.data.findings import Finding
from tuner.data.splits import Rows, Splits
from tuner.lazy import LazyModule
from tuner.study import DataSection

__all__ = ["near_duplicates"]

special: Any = LazyModule("scipy.special")

_QUERIES = 1000
_REFERENCES = 20_000
_MORE = 200_000
_NUMBERS = 6_000_000
"""Numbers that the rows looked at may hold, so that narrow tables have more rows looked at."""

_RARE, _EXPECTED, _SURE = 0.01, 0.03, 1e-4
_EXTREME, _FEW = 1e-6, 3


@dataclass(frozen=True)
class _Found:
    """What was found among the rows of one part."""

    count: int
    checked: int
    expected: float
    pair: tuple[int, int]


def near_duplicates(dataset: Dataset, splits: Splits, section: DataSection) -> Iterator[Finding]:
    """Test rows that nearly equal a development row, and validation rows a training row.

    Up to 1,000 rows of a part are compared with up to 20,000 rows of the other side (narrow tables:
    200,000). A row is near-equal where `tuner.data.checks.nearest.nearness` gives its nearest
    neighbour a chance below 1 in 100. They are told where there are significantly more of them
    than 3 in 100 (one-sided binomial test, p < .0001), or where at least three have a chance below
    one in a million. Rows that are equal in everything are told of elsewhere.

    Tables are compared by their number columns, standardised, in which no value stands in more than
    a tenth of the rows; they need two of those. Rounded numbers are spread over what they are
    rounded to. Images are compared by the
    means of at most 16 × 16 blocks.
    """
    rng = np.random.default_rng(0)
    view = view_of(dataset, splits.development, rng)
    if view is None:
        return
    test = _compare(view, [(splits.test, splits.development)], rng)
    folds = _compare(view, [(fold.validation, fold.train) for fold in splits.folds], rng)
    told = [
        f"{found.count} of {found.checked} checked {name} rows have a near-equal row among the "
        f"{side} rows (by chance: {found.expected:.2g})"
        for found, name, side in (
            (test, "test", "development"),
            (folds, "validation", "training"),
        )
        if found
    ]
    if not told:
        return
    example = ""
    # Where rows were dropped, their numbers are not those of the source.
    if section.duplicates != "drop" and (found := test or folds):
        first, second = (row + dataset.first_row for row in found.pair)
        example = f"; the nearest pair is rows {first} and {second}"
    message = f"{', and '.join(told)}{example}; {_advice(dataset)}"
    yield Finding("warning", "near-duplicates", message, ("data", "group"))


def _advice(dataset: Dataset) -> str:
    if dataset.groups is None:
        return "name what such rows share (subject, series, device) in 'group', or drop them"
    return "'group' does not hold all that belongs together"


def _compare(
    view: RowView, sides: list[tuple[Rows, Rows]], rng: np.random.Generator
) -> _Found | None:
    """What is told of rows against the other side; None where nothing is."""
    most = int(np.clip(_NUMBERS // view.width, _REFERENCES, _MORE))
    chances, pairs = [], []
    for rows, others in sides:
        rows = some_of(rows, _QUERIES // len(sides), rng)
        others = some_of(others, most, rng)
        found = nearness(view.of(rows), view.of(others))
        if found is None:
            continue
        partners = others[found.nearest]
        chance = found.chance.copy()
        rare = np.flatnonzero(chance < _RARE)
        agreement = view.agreement(rows[rare], partners[rare])
        chance[rare[agreement == 1]] = 1.0  # equal rows are told of elsewhere
        chances.append(chance)
        pairs.append(np.column_stack([rows, partners]))
    if not chances:
        return None
    return _told(np.concatenate(chances), np.concatenate(pairs))


def _told(chance: Matrix, pairs: NDArray[np.int64]) -> _Found | None:
    checked = len(chance)
    first, second = pairs[int(chance.argmin())].tolist()
    rare, extreme = int((chance < _RARE).sum()), int((chance < _EXTREME).sum())
    # Of the binomial distribution; scipy.stats takes half a second to import.
    if rare and special.bdtrc(rare - 1, checked, _EXPECTED) < _SURE:
        return _Found(rare, checked, _RARE * checked, (first, second))
    if extreme >= _FEW:
        return _Found(extreme, checked, _EXTREME * checked, (first, second))
    return None
