"""One column of a pandas frame becomes numbers or texts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.tables.columns import Collector, ValueColumn, spelled
from tuner.lazy import LazyModule

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = LazyModule("pandas")

__all__ = ["add_series"]

_Texts = tuple[NDArray[Any], Sequence[str]]


def add_series(collector: Collector, series: pd.Series[Any], start: int) -> str | None:
    """Puts a column, or a piece of it, where it belongs.

    Args:
        collector: Takes the pieces of the column.
        series: The values; their index does not count.
        start: Row of the first value, from 0.

    Returns:
        What is wrong, with what to do; None where the values were taken.
    """
    kind = pd.api.types
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        texts = [_text(value) for value in series.cat.categories.tolist()]
        collector.add_texts(*_used(series.cat.codes.to_numpy(), texts), start)
    elif kind.is_bool_dtype(dtype):
        codes = series.to_numpy(dtype=np.float64, na_value=-1.0).astype(np.int64)
        collector.add_texts(*_used(codes, ["False", "True"]), start)
    elif kind.is_numeric_dtype(dtype) and not kind.is_complex_dtype(dtype):
        collector.add_numbers(_numbers(series), start)
    elif isinstance(dtype, pd.StringDtype):
        codes, uniques = pd.factorize(series)
        collector.add_texts(codes, uniques.tolist(), start)
    else:
        return _add_objects(collector, series, start)
    return None


def _numbers(series: pd.Series[Any]) -> NDArray[Any]:
    if isinstance(series.dtype, np.dtype):
        return series.to_numpy()
    if pd.api.types.is_integer_dtype(series.dtype) and not series.hasnans:
        return series.to_numpy(dtype=np.int64)
    return series.to_numpy(dtype=np.float64, na_value=np.nan)


def _used(codes: NDArray[Any], texts: Sequence[str]) -> _Texts:
    """Leaves out texts that no row has."""
    used, again = np.unique(codes, return_inverse=True)
    first = int((used < 0).sum())
    return again - first, [texts[code] for code in used[first:]]


def _add_objects(collector: Collector, series: pd.Series[Any], start: int) -> str | None:
    values = series.astype(object).tolist()
    known = [value for value in values if not _is_nothing(value)]
    as_texts = not isinstance(collector, ValueColumn) or collector.category
    other = next((value for value in known if not _is_plain(value)), None)
    if other is not None and not as_texts:
        what = f"holds values of type {type(other).__name__} ({str(other)[:40]!r})"
        return f"{what}; make numbers of them, or name the column in 'ignore' or 'categories'"
    if known and all(map(_is_number, known)):
        numbers = [np.nan if _is_nothing(value) else float(value) for value in values]
        collector.add_numbers(np.asarray(numbers), start)
        return None
    place: dict[str, int] = {}
    codes = [
        -1 if _is_nothing(value) else place.setdefault(_text(value), len(place)) for value in values
    ]
    collector.add_texts(np.asarray(codes, dtype=np.int64), list(place), start)
    return None


def _is_nothing(value: Any) -> bool:
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _is_number(value: Any) -> bool:
    return isinstance(value, Real | Decimal) and not isinstance(value, bool | np.bool_)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | bool | np.bool_) or _is_number(value)


def _text(value: Any) -> str:
    return spelled(np.asarray([value]))[1][0] if isinstance(value, float) else str(value)
