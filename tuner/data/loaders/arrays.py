"""Roles in NumPy arrays: labels in their several forms, names of classes, equal lengths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import RawData
from tuner.errors import InputError

__all__ = ["ROLES", "flat_labels", "raw_from_arrays"]

ROLES = ("features", "target", "group", "weight", "official_split", "class_names")
"""What an array can be, beside which keyword of a loader names it."""


def raw_from_arrays(arrays: Mapping[str, NDArray[Any]], names: Mapping[str, str]) -> RawData:
    """What a loader returns, from arrays by role.

    Args:
        arrays: By role; features and target at least.
        names: What each is called in the source, for messages.

    Raises:
        InputError: Lengths differ, or labels have another form.
    """
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
        weights=flat.get("weight"),
        parts=flat.get("official_split"),
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
        raise InputError(
            f"row {row} of {name} is not one-hot (sum {labels[row].sum():g}); "
            "rows with several labels are not supported",
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
            f"row {outside[0]} of {target} is {codes[outside[0]]}; there are {len(names)} class "
            "names, counted from 0",
            ("target",),
        )
    named: NDArray[Any] = names[codes]
    return named
