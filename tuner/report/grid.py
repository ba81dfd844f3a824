"""Tables in the terminal: nothing is cut, and no number is broken, however narrow it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from tuner.report.streams import spelled

__all__ = ["Column", "print_grid"]

_GAP = 2
"""Blanks between columns."""

_WORD = 32
"""Letters of a word that keeps whole; a longer one is folded rather than the table."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        title: Its heading, which may be folded between words.
        number: Whether it holds numbers: these stand to the right and are never folded.
        whole: Whether its cells are never folded though they are words, as the keys of a study.
        cut: Whether its cells give way first, and are cut instead of folded, as lists of examples.
    """

    title: str
    number: bool = False
    whole: bool = False
    cut: bool = False

    def least(self, cells: Sequence[str]) -> int:
        """The width that it needs so that no word, number or key is broken."""
        title = max(map(cell_len, self.title.split()), default=0)
        if self.cut:
            return title
        if self.number or self.whole:
            return max(title, *map(cell_len, cells))
        words = (cell_len(word) for cell in cells for word in cell.split())
        return max(title, min(_WORD, max(words, default=0)))

    def wanted(self, cells: Sequence[str]) -> int:
        """The width at which nothing is folded."""
        return max(map(cell_len, (self.title, *cells)))


def print_grid(
    console: Console, columns: Sequence[Column], rows: Sequence[Sequence[str]], bold: int = -1
) -> None:
    """Prints a table as wide as the console at most.

    Words are folded between columns where it is narrow. Where even that is not enough, each row is
    printed as lines of its own, ``title: cell``, below its first cell.

    Args:
        console: Where to print.
        columns: Titles and kinds.
        rows: A cell for each column; empty cells are left out where rows are printed as lines.
        bold: The row that stands out; none of them if it is below 0.
    """
    rows = [[spelled(cell, console.encoding) for cell in row] for row in rows]
    columns = [replace(one, title=spelled(one.title, console.encoding)) for one in columns]
    cells = [[row[place] for row in rows] for place in range(len(columns))]
    least = [column.least(own) for column, own in zip(columns, cells, strict=True)]
    widths = [column.wanted(own) for column, own in zip(columns, cells, strict=True)]
    room = console.width - _GAP * (len(columns) - 1)
    if sum(least) > room:
        _print_lines(console, columns, rows, bold)
        return
    while sum(widths) > room:  # the widest that can give way does
        parts = zip(columns, widths, least, strict=True)
        spare = [(column.cut, width) if width > low else (False, 0) for column, width, low in parts]
        widths[spare.index(max(spare))] -= 1
    _print_row(console, columns, [column.title for column in columns], widths, "bold")
    for place, row in enumerate(rows):
        _print_row(console, columns, row, widths, "bold" if place == bold else "")


def _print_row(
    console: Console,
    columns: Sequence[Column],
    row: Sequence[str],
    widths: Sequence[int],
    style: str,
) -> None:
    folded = [
        _folded(console, cell, width, column.cut)
        for column, cell, width in zip(columns, row, widths, strict=True)
    ]
    for line in range(max(map(len, folded))):
        told = [
            _padded(lines[line] if line < len(lines) else "", width, column.number)
            for column, lines, width in zip(columns, folded, widths, strict=True)
        ]
        console.print((" " * _GAP).join(told).rstrip(), style=style, soft_wrap=True)


def _folded(console: Console, cell: str, width: int, cut: bool) -> list[str]:
    if cell_len(cell) <= width:
        return [cell]
    if cut:
        sign = spelled("…", console.encoding)
        return [set_cell_size(cell, max(0, width - len(sign))) + sign]
    return [line.plain.rstrip() for line in Text(cell).wrap(console, width)]


def _padded(text: str, width: int, right: bool) -> str:
    blanks = " " * (width - cell_len(text))
    return blanks + text if right else text + blanks


def _print_lines(
    console: Console, columns: Sequence[Column], rows: Sequence[Sequence[str]], bold: int
) -> None:
    """A row as a paragraph: its first cell, and the others below it with their titles."""
    for place, row in enumerate(rows):
        style = "bold" if place == bold else ""
        first, *others = zip(columns, row, strict=True)
        named = f"{first[0].title} {first[1]}" if first[0].number else first[1]
        told = [f"  {column.title}: {cell}" for column, cell in others if cell]
        for line in (named, *told):
            console.print(line, style=style, soft_wrap=True)
