"""What the rest of the house works on: features, coded labels, groups."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.boxes import Boxes, BoxFormat
from tuner.data.findings import Finding

__all__ = ["About", "Column", "Dataset", "RawData", "as_text", "missing_values", "number_columns"]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: Its name in the source.
        categories: Texts that the codes 0, 1, … stand for; None where the column holds numbers.
    """

    name: str
    categories: tuple[str, ...] | None = None


def number_columns(names: Iterable[Any]) -> tuple[Column, ...]:
    """Columns that all hold numbers."""
    return tuple(Column(str(name)) for name in names)


@dataclass(frozen=True)
class RawData:
    """What a loader returns: arrays as they stand in the source.

    Attributes:
        features: Numbers, shape ``(rows, columns)`` or ``(rows, height, width[, channels])``. In
            tables NaN is a missing value, and categories are codes into `Column.categories`.
            Images keep the numbers of their source (uint8, uint16, …).
        labels: Class of each row, of any type; shape ``(rows,)``.
        groups: Group of each row (a subject, a series), or None; shape ``(rows,)``.
        columns: The columns of a table; empty for images.
        weights: Weight of each row in the training loss, or None; shape ``(rows,)``.
        parts: Part of the official split that each row is in, as the source spells it, or None.
        findings: What the loader changed or left out, for the person to see.
        reading: How images were read, as plain values; it must hold for prediction too. Facts for
            people stand under ``found``.
        first_row: Number of the first row as people count in such a source: 1 in text files.
        files: Name of the file that each row is from, where messages can say more by it; else
            empty.
        boxes: A box in each picture, or None; see `tuner.data.boxes.checked_boxes`.
        box_format: How they are written.
    """

    features: NDArray[Any]
    labels: NDArray[Any]
    groups: NDArray[Any] | None = None
    columns: tuple[Column, ...] = ()
    weights: NDArray[Any] | None = None
    parts: NDArray[Any] | None = None
    findings: tuple[Finding, ...] = ()
    reading: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    first_row: int = 0
    files: Sequence[str] = ()
    boxes: NDArray[Any] | None = None
    box_format: BoxFormat = "xywh"


@dataclass(frozen=True)
class About:
    """What people must know of a data set.

    Attributes:
        title: What the data is, in one line.
        synthetic: True for generated data.
        caveat: What limits the meaning of every score on it; shown wherever one is.
        references: Scores that others reached, by what reached them.
        in_memory: Whether a call in Python gave the rows, so that no study names where they lie.
    """

    title: str
    synthetic: bool = False
    caveat: str = ""
    references: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    in_memory: bool = False


@dataclass(frozen=True)
class Dataset:
    """Checked data, ready to be split.

    Classes are coded in sorted order, except that the minority class comes last. For two classes
    the code 1 is therefore always the minority.

    Attributes:
        about: What the data is.
        features: Shape ``(rows, …)``; see `RawData`. Infinite values do not occur.
        labels: Codes ``0 … n_classes - 1``, shape ``(rows,)``.
        classes: Original label of each code; the last is the minority.
        groups: Group of each row as text, or None.
        columns: The columns of a table; empty for images.
        weights: Weight of each row in the training loss, or None.
        parts: ``train``, ``validation`` or ``test`` for each row of an official split, or None.
        units: Number of the smallest set of rows that each row can be divided from others with:
            rows of a group, and rows with equal features, belong together.
        findings: What loading and checking found.
        reading: How images were read.
        first_row: Number of the first row as people count in the source; see `RawData`.
        boxes: Upper left corner, width and height of a box in each picture, as shares of the
            picture, NaN where there is none; or None. Nothing is learned from them.
    """

    about: About
    features: NDArray[Any]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    groups: NDArray[np.str_] | None = None
    columns: tuple[Column, ...] = ()
    weights: NDArray[np.float64] | None = None
    parts: NDArray[np.str_] | None = None
    units: NDArray[np.int64] | None = None
    findings: tuple[Finding, ...] = ()
    reading: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    first_row: int = 0
    boxes: Boxes | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def minority(self) -> str:
        """Original label of the minority class."""
        return self.classes[-1]

    @property
    def is_table(self) -> bool:
        """Whether rows are rows of a table, not images."""
        return self.features.ndim == 2

    @property
    def counts(self) -> NDArray[np.int64]:
        """Rows of each class, in the order of the codes."""
        return np.bincount(self.labels, minlength=len(self.classes))

    @property
    def prevalence(self) -> float:
        """Share of minority rows."""
        return float(self.counts[-1] / len(self))

    def is_minority(self, rows: NDArray[np.int64] | None = None) -> NDArray[np.bool_]:
        """Whether each of the rows, or of all rows, is of the minority class."""
        labels = self.labels if rows is None else self.labels[rows]
        minority: NDArray[np.bool_] = labels == len(self.classes) - 1
        return minority

    @cached_property
    def group_codes(self) -> NDArray[np.int64] | None:
        """Number of each row's group, in the order of their names; None where there are none."""
        if self.groups is None:
            return None
        codes: NDArray[np.int64] = np.unique(self.groups, return_inverse=True)[1]
        return codes

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all rows and roles; the same data gives the same text anywhere.

        Boxes are left out: no score depends on them, so that a run goes on when they are added.
        """
        digest = hashlib.sha256()
        texts = (self.classes, *(column.categories or () for column in self.columns))
        for words in texts:
            digest.update("\0".join(words).encode() + b"\1")
        for part in (self.features, self.labels, self.weights, self.groups, self.parts):
            if part is None:
                digest.update(b"none")
                continue
            digest.update(f"{part.shape} {part.dtype}".encode())
            # A hash of bytes: NumPy keeps text as numbers of four bytes.
            digest.update(
                np.ascontiguousarray(part).data.cast("B")
                if part.dtype.kind != "U"
                else np.ascontiguousarray(part).view(np.uint32).data.cast("B")
            )
        return digest.hexdigest()


def missing_values(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Which values of a table are missing; whole numbers never are."""
    return np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, dtype=bool)


def as_text(values: NDArray[Any]) -> NDArray[np.str_]:
    """Labels or groups as people write them: whole numbers without a decimal point."""
    if values.dtype.kind == "U":
        return values
    if values.dtype.kind == "O":
        return np.asarray([_spelled(value) for value in values.tolist()], dtype=np.str_)
    if values.dtype.kind == "f":
        wide = values.astype(np.float64)  # 2**53 is infinite in float16
        if (np.abs(wide) < 2**53).all() and (wide % 1 == 0).all():
            values = wide.astype(np.int64)
    names, codes = np.unique(values, return_inverse=True)
    if values.dtype.kind == "M":
        texts = np.datetime_as_string(names, unit="auto").tolist()
    elif values.dtype.kind == "S":
        texts = [_spelled(name) for name in names.tolist()]
    else:  # NumPy spells a float32 with its own digits; Python would show those of a float64
        texts = names.astype(np.str_).tolist()
    return np.asarray(texts, dtype=np.str_)[codes]


def _spelled(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)
