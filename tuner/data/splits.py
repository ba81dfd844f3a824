"""Leak-free splits: stratified, groups never divided, repeatable."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import Dataset
from tuner.errors import InputError
from tuner.lazy import LazyModule
from tuner.study import SplitSection

if TYPE_CHECKING:
    from sklearn import model_selection
else:
    model_selection = LazyModule("sklearn.model_selection")

__all__ = ["Fold", "Rows", "Splits", "inner_parts", "make_splits"]

Rows = NDArray[np.int64]

_PARTS = 3
"""Train, validation and test; the minority must be able to stand in each."""

_CANDIDATES = 64
"""Draws of a grouped holdout; the one nearest to the wanted shares is taken."""


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


def make_splits(dataset: Dataset, section: SplitSection, seed: int) -> Splits:
    """Divides the rows of a data set.

    Args:
        dataset: The rows.
        section: Shares and number of folds.
        seed: Decides which rows go where.

    Raises:
        InputError: There are too few minority rows, or groups that hold them; with the largest
            number of folds that works.
    """
    minority = np.flatnonzero(dataset.labels == len(dataset.classes) - 1)
    if _units(dataset, minority) < _PARTS:
        raise _too_few(dataset, f"train, validation and test parts need at least {_PARTS}")
    everything = np.arange(len(dataset))
    development, test = _holdout(dataset, everything, section.test, seed)
    left = _units(dataset, np.intersect1d(minority, development))
    if section.n_folds is not None and left < section.n_folds:
        needed = f"{left} outside the test part; {section.n_folds} folds need {section.n_folds}"
        works = f"; at most {left} folds work" if left >= 2 else "; lower data.split.test"
        raise _too_few(dataset, needed + works)
    if section.n_folds is None:
        assert section.validation is not None
        train, validation = _holdout(dataset, development, section.validation, seed + 1)
        folds: tuple[Fold, ...] = (Fold(0, 0, train, validation),)
    else:
        folds = _folds(dataset, development, section.n_folds, seed + 1)
    splits = Splits(test, development, folds)
    _check_every_part(dataset, splits)
    return splits


def _too_few(dataset: Dataset, reason: str) -> InputError:
    units = _units(dataset, np.flatnonzero(dataset.labels == len(dataset.classes) - 1))
    what = "row" if dataset.groups is None else "group"
    spelled = f"{units} {what}{'s' if units != 1 else ''}"
    message = f"minority class '{dataset.minority}' occurs in {spelled}, {reason}"
    return InputError(message, ("data", "split"))


def _units(dataset: Dataset, rows: Rows) -> int:
    """How many things the rows can be divided into: groups where there are any, else rows."""
    return len(rows) if dataset.groups is None else len(np.unique(dataset.groups[rows]))


def _holdout(dataset: Dataset, rows: Rows, share: float, seed: int) -> tuple[Rows, Rows]:
    """Splits `rows` into a rest and a part with `share` of them."""
    if dataset.groups is None:
        return _stratified_shuffle(dataset.labels[rows], rows, share, seed)
    groups, of_row = np.unique(dataset.groups[rows], return_inverse=True)
    # A group with a minority row counts as the minority's, so that those are spread first.
    kind = np.zeros(len(groups), dtype=np.int64)
    np.maximum.at(kind, of_row, dataset.labels[rows])
    members = np.bincount(kind)
    # One group cannot be divided in two; it goes wherever the shares come out best.
    kind = np.where(members[kind] < 2, members.argmax(), kind)
    best: tuple[float, NDArray[np.bool_]] | None = None
    for draw in range(_CANDIDATES):
        _, part = _stratified_shuffle(
            kind, np.arange(len(groups)), share, seed * _CANDIDATES + draw
        )
        held = np.isin(of_row, part)
        miss = _imbalance(dataset.labels[rows], held, share)
        if best is None or miss < best[0]:
            best = (miss, held)
    assert best is not None
    return rows[~best[1]], rows[best[1]]


def _stratified_shuffle(
    labels: NDArray[np.int64], rows: Rows, share: float, seed: int
) -> tuple[Rows, Rows]:
    splitter = model_selection.StratifiedShuffleSplit(1, test_size=share, random_state=seed % 2**32)
    try:
        rest, part = next(splitter.split(rows, labels))
    except ValueError as error:
        raise InputError(
            f"cannot hold out {share:g} of {len(rows)}: {error}", ("data", "split")
        ) from None
    return np.sort(rows[rest]), np.sort(rows[part])


def _imbalance(labels: NDArray[np.int64], held: NDArray[np.bool_], share: float) -> float:
    """How far the held rows are from `share` of each class, as a sum of relative differences."""
    total = np.bincount(labels)
    part = np.bincount(labels[held], minlength=len(total))
    return float(np.abs(part / np.maximum(total, 1) - share).sum())


def _folds(dataset: Dataset, rows: Rows, count: int, seed: int) -> tuple[Fold, ...]:
    labels = dataset.labels[rows]
    random_state = seed % 2**32
    grouped = dataset.groups is not None
    kind = model_selection.StratifiedGroupKFold if grouped else model_selection.StratifiedKFold
    kfold = kind(count, shuffle=True, random_state=random_state)
    groups = None if dataset.groups is None else dataset.groups[rows]
    with warnings.catch_warnings():
        # A class rarer than the folds is judged by _check_every_part, with a message of its own.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        try:
            pairs = list(kfold.split(rows, labels, groups))
        except ValueError as error:
            message = f"cannot make {count} folds of {len(rows)} rows: {error}"
            raise InputError(message, ("data", "split")) from None
    return tuple(
        Fold(number, 0, np.sort(rows[train]), np.sort(rows[validation]))
        for number, (train, validation) in enumerate(pairs)
    )


def _check_every_part(dataset: Dataset, splits: Splits) -> None:
    parts = {"the test part": splits.test}
    for fold in splits.folds:
        name = f" of fold {fold.fold}" if len(splits.folds) > 1 else ""
        parts[f"the training part{name}"] = fold.train
        parts[f"the validation part{name}"] = fold.validation
    for name, rows in parts.items():
        missing = np.flatnonzero(
            np.bincount(dataset.labels[rows], minlength=len(dataset.classes)) == 0
        )
        if len(missing) and (missing[-1] == len(dataset.classes) - 1 or "training" in name):
            label = dataset.classes[missing[-1]]
            raise InputError(
                f"{name} has 0 rows of class '{label}'; use fewer folds or a larger share",
                ("data", "split"),
            )


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
    minority = dataset.labels[rows] == len(dataset.classes) - 1
    count = max(2, min(most, _units(dataset, rows[minority])))
    parts = np.zeros(len(rows), dtype=np.int64)
    for fold in _folds(dataset, rows, count, seed):
        parts[np.searchsorted(rows, fold.validation)] = fold.fold
    return parts
