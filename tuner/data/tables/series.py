"""One column of a pandas frame becomes numbers or texts."""

from __future__ import annotations

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


def add_series(collector: Collector, series: pd.Series[Any], start: int) -> str | None:
    """Puts a column, or a piece of it, where it belongs.

    Args:
        collector: Takes the pieces of the column.
        series: The values; their index does not count.
        start: Row of the first value, from 0.

    Returns:
        What is wrong; None where the values were taken.
    """
    kind = pd.api.types
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype | pd.StringDtype) or kind.is_bool_dtype(dtype):
        # Texts in the order of their rows, so that the first is that of the first row.
        codes, uniques = pd.factorize(series)
        collector.add_texts(codes, [_text(value) for value in uniques.tolist()], start)
    elif kind.is_numeric_dtype(dtype) and not kind.is_complex_dtype(dtype):
        collector.add_numbers(_numbers(series), start)
    else:
        return _add_objects(collector, series, start)
    return None


def _numbers(series: pd.Series[Any]) -> NDArray[Any]:
    if isinstance(series.dtype, np.dtype):
        return series.to_numpy()
    if pd.api.types.is_integer_dtype(series.dtype) and not series.hasnans:
        return series.to_numpy(dtype=np.int64)
    return series.to_numpy(dtype=np.float64, na_value=np.nan)


def _add_objects(collector: Collector, series: pd.Series[Any], start: int) -> str | None:
    values = series.astype(object).tolist()
    known = [value for value in values if not _is_nothing(value)]
    as_texts = not isinstance(collector, ValueColumn) or collector.category
    other = next((value for value in known if not _is_plain(value)), None)
    if other is not None and not as_texts:
        shown = " ".join(str(other).split())[:40]
        return f"holds values of type {type(other).__name__} ({shown!r})"
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
    return isinstance(value, str | bytes | bool | np.bool_) or _is_number(value)


def _text(value: Any) -> str:
    if isinstance(value, bytes):  # what older writers of Parquet make of texts
        return value.decode("utf-8", "backslashreplace")
    return spelled(np.asarray([value]))[1][0] if isinstance(value, float) else str(value)
