"""What the rest of the house works on: features, coded labels, groups."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Dataset", "RawData", "as_text"]


@dataclass(frozen=True)
class RawData:
    """What a loader returns: arrays as they stand in the source.

    Attributes:
        features: Numbers, shape ``(rows, columns)`` or ``(rows, height, width[, channels])``.
        labels: Class of each row, of any type; shape ``(rows,)``.
        groups: Group of each row (a subject, a series), or None; shape ``(rows,)``.
        feature_names: Names of the columns of a table; empty for images.
    """

    features: NDArray[Any]
    labels: NDArray[Any]
    groups: NDArray[Any] | None = None
    feature_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """Checked data, ready to be split.

    Classes are coded in sorted order, except that the minority class comes last. For two classes
    the code 1 is therefore always the minority.

    Attributes:
        title: What the data is, in one line.
        features: float32, shape ``(rows, …)``, finite.
        labels: Codes ``0 … n_classes - 1``, shape ``(rows,)``.
        classes: Original label of each code; the last is the minority.
        groups: Group of each row as text, or None.
        feature_names: Names of the columns of a table; empty for images.
        synthetic: True for generated data.
    """

    title: str
    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    groups: NDArray[np.str_] | None = None
    feature_names: tuple[str, ...] = ()
    synthetic: bool = field(default=False)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def minority(self) -> str:
        """Original label of the minority class."""
        return self.classes[-1]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Rows of each class, in the order of the codes."""
        return np.bincount(self.labels, minlength=len(self.classes))

    @property
    def prevalence(self) -> float:
        """Share of minority rows."""
        return float(self.counts[-1] / len(self))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of features, labels and groups; the same data gives the same text anywhere."""
        digest = hashlib.sha256()
        labels = np.asarray(self.classes)[self.labels]
        for part in (self.features, labels, self.groups):
            if part is not None:
                digest.update(str(part.shape).encode())
                digest.update(
                    np.ascontiguousarray(part).tobytes()
                    if part.dtype.kind == "f"
                    else "\0".join(part.tolist()).encode()
                )
        return digest.hexdigest()


def as_text(values: NDArray[Any]) -> NDArray[np.str_]:
    """Labels or groups as people write them: whole numbers without a decimal point."""
    if values.dtype.kind == "f" and (np.abs(values) < 2**53).all() and (values % 1 == 0).all():
        values = values.astype(np.int64)
    return np.asarray([str(value) for value in values.tolist()], dtype=np.str_)
