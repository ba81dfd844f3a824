"""Leak-free splits: stratified, groups and equal rows never divided, repeatable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tuner.data.allocation import CANDIDATES, allocate
from tuner.data.dataset import Dataset
from tuner.data.needs import Needs
from tuner.data.split_checks import check_official, check_units, count_units, lacking_parts
from tuner.errors import InputError
from tuner.study import SplitSection

__all__ = [
    "Fold",
    "Rows",
    "Splits",
    "further_folds",
    "has_official_validation",
    "inner_parts",
    "make_folds",
    "make_splits",
]

Rows = NDArray[np.int64]


_ATTEMPTS = 20
"""What is set aside for the test may decide whether the rest can be divided."""

_STRIDE = 1_000_003
"""Keeps the attempts of one seed apart from those of its neighbours."""

_REPEATS = 7_919
"""Keeps the repeats of one attempt apart."""


@dataclass(frozen=True)
class Fold:
    """Rows of one training: a fold of one repeat.

    Attributes:
        fold: Number of the fold, from 0.
        repeat: Number of the repeat, from 0.
        train: Row numbers, sorted.
        validation: Row numbers, sorted; disjoint from `train`.
    """

    fold: int
    repeat: int
    train: Rows
    validation: Rows


@dataclass(frozen=True)
class Splits:
    """All divisions of one data set.

    Attributes:
        test: Rows locked away until the winner is scored.
        development: All other rows.
        folds: Divisions of the development rows.
    """

    test: Rows
    development: Rows
    folds: tuple[Fold, ...]

    def called(self, fold: Fold) -> str:
        """What people call one of the folds; empty where there is no other."""
        if len(self.folds) == 1:
            return ""
        repeats = {one.repeat for one in self.folds}
        if len(repeats) == len(self.folds):
            return f"repeat {fold.repeat}"
        return f"fold {fold.fold}" + (f" of repeat {fold.repeat}" if len(repeats) > 1 else "")

    def named(self) -> dict[str, Rows]:
        """All parts, by what people call them."""
        return {"the test part": self.test, **self.folds_named()}

    def folds_named(self) -> dict[str, Rows]:
        """The parts that the development rows are divided into, by what people call them."""
        parts = {}
        for fold in self.folds:
            name = f" of {called}" if (called := self.called(fold)) else ""
            parts[f"the training part{name}"] = fold.train
            parts[f"the validation part{name}"] = fold.validation
        return parts


def make_splits(dataset: Dataset, section: SplitSection, seed: int) -> Splits:
    """Divides the rows of a data set.

    An official split is taken as it is: its test rows, and its validation rows unless the study
    asks for folds, which then divide all rows but the test rows.

    Args:
        dataset: The rows.
        section: Shares and number of folds.
        seed: Decides which rows go where.

    Raises:
        InputError: There are too few minority rows, or groups that hold them; with the largest
            number of folds that works. Or an official split divides a group.
    """
    check_official(dataset, section)
    if not has_official_validation(dataset, section):
        check_units(dataset, section)
    for attempt in range(_ATTEMPTS):
        start = seed + attempt * _STRIDE
        # The best of many orders is often the same, so that further attempts take the first.
        development, test = _test_part(dataset, section, start, 1 if attempt else CANDIDATES)
        splits = Splits(test, development, _folds(dataset, development, section, start + 1))
        problems = lacking_parts(dataset, splits.named())
        if not problems:
            more = further_folds(dataset, splits, section, seed, section.repeats - 1)
            return replace(splits, folds=splits.folds + more)
    raise InputError(problems)


def make_folds(dataset: Dataset, section: SplitSection, seed: int) -> Splits:
    """Divides all rows as `make_splits` divides development rows; none are set aside for a test.

    This is for callers whose test rows lie elsewhere, such as in an outer cross-validation.

    Args:
        dataset: The rows, without an official split.
        section: Number of folds, or share of the validation part; its `test` is not looked at.
        seed: Decides which rows go where.

    Raises:
        InputError: There are too few minority rows, or groups that hold them; with the largest
            number of folds that works.
    """
    check_units(dataset, section, test=False)
    rows = np.arange(len(dataset))
    for attempt in range(_ATTEMPTS):
        start = seed + attempt * _STRIDE
        splits = Splits(rows[:0], rows, _folds(dataset, rows, section, start + 1))
        problems = lacking_parts(dataset, splits.folds_named())
        if not problems:
            more = further_folds(dataset, splits, section, seed, section.repeats - 1)
            return replace(splits, folds=splits.folds + more)
    raise InputError(problems)


def further_folds(
    dataset: Dataset, splits: Splits, section: SplitSection, seed: int, repeats: int
) -> tuple[Fold, ...]:
    """More repeats: the development rows divided in other ways than they were.

    Their numbers count on from those of `splits`. An official validation part stays what it is, and
    so does the division of rows, or of few groups, that can be divided in no other way: there the
    seeds of networks differ, and nothing else.

    Args:
        dataset: The rows.
        splits: Their division so far.
        section: What `splits` were made by.
        seed: As for `make_splits`.
        repeats: How many more.

    Raises:
        InputError: The rows cannot be divided again.
    """
    folds = list(splits.folds)
    first = 1 + folds[-1].repeat
    for repeat in range(first, first + repeats):
        if has_official_validation(dataset, section):
            folds.append(replace(splits.folds[0], repeat=repeat))
        else:
            folds += _again(dataset, replace(splits, folds=tuple(folds)), section, repeat, seed)
    return tuple(folds[len(splits.folds) :])


def _again(
    dataset: Dataset, splits: Splits, section: SplitSection, repeat: int, seed: int
) -> tuple[Fold, ...]:
    known = {_division(splits.folds, one) for one in range(repeat)}
    found: tuple[Fold, ...] = ()
    for attempt in range(_ATTEMPTS):
        start = seed + 1 + repeat * _REPEATS + attempt * _STRIDE
        candidates = 1 if attempt else CANDIDATES
        folds = tuple(_repeat(dataset, splits.development, section, repeat, start, candidates))
        problems = lacking_parts(dataset, replace(splits, folds=folds).folds_named())
        if problems:
            continue
        found = folds
        if _division(folds, repeat) not in known:
            return folds
    if not found:
        raise InputError(problems)
    return found


def _division(folds: tuple[Fold, ...], repeat: int) -> frozenset[bytes]:
    """Equal for repeats that divide the rows alike."""
    return frozenset(fold.validation.tobytes() for fold in folds if fold.repeat == repeat)


def _test_part(
    dataset: Dataset, section: SplitSection, seed: int, candidates: int
) -> tuple[Rows, Rows]:
    """Development and test rows."""
    if dataset.parts is not None:
        test = dataset.parts == "test"
        return np.flatnonzero(~test), np.flatnonzero(test)
    # Every class must be able to stand in each training part, and the minority in each part.
    least = np.zeros((2, len(dataset.classes)), dtype=np.int64)
    least[0] = 1 if section.n_folds is None else 2
    least[:, -1] = section.n_folds or 2, 1
    shares = np.array([1 - section.test, section.test])
    part = _divide(dataset, np.arange(len(dataset)), shares, seed, Needs(least), candidates)
    return np.flatnonzero(part == 0), np.flatnonzero(part == 1)


def has_official_validation(dataset: Dataset, section: SplitSection) -> bool:
    """Whether the official split has a validation part that the study does not replace."""
    if dataset.parts is None or section.folds is not None:
        return False
    return bool((dataset.parts == "validation").any())


def _folds(dataset: Dataset, rows: Rows, section: SplitSection, seed: int) -> tuple[Fold, ...]:
    """Those of the first repeat."""
    if has_official_validation(dataset, section):
        assert dataset.parts is not None
        held = dataset.parts[rows] == "validation"
        return (Fold(0, 0, rows[~held], rows[held]),)
    return tuple(_repeat(dataset, rows, section, 0, seed, CANDIDATES))


def _repeat(
    dataset: Dataset, rows: Rows, section: SplitSection, repeat: int, seed: int, candidates: int
) -> Iterator[Fold]:
    """The folds of one repeat, or its one validation part."""
    if section.n_folds is None:
        assert section.validation is not None
        least = np.zeros((2, len(dataset.classes)), dtype=np.int64)
        least[0] = least[:, -1] = 1
        shares = np.array([1 - section.validation, section.validation])
        part = _divide(dataset, rows, shares, seed, Needs(least), candidates)
        yield Fold(0, repeat, rows[part == 0], rows[part == 1])
        return
    part = _equal_parts(dataset, rows, section.n_folds, seed, candidates)
    for number in range(section.n_folds):
        yield Fold(number, repeat, rows[part != number], rows[part == number])


def _equal_parts(
    dataset: Dataset, rows: Rows, count: int, seed: int, candidates: int = CANDIDATES
) -> NDArray[np.int64]:
    """Parts of equal size, each with minority rows; every class in two of them at least."""
    least = np.zeros((count, len(dataset.classes)), dtype=np.int64)
    least[:, -1] = 1
    shares = np.full(count, 1 / count)
    return _divide(dataset, rows, shares, seed, Needs(least, spread=2), candidates)


def _divide(
    dataset: Dataset,
    rows: Rows,
    shares: NDArray[np.float64],
    seed: int,
    needs: Needs,
    candidates: int = CANDIDATES,
) -> NDArray[np.int64]:
    units = None
    if dataset.units is not None:
        names, units = np.unique(dataset.units[rows], return_inverse=True)
        units = units if len(names) < len(rows) else None
    return allocate(dataset.labels[rows], units, shares, seed, needs, candidates)


def inner_parts(dataset: Dataset, rows: Rows, seed: int, most: int = 5) -> NDArray[np.int64]:
    """Divides validation rows for cross-fitting a threshold, as folds divide rows for training.

    Args:
        dataset: Holds labels and groups.
        rows: The rows to divide.
        seed: Decides which row goes where.
        most: Number of parts where there are enough minority rows, or groups with them.

    Returns:
        The part of each row, shape ``(rows,)``; at least two differ.
    """
    count = max(2, min(most, count_units(dataset, rows[dataset.is_minority(rows)])))
    return _equal_parts(dataset, rows, count, seed)
