"""Delimited text in blocks of whole rows, each row with as many cells as the header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.data.tables.text_file import TextFile
from tuner.errors import InputError

__all__ = ["Block", "blocks", "count_rows", "line_of"]

_LONGEST = 1 << 26
"""Bytes of a row that cannot be meant: a quote was opened and never closed."""

_QUOTE, _NEWLINE = b'"\n'


@dataclass(frozen=True)
class Block:
    """Some whole rows.

    Attributes:
        content: UTF-8; lines end in ``\\n``, the last one too.
        line: Line of the file that it begins with, from 1.
        done: Bytes of the file that have been read.
    """

    content: bytes
    line: int
    done: int


def blocks(file: TextFile, separator: str, skip: int) -> Iterator[Block]:
    """Cuts the file between rows, never inside of quotes.

    Args:
        file: The file.
        separator: What stands between cells.
        skip: Lines at the beginning that are no rows.

    Raises:
        InputError: A quote is opened and never closed.
    """
    rest, line, done = b"", 1, 0
    for piece, done in file.pieces():
        rest += piece
        while skip and b"\n" in rest:
            rest = rest[rest.index(b"\n") + 1 :]
            line, skip = line + 1, skip - 1
        end = 0 if skip else _last_end(rest, separator)
        if end:
            block = Block(rest[:end], line, done)
            rest = rest[end:]
            line += block.content.count(b"\n")
            yield block
        if len(rest) > _LONGEST:
            raise _unclosed(file, rest, line, separator)
    if rest.strip() and not skip:
        if rest.count(b'"') % 2 and _are_paired(np.frombuffer(rest, np.uint8), separator):
            raise _unclosed(file, rest, line, separator)
        yield Block(rest if rest.endswith(b"\n") else rest + b"\n", line, done)


def count_rows(block: Block, separator: str, cells: int, file: TextFile) -> int:
    """Number of rows in a block.

    Args:
        block: Whole rows.
        separator: What stands between cells.
        cells: Cells that each row must have.
        file: Where the block comes from.

    Raises:
        InputError: A row has more or fewer cells; with its line.
    """
    octets = np.frombuffer(block.content, dtype=np.uint8)
    if b'"' in block.content and not _are_paired(octets, separator):
        starts, found = _by_reader(block, separator, file)
    else:
        ends = _outside(octets, _NEWLINE)
        marks = _outside(octets, ord(separator))
        if cells > 1 and len(marks) == len(ends) * (cells - 1):
            rows = marks.reshape(len(ends), cells - 1)
            if (rows[:, -1] < ends).all() and (rows[1:, 0] > ends[:-1]).all():
                return len(ends)
        found = np.diff(np.searchsorted(marks, ends), prepend=0) + 1
        starts = np.r_[0, ends[:-1] + 1]
    stops = np.r_[starts[1:], len(octets)]
    blank = 0
    for place in np.flatnonzero((found != cells) | (cells == 1)).tolist():
        # Lines without anything are no rows, for pandas too.
        if found[place] == 1 and not block.content[starts[place] : stops[place]].strip(b" \t\n"):
            blank += 1
        elif found[place] != cells:
            line = block.line + block.content.count(b"\n", 0, int(starts[place]))
            raise _uneven(file, line, int(found[place]), cells)
    return len(found) - blank


def line_of(block: Block, row: int, separator: str) -> int:
    """The line of the file that a row of a block begins in, from 1.

    Args:
        block: Whole rows.
        row: The row's place in it, from 0; lines without anything are no rows.
        separator: What stands between cells.
    """
    reader = csv.reader(_lines(block.content), delimiter=separator)
    before, found = 0, -1
    for cells in reader:
        found += bool(len(cells) > 1 or "".join(cells).strip())
        if found == row:
            break
        before = reader.line_num
    return block.line + before


def _last_end(content: bytes, separator: str) -> int:
    """Where the last whole row ends; 0 if none does."""
    if b'"' not in content:
        return content.rfind(b"\n") + 1
    octets = np.frombuffer(content, dtype=np.uint8)
    if _are_paired(octets, separator):
        ends = _outside(octets, _NEWLINE)
        return int(ends[-1]) + 1 if len(ends) else 0
    # Quotes inside of words open nothing; csv knows, and is slower. Its last row may be cut off.
    starts = _row_starts(content, separator)
    return int(starts[-1]) if len(starts) else 0


def _outside(octets: NDArray[np.uint8], character: int) -> NDArray[np.int64]:
    """Where a character stands outside of quotes; all quotes must be paired."""
    places: NDArray[np.int64] = np.flatnonzero(octets == character)
    quotes = np.flatnonzero(octets == _QUOTE)
    return places[np.searchsorted(quotes, places) % 2 == 0] if len(quotes) else places


def _are_paired(octets: NDArray[np.uint8], separator: str) -> bool:
    """Whether every second quote opens a cell and every other closes one.

    An opening quote follows a separator, a new line or, inside of a quoted cell, another quote.
    Where this holds for all, the number of quotes before a place says whether it is quoted.
    """
    quotes = np.flatnonzero(octets == _QUOTE)
    around = np.zeros(256, dtype=bool)
    around[[ord(separator), _NEWLINE, _QUOTE]] = True
    opening, closing = quotes[::2], quotes[1::2]
    before = around[octets[opening - 1]] | (opening == 0)
    after = around[octets[np.minimum(closing + 1, len(octets) - 1)]] | (closing == len(octets) - 1)
    return bool(before.all() and after.all())


def _by_reader(
    block: Block, separator: str, file: TextFile
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where rows start, and how many cells each has."""
    try:
        reader = csv.reader(_lines(block.content), delimiter=separator)
        found = np.asarray([max(1, len(row)) for row in reader], dtype=np.int64)
    except csv.Error:
        raise _unclosed(file, block.content, block.line, separator) from None
    return _row_starts(block.content, separator), found


def _row_starts(content: bytes, separator: str) -> NDArray[np.int64]:
    lines = np.r_[0, np.flatnonzero(np.frombuffer(content, dtype=np.uint8) == _NEWLINE) + 1]
    reader = csv.reader(_lines(content), delimiter=separator)
    before = [0]
    try:
        before += [reader.line_num for _ in reader]
    except csv.Error:
        before = [0]
    starts: NDArray[np.int64] = lines[before[:-1]]
    return starts


def _lines(content: bytes) -> io.StringIO:
    return io.StringIO(content.decode(), newline="\n")


def _uneven(file: TextFile, line: int, found: int, cells: int) -> InputError:
    todo = "correct the line"
    if found > cells:
        todo = "quote a cell that holds a separator, or name every column in the header"
    return InputError(
        f"{file.path.name}: line {line} has {found} cell{'s' * (found > 1)}, "
        f"but the header names {cells} column{'s' * (cells > 1)}; {todo}",
        (file.key,),
    )


def _unclosed(file: TextFile, content: bytes, line: int, separator: str) -> InputError:
    """Says where a quote was opened, or from which line on where that is not certain."""
    where = f"line {line} or later"
    if _are_paired(np.frombuffer(content, dtype=np.uint8), separator):
        before = content[: content.rfind(b'"')]
        where = f"line {line + before.count(_NEWLINE)}"
    return InputError(
        f"{file.path.name}: a quote is opened in {where} and never closed; close it, or remove it",
        (file.key,),
    )
