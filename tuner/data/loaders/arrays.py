"""Roles in NumPy arrays: labels in their several forms, names of classes, equal lengths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.boxes import BoxFormat, box_format_of
from tuner.data.dataset import RawData, number_columns
from tuner.data.findings import counted
from tuner.errors import InputError, Problem

__all__ = ["ROLES", "flat_labels", "raw_from_arrays"]

ROLES = ("features", "target", "group", "weight", "official_split", "class_names", "boxes")
"""What an array can be, beside which keyword of a loader names it."""


def raw_from_arrays(
    values: Mapping[str, Any],
    names: Mapping[str, str],
    feature_names: Sequence[Any] = (),
    box_format: BoxFormat | None = None,
) -> RawData:
    """What a loader returns, from arrays by role.

    Args:
        values: By role; features and target at least.
        names: What each is called in the source, for messages.
        feature_names: Names of the feature columns; those of a pandas frame unless given.
        box_format: How boxes are written; None where nothing is said of it.

    Raises:
        InputError: Something is no array of rows, lengths or pandas indexes differ, or labels have
            another form.
    """
    written = box_format_of("boxes" in values, box_format)
    arrays = _arrays(values, names)
    _check_indexes(values, names)
    lengths = {names[role]: len(a) for role, a in arrays.items() if role != "class_names"}
    if len(set(lengths.values())) > 1:
        spelled = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InputError(f"arrays differ in rows: {spelled}", ("target",))
    labels = flat_labels(arrays["target"], names["target"])
    if "class_names" in arrays:
        labels = _named(labels, arrays["class_names"], names["target"])
    flat = {
        role: _column(arrays[role], names[role], role)
        for role in ("group", "weight", "official_split")
        if role in arrays
    }
    return RawData(
        arrays["features"],
        labels,
        flat.get("group"),
        number_columns(feature_names or getattr(values["features"], "columns", ())),
        weights=flat.get("weight"),
        parts=flat.get("official_split"),
        boxes=arrays.get("boxes"),
        box_format=written,
    )


def _arrays(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    problems: list[Problem] = []
    for role, value in values.items():
        try:
            arrays[role] = _array(value, names[role])
        except InputError as error:
            problems += [Problem(problem.message, (role,)) for problem in error.problems]
    if problems:
        raise InputError(problems)
    return arrays


def _array(value: Any, name: str) -> NDArray[Any]:
    """An array with rows; what NumPy would read as something else is refused."""
    if np.ma.is_masked(value):
        raise InputError(f"{name} has masked values, which would count; fill them, with NaN say")
    try:
        array = np.asarray(value)
    except ValueError:
        raise InputError(f"{name} is no array: its rows differ in length") from None
    if array.ndim == 0:
        got = type(value).__name__
        raise InputError(f"{name} must be an array with one entry a row, got {got}")
    if not len(array):
        raise InputError(f"{name} has no rows")
    return array


def _check_indexes(values: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Refuses pandas objects whose rows are in different orders: positions alone would count."""
    rowwise = (role for role in values if role != "class_names")
    indexed = [role for role in rowwise if hasattr(values[role], "iloc")]
    for role in indexed[1:]:
        if not values[role].index.equals(values[indexed[0]].index):
            raise InputError(
                f"the indexes of {names[indexed[0]]} and {names[role]} differ, so that rows may "
                "not belong together; bring both into one order, then reset_index(drop=True)",
                (role,),
            )


def flat_labels(labels: NDArray[Any], name: str) -> NDArray[Any]:
    """One label a row, from ``(rows,)``, ``(rows, 1)`` or one-hot ``(rows, classes)``.

    Raises:
        InputError: The labels have another shape, or a row has several labels or none.
    """
    if labels.ndim == 1:
        return labels
    if labels.ndim == 2 and labels.shape[1] == 1:
        return labels[:, 0]
    if labels.ndim != 2 or labels.dtype.kind not in "biuf":
        raise InputError(f"{name} has shape {labels.shape}; expected one label a row", ("target",))
    wrong = np.flatnonzero((labels.sum(axis=1) != 1) | ~np.isin(labels, (0, 1)).all(axis=1))
    if len(wrong):
        row = int(wrong[0])
        total = labels[row].sum()
        what = f"sum {total:g}" if total != 1 else "not only 0 and 1"
        raise InputError(
            f"row {row} of {name} is not one-hot ({what}); rows with several labels are not "
            "supported",
            ("target",),
        )
    codes: NDArray[np.int64] = np.argmax(labels, axis=1)
    return codes


def _column(values: NDArray[Any], name: str, role: str) -> NDArray[Any]:
    if values.ndim == 2 and values.shape[1] == 1:
        return values[:, 0]
    if values.ndim != 1:
        raise InputError(f"{name} has shape {values.shape}; expected one value a row", (role,))
    return values


def _named(labels: NDArray[Any], names: NDArray[Any], target: str) -> NDArray[Any]:
    """The name of each label's class; labels are positions in `names`."""
    if names.ndim != 1 or len(set(names.tolist())) < len(names):
        raise InputError("class_names must be different names", ("class_names",))
    codes = labels.astype(np.int64) if labels.dtype.kind in "biuf" else None
    if codes is None or not np.array_equal(codes, labels):
        raise InputError(
            f"{target} must hold whole numbers, the positions of class_names", ("target",)
        )
    outside = np.flatnonzero((codes < 0) | (codes >= len(names)))
    if len(outside):
        raise InputError(
            f"row {outside[0]} of {target} is {codes[outside[0]]}, but class_names holds "
            f"{counted(len(names), 'name')}, counted from 0",
            ("target",),
        )
    named: NDArray[Any] = names[codes]
    return named
