"""Tables in text files: comma-separated and tab-separated values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from tuner.data.dataset import RawData
from tuner.data.loaders.registry import LOADERS, existing_file
from tuner.data.progress import Progress, silent
from tuner.data.tables.cells import MISSING
from tuner.data.tables.columns import Cells
from tuner.data.tables.dialect import Wanted, find_dialect
from tuner.data.tables.reader import read_rows
from tuner.data.tables.roles import TableRoles
from tuner.data.tables.table import Table
from tuner.data.tables.text_file import TextFile, examine

__all__ = ["load_csv", "load_tsv"]


@LOADERS.register("csv")
def load_csv(
    *,
    location: str,
    folder: Path,
    target: str,
    group: str | None = None,
    weight: str | None = None,
    official_split: str | None = None,
    ignore: list[str] = [],  # noqa: B006 - read only
    categories: list[str] = [],  # noqa: B006 - read only
    missing: list[str] = [],  # noqa: B006 - read only
    separator: str | None = None,
    decimal: Literal[".", ","] | None = None,
    encoding: str | None = None,
    progress: Progress = silent,
) -> RawData:
    """A CSV file with a header line; every column that has no role is a feature.

    A column is of numbers when all its cells are, of categories when none is; anything between is
    refused. Separator, decimal mark and encoding are found unless they are given.

    Args:
        location: The file; it may be compressed by gzip, bzip2 or xz.
        folder: Folder that a relative `location` starts from.
        target: Column with the class; its text is kept as written.
        group: Column whose rows with equal text stay on one side of every split.
        weight: Column with the weight of each row in the training loss.
        official_split: Column that says which part of an official split each row is in.
        ignore: Columns to leave out.
        categories: Features that are categories although they look like numbers.
        missing: Texts that mean a missing value, besides the usual ones.
        separator: One character, or ``comma``, ``semicolon``, ``tab``, ``bar``.
        decimal: The decimal mark.
        encoding: Python's name of the encoding, such as ``latin-1``.
        progress: Hears how many bytes have been read.

    Raises:
        InputError: The file, a column or a value is not as expected.
    """
    roles = TableRoles(target, group, weight, official_split, tuple(ignore), tuple(categories))
    file = examine(existing_file(location, folder, "csv"), encoding, "csv", progress)
    return _load(file, roles, missing, separator, decimal, encoding, progress)


@LOADERS.register("tsv")
def load_tsv(
    *,
    location: str,
    folder: Path,
    target: str,
    group: str | None = None,
    weight: str | None = None,
    official_split: str | None = None,
    ignore: list[str] = [],  # noqa: B006 - read only
    categories: list[str] = [],  # noqa: B006 - read only
    missing: list[str] = [],  # noqa: B006 - read only
    decimal: Literal[".", ","] | None = None,
    encoding: str | None = None,
    progress: Progress = silent,
) -> RawData:
    """A table like that of ``csv`` whose cells are separated by tabs.

    Args:
        location: The file.
        folder: Folder that a relative `location` starts from.
        target: Column with the class.
        group: Column whose rows with equal text stay on one side of every split.
        weight: Column with the weight of each row in the training loss.
        official_split: Column that says which part of an official split each row is in.
        ignore: Columns to leave out.
        categories: Features that are categories although they look like numbers.
        missing: Texts that mean a missing value, besides the usual ones.
        decimal: The decimal mark.
        encoding: Python's name of the encoding.
        progress: Hears how many bytes have been read.

    Raises:
        InputError: The file, a column or a value is not as expected.
    """
    roles = TableRoles(target, group, weight, official_split, tuple(ignore), tuple(categories))
    file = examine(existing_file(location, folder, "tsv"), encoding, "tsv", progress)
    return _load(file, roles, missing, "\t", decimal, encoding, progress)


def _load(
    file: TextFile,
    roles: TableRoles,
    missing: list[str],
    separator: str | None,
    decimal: str | None,
    encoding: str | None,
    progress: Progress,
) -> RawData:
    nothing = MISSING | set(missing)
    wanted = Wanted(file.path.name, file.key, roles, separator, decimal, nothing)
    dialect = find_dialect(*file.beginning(), wanted)
    cells = Cells(nothing, dialect.decimal)
    table = Table(
        dialect.names, roles, file.lines, cells, place=file.path.name, path=(file.key,), first_row=1
    )
    raw = table.finish(read_rows(file, dialect, cells, table.collectors, progress))
    stated = {"separator": separator if file.key == "csv" else None, "encoding": encoding}
    return replace(raw, reading=roles.reading(file.key, missing, decimal=dialect.decimal, **stated))
