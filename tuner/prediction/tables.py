"""New rows from delimited text and Parquet, read piece by piece, however long the file is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tuner.data.findings import shortened
from tuner.data.loaders.parquet import open_parquet, parquet_frames
from tuner.data.preprocessing import TablePreprocessor
from tuner.data.preprocessing.numbers import Number
from tuner.data.progress import silent
from tuner.data.tables.blocks import line_of
from tuner.data.tables.columns import Cells, Collector, TextColumn
from tuner.data.tables.dialect import Dialect, Wanted, find_dialect
from tuner.data.tables.reader import RowPieces, read_pieces
from tuner.data.tables.roles import check_unique
from tuner.data.tables.series import add_series
from tuner.data.tables.text_file import TextFile, examine
from tuner.errors import InputError, Problem, did_you_mean
from tuner.prediction.chunks import Asked, Chunk, NewRows
from tuner.prediction.columns import NewColumns, check_columns
from tuner.prediction.rows import missing_texts

__all__ = ["parquet_rows", "text_rows"]


@dataclass(frozen=True)
class _Columns:
    """The columns that new rows must have; what a header is judged by (see `Expected`)."""

    preprocessor: TablePreprocessor
    asked: Asked

    @property
    def written(self) -> tuple[str, ...]:
        """Columns whose texts are kept as they are written."""
        group = (self.asked.group,) if self.asked.group else ()
        return tuple(dict.fromkeys([*self.asked.keep, *group]))

    @property
    def numbers(self) -> frozenset[str]:
        """Columns that are read as numbers."""
        parts = self.preprocessor.parts
        names = {part.name for part in parts if isinstance(part, Number)}
        return frozenset(names.difference(self.written))

    @property
    def exact(self) -> frozenset[str]:
        """Columns that are read as texts."""
        needed = {part.name for part in self.preprocessor.parts}
        return frozenset(needed.union(self.written) - self.numbers)

    def may_hold_numbers(self, name: str) -> bool:
        """Whether the cells of a column decide what the decimal mark is."""
        return name in self.numbers

    def fits(self, header: Sequence[str]) -> int:
        """How many of the columns a header has."""
        return len((self.numbers | self.exact).intersection(header))

    def check(
        self, names: Sequence[str], place: str, hint: Callable[[str], str] | None = None
    ) -> None:
        """Refuses a table without a column that the model needs or the person asks for."""
        check_columns(self.preprocessor, names, place, hint)
        options = {"--keep": self.asked.keep, "--group": (self.asked.group or "",)}
        absent = [
            Problem(f"{option}: {place} has no column '{name}'; {did_you_mean(name, names)}")
            for option, columns in options.items()
            for name in columns
            if name and name not in names
        ]
        if absent:
            raise InputError(absent)

    def notes(self, names: Sequence[str], place: str) -> tuple[str, ...]:
        """Which columns are left out that training did not have either."""
        reading = self.preprocessor.reading
        roles = ("target", "group", "weight", "official_split")
        known = {*self.preprocessor.names, *self.written, *reading.get("ignore", ())}
        known |= {reading[role] for role in roles if role in reading}
        extra = [name for name in names if name not in known]
        if not extra:
            return ()
        what = "a column" if len(extra) == 1 else "columns"
        return (f"{place}: {what} that the model does not know, left out: {shortened(extra)}",)


def text_rows(path: Path, preprocessor: TablePreprocessor, asked: Asked) -> NewRows:
    """Rows of a delimited text, understood as the loaders of training data understand one.

    Args:
        path: The file; it may be compressed by gzip, bzip2 or xz.
        preprocessor: Knows the columns, and how the training data was read.
        asked: What is kept of the rows, and how the text is written where that is known.

    Raises:
        InputError: The file is no text, or a column is missing.
    """
    reading, columns = preprocessor.reading, _Columns(preprocessor, asked)
    file = _examined(path, asked.encoding, reading.get("encoding"))
    missing = missing_texts(reading)
    usual = reading.get("decimal", ".")
    wanted = Wanted(path.name, "csv", columns, asked.separator, asked.decimal, missing, usual)
    dialect = find_dialect(*file.beginning(), wanted)
    cells = Cells(missing, dialect.decimal)
    notes = columns.notes(dialect.names, path.name)
    return NewRows(asked.keep, notes, lambda: _text_chunks(file, dialect, cells, columns))


def _examined(path: Path, given: str | None, usual: str | None) -> TextFile:
    """The file in the encoding that is given, else its own, else that of the training data."""
    try:
        return examine(path, given, "csv", silent)
    except InputError:
        # Text in another encoding is hardly ever valid UTF-8, so that this comes last.
        if given or not usual:
            raise
        return examine(path, usual, "csv", silent)


def _text_chunks(
    file: TextFile, dialect: Dialect, cells: Cells, columns: _Columns
) -> Iterator[Chunk]:
    read = 0
    for pieces in read_pieces(file, dialect, cells, columns.numbers, columns.exact):
        if not pieces.rows:
            continue
        read += pieces.rows
        line = _Line(pieces, dialect.separator)
        new = NewColumns(columns.preprocessor, pieces.rows, cells, file.path.name, line)
        written = {name: TextColumn(name, pieces.rows) for name in columns.written}
        for collectors in (new.collectors, written):
            pieces.add_to(collectors, 0)
        yield _chunk(new, written, pieces.rows, columns.asked, line)
    if not read:
        raise InputError(f"{file.path.name} has a header but no rows")


@dataclass(frozen=True)
class _Line:
    """What a row of a block is called."""

    pieces: RowPieces
    separator: str

    def __call__(self, row: int) -> str:
        return f"line {line_of(self.pieces.block, row, self.separator)}"


def _chunk(
    new: NewColumns,
    written: dict[str, TextColumn],
    rows: int,
    asked: Asked,
    row_name: Callable[[int], str],
    problems: Sequence[Problem] = (),
) -> Chunk:
    x, unseen = new.finish(problems)
    texts = {name: column.texts(rows) for name, column in written.items()}
    groups = texts[asked.group] if asked.group else None
    return Chunk(x, row_name, {name: texts[name] for name in asked.keep}, groups, tuple(unseen))


def parquet_rows(path: Path, preprocessor: TablePreprocessor, asked: Asked) -> NewRows:
    """Rows of a Parquet file.

    Args:
        path: The file.
        preprocessor: Knows the columns, and how the training data was read.
        asked: What is kept of the rows.

    Raises:
        InputError: The file cannot be read, or a column is missing.
    """
    columns = _Columns(preprocessor, asked)
    with open_parquet(path) as file:
        names = file.schema_arrow.names
    check_unique(names, path.name, ())
    columns.check(names, path.name)
    return NewRows(
        asked.keep, columns.notes(names, path.name), lambda: _parquet_chunks(path, columns)
    )


def _parquet_chunks(path: Path, columns: _Columns) -> Iterator[Chunk]:
    cells = Cells(missing_texts(columns.preprocessor.reading), typed=True)
    start = 0
    with open_parquet(path) as file:
        for frame in parquet_frames(file, sorted(columns.numbers | columns.exact)):
            rows, first = len(frame), start
            start += rows
            place, row_name = path.name, partial(_numbered, first)
            new = NewColumns(columns.preprocessor, rows, cells, place, row_name)
            written = {name: TextColumn(name, rows) for name in columns.written}
            taking: list[tuple[str, Collector]] = [*new.collectors.items(), *written.items()]
            problems = [
                Problem(f"{place}: column '{name}' {fault}; make numbers of them")
                for name, collector in taking
                if (fault := add_series(collector, frame[name], 0))
            ]
            yield _chunk(new, written, rows, columns.asked, row_name, problems)
    if not start:
        raise InputError(f"{path.name} has no rows")


def _numbered(first: int, row: int) -> str:
    return f"row {first + row}"
