"""Columns of a table as they come in, piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tuner.data.tables.cells import MISSING, as_number, is_missing

__all__ = [
    "Cells",
    "Collector",
    "Seen",
    "TextColumn",
    "UnnamedColumn",
    "ValueColumn",
    "spelled",
]

_EXAMPLES = 6


@dataclass(frozen=True)
class Cells:
    """How cells are understood.

    Attributes:
        missing: Texts that mean a missing value.
        decimal: The decimal mark of numbers in texts.
        typed: Whether the source says itself what is a number, so that a text is never one.
    """

    missing: frozenset[str] = MISSING
    decimal: str = "."
    typed: bool = False

    @cached_property
    def missing_numbers(self) -> NDArray[np.float64]:
        """Texts for missing values that are numbers, such as -999."""
        numbers = (as_number(text, self.decimal) for text in sorted(self.missing))
        return np.asarray([number for number in numbers if number is not None])


@dataclass
class Seen:
    """Cells of one kind in a column.

    Attributes:
        count: How many there are.
        first: Row of the first, from 0.
        examples: Some of their texts.
    """

    count: int = 0
    first: int = -1
    examples: dict[str, None] = field(default_factory=dict)

    def add(self, cells: NDArray[np.bool_], start: int) -> None:
        """Counts cells of the piece that begins at row `start`."""
        count = int(np.count_nonzero(cells))
        if count and self.first < 0:
            self.first = int(np.argmax(cells)) + start
        self.count += count

    def show(self, text: str) -> None:
        """Keeps a text as an example while there are few."""
        if len(self.examples) < _EXAMPLES:
            self.examples[text] = None


def spelled(values: NDArray[Any]) -> tuple[NDArray[np.int64], list[str]]:
    """Numbers as texts: codes into the texts, -1 where missing; whole ones without a point.

    Example:
        >>> codes, texts = spelled(np.array([2.0, np.nan, 0.5, 2.0]))
        >>> codes.tolist(), texts
        ([1, -1, 0, 1], ['0.5', '2'])
    """
    uniques, codes = np.unique(values, return_inverse=True)
    known = uniques[uniques == uniques]
    # NumPy spells a float32 with its own digits; Python would show those of a float64.
    texts = [
        str(int(number)) if isinstance(number, float) and number.is_integer() else text
        for number, text in zip(known.tolist(), known.astype(np.str_).tolist(), strict=True)
    ]
    return np.where(codes < len(known), codes, -1), texts


class Collector(Protocol):
    """Takes the pieces of one column in the order of the rows."""

    def add_numbers(self, values: NDArray[Any], start: int) -> None:
        """Takes numbers, NaN where missing, shape ``(rows,)``, from row `start` on."""

    def add_texts(self, codes: NDArray[Any], texts: Sequence[str], start: int) -> None:
        """Takes texts as codes into `texts`, -1 where missing, from row `start` on."""


class ValueColumn:
    """A feature or a weight: numbers, or codes of texts, in a float64 column.

    Texts get codes in the order of their first occurrence. Whether the column holds numbers or
    categories is judged when all rows are known.

    Args:
        name: The column's name.
        values: Where values are put, shape ``(rows,)``.
        cells: How cells are understood.
        category: Whether numbers are texts too.
    """

    def __init__(
        self, name: str, values: NDArray[np.float64], cells: Cells, category: bool = False
    ) -> None:
        self.name = name
        self.values = values
        self.cells = cells
        self.category = category
        self.numbers = Seen()
        self.words = Seen()
        self.codes: dict[str, int] = {}

    def add_numbers(self, values: NDArray[Any], start: int) -> None:
        """Takes numbers; those that stand for missing values become NaN."""
        if self.category:
            self.add_texts(*spelled(values), start)
            return
        missing = self.cells.missing_numbers
        if missing.size:
            values = np.where(np.isin(values, missing), np.nan, values)
        self.values[start : start + len(values)] = values
        # The piece itself is one row of memory, the column it goes into is not.
        self.numbers.add(~np.isnan(values), start)

    def add_texts(self, codes: NDArray[Any], texts: Sequence[str], start: int) -> None:
        """Takes texts, of which some may be numbers."""
        # A last entry for the code -1.
        meaning = np.full(len(texts) + 1, np.nan)
        is_word = np.zeros(len(texts) + 1, dtype=bool)
        for place, text in enumerate(texts):
            if is_missing(text, self.cells.missing):
                continue
            number = None if self.category else as_number(text, self.cells.decimal)
            if number is not None and not self.cells.typed:
                meaning[place] = number
                self.numbers.show(text)
                continue
            meaning[place] = self.codes.setdefault(text, len(self.codes))
            is_word[place] = True
            self.words.show(text)
        found = meaning[codes]
        self.values[start : start + len(codes)] = found
        worded = is_word[codes]
        self.words.add(worded, start)
        self.numbers.add(~worded & ~np.isnan(found), start)


class TextColumn:
    """A class, a group or a part of an official split: text exactly as it is written.

    Args:
        name: The column's name.
        rows: Rows that there are at most.
    """

    def __init__(self, name: str, rows: int) -> None:
        self.name = name
        self.empty = Seen()
        self._codes = np.empty(rows, dtype=np.int32)
        self._texts: dict[str, int] = {}

    def add_numbers(self, values: NDArray[Any], start: int) -> None:
        """Takes numbers; whole ones are spelled without a decimal point."""
        self.add_texts(*spelled(values), start)

    def add_texts(self, codes: NDArray[Any], texts: Sequence[str], start: int) -> None:
        """Takes texts; a blank one is empty."""
        known = self._texts
        own = [known.setdefault(text, len(known)) for text in [*texts, ""]]
        blank = np.asarray([not text.strip() for text in [*texts, ""]])
        self._codes[start : start + len(codes)] = np.asarray(own, dtype=np.int32)[codes]
        self.empty.add(blank[codes], start)

    def texts(self, rows: int) -> NDArray[np.str_]:
        """The text of each row."""
        return np.asarray(list(self._texts), dtype=np.str_)[self._codes[:rows]]


class UnnamedColumn:
    """A column without a name: a row number, nothing at all, or something that is left out.

    Args:
        name: What stands for its name.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.empty = True
        self.counts = True
        self._last = -np.inf

    def add_numbers(self, values: NDArray[Any], start: int) -> None:
        """Takes numbers and looks whether they rise from row to row."""
        self.empty = self.empty and bool(np.isnan(values).all())
        rising = (np.diff(values, prepend=self._last) > 0).all()
        self.counts = self.counts and bool(rising)
        self._last = float(values[-1])

    def add_texts(self, codes: NDArray[Any], texts: Sequence[str], start: int) -> None:
        """Takes texts."""
        self.counts = False
        blank = np.asarray([not text.strip() for text in [*texts, ""]])
        self.empty = self.empty and bool(blank[codes].all())
