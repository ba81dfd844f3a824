"""The roles that rows have besides their features: class, group, weight, official part."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import as_text
from tuner.data.findings import counted, shortened
from tuner.data.tables.spelled_alike import ALIKE, alike
from tuner.errors import InputError, did_you_mean

__all__ = ["PARTS", "checked_labels", "checked_parts", "checked_weights", "code_labels"]

_MANY = 10
"""So many classes of one size are rather the values of a quantity."""

PARTS = {
    "train": ("train", "training"),
    "validation": ("validation", "val", "valid", "dev"),
    "test": ("test", "testing"),
}
"""Parts of an official split, with the words that sources use for them."""

_FEW = 16
"""Names up to which comparing all rows with each is faster than sorting the rows."""


def checked_labels(
    values: NDArray[Any], what: str, rows: int, first_row: int = 0
) -> NDArray[np.str_]:
    """Labels or groups as text: one for each row, and none missing.

    Args:
        values: Values of any type.
        what: What they are called, in the singular.
        rows: How many there must be.
        first_row: Number of the first row as people count.
    """
    values = np.asarray(values)
    if values.ndim != 1 or not len(values):
        raise InputError(f"{what}s must have shape (rows,) and hold some, got shape {values.shape}")
    if len(values) != rows:
        raise InputError(f"{rows} rows of features but {len(values)} {what}s")
    if values.dtype.kind == "f":
        missing = ~np.isfinite(values)
    elif values.dtype.kind == "U":
        missing = values == ""
    elif values.dtype.kind in "iub":
        missing = np.zeros(len(values), dtype=bool)
    else:
        missing = np.asarray([_is_missing(value) for value in values.tolist()])
    if (where := np.flatnonzero(missing)).size:
        row = int(where[0])
        raise InputError(
            f"the {what} of row {row + first_row} is missing or no name ('{values[row]}')"
        )
    return as_text(values)


def _is_missing(value: Any) -> bool:
    try:
        return value is None or bool(value != value) or value in ("", b"")
    except TypeError:  # pandas' NA does not say whether it differs from itself
        return True


def code_labels(
    labels: NDArray[np.str_], minority: str | None, one_vs_rest: str | None
) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Classes in sorted order with the minority last, and the code of each row.

    Args:
        labels: Class of each row.
        minority: Class to find; the rarest unless given.
        one_vs_rest: Class to set against all others, which become ``rest``.
    """
    names, codes = _coded(labels)
    counts = np.bincount(codes)
    if one_vs_rest is not None:
        if one_vs_rest not in names:
            hint = did_you_mean(one_vs_rest, names.tolist())
            raise InputError(f"no row of class '{one_vs_rest}'; {hint}", ("one_vs_rest",))
        minority = minority or one_vs_rest
        rest = "rest" if one_vs_rest != "rest" else "all others"
        return code_labels(np.where(names == one_vs_rest, one_vs_rest, rest)[codes], minority, None)
    if len(names) < 2:
        raise InputError(
            f"all {len(labels)} rows are of class '{names[0]}'; two classes are needed"
        )
    if minority is None:
        rarest = names[counts == counts.min()]
        if len(rarest) > _MANY:
            raise InputError(
                f"{len(names)} classes, of which {len(rarest)} are equally rare "
                f"({counted(counts.min(), 'row')}); if the target is a quantity, make classes of "
                "it, else say which is the minority",
                ("minority",),
            )
        if len(rarest) > 1:
            raise InputError(
                f"classes {shortened(rarest)} are equally rare ({counted(counts.min(), 'row')}); "
                f"say which is the minority{_if_one(rarest.tolist())}",
                ("minority",),
            )
        minority = str(rarest[0])
    elif minority not in names:
        hint = did_you_mean(minority, names.tolist())
        raise InputError(f"no row of class '{minority}'; {hint}", ("minority",))
    classes = (*(str(name) for name in names if name != minority), minority)
    new = np.asarray([classes.index(str(name)) for name in names], dtype=np.int64)
    return classes, new[codes]


def _if_one(names: list[str]) -> str:
    """What is added where classes may be one class that is spelled in several ways."""
    sets = alike(names)
    if not sets:
        return ""
    return f", or write {shortened(sets[0])} alike if they are the same: they {ALIKE}"


def _coded(labels: NDArray[np.str_]) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    """The names in sorted order, and the code of each row."""
    names = np.unique(labels)
    if len(names) > _FEW:
        return np.unique(labels, return_inverse=True)
    codes = np.zeros(len(labels), dtype=np.int64)
    for code, name in enumerate(names[1:], 1):
        codes[labels == name] = code
    return names, codes


def checked_weights(
    weights: NDArray[Any],
    rows: int,
    codes: NDArray[np.int64],
    classes: tuple[str, ...],
    first_row: int = 0,
) -> NDArray[np.float64]:
    """Row weights: finite, not negative, and not 0 for all rows of a class.

    Args:
        weights: Numbers, or texts that spell some.
        rows: How many there must be.
        codes: Class code of each row.
        classes: Name of each code.
        first_row: Number of the first row as people count.
    """
    weights = np.asarray(weights)
    if weights.shape != (rows,):
        message = f"{rows} rows of features but weights of shape {weights.shape}"
        raise InputError(message, ("weight",))
    numbers = _numbers(weights)
    bad = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0)))
    if bad.size:
        got = str(weights[bad[0]])
        raise InputError(
            f"the weight of row {bad[0] + first_row} is '{got}'; expected a finite number >= 0",
            ("weight",),
        )
    total = np.bincount(codes, numbers, len(classes))
    if (total == 0).any():
        name = classes[int(np.flatnonzero(total == 0)[-1])]
        raise InputError(f"all rows of class '{name}' have weight 0", ("weight",))
    return numbers


def _numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    """Values as numbers, NaN where they are none."""
    if values.dtype.kind in "fiub":
        return values.astype(np.float64)
    numbers = np.full(len(values), np.nan)
    for row, value in enumerate(values.tolist()):
        with contextlib.suppress(TypeError, ValueError):
            numbers[row] = float(value)
    return numbers


def checked_parts(parts: NDArray[np.str_], rows: int) -> NDArray[np.str_]:
    """The official part of each row: ``train``, ``validation`` or ``test``."""
    if parts.shape != (rows,):
        raise InputError(f"{rows} rows of features but official parts of shape {parts.shape}")
    part_of = {word: part for part, words in PARTS.items() for word in words}
    names, codes = np.unique(parts, return_inverse=True)
    unknown = [name for name in names.tolist() if name.strip().lower() not in part_of]
    if unknown:
        words = ", ".join(word for words in PARTS.values() for word in words)
        raise InputError(
            f"unknown part {shortened(unknown)} of the official split; known: {words}",
            ("official_split",),
        )
    known = np.asarray([part_of[name.strip().lower()] for name in names.tolist()])
    for part in ("train", "test"):
        if part not in known:
            raise InputError(
                f"the official split has no {part} rows; it has {shortened(names.tolist())}",
                ("official_split",),
            )
    return known[codes]
