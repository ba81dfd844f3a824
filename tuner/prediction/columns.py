"""Columns of new rows of a table, each of the kind that the model learned from."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tuner.data.dataset import Column
from tuner.data.findings import counted, shortened
from tuner.data.preprocessing import TablePreprocessor
from tuner.data.preprocessing.categories import MISSING, Category
from tuner.data.preprocessing.numbers import Number
from tuner.data.tables.columns import Cells, ValueColumn
from tuner.errors import InputError, Problem

__all__ = ["NewColumns", "Unseen", "check_columns"]

_EXAMPLES = 6

_NAMES = 20
"""Columns that a message names at most."""

_LARGEST = float(np.finfo(np.float32).max)
"""Networks compute in float32."""


def check_columns(
    preprocessor: TablePreprocessor,
    names: Sequence[str],
    place: str,
    hint: Callable[[str], str] | None = None,
) -> None:
    """Refuses rows without a column that the model needs.

    Args:
        preprocessor: Knows the columns; those that were constant in training are not needed.
        names: The columns that there are.
        place: What holds them, for messages.
        hint: Says why a column may be missing that is like no other; an empty text is none.

    Raises:
        InputError: Names every column that is missing.
    """
    known = frozenset(names)
    absent = [part.name for part in preprocessor.parts if part.name not in known]
    if not absent:
        return
    free = [name for name in names if name not in {part.name for part in preprocessor.parts}]
    near = {name: difflib.get_close_matches(name, free, n=1, cutoff=0.8) for name in absent}
    problems = [
        Problem(f"{place} has no column '{name}'; did you mean '{one[0]}'? rename it")
        for name, one in near.items()
        if one
    ]
    if rest := [name for name, one in near.items() if not one]:
        columns = "column" if len(rest) == 1 else "columns"
        told = f"{place} has no {columns} {shortened(rest, _NAMES)}, which the model needs"
        end = (hint and hint(rest[0])) or f"it holds: {shortened(names, _NAMES)}"
        problems.append(Problem(f"{told}; {end}"))
    raise InputError(problems)


@dataclass
class Unseen:
    """Categories of one column about which the model learned nothing of their own.

    Attributes:
        column: The column's name.
        shared: Whether it learned of rare categories together, which these then count as.
        rows: How many rows hold one.
        examples: Some of their texts.
    """

    column: str
    shared: bool
    rows: int = 0
    examples: dict[str, None] = field(default_factory=dict)

    def add(self, other: Unseen) -> None:
        """Counts further rows of the same column."""
        self.rows += other.rows
        more = [text for text in other.examples if text not in self.examples]
        self.examples |= dict.fromkeys(more[: _EXAMPLES - len(self.examples)])

    def __str__(self) -> str:
        words = shortened(self.examples, _EXAMPLES)
        held = f"column '{self.column}' has {counted(self.rows, 'row')} with categories"
        if self.shared:
            return f"{held} that were rare in training or absent ({words}), and count as rare ones"
        return f"{held} that training rows did not have ({words}): nothing was learned about them"


class NewColumns:
    """Takes the cells of some new rows and judges them when all are known.

    What a column holds is known from training, so that a single row can be read: a category may
    look like a number, and a number column is refused with a word in it.

    Args:
        preprocessor: Knows the columns and their kinds.
        rows: How many rows there are.
        cells: How cells are understood.
        place: What the rows are called in messages.
        row_name: What a row is called, by its place among these rows: ``line 17``.
    """

    def __init__(
        self,
        preprocessor: TablePreprocessor,
        rows: int,
        cells: Cells,
        place: str,
        row_name: Callable[[int], str],
    ) -> None:
        self._preprocessor = preprocessor
        self._place, self._row_name = place, row_name
        self._features = np.empty((rows, len(preprocessor.parts)))
        self._columns = [
            ValueColumn(part.name, self._features[:, at], cells, isinstance(part, Category))
            for at, part in enumerate(preprocessor.parts)
        ]

    @property
    def collectors(self) -> Mapping[str, ValueColumn]:
        """What takes the cells of each column that is used."""
        return {column.name: column for column in self._columns}

    def finish(self, problems: Sequence[Problem] = ()) -> tuple[NDArray[np.float32], list[Unseen]]:
        """The network's input, shape ``(rows, outputs)``, and what was never seen in training.

        Args:
            problems: What was found wrong on the way.

        Raises:
            InputError: A column holds something else than in training; with all problems.
        """
        parts, found, unseen = self._preprocessor.parts, list(problems), []
        for part, column in zip(parts, self._columns, strict=True):
            if isinstance(part, Category):
                unseen += _unseen(part, column)
            elif fault := self._fault(part, column):
                found.append(Problem(f"{self._place}: column '{part.name}' {fault}"))
        if found:
            raise InputError(found)
        known = tuple(
            Column(one.name, tuple(one.codes) if one.category else None) for one in self._columns
        )
        return self._preprocessor.transform(self._features, known), unseen

    def _fault(self, part: Number, column: ValueColumn) -> str:
        """Why the cells of a number column cannot be used; empty where they can."""
        words = column.words
        if words.count:
            shown = ", ".join(f"'{text}'" for text in words.examples)
            typed = " of type text" if column.cells.typed else ""
            return (
                f"holds {counted(words.count, 'value')}{typed} where the model learned from "
                f"numbers ({shown}, first in {self._row_name(words.first)}); make numbers of them"
            )
        missing = np.isnan(column.values)
        if part.fill is None and missing.any():
            return (
                f"has {counted(int(missing.sum()), 'missing value')}, first in "
                f"{self._first(missing)}; the model learned from rows that had them all: fill them "
                "in, or leave those rows out"
            )
        beyond = ~(np.abs(column.values) <= _LARGEST) & ~missing
        if beyond.any():
            return (
                f"has {counted(int(beyond.sum()), 'value')} that no network can take, first "
                f"{column.values[beyond][0]:g} in {self._first(beyond)}; correct them"
            )
        return ""

    def _first(self, rows: NDArray[np.bool_]) -> str:
        return self._row_name(int(np.argmax(rows)))


def _unseen(part: Category, column: ValueColumn) -> list[Unseen]:
    """The rows with categories that have no column of their own; nothing where there are none."""
    odd = {code: text for text, code in column.codes.items() if text not in part.categories}
    missing = np.isnan(column.values)
    rows = int(np.isin(column.values, list(odd)).sum()) if odd else 0
    texts = list(odd.values())
    if missing.any() and MISSING not in part.categories:
        rows += int(missing.sum())
        texts.append(MISSING)
    if not rows:
        return []
    return [Unseen(part.name, part.other, rows, dict.fromkeys(texts[:_EXAMPLES]))]
