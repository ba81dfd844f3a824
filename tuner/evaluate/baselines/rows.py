"""The rows of a fold as simple models take them: one line of numbers each, and not too many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Fold, Preprocessor, Splits, fit_preprocessor
from tuner.data.block_means import block_means, block_size
from tuner.data.resamplers import layout_of
from tuner.study import PreprocessingSection
from tuner.training.unit import LabelledRows

__all__ = ["FoldRows", "prepared", "row_notes", "sampled"]

_SIDE = 32
"""Blocks of pixels that the edge of a picture is divided into at most."""

_ROWS = 20_000
_FEWEST = 1000
_NUMBERS = 4_000_000
"""Training rows of a fold at most, the rows that wide ones keep, and numbers in all of them."""

_PIECE = 1024
"""Pictures that are made smaller at once."""


@dataclass(frozen=True)
class FoldRows:
    """One fold, preprocessed as for the networks: by what its training rows say.

    Attributes:
        fold: Which it is.
        train: The training rows that are used, shape ``(rows, numbers)``.
        stands_for: How many training rows each of them stands for, shape ``(rows,)``.
        validation: Numbers of all validation rows.
        test: Numbers of all test rows.
    """

    fold: Fold
    train: LabelledRows
    stands_for: NDArray[np.float64]
    validation: NDArray[np.float32]
    test: NDArray[np.float32]


def prepared(
    dataset: Dataset, splits: Splits, section: PreprocessingSection, seed: int
) -> list[FoldRows]:
    """The rows of all folds.

    Args:
        dataset: All rows.
        splits: Their division; test rows have no part in what is learned.
        section: How rows are preprocessed.
        seed: Decides which rows are drawn where there are very many.
    """
    return list(_folds(dataset, splits, section, seed))


def _folds(
    dataset: Dataset, splits: Splits, section: PreprocessingSection, seed: int
) -> Iterator[FoldRows]:
    for number, fold in enumerate(splits.folds):
        preprocessor = fit_preprocessor(dataset, fold.train, section)
        validation, test = (
            _numbers(dataset, rows, preprocessor) for rows in (fold.validation, splits.test)
        )
        labels = dataset.labels[fold.train]
        kept = sampled(labels, _most(validation.shape[1]), [seed, number])
        rows = fold.train[kept]
        classes = len(dataset.classes)
        shares = np.bincount(labels, minlength=classes) / np.maximum(
            np.bincount(labels[kept], minlength=classes), 1
        )
        train = LabelledRows(
            _numbers(dataset, rows, preprocessor),
            dataset.labels[rows],
            None if dataset.weights is None else dataset.weights[rows],
            layout_of(preprocessor),
        )
        yield FoldRows(fold, train, shares[train.y], validation, test)


def _numbers(
    dataset: Dataset, rows: NDArray[np.int64], preprocessor: Preprocessor
) -> NDArray[np.float32]:
    if dataset.is_table:
        return preprocessor.transform(dataset.features[rows], dataset.columns)
    pieces = (rows[at : at + _PIECE] for at in range(0, len(rows), _PIECE))
    scaled = (preprocessor.transform(dataset.features[piece], ()) for piece in pieces)
    return np.concatenate([block_means(some, _SIDE).astype(np.float32) for some in scaled])


def _most(width: int) -> int:
    """Training rows of so many numbers at most."""
    return int(np.clip(_NUMBERS // width, _FEWEST, _ROWS))


def sampled(labels: NDArray[np.int64], most: int, seed: Sequence[int]) -> NDArray[np.int64]:
    """Places of at most about `most` rows, in their order.

    Minority rows are kept, up to half of `most`; of the other classes, so many rows are drawn that
    their shares stay, and one at least.

    Args:
        labels: Codes, the minority last, shape ``(rows,)``.
        most: How many are wanted.
        seed: Decides which ones.
    """
    if len(labels) <= most:
        return np.arange(len(labels))
    rng = np.random.default_rng(seed)
    counts = np.bincount(labels)
    kept = min(int(counts[-1]), most // 2)
    wanted = np.ceil(counts * (most - kept) / counts[:-1].sum()).astype(np.int64)
    wanted[-1] = kept
    drawn = [
        rng.choice(np.flatnonzero(labels == code), min(count, own), replace=False)
        for code, (count, own) in enumerate(zip(wanted, counts, strict=True))
    ]
    places: NDArray[np.int64] = np.sort(np.concatenate(drawn))
    return places


def row_notes(dataset: Dataset, rows: Sequence[FoldRows]) -> list[str]:
    """What was left out for the sake of time."""
    notes = []
    one: Any = max(rows, key=lambda each: len(each.fold.train))
    kept, total = len(one.train.y), len(one.fold.train)
    if kept < total:
        notes.append(
            f"simple models learn from {kept:,} of the {total:,} training rows of a fold: minority"
            " rows first, others drawn and weighed for those that were left out"
        )
    if not dataset.is_table and max(size := block_size(dataset.features.shape, _SIDE)) > 1:
        notes.append(f"simple models see the means of {size[0]} × {size[1]} pixels")
    return notes
