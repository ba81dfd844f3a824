"""Comma-separated tables with a header line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tuner.data.dataset import RawData
from tuner.data.loaders.registry import LOADERS, existing_file
from tuner.errors import InputError, Problem, did_you_mean
from tuner.lazy import LazyModule

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = LazyModule("pandas")

__all__ = ["load_csv"]

_MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"})


@LOADERS.register("csv")
def load_csv(
    *,
    location: str,
    folder: Path,
    target: str,
    group: str | None = None,
    ignore: list[str] = [],  # noqa: B006 - read only
) -> RawData:
    """A CSV file; every column that has no role is a feature and must hold numbers.

    Args:
        location: The file.
        folder: Folder that a relative `location` starts from.
        target: Column with the class; its text is kept as written.
        group: Column whose rows with equal text stay on one side of every split.
        ignore: Columns to leave out.

    Raises:
        InputError: The file, a column or a value is not as expected.
    """
    path = existing_file(location, folder, "csv")
    table = _read(path)
    _check_roles(table, {"target": target, **({"group": group} if group else {})}, ignore, path)
    features = table.drop(columns=[target, *([group] if group else []), *ignore])
    if features.empty:
        raise InputError(f"{path.name} has no feature columns or no rows", ("csv",))
    return RawData(
        _numbers(features, path),
        table[target].to_numpy(dtype=np.str_),
        table[group].to_numpy(dtype=np.str_) if group else None,
        tuple(features.columns),
    )


def _read(path: Path) -> pd.DataFrame:
    try:
        # Text first: pandas would read '010' as 10 and 'NA' as missing in the target column.
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
        header = pd.read_csv(path, dtype=str, keep_default_na=False, header=None, nrows=1)
    except UnicodeDecodeError:
        raise InputError(
            f"{path.name} is not UTF-8 (byte {_first_bad_byte(path)}); save it as UTF-8", ("csv",)
        ) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path.name} cannot be read as CSV: {reason}", ("csv",)) from None
    _check_header(table, header.iloc[0].tolist(), path)
    return table


def _check_header(table: pd.DataFrame, header: list[str], path: Path) -> None:
    """Refuses what pandas repairs in silence: it shifts columns, and renames the second of two."""
    # A single column is judged with the target: its file has another separator.
    if len(header) > 1 and not isinstance(table.index, pd.RangeIndex):
        raise InputError(
            f"{path.name}: the header names {len(header)} columns, but rows have more cells",
            ("csv",),
        )
    twice = [name for name in dict.fromkeys(header) if name and header.count(name) > 1]
    if twice:
        raise InputError(f"{path.name} has more than one column '{twice[0]}'", ("csv",))


def _first_bad_byte(path: Path) -> int:
    """Offset of the first byte that is not UTF-8; pandas tells it within one cell only."""
    try:
        path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _check_roles(table: pd.DataFrame, roles: dict[str, str], ignore: list[str], path: Path) -> None:
    columns = list(table.columns)
    problems = [
        Problem(f"no column '{column}' in {path.name}; {_column_hint(column, columns)}", (role,))
        for role, column in roles.items()
        if column not in columns
    ]
    problems += [
        Problem(
            f"no column '{column}' in {path.name}; {did_you_mean(column, columns)}", ("ignore", i)
        )
        for i, column in enumerate(ignore)
        if column not in columns
    ]
    if problems:
        raise InputError(problems)
    for role, column in roles.items():
        if list(roles.values()).count(column) > 1 or column in ignore:
            problems.append(Problem(f"column '{column}' is given more than one role", (role,)))
        elif (empty := np.flatnonzero(table[column].to_numpy() == "")).size:
            problems.append(Problem(f"column '{column}' is empty in row {empty[0] + 1}", (role,)))
    if problems:
        raise InputError(problems)


def _column_hint(column: str, columns: list[str]) -> str:
    for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(columns) == 1 and separator in columns[0]:
            return f"the file looks separated by {name}, not commas"
    return did_you_mean(column, columns)


def _numbers(features: pd.DataFrame, path: Path) -> np.ndarray:
    problems = []
    columns = {}
    for name, column in features.items():
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
        bad = np.flatnonzero(~np.isfinite(numbers))
        if len(bad):
            problems.append(Problem(_describe(str(name), column, bad, path), ("csv",)))
        columns[name] = numbers
    if problems:
        raise InputError(problems)
    return np.column_stack(list(columns.values()))


def _describe(name: str, column: pd.Series[str], bad: np.ndarray, path: Path) -> str:
    texts = [column.iloc[row] for row in bad]
    row = bad[0] + 1
    if all(text.strip() in _MISSING for text in texts):
        count = f"{len(bad)} missing value{'s' if len(bad) > 1 else ''}"
        return f"{path.name}: column '{name}' has {count}, first in row {row}"
    shown = ", ".join(repr(text) for text in dict.fromkeys(texts[:50]))
    return (
        f"{path.name}: column '{name}' has {len(bad)} values that are no finite numbers ({shown}),"
        f" first in row {row}; correct them or name the column in 'ignore'"
    )
