"""What a loader returned is checked and coded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.boxes import Boxes, checked_boxes
from tuner.data.dataset import About, Column, Dataset, RawData, as_text, number_columns
from tuner.data.duplicates import (
    Duplicates,
    duplicate_findings,
    equal_rows,
    join,
    without_repeats,
)
from tuner.data.findings import counted, shortened
from tuner.data.roles import checked_labels, checked_parts, checked_weights, code_labels
from tuner.errors import InputError, Problem

__all__ = ["Duplicates", "assemble"]

_NUMBERS = "fiub"

_CHANNELS = (1, 3, 4)
"""Channels that pictures usually have: grey, colours, colours and transparency."""

_LARGEST = float(np.finfo(np.float32).max)
"""Networks compute in float32."""


def assemble(
    raw: RawData,
    about: About | str,
    minority: str | None = None,
    one_vs_rest: str | None = None,
    *,
    impute: bool = False,
    duplicates: Duplicates = "together",
) -> Dataset:
    """Checks what a loader returned and codes its labels.

    Args:
        raw: The loader's arrays.
        about: What the data is, or its title.
        minority: Class to find; the rarest unless given.
        one_vs_rest: Class to set against all others.
        impute: Whether missing values in tables are allowed, since preprocessing fills them.
        duplicates: Whether equal rows stay together in every split, are dropped but for one, or
            are separate observations.

    Raises:
        InputError: With all problems found; paths start at the data section.
    """
    features = _numbers(raw)
    rows, first = len(features), raw.first_row
    labels, groups, parts, boxes, columns, _ = _all_of(
        lambda: checked_labels(raw.labels, "label", rows, first),
        lambda: None if raw.groups is None else checked_labels(raw.groups, "group", rows, first),
        lambda: None if raw.parts is None else checked_parts(as_text(np.asarray(raw.parts)), rows),
        lambda: _checked_boxes(raw, features),
        lambda: _checked_columns(raw, features),
        lambda: _check_finite(raw, features, impute),
    )
    classes, codes = code_labels(labels, minority, one_vs_rest)
    weights = None
    if raw.weights is not None:
        weights = checked_weights(raw.weights, rows, codes, classes, first)
    equal = equal_rows(features)
    told = duplicate_findings(equal, codes, classes, parts, duplicates, first, raw.files)
    findings = [*raw.findings, *told]
    kept: Any = slice(None)
    if duplicates == "drop":
        rows_kept = without_repeats(equal, codes, parts)
        kept = slice(None) if len(rows_kept) == rows else rows_kept
    groups = None if groups is None else groups[kept]
    parts = None if parts is None else parts[kept]
    return Dataset(
        about=about if isinstance(about, About) else About(about),
        features=features[kept],
        labels=codes[kept],
        classes=classes,
        groups=groups,
        columns=columns,
        weights=None if weights is None else weights[kept],
        parts=parts,
        units=join(groups, None if duplicates == "separate" else equal[kept], parts),
        findings=tuple(findings),
        reading=raw.reading,
        first_row=raw.first_row,
        boxes=None if boxes is None else boxes[kept],
    )


def _all_of(*checks: Callable[[], Any]) -> list[Any]:
    """What the checks return; all problems together where some raise."""
    results: list[Any] = []
    problems: list[Problem] = []
    for check in checks:
        try:
            results.append(check())
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return results


def _checked_boxes(raw: RawData, features: NDArray[Any]) -> Boxes | None:
    if raw.boxes is None:
        return None
    return checked_boxes(raw.boxes, features.shape, raw.box_format, raw.first_row)


def _checked_columns(raw: RawData, features: NDArray[Any]) -> tuple[Column, ...]:
    if features.ndim > 2:
        return ()
    columns = raw.columns or number_columns(range(features.shape[1]))
    if len(columns) != features.shape[1]:
        raise InputError(f"{len(columns)} names for {features.shape[1]} feature columns")
    counts = Counter(column.name for column in columns)
    if twice := [name for name, count in counts.items() if count > 1]:
        raise InputError(f"more than one column is named {shortened(twice)}")
    return columns


def _numbers(raw: RawData) -> NDArray[Any]:
    """Features in a type that networks and hashes can take."""
    features = np.asarray(raw.features)
    if features.dtype.kind not in _NUMBERS:
        raise InputError(
            f"features must be real numbers, got {features.dtype} {features.shape}; convert them to"
            " whole numbers or floats"
        )
    if features.ndim < 2 or 0 in features.shape[1:]:
        raise InputError(
            "features must have shape (rows, columns) or (rows, height, width[, channels]), none of"
            f" them 0, got {features.shape}; reshape them"
        )
    if wrong := _channels_first(features.shape):
        raise InputError(wrong)
    if features.dtype == np.bool_:
        features = features.astype(np.uint8)
    if features.dtype.kind == "f" and features.dtype.itemsize not in (4, 8):
        features = features.astype(np.float32 if features.dtype.itemsize < 4 else np.float64)
    return features


def _channels_first(shape: tuple[int, ...]) -> str:
    """What is said of pictures whose channels stand before their height and width; else empty."""
    if len(shape) != 4 or shape[1] not in _CHANNELS or min(shape[2:]) <= max(_CHANNELS):
        return ""
    rows, channels, height, width = shape
    return (
        f"features of shape {shape} look like pictures with channels first; expected (rows, height,"
        f" width, channels), here {(rows, height, width, channels)}: np.moveaxis(features, 1, -1)"
    )


def _check_finite(raw: RawData, features: NDArray[Any], impute: bool) -> None:
    if features.dtype.kind == "f":
        problems = _not_finite(raw, features, impute and features.ndim == 2)
        if problems:
            raise InputError(problems)


def _all_usable(values: NDArray[Any]) -> bool:
    """Whether all values are finite as float32, found without a copy of their size."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = values.sum(dtype=np.float64)
    if not np.isfinite(total) or values.dtype == np.float32:
        return bool(np.isfinite(total))
    return float(values.max()) <= _LARGEST and float(values.min()) >= -_LARGEST


def _not_finite(raw: RawData, features: NDArray[Any], impute: bool) -> list[Problem]:
    """A problem for each column with values that nothing can be learned from."""
    if _all_usable(features):
        return []
    if features.ndim > 2:
        bad = np.argwhere(~(np.abs(features) <= _LARGEST)).tolist()
        if not bad:
            return []
        are = "is" if len(bad) == 1 else "are"
        message = f"{counted(len(bad), 'feature value')} {are} not finite as float32, first in row "
        return [Problem(f"{message}{bad[0][0]} at {bad[0][1:]}; replace them")]
    problems = []
    for number in range(features.shape[1]):
        column = features[:, number]
        if _all_usable(column):
            continue
        name = f"'{raw.columns[number].name}'" if number < len(raw.columns) else str(number)
        if (infinite := np.flatnonzero(np.isinf(column))).size:
            problems.append(
                Problem(
                    f"column {name} has {counted(infinite.size, 'infinite value')}, first in row "
                    f"{infinite[0] + raw.first_row}; correct them, or name the text in 'missing'"
                )
            )
        elif (large := np.flatnonzero(np.abs(column) > _LARGEST)).size:
            problems.append(
                Problem(
                    f"column {name} has {counted(large.size, 'value')} beyond ±{_LARGEST:.1e}, more"
                    f" than networks can hold, first in row {large[0] + raw.first_row}; correct "
                    "them, or name the text in 'missing'"
                )
            )
        missing = np.flatnonzero(np.isnan(column))
        if missing.size == len(column):
            problems.append(Problem(f"column {name} is empty; name it in 'ignore'"))
        elif missing.size and not impute:
            problems.append(
                Problem(
                    f"column {name} has {counted(missing.size, 'missing value')}, first in row "
                    f"{missing[0] + raw.first_row}; fill them in, or set preprocessing.impute"
                )
            )
    return problems
