"""Data that is in memory already: NumPy arrays and pandas frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from tuner.data.assemble import Duplicates, assemble
from tuner.data.boxes import BoxFormat
from tuner.data.dataset import About, Dataset, RawData, as_text
from tuner.data.loaders.arrays import raw_from_arrays
from tuner.data.loaders.frame import raw_from_frame
from tuner.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["from_arrays", "from_frame"]


def from_arrays(
    features: Any,
    labels: Any,
    groups: Any = None,
    *,
    weights: Any = None,
    official_split: Any = None,
    class_names: Any = None,
    boxes: Any = None,
    box_format: BoxFormat | None = None,
    title: str = "arrays",
    minority: Any = None,
    one_vs_rest: Any = None,
    impute: bool = False,
    duplicates: Duplicates = "together",
) -> Dataset:
    """A data set from NumPy arrays, checked like one from a file.

    Args:
        features: Numbers, shape ``(rows, columns)`` or ``(rows, height, width[, channels])``.
        labels: Class of each row: ``(rows,)``, ``(rows, 1)`` or one-hot ``(rows, classes)``.
        groups: Group of each row, shape ``(rows,)``; rows of a group stay on one side of a split.
        weights: Weight of each row in the training loss, shape ``(rows,)``.
        official_split: ``train``, ``validation`` or ``test`` for each row.
        class_names: Names that labels 0, 1, … stand for.
        boxes: A box in each picture, shape ``(rows, 4)``: x, y, width and height as shares of the
            picture; NaN for none.
        box_format: ``xywh`` where x and y are the upper left corner, ``cxcywh`` where they are the
            centre.
        title: What the data is, in one line.
        minority: Class to find, as the labels spell it; the rarest unless given.
        one_vs_rest: Class to set against all others.
        impute: Whether missing values are allowed, since preprocessing fills them.
        duplicates: ``together``, ``drop`` or ``separate``, as in a study.

    Raises:
        InputError: The arrays do not fit together; with all problems found.

    Example:
        >>> data = from_arrays(np.arange(12.0).reshape(6, 2), ["no", "no", "yes", "no", "no", "no"])
        >>> data.minority, data.counts.tolist()
        ('yes', [5, 1])
    """
    given = {
        "features": features,
        "target": labels,
        "group": groups,
        "weight": weights,
        "official_split": official_split,
        "class_names": class_names,
        "boxes": boxes,
    }
    needed = ("features", "target")
    arrays = {role: a for role, a in given.items() if a is not None or role in needed}
    names = {role: role for role in arrays} | {"target": "labels"}
    raw = raw_from_arrays(arrays, names, box_format=box_format)
    return _assembled(raw, title, minority, one_vs_rest, impute, duplicates)


def from_frame(
    frame: pd.DataFrame,
    target: str,
    *,
    group: str | None = None,
    weight: str | None = None,
    official_split: str | None = None,
    ignore: Sequence[str] = (),
    categories: Sequence[str] = (),
    title: str = "frame",
    minority: Any = None,
    one_vs_rest: Any = None,
    impute: bool = False,
    duplicates: Duplicates = "together",
) -> Dataset:
    """A data set from a pandas frame; every column without a role is a feature.

    Args:
        frame: Rows and columns; the index is no feature.
        target: Column with the class.
        group: Column whose rows with equal values stay on one side of every split.
        weight: Column with the weight of each row in the training loss.
        official_split: Column that says train, validation or test.
        ignore: Columns to leave out.
        categories: Columns that hold categories though they look like numbers.
        title: What the data is, in one line.
        minority: Class to find, as the labels spell it; the rarest unless given.
        one_vs_rest: Class to set against all others.
        impute: Whether missing values are allowed, since preprocessing fills them.
        duplicates: ``together``, ``drop`` or ``separate``, as in a study.

    Raises:
        InputError: A column is missing or is not as expected; with all problems found.
    """
    raw = raw_from_frame(
        frame,
        target,
        group=group,
        weight=weight,
        official_split=official_split,
        ignore=ignore,
        categories=categories,
    )
    return _assembled(raw, title, minority, one_vs_rest, impute, duplicates)


def _assembled(
    raw: RawData, title: str, minority: Any, rest: Any, impute: bool, duplicates: Duplicates
) -> Dataset:
    if duplicates not in get_args(Duplicates):
        known = ", ".join(get_args(Duplicates))
        raise InputError(f"expected one of {known}; got '{duplicates}'", ("duplicates",))
    # Classes of arrays and frames may be numbers, and are named in the same way as labels.
    chosen = [
        None if name is None else str(as_text(np.asarray([name]))[0]) for name in (minority, rest)
    ]
    return assemble(raw, About(title), *chosen, impute=impute, duplicates=duplicates)
