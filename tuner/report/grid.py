"""Tables in the terminal: nothing is cut, and no number is broken, however narrow it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

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
    """

    title: str
    number: bool = False
    whole: bool = False

    def least(self, cells: Sequence[str]) -> int:
        """The width that it needs so that no word, number or key is broken."""
        title = max(map(cell_len, self.title.split()), default=0)
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
    printed as lines of its own, ``title: cell``.

    Args:
        console: Where to print.
        columns: Titles and kinds.
        rows: A cell for each column; empty cells are left out where rows are printed as lines.
        bold: The row that stands out; none of them if it is below 0.
    """
    cells = [[row[place] for row in rows] for place in range(len(columns))]
    least = [column.least(own) for column, own in zip(columns, cells, strict=True)]
    widths = [column.wanted(own) for column, own in zip(columns, cells, strict=True)]
    room = console.width - _GAP * (len(columns) - 1)
    if sum(least) > room:
        _print_lines(console, columns, rows, bold)
        return
    while sum(widths) > room:  # the widest that can give way does
        spare = [w if w > low else 0 for w, low in zip(widths, least, strict=True)]
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
    folded = [_folded(console, cell, width) for cell, width in zip(row, widths, strict=True)]
    for line in range(max(map(len, folded))):
        parts = [
            _padded(lines[line] if line < len(lines) else "", width, column.number)
            for column, lines, width in zip(columns, folded, widths, strict=True)
        ]
        told = (" " * _GAP).join(parts).rstrip()
        console.print(told, style=style, soft_wrap=True)


def _folded(console: Console, cell: str, width: int) -> list[str]:
    if cell_len(cell) <= width:
        return [cell]
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
        for at, (column, cell) in enumerate(zip(columns, row, strict=True)):
            if cell:
                told = f"{'  ' * (at > 0)}{column.title}: {cell}" if column.title else f"  {cell}"
                console.print(told, style=style, soft_wrap=True)
