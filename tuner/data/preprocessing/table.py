"""Tables: every column by its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import Column
from tuner.data.preprocessing.categories import Category
from tuner.data.preprocessing.numbers import Impute, Number
from tuner.data.preprocessing.scaling import Scaling
from tuner.errors import InputError

__all__ = ["TablePreprocessor"]

_ROWS = 16_384


@dataclass(frozen=True)
class TablePreprocessor:
    """Turns rows of a table into numbers around 0, zeros and ones.

    Attributes:
        parts: The columns that are used, in the order of the table.
        dropped: Names of columns that were constant in the training rows.
        order: Names of all columns in the order of the table, by which an array without names is
            understood; those of the parts unless given.
        reading: How the table was read from a file; new ones are read the same way.
    """

    parts: tuple[Number | Category, ...]
    dropped: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    reading: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        features: NDArray[Any],
        columns: Sequence[Column],
        *,
        impute: Impute = "none",
        scaling: Scaling = "standard",
        max_categories: int = 30,
        reading: Mapping[str, Any] = MappingProxyType({}),
    ) -> TablePreprocessor:
        """Learns from training rows.

        Args:
            features: Shape ``(rows, columns)``; see `RawData`.
            columns: What the columns are.
            impute: What fills missing numbers.
            scaling: How numbers are scaled.
            max_categories: Columns that one category column becomes at most.
            reading: How the table was read; see `RawData`.

        Raises:
            InputError: Every column is constant, or values are missing and `impute` is ``none``.
        """
        parts: list[Number | Category] = []
        dropped = []
        for number, column in enumerate(columns):
            values = features[:, number]
            part = (
                Number.fit(column.name, values, impute, scaling)
                if column.categories is None
                else Category.fit(column.name, values, column.categories, max_categories)
            )
            if part is None:
                dropped.append(column.name)
            else:
                parts.append(part)
        if not parts:
            raise InputError("every feature column is constant; nothing can be learned from them")
        order = tuple(column.name for column in columns)
        return cls(tuple(parts), tuple(dropped), order, dict(reading))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns of the table, those that are not used included."""
        return self.order or tuple(part.name for part in self.parts)

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """Names of the network's inputs."""
        return tuple(name for part in self.parts for name in part.outputs)

    def transform(self, features: NDArray[Any], columns: tuple[Column, ...]) -> NDArray[np.float32]:
        """The network's input, float32, shape ``(rows, outputs)``.

        Args:
            features: Shape ``(rows, columns)``.
            columns: What the columns are; found by name, so that their order and what else the
                source holds do not matter.

        Raises:
            InputError: A column is missing or of another kind, or holds a missing value that
                nothing stands for.
        """
        numbers = self._find(columns)
        result = np.empty((len(features), len(self.outputs)), dtype=np.float32)
        for start in range(0, len(features), _ROWS):
            rows = features[start : start + _ROWS]
            at = 0
            for part, number in zip(self.parts, numbers, strict=True):
                width = len(part.outputs)
                piece = _transformed(part, rows[:, number], columns[number])
                with np.errstate(over="ignore"):  # beyond float32; such a row fails its trial
                    result[start : start + _ROWS, at : at + width] = piece
                at += width
        return result

    def _find(self, columns: tuple[Column, ...]) -> list[int]:
        place = {column.name: number for number, column in enumerate(columns)}
        missing = [part.name for part in self.parts if part.name not in place]
        if missing:
            raise InputError(f"the data has no column {', '.join(map(repr, missing))}")
        for part in self.parts:
            found = columns[place[part.name]].categories
            if isinstance(part, Number) != (found is None):
                kinds = ("numbers", "categories")
                now, before = kinds if found is None else kinds[::-1]
                raise InputError(f"column '{part.name}' holds {now}; in training, {before}")
        return [place[part.name] for part in self.parts]

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` reads back exactly."""
        return {
            "kind": "table",
            "columns": [part.to_json() for part in self.parts],
            "dropped": list(self.dropped),
            "order": list(self.names),
            "reading": dict(self.reading),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> TablePreprocessor:
        """Reads what `to_json` wrote."""
        kinds: dict[str, type[Number] | type[Category]] = {"number": Number, "category": Category}
        parts = tuple(kinds[part["kind"]].from_json(part) for part in content["columns"])
        order, reading = tuple(content["order"]), dict(content["reading"])
        return cls(parts, tuple(content["dropped"]), order, reading)


def _transformed(
    part: Number | Category, values: NDArray[Any], column: Column
) -> NDArray[np.float64]:
    try:
        if isinstance(part, Number):
            return part.transform(values)
        return part.transform(values, column.categories or ())
    except ValueError as error:
        raise InputError(str(error)) from None
