"""Reads delimited text into a table, block by block, with pandas' parser."""

from __future__ import annotations

import io
import os
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from tuner.data.progress import Progress
from tuner.data.tables.blocks import Block, blocks, count_rows
from tuner.data.tables.columns import Cells, Collector, TextColumn, ValueColumn
from tuner.data.tables.dialect import Dialect
from tuner.data.tables.text_file import TextFile
from tuner.errors import InputError
from tuner.lazy import LazyModule

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = LazyModule("pandas")

__all__ = ["RowPieces", "read_pieces", "read_rows"]

_WORKERS = 4

_Texts = tuple[NDArray[Any], Sequence[str]]


@dataclass(frozen=True)
class RowPieces:
    """The rows of a block.

    Attributes:
        block: Where they stand in the file.
        rows: How many there are.
        numbers: Columns of numbers, NaN where missing, each of shape ``(rows,)``.
        texts: Columns of texts: codes into texts, -1 where missing, and these texts.
    """

    block: Block
    rows: int
    numbers: dict[str, NDArray[Any]]
    texts: dict[str, _Texts]

    def add_to(self, collectors: Mapping[str, Collector], start: int) -> None:
        """Hands each column to what collects it, if anything does, from row `start` on."""
        for name, values in self.numbers.items():
            if name in collectors:
                collectors[name].add_numbers(values, start)
        for name, (codes, known) in self.texts.items():
            if name in collectors:
                collectors[name].add_texts(codes, known, start)


@dataclass(frozen=True)
class _Parser:
    """Turns a block into columns.

    Attributes:
        file: Where blocks come from.
        dialect: How it is written.
        cells: How cells are understood.
        exact: Columns whose every text counts, also one that means a missing value elsewhere.
    """

    file: TextFile
    dialect: Dialect
    cells: Cells
    exact: frozenset[str]

    def __call__(self, block: Block, numbers: Sequence[str], texts: Sequence[str]) -> RowPieces:
        """The rows of a block.

        Args:
            block: Whole rows.
            numbers: Columns to read as numbers where all their cells are.
            texts: Columns to read as texts.
        """
        rows = count_rows(block, self.dialect.separator, len(self.dialect.names), self.file)
        frame = self._read(block, [*numbers, *texts], texts)
        if len(frame) != rows:
            last = block.line + block.content.count(b"\n") - 1
            where = f"lines {block.line} to {last}"
            raise self._error(f"{where} hold {len(frame)} rows or {rows}, depending on the quotes")
        # pandas reads 'TRUE' as a truth value; the text is what counts then.
        words = [name for name in numbers if frame[name].dtype.kind not in "iuf"]
        again = self._read(block, words, words) if words else frame
        found = {name: frame[name].to_numpy() for name in numbers if name not in words}
        told = {name: _factorised(frame, name) for name in texts}
        told |= {name: _factorised(again, name) for name in words}
        return RowPieces(block, rows, found, told)

    def _read(self, block: Block, columns: Sequence[str], texts: Sequence[str]) -> pd.DataFrame:
        missing = sorted(self.cells.missing)
        try:
            return pd.read_csv(
                io.BytesIO(block.content),
                sep=self.dialect.separator,
                decimal=self.dialect.decimal,
                header=None,
                names=list(self.dialect.names),
                usecols=list(columns),
                index_col=False,
                dtype=dict.fromkeys(texts, object),
                na_values={name: missing for name in columns if name not in self.exact},
                keep_default_na=False,
                lineterminator="\n",
                low_memory=False,
            )
        except pd.errors.ParserError as error:
            reason = " ".join(str(error).split())
            raise self._error(f"not readable from line {block.line} on: {reason}") from None

    def _error(self, message: str) -> InputError:
        return InputError(f"{self.file.path.name}: {message}", (self.file.key,))


def _factorised(frame: pd.DataFrame, name: str) -> _Texts:
    codes, texts = pd.factorize(frame[name].to_numpy())
    return codes, texts.tolist()


def read_rows(
    file: TextFile,
    dialect: Dialect,
    cells: Cells,
    collectors: dict[str, Collector],
    progress: Progress,
) -> int:
    """Reads all rows into the collectors of their columns, and returns their number.

    Blocks are parsed by several threads and taken in their order. A column is first read as
    numbers; once a block shows words in it, all later ones are read as texts at once.

    Args:
        file: The file.
        dialect: How it is written.
        cells: How cells are understood.
        collectors: Takes the pieces of each column; columns without one are not read.
        progress: Hears how many bytes have been read.

    Raises:
        InputError: A row has more or fewer cells than the header, or a quote is never closed.
    """
    values = {n: c for n, c in collectors.items() if isinstance(c, ValueColumn)}
    exact = frozenset(n for n, c in collectors.items() if isinstance(c, TextColumn))
    parser = _Parser(file, dialect, cells, exact)
    texts = {*exact, *(n for n, c in values.items() if c.category or n in dialect.words)}
    start = 0
    for pieces in _parsed(parser, [*collectors], texts):
        pieces.add_to(collectors, start)
        for name in pieces.texts:
            if name in values and not values[name].numbers.count:
                texts.add(name)
        start += pieces.rows
        progress(f"reading {file.path.name}", pieces.block.done, file.size)
    return start


def read_pieces(
    file: TextFile, dialect: Dialect, cells: Cells, numbers: Collection[str], exact: Collection[str]
) -> Iterator[RowPieces]:
    """Reads rows block by block, of a table whose columns are known; memory stays small.

    Args:
        file: The file.
        dialect: How it is written.
        cells: How cells are understood.
        numbers: Columns that are read as numbers, and as texts in a block where they hold a word.
        exact: Columns that are read as texts, exactly as they are written.

    Raises:
        InputError: As of `read_rows`.
    """
    parser = _Parser(file, dialect, cells, frozenset(exact))
    return _parsed(parser, [*numbers, *exact], {*exact, *dialect.words.intersection(numbers)})


def _parsed(parser: _Parser, columns: Collection[str], texts: set[str]) -> Iterator[RowPieces]:
    """The rows of each block, in their order; `texts` may grow meanwhile."""
    workers = min(_WORKERS, os.cpu_count() or 1)
    waiting: deque[Future[RowPieces]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for block in blocks(parser.file, parser.dialect.separator, parser.dialect.skip):
            numbers = [name for name in columns if name not in texts]
            waiting.append(pool.submit(parser, block, numbers, sorted(texts)))
            # No more than one block waits for each worker, so that memory stays small.
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:  # nothing that was handed on is kept
            yield waiting.popleft().result()
