"""Which column of a table is what."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tuner.errors import InputError, Path, Problem, did_you_mean

__all__ = ["TableRoles", "check_unique", "column_names", "is_unnamed"]

_UNNAMED = re.compile(r"Unnamed: \d+(?:_level_\d+)?|__index_level_\d+__")


def column_names(header: Sequence[str]) -> tuple[str, ...]:
    """Names of columns; one without a name is called what pandas calls it.

    Example:
        >>> column_names(["", "age"])
        ('Unnamed: 0', 'age')
    """
    return tuple(name if name.strip() else f"Unnamed: {place}" for place, name in enumerate(header))


def check_unique(names: Sequence[str], place: str, path: Path) -> None:
    """Refuses two columns of one name, which pandas would rename in silence.

    Raises:
        InputError: With a problem for each such name.
    """
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        told = f"{place} has more than one column"
        raise InputError([Problem(f"{told} '{name}'; rename all but one", path) for name in twice])


def is_unnamed(name: str) -> bool:
    """Whether a column has the name that a table without names for its rows gets."""
    return _UNNAMED.fullmatch(name) is not None


@dataclass(frozen=True)
class TableRoles:
    """Columns that are no ordinary features.

    Attributes:
        target: Column with the class.
        group: Column whose rows with equal text stay on one side of every split.
        weight: Column with the weight of each row in the training loss.
        official_split: Column that says which part of an official split each row is in.
        ignore: Columns that are left out.
        categories: Features that are categories although they look like numbers.
    """

    target: str
    group: str | None = None
    weight: str | None = None
    official_split: str | None = None
    ignore: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def named(self) -> dict[str, str]:
        """The column of each role that is given."""
        roles = ("target", "group", "weight", "official_split")
        return {role: column for role in roles if (column := getattr(self, role)) is not None}

    def reading(
        self, loader: str, missing: Sequence[str] = (), **stated: str | None
    ) -> dict[str, Any]:
        """What new rows must know of how a table was read; see `RawData.reading`.

        Args:
            loader: Its name.
            missing: Texts that mean a missing value, besides the usual ones.
            stated: What else was given, such as the decimal mark; None is left out.
        """
        given = {key: value for key, value in stated.items() if value is not None}
        roles = {**self.named, "ignore": list(self.ignore)}
        return {"loader": loader, **roles, "missing": list(missing), **given}

    def fits(self, header: Sequence[str]) -> bool:
        """Whether a header may be that of the table."""
        return self.target in header

    def may_hold_numbers(self, name: str) -> bool:
        """Whether the cells of a column may be numbers."""
        return name == self.weight or name not in self.mentioned

    @property
    def mentioned(self) -> frozenset[str]:
        """All columns that are named anywhere."""
        return frozenset({*self.named.values(), *self.ignore, *self.categories})

    def check(
        self, names: Sequence[str], place: str, hint: Callable[[str], str] | None = None
    ) -> None:
        """Refuses columns that do not exist or have two roles.

        Args:
            names: The columns that there are.
            place: What holds them, for messages.
            hint: Ends the message about a column that does not exist; an empty one is none.

        Raises:
            InputError: With all problems; paths are those of the data section.
        """
        places = self._places()
        known = frozenset(names)
        absent = [
            Problem(
                f"no column '{column}' in {place}; "
                f"{(hint and hint(column)) or did_you_mean(column, names)}",
                path,
            )
            for path, column in places
            if column not in known
        ]
        if absent:
            raise InputError(absent)
        taken: set[str] = set()
        double: list[Problem] = []
        for path, column in places:
            if column in taken:
                double.append(Problem(f"column '{column}' is given more than one role", path))
            taken.add(column)
        if double:
            raise InputError(double)

    def _places(self) -> list[tuple[tuple[str | int, ...], str]]:
        lists = {"ignore": self.ignore, "categories": self.categories}
        return [
            *(((role,), column) for role, column in self.named.items()),
            *(((key, i), c) for key, columns in lists.items() for i, c in enumerate(columns)),
        ]
