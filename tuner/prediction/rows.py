"""New rows in memory, a frame or an array, become what the network takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.preprocessing import (
    ImageScaler,
    NetworkRows,
    PixelRows,
    Preprocessor,
    TablePreprocessor,
    are_pixels,
)
from tuner.data.preprocessing.categories import Category
from tuner.data.tables.cells import MISSING
from tuner.data.tables.columns import Cells
from tuner.data.tables.roles import check_unique, column_names
from tuner.data.tables.series import add_series
from tuner.errors import InputError, Problem
from tuner.lazy import LazyModule
from tuner.prediction.columns import NewColumns, Unseen, check_columns

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = LazyModule("pandas")

__all__ = ["missing_texts", "network_input", "picture_rows", "row_number"]


def network_input(
    rows: Any, preprocessor: Preprocessor, shape: Sequence[int], place: str = "the array"
) -> tuple[NetworkRows, list[Unseen]]:
    """What the network takes of new rows, and which categories were never seen in training.

    Args:
        rows: A pandas frame for a table, in which columns are found by name; or an array of shape
            ``(rows, columns)``, with all columns of training in their order, or ``(rows, height,
            width[, channels])``.
        preprocessor: Learned from training rows.
        shape: Of one row of the network's input.
        place: What an array is called in messages.

    Raises:
        InputError: A column is missing or of another kind, or the shape or type is another one.
    """
    if isinstance(preprocessor, ImageScaler):
        return picture_rows(_array(rows), preprocessor, shape, place), []
    if isinstance(rows, pd.DataFrame):
        return _of_frame(rows, preprocessor, "the frame")
    array = _array(rows)
    _check_array(array, preprocessor)
    frame = pd.DataFrame(array, columns=list(preprocessor.names), copy=False)
    return _of_frame(frame, preprocessor, place)


def missing_texts(reading: Mapping[str, Any]) -> frozenset[str]:
    """Texts that mean a missing value: the usual ones, and those of the training data."""
    return MISSING | set(reading.get("missing", ()))


def row_number(row: int) -> str:
    """What a row of a frame or an array is called, counted from 0."""
    return f"row {row}"


def _of_frame(
    frame: pd.DataFrame, preprocessor: TablePreprocessor, place: str
) -> tuple[NDArray[np.float32], list[Unseen]]:
    names = column_names([str(name) for name in frame.columns])
    check_unique(names, place, ())
    check_columns(preprocessor, names, place)
    if not len(frame):
        raise InputError(f"{place} has no rows; give one at least")
    cells = Cells(missing_texts(preprocessor.reading), typed=True)
    columns = NewColumns(preprocessor, len(frame), cells, place, row_number)
    places = {name: number for number, name in enumerate(names)}
    problems = [
        Problem(f"{place}: column '{name}' {fault}; make numbers of them")
        for name, collector in columns.collectors.items()
        if (fault := add_series(collector, frame.iloc[:, places[name]], 0))
    ]
    return columns.finish(problems)


def _array(rows: Any) -> NDArray[Any]:
    """An array of numbers with rows."""
    if isinstance(rows, str | bytes | Mapping) or np.ma.is_masked(rows):
        got = "an array with masked values" if np.ma.is_masked(rows) else type(rows).__name__
        raise InputError(f"expected an array of numbers or a pandas frame, got {got}")
    try:
        array = np.asarray(rows)
    except ValueError:
        raise InputError("the rows are no array: they differ in length") from None
    if array.dtype.kind not in "fiub":
        raise InputError(
            f"expected an array of numbers, got {array.dtype} {array.shape}; convert it, or give a "
            "pandas frame"
        )
    return array.astype(np.uint8) if array.dtype.kind == "b" else array


def _check_array(array: NDArray[Any], preprocessor: TablePreprocessor) -> None:
    """Refuses an array in which columns cannot be told by their place."""
    names = preprocessor.names
    if array.ndim != 2 or array.shape[1] != len(names):
        raise InputError(
            f"expected an array of shape (rows, {len(names)}), got {array.shape}; its columns must "
            "be all those of training in their order (attribute 'columns'), or give a pandas frame"
        )
    texts = [part.name for part in preprocessor.parts if isinstance(part, Category)]
    if texts:
        raise InputError(
            f"column '{texts[0]}' holds categories, which an array of numbers cannot; give a pandas"
            " frame"
        )


def picture_rows(
    pictures: NDArray[Any], scaler: ImageScaler, shape: Sequence[int], place: str
) -> NetworkRows:
    """Pictures as the network takes them.

    Args:
        pictures: In the numbers that training had, shape ``(rows, height, width[, channels])``.
        scaler: Standardises them.
        shape: Of one row of the network's input.
        place: What holds them, for messages.

    Raises:
        InputError: Shape or type differ from those of training, or a number is not finite.
    """
    expected = tuple(shape)
    if pictures.ndim == len(expected) and pictures.shape == expected:
        raise InputError(f"{place} is one picture of shape {expected}; put it into an array: [it]")
    if pictures.shape[1:] != expected:
        got = pictures.shape[1:] if pictures.ndim > 2 else pictures.shape
        raise InputError(f"expected pictures of shape {expected}, got {got} in {place}")
    if not len(pictures):
        raise InputError(f"{place} has no rows; give one at least")
    pictures = _of_type(pictures, scaler.dtype, place)
    if are_pixels(pictures):
        return PixelRows(pictures, np.arange(len(pictures)), scaler)
    if pictures.dtype.kind == "f" and not np.isfinite(pictures).all():
        row = int(np.argwhere(~np.isfinite(pictures))[0][0])
        raise InputError(f"{place} has numbers that are not finite, first in row {row}")
    return scaler.transform(pictures)


def _of_type(pictures: NDArray[Any], known: str, place: str) -> NDArray[Any]:
    """The pictures in the numbers of training; refused where these would mean something else."""
    if not known or str(pictures.dtype) == known:
        return pictures
    then = np.dtype(known)
    if then.kind == "f" and pictures.dtype.kind == "f":
        return pictures
    # Python's own integers have no depth of their own, those of a picture have.
    plain = pictures.dtype.kind in "iu" and then.kind in "iu" and pictures.dtype.itemsize > 2
    if plain and then.itemsize <= 2:
        ends = np.iinfo(then)
        if ends.min <= pictures.min() and pictures.max() <= ends.max:
            return pictures.astype(then)
    raise InputError(
        f"{place} holds {pictures.dtype} from {pictures.min():g} to {pictures.max():g}, and the "
        f"model learned from {known}: nothing says how their numbers compare; give pictures as "
        "they were read for training"
    )
