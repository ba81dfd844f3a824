"""How a delimited text is written: its separator, its decimal mark, its header."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tuner.data.tables.cells import MISSING, as_number, is_missing
from tuner.data.tables.roles import check_unique, column_names
from tuner.errors import InputError

__all__ = ["Dialect", "Expected", "Wanted", "find_dialect"]

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}

_WORDS = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "bar": "|", "pipe": "|"}

_ROWS = 1000

_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_EXCEL = re.compile(r"sep=(.)")


class Expected(Protocol):
    """The columns that a table is expected to have."""

    def may_hold_numbers(self, name: str) -> bool:
        """Whether the cells of a column may be numbers."""

    def fits(self, header: Sequence[str]) -> int:
        """How well a header may be that of the table; more is better."""

    def check(
        self, names: Sequence[str], place: str, hint: Callable[[str], str] | None = None
    ) -> None:
        """Refuses columns that do not fit; `hint` says why one may be missing, or nothing."""


@dataclass(frozen=True)
class Wanted:
    """What is known of a file before it is looked at.

    Attributes:
        name: The file's name, for messages.
        key: The loader's key in the data section.
        roles: Which column is what.
        separator: The separator, if it is given.
        decimal: The decimal mark, if it is given.
        missing: Texts that mean a missing value.
        usual: The decimal mark of files of its kind, where it leaves the choice.
    """

    name: str
    key: str
    roles: Expected
    separator: str | None = None
    decimal: str | None = None
    missing: frozenset[str] = MISSING
    usual: str = "."


@dataclass(frozen=True)
class Dialect:
    """How a delimited text is written.

    Attributes:
        separator: What stands between cells, one character.
        decimal: The decimal mark.
        names: Names of the columns.
        skip: Lines up to the end of the header.
        words: Features that hold something else than numbers in the first rows.
    """

    separator: str
    decimal: str
    names: tuple[str, ...]
    skip: int
    words: frozenset[str]


@dataclass(frozen=True)
class _Sample:
    """The first rows as one separator divides them."""

    separator: str
    header: list[str]
    rows: list[list[str]]
    skip: int

    def rank(self, roles: Expected) -> tuple[int, bool, int]:
        """How well the separator fits: by known columns, rows as long as the header."""
        even = all(len(row) == len(self.header) for row in self.rows)
        return roles.fits(self.header), even, len(self.header)


def find_dialect(text: str, complete: bool, wanted: Wanted) -> Dialect:
    """Finds what is not given from the header and the first rows.

    Args:
        text: The beginning of the file; lines end in ``\\n``.
        complete: Whether it is the whole file.
        wanted: What is known.

    Raises:
        InputError: A column does not exist, is there twice, or has two roles; the decimal mark
            cannot be told.
    """
    if not text.strip():
        raise InputError(f"{wanted.name} is empty", (wanted.key,))
    given = None if wanted.separator is None else _separator(wanted.separator)
    excel = _EXCEL.fullmatch(text.partition("\n")[0])
    if excel and given is None:
        given = excel[1]
    samples = [  # the one that is given first
        _sample(text, complete, separator, bool(excel))
        for separator in dict.fromkeys([*([given] if given else []), *_SEPARATORS])
    ]
    likely = max(samples, key=lambda sample: sample.rank(wanted.roles))
    chosen = samples[0] if given else likely
    names = _checked_names(chosen, wanted)
    wanted.roles.check(
        names, wanted.name, lambda column: _hint(column, chosen, likely, samples, wanted.key)
    )
    # Cells that cannot be assigned are told with their line when the row is read.
    rows = [row for row in chosen.rows if len(row) == len(names)]
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}
    values = _values(columns, wanted)
    decimal = wanted.decimal or _find_decimal(values, wanted)
    words = {
        name
        for name, cells in values.items()
        if any(as_number(cell, decimal) is None for cell in cells)
    }
    return Dialect(chosen.separator, decimal, names, chosen.skip, frozenset(words))


def _separator(word: str) -> str:
    separator = _WORDS.get(word, word)
    if len(separator) != 1 or not separator.isascii() or separator.isalnum() or separator in '"\n.':
        message = f"expected one character such as ';', or comma, semicolon, tab, bar; got '{word}'"
        raise InputError(message, ("separator",))
    return separator


def _sample(text: str, complete: bool, separator: str, excel: bool) -> _Sample:
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=separator)
    header: list[str] = []
    rows: list[list[str]] = []
    skip = 0
    try:
        for cells in reader:
            blank = len(cells) < 2 and not "".join(cells).strip()
            if blank or (excel and reader.line_num == 1):
                continue
            if not header:
                header, skip = cells, reader.line_num
            elif len(rows) <= _ROWS:
                rows.append(cells)
            else:
                break
        else:
            # The text may end within a row.
            rows = rows if complete else rows[:-1]
    except csv.Error:  # a cell without end; this separator is not the one
        rows = []
    return _Sample(separator, header, rows, skip)


def _checked_names(chosen: _Sample, wanted: Wanted) -> tuple[str, ...]:
    names = column_names(chosen.header)
    check_unique(names, wanted.name, (wanted.key,))
    if all(as_number(name) is not None for name in chosen.header):
        shown = ", ".join(chosen.header[:3])
        message = f"{wanted.name} has no header: its first line holds only numbers ({shown}, …)"
        raise InputError(f"{message}; add a line with the names of the columns", (wanted.key,))
    return names


def _hint(
    column: str, chosen: _Sample, likely: _Sample, samples: Sequence[_Sample], key: str
) -> str:
    """Why a column may not be found: another separator, lines before the header; else empty."""
    if likely.separator != chosen.separator and column in likely.header:
        looks = _SEPARATORS.get(likely.separator, f"'{likely.separator}'")
        used = _SEPARATORS.get(chosen.separator, f"'{chosen.separator}'")
        advice = "leave 'separator' out" if key == "csv" else "name it under 'csv'"
        return f"the file looks separated by {looks}, not {used}; {advice}"
    if any(column in row for sample in samples for row in sample.rows):
        return "it stands in a later line; if that is the header, remove the lines before it"
    if len(likely.header) == 1 and column in next(csv.reader(likely.header, delimiter=" ")):
        return "the file looks separated by blanks; set 'separator' to ' ', or save it with commas"
    return ""


def _values(columns: dict[str, list[str]], wanted: Wanted) -> dict[str, list[str]]:
    """The cells of columns that may hold numbers, without missing ones."""
    return {
        name: [cell.strip() for cell in cells if not is_missing(cell, wanted.missing)]
        for name, cells in columns.items()
        if wanted.roles.may_hold_numbers(name)
    }


def _find_decimal(values: dict[str, list[str]], wanted: Wanted) -> str:
    """The mark that number-like cells have; a point where none has any."""
    commas = _cells(values, _COMMA.fullmatch)
    if not commas:
        return "."
    points = _cells(values, lambda cell: "." in cell and as_number(cell) is not None)
    if points:
        (one, comma), (other, point) = commas[0], points[0]
        raise InputError(
            f"{wanted.name}: '{comma}' in column '{one}' has a decimal comma, '{point}' in column "
            f"'{other}' a point; set 'decimal' to one of them, and correct the others",
            (wanted.key,),
        )
    if wanted.usual != "," and all(_THOUSANDS.fullmatch(cell) for _, cell in commas):
        name, cell = commas[0]
        raise InputError(
            f"{wanted.name}: '{cell}' in column '{name}' may be a decimal comma or thousands; set "
            "'decimal' to ',' if it is the former, or write the numbers without thousands marks",
            (wanted.key,),
        )
    return ","


def _cells(values: dict[str, list[str]], fits: Callable[[str], object]) -> list[tuple[str, str]]:
    return [(name, cell) for name, cells in values.items() for cell in cells if fits(cell)]
