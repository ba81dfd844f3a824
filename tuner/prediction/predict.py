"""New rows of a file become lines of CSV: probabilities and decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.preprocessing import ImageScaler
from tuner.errors import InputError, Problem
from tuner.lazy import LazyModule
from tuner.prediction.arrays import array_rows
from tuner.prediction.chunks import Asked, NewRows
from tuner.prediction.columns import Unseen
from tuner.prediction.pictures import IMAGE_SUFFIXES, picture_files
from tuner.prediction.stored import Stored
from tuner.prediction.tables import parquet_rows, text_rows

if TYPE_CHECKING:
    import pandas as pd

    from tuner.prediction.predictor import Predictor
else:
    pd = LazyModule("pandas")

__all__ = ["open_rows", "write_predictions"]

_OPTIONS = frozenset({"separator", "decimal", "encoding", "features", "group"})
"""Keys of a data section that options of the command stand for."""


def open_rows(path: Path, stored: Stored, asked: Asked) -> NewRows:
    """New rows of a file or a folder, which must hold what the model needs.

    Args:
        path: A table for a model of tables, pictures for one of pictures; see docs/prediction.md.
        stored: The model.
        asked: What is kept of the rows, and how the file is written.

    Raises:
        InputError: There is no such file, it is of another kind, or a column is missing.
    """
    if asked.group is not None and not stored.has_groups:
        raise InputError(
            "--group: the run had no groups of rows, so that there is no rule for them"
        )
    _check_names(asked.keep, stored.classes)
    if not path.exists():
        raise InputError(f"no such file: {path}")
    try:
        return _opened(path, stored, asked)
    except InputError as error:
        raise _called(error) from None


def _opened(path: Path, stored: Stored, asked: Asked) -> NewRows:
    known, suffix = stored.preprocessor, path.suffix.lower()
    if suffix in (".npz", ".npy") and path.is_file():
        return array_rows(path, known, stored.input_shape, asked)
    if isinstance(known, ImageScaler):
        if path.is_dir() or suffix in IMAGE_SUFFIXES:
            return picture_files(path, known, asked)
        raise InputError(
            f"{path.name} holds no pictures, which the model takes; give a folder of PNG and JPEG "
            "files, one such file, or an NPZ or NPY file"
        )
    if path.is_dir() or suffix in IMAGE_SUFFIXES:
        raise InputError(f"{path} is no table, which the model takes; give a CSV or Parquet file")
    if suffix in (".parquet", ".pq"):
        return parquet_rows(path, known, asked)
    return text_rows(path, known, asked)


def _check_names(keep: Iterable[str], classes: Iterable[str]) -> None:
    """Refuses columns whose names the output has for something else."""
    taken = {"decision", *(f"p_{name}" for name in classes)}
    if twice := [name for name in keep if name in taken]:
        raise InputError(f"--keep: the output has a column '{twice[0]}' of its own; rename it")


def _called(error: InputError) -> InputError:
    """The same error, by the options of the command where it had keys of a data section."""
    told = []
    for problem in error.problems:
        key = problem.path[0] if problem.path else ""
        start = f"--{key}: " if key in _OPTIONS else ""
        told.append(Problem(start + problem.message))
    return InputError(told)


def write_predictions(
    rows: NewRows, predictor: Predictor, stream: IO[str], tell: Callable[[str], object]
) -> int:
    """Writes a line for each row, or for each group of rows where they have groups.

    Args:
        rows: Where they come from.
        predictor: The model.
        stream: Takes the CSV, piece by piece.
        tell: Takes a line for each thing that a person should know of the rows.

    Returns:
        How many lines were written under the header.

    Raises:
        InputError: A row cannot be read or used; with its line.
    """
    unseen: dict[str, Unseen] = {}
    written = 0
    groups: list[tuple[NDArray[Any], NDArray[Any]]] = []
    try:
        for chunk in rows.chunks():
            told = predictor.told_of(chunk.x, chunk.row_name)
            _add(unseen, chunk.unseen)
            if chunk.groups is not None:
                groups.append((told.given.astype(np.float32), chunk.groups))
                continue
            frame = pd.DataFrame(
                {
                    **chunk.kept,
                    **_named(told.probabilities, predictor.classes),
                    "decision": np.asarray(predictor.classes, dtype=object)[told.codes],
                }
            )
            frame.to_csv(stream, header=not written, index=False, lineterminator="\n")
            written += len(frame)
    except InputError as error:
        raise _called(error) from None
    if groups:
        given, names = (np.concatenate(parts) for parts in zip(*groups, strict=True))
        frame = predictor.groups_told(given, names)
        single = {name: np.float32 for name in frame.columns if name.startswith("p_")}
        frame = frame.astype(single)
        frame.to_csv(stream, lineterminator="\n")
        written = len(frame)
    for one in unseen.values():
        tell(f"note: {one}")
    return written


def _named(probabilities: NDArray[Any], classes: tuple[str, ...]) -> dict[str, NDArray[np.float32]]:
    """Columns of probabilities; float32 has all digits that a network's have."""
    single = probabilities.astype(np.float32)
    return {f"p_{name}": single[:, at] for at, name in enumerate(classes)}


def _add(unseen: dict[str, Unseen], found: Iterable[Unseen]) -> None:
    for one in found:
        if one.column in unseen:
            unseen[one.column].add(one)
        else:
            unseen[one.column] = replace(one)
