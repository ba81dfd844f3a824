"""Tables that are pandas frames already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tuner.data.dataset import RawData
from tuner.data.tables.cells import MISSING
from tuner.data.tables.columns import Cells
from tuner.data.tables.roles import TableRoles, check_unique, column_names
from tuner.data.tables.series import add_series
from tuner.data.tables.table import Table
from tuner.errors import InputError
from tuner.lazy import LazyModule

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = LazyModule("pandas")

__all__ = ["raw_from_frame"]


def raw_from_frame(
    frame: pd.DataFrame,
    target: str,
    group: str | None = None,
    weight: str | None = None,
    official_split: str | None = None,
    ignore: Sequence[str] = (),
    categories: Sequence[str] = (),
    first_row: int = 0,
    *,
    missing: Sequence[str] = (),
    place: str = "the frame",
) -> RawData:
    """A pandas frame as a loader returns it; the index is no feature.

    Numbers stay numbers. Truth values, texts and categories are categories; texts that are numbers,
    dates and other objects are refused.

    Args:
        frame: Rows and columns; names that are no texts count as they are printed.
        target: Column with the class.
        group: Column whose rows with equal values stay on one side of every split.
        weight: Column with the weight of each row in the training loss.
        official_split: Column that says which part of an official split each row is in.
        ignore: Columns to leave out.
        categories: Features that are categories although they look like something else.
        first_row: Number of the first row in messages.
        missing: Texts that mean a missing value, besides the usual ones.
        place: What the frame is called in messages.

    Raises:
        InputError: A column is missing or is not as expected; with all problems found.

    Example:
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"age": [31, 45], "sex": ["f", "m"], "ill": ["no", "yes"]})
        >>> raw = raw_from_frame(frame, "ill")
        >>> raw.features.tolist(), raw.columns[1].categories
        ([[31.0, 0.0], [45.0, 1.0]], ('f', 'm'))
    """
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"expected a pandas DataFrame, got {type(frame).__name__}")
    names = column_names([str(name) for name in frame.columns])
    check_unique(names, place, ())
    roles = TableRoles(
        str(target),
        _name(group),
        _name(weight),
        _name(official_split),
        _all(ignore),
        _all(categories),
    )
    roles.check(names, place)
    kinds = zip(names, frame.dtypes, strict=True)
    categorical = frozenset(name for name, t in kinds if isinstance(t, pd.CategoricalDtype))
    cells = Cells(MISSING | set(missing), typed=True)
    table = Table(
        names,
        roles,
        len(frame),
        cells,
        place=place,
        path=(),
        first_row=first_row,
        categorical=categorical,
    )
    places = {name: number for number, name in enumerate(names)}
    problems = [
        table.problem(name, fault)
        for name, collector in table.collectors.items()
        if (fault := add_series(collector, frame.iloc[:, places[name]], 0))
    ]
    raw = table.finish(len(frame), problems)
    return replace(raw, reading=roles.reading("frame", missing))


def _name(column: object) -> str | None:
    """A column's name as text, since names in frames may be numbers."""
    return None if column is None else str(column)


def _all(columns: Sequence[str]) -> tuple[str, ...]:
    """Several names; one text is one name, not one for each letter."""
    return (columns,) if isinstance(columns, str) else tuple(map(str, columns))
