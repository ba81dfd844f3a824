"""A table as it comes in, and what it is in the end: features, labels, roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tuner.data.dataset import Column, RawData
from tuner.data.findings import Finding
from tuner.data.tables.columns import Cells, Collector, TextColumn, UnnamedColumn, ValueColumn
from tuner.data.tables.judgement import empty_text, judged, weight_problem
from tuner.data.tables.roles import TableRoles, is_unnamed
from tuner.errors import InputError, Path, Problem

__all__ = ["Table"]


class Table:
    """Collects the columns of a table and judges them when all rows are known.

    Args:
        names: All columns of the source, in order; their roles must have been checked.
        roles: Which column is what.
        rows: Rows that there are at most.
        cells: How cells are understood.
        place: What holds the table, for messages.
        path: Key of the data section that says what is read.
        first_row: Number of the first row as people count in such a source.
        indexes: Columns that only number or name the rows.
        categorical: Columns that the source itself holds as categories.
    """

    def __init__(
        self,
        names: Sequence[str],
        roles: TableRoles,
        rows: int,
        cells: Cells,
        *,
        place: str,
        path: Path,
        first_row: int,
        indexes: frozenset[str] = frozenset(),
        categorical: frozenset[str] = frozenset(),
    ) -> None:
        free = [name for name in names if name not in roles.mentioned]
        dropped = [name for name in free if is_unnamed(name) or name in indexes]
        taken = {*roles.named.values(), *roles.ignore, *dropped}
        features = [name for name in names if name not in taken]
        categories = {*roles.categories, *categorical}
        self.roles = roles
        self.place = place
        self.path = path
        self.first_row = first_row
        self._features = np.empty((rows, len(features)))
        self._columns = [
            ValueColumn(name, self._features[:, number], cells, name in categories)
            for number, name in enumerate(features)
        ]
        self._unnamed = [UnnamedColumn(name) for name in dropped]
        self._roles = {
            role: TextColumn(name, rows) for role, name in roles.named.items() if role != "weight"
        }
        self._weight = None
        if roles.weight is not None:
            # A weight can be nothing else than a number, so that a text which spells one is meant.
            self._weight = ValueColumn(roles.weight, np.empty(rows), replace(cells, typed=False))
        if not features:
            raise InputError(f"{place} has no feature columns", path)

    @property
    def collectors(self) -> dict[str, Collector]:
        """What takes the pieces of each column that is read."""
        found: dict[str, Collector] = {column.name: column for column in self._roles.values()}
        if self._weight is not None:
            found[self._weight.name] = self._weight
        found |= {column.name: column for column in self._columns}
        found |= {column.name: column for column in self._unnamed}
        return found

    def problem(self, name: str, fault: str) -> Problem:
        """What is said of a column whose values are neither numbers nor texts."""
        weighs = name == self.roles.weight
        other = "" if weighs else ", or name the column in 'ignore' or 'categories'"
        message = f"{self.place}: column '{name}' {fault}; make numbers of them{other}"
        return Problem(message, ("weight",) if weighs else self.path)

    def finish(self, rows: int, problems: Sequence[Problem] = ()) -> RawData:
        """The table's content.

        Args:
            rows: Rows that came in.
            problems: What was found wrong on the way.

        Raises:
            InputError: There are no rows, a column holds numbers and words, a role is empty; with
                all problems.
        """
        if not rows:
            raise InputError(f"{self.place} has a header but no rows", self.path)
        found = [*problems, *self._role_problems(rows)]
        columns: list[Column] = []
        for collected in self._columns:
            column = judged(self.place, collected, rows, self.first_row)
            if isinstance(column, str):
                found.append(Problem(column, self.path))
            else:
                columns.append(column)
        if found:
            raise InputError(found)
        texts = {role: column.texts(rows) for role, column in self._roles.items()}
        return RawData(
            self._features[:rows],
            texts["target"],
            texts.get("group"),
            tuple(columns),
            weights=None if self._weight is None else self._weight.values[:rows],
            parts=texts.get("official_split"),
            findings=tuple(_left_out(column) for column in self._unnamed if not column.empty),
            first_row=self.first_row,
        )

    def _role_problems(self, rows: int) -> list[Problem]:
        found = [
            Problem(empty_text(self.place, column, self.first_row), (role,))
            for role, column in self._roles.items()
            if column.empty.count
        ]
        if self._weight is not None:
            message = weight_problem(self.place, self._weight, rows, self.first_row)
            found += [Problem(message, ("weight",))] if message else []
        return found


def _left_out(column: UnnamedColumn) -> Finding:
    # A trailing separator makes an empty column in many files; nothing is lost with it.
    unnamed = is_unnamed(column.name)
    other = "has no name of its own" if unnamed else "is the index of its rows"
    what = "looks like a row number" if column.counts else other
    use = "rename it" if unnamed else "make an ordinary column of it (reset_index)"
    return Finding(
        "warning",
        "row-id",
        f"column '{column.name}' {what} and is left out; to use it, {use}; to leave it out "
        "without a word, name it in 'ignore'",
        ("data", "ignore"),
    )
