"""Category columns of a table: one column of zeros and ones for each category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import missing_values

__all__ = ["MISSING", "OTHER", "Category"]

MISSING = "(missing)"
OTHER = "(other)"

_RARE = 2
"""Categories with fewer training rows share the column of others, so that it is trained."""


@dataclass(frozen=True)
class Category:
    """One category column as one-hot columns.

    The most frequent categories have a column each; all rarer ones share one. A category that
    training rows did not have counts as one of those, and has zeros everywhere where there were
    no rare ones: nothing was learned about it.

    Attributes:
        name: The column's name.
        categories: Categories with a column of their own, in sorted order.
        other: Whether there is a column for all others.
    """

    name: str
    categories: tuple[str, ...]
    other: bool

    @classmethod
    def fit(
        cls, name: str, values: NDArray[Any], texts: tuple[str, ...], most: int
    ) -> Category | None:
        """Learns from the codes of training rows; None where they are all equal.

        Args:
            name: The column's name.
            values: Codes into `texts`; NaN is a missing value, which is a category of its own.
            texts: The categories of the source.
            most: Columns that there may be, the one for others included.
        """
        codes, names = _codes(values, texts)
        counts = np.bincount(codes, minlength=len(names))
        # Of equally frequent ones the later in sorted order comes first, as in scikit-learn.
        codes_seen = np.flatnonzero(counts).tolist()
        by_name = sorted(codes_seen, key=lambda code: names[code], reverse=True)
        seen = sorted(by_name, key=lambda code: -counts[code])
        if len(seen) < 2:
            return None
        own = [code for code in seen if counts[code] >= _RARE]
        if len(own) < len(seen) or len(own) > most:
            own = own[: most - 1]
        if not own:
            return None
        return cls(name, tuple(sorted(names[code] for code in own)), len(own) < len(seen))

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the columns that it becomes."""
        words = (*self.categories, *[OTHER] * self.other)
        return tuple(f"{self.name} = {word}" for word in words)

    def transform(self, values: NDArray[Any], texts: tuple[str, ...]) -> NDArray[np.float64]:
        """Zeros and ones, shape ``(rows, columns)``.

        Args:
            values: Codes into `texts`, NaN where missing.
            texts: The categories of this source, which may differ from those of training.
        """
        codes, names = _codes(values, texts)
        column_of = {word: column for column, word in enumerate(self.categories)}
        # A last row of zeros stands for what has no column.
        rows = np.eye(len(self.outputs) + 1, len(self.outputs))
        elsewhere = len(self.categories) if self.other else len(self.outputs)
        columns = np.asarray([column_of.get(word, elsewhere) for word in names], dtype=np.int64)
        return rows[columns[codes]]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "kind": "category",
            "name": self.name,
            "categories": list(self.categories),
            "other": self.other,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Category:
        """Reads what `to_json` wrote."""
        return cls(content["name"], tuple(content["categories"]), content["other"])


def _codes(
    values: NDArray[Any], texts: tuple[str, ...]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Codes with one more for missing values, unless the source has a text for them."""
    missing = missing_values(values)
    names = texts if MISSING in texts else (*texts, MISSING)
    return np.where(missing, names.index(MISSING), values).astype(np.int64), names
