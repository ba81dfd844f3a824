"""Tables in Parquet files."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.data.dataset import RawData
from tuner.data.loaders.registry import LOADERS, existing_file
from tuner.data.progress import Progress, silent
from tuner.data.tables.cells import MISSING
from tuner.data.tables.columns import Cells
from tuner.data.tables.roles import TableRoles, check_unique
from tuner.data.tables.series import add_series
from tuner.data.tables.table import Table
from tuner.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load_parquet", "open_parquet", "parquet_frames"]

_CELLS = 1 << 20


@LOADERS.register("parquet")
def load_parquet(
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
    progress: Progress = silent,
) -> RawData:
    """A Parquet file; every column that has no role is a feature, of the type that the file says.

    Numbers stay numbers. Truth values, texts and dictionaries are categories; texts that are
    numbers, dates and nested values are refused. An index that pandas saved is left out. Needs the
    package pyarrow.

    Args:
        location: The file.
        folder: Folder that a relative `location` starts from.
        target: Column with the class.
        group: Column whose rows with equal values stay on one side of every split.
        weight: Column with the weight of each row in the training loss.
        official_split: Column that says which part of an official split each row is in.
        ignore: Columns to leave out.
        categories: Features that are categories although they look like something else.
        missing: Texts that mean a missing value, besides the usual ones.
        progress: Hears how many bytes have been read.

    Raises:
        InputError: The package is missing, or the file or a column is not as expected.
    """
    path = existing_file(location, folder, "parquet")
    roles = TableRoles(target, group, weight, official_split, tuple(ignore), tuple(categories))
    with open_parquet(path) as file:
        table = _table(file, path, roles, Cells(MISSING | set(missing), typed=True))
        faults = _read(file, path, table, progress)
        problems = [table.problem(name, fault) for name, fault in faults.items()]
        raw = table.finish(file.metadata.num_rows, problems)
        return replace(raw, reading=roles.reading("parquet", missing))


@contextmanager
def open_parquet(path: Path) -> Iterator[Any]:
    """The open file.

    Raises:
        InputError: The package is missing, or the file cannot be read, now or later.
    """
    pyarrow, parquet = _packages()
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except (pyarrow.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path.name} cannot be read as Parquet: {reason}", ("parquet",)) from None


def parquet_frames(file: Any, columns: Collection[str]) -> Iterator[pd.DataFrame]:
    """Some columns of an open file, batch by batch, so that memory stays small."""
    batch_rows = max(1024, _CELLS // len(columns))
    for batch in file.iter_batches(batch_rows, columns=list(columns)):
        # Without pandas' notes, so that an index is a column like others.
        yield batch.to_pandas(ignore_metadata=True, date_as_object=False)


def _packages() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise InputError(
            "Parquet files need the package pyarrow; pip install 'minority-tuner[parquet]'",
            ("parquet",),
        ) from None
    return pyarrow, parquet


def _table(file: Any, path: Path, roles: TableRoles, cells: Cells) -> Table:
    schema = file.schema_arrow
    names: list[str] = schema.names
    check_unique(names, path.name, ("parquet",))
    roles.check(names, path.name)
    return Table(
        names,
        roles,
        file.metadata.num_rows,
        cells,
        place=path.name,
        path=("parquet",),
        first_row=0,
        indexes=_indexes(schema.metadata or {}),
        categorical=frozenset(
            field.name for field in schema if str(field.type).startswith("dictionary")
        ),
    )


def _indexes(metadata: dict[bytes, bytes]) -> frozenset[str]:
    """Columns that were the index of a pandas frame; a mere range is not stored as a column."""
    stored = json.loads(metadata.get(b"pandas", b"{}"))
    return frozenset(name for name in stored.get("index_columns", []) if isinstance(name, str))


def _read(file: Any, path: Path, table: Table, progress: Progress) -> dict[str, str]:
    """Reads batch by batch; returns the first fault of each column, which is enough."""
    collectors = table.collectors
    rows, size = max(1, file.metadata.num_rows), path.stat().st_size
    faults: dict[str, str] = {}
    start = 0
    for frame in parquet_frames(file, collectors):
        for name, collector in collectors.items():
            if name not in faults and (fault := add_series(collector, frame[name], start)):
                faults[name] = fault
        start += len(frame)
        progress(f"reading {path.name}", size * start // rows, size)
    return faults
