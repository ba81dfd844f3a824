"""New rows from arrays on disk, pictures or tables of numbers, some at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tuner.data.loaders.npz import new_features
from tuner.data.preprocessing import Preprocessor
from tuner.errors import InputError
from tuner.prediction.chunks import Asked, Chunk, NewRows
from tuner.prediction.rows import network_input

__all__ = ["array_rows"]

_NUMBERS = 1 << 22
"""Numbers that are taken from the array at once."""


def array_rows(
    path: Path, preprocessor: Preprocessor, shape: Sequence[int], asked: Asked
) -> NewRows:
    """Rows of an array in an NPZ or NPY file; an NPY file is mapped and never wholly in memory.

    Args:
        path: The file.
        preprocessor: Learned from training rows.
        shape: Of one row of the network's input.
        asked: The key of the array in an NPZ file.

    Raises:
        InputError: There is no such array, or its shape or type is not that of training.
    """
    for option, given in (("--keep", asked.keep), ("--group", asked.group)):
        if given:
            raise InputError(f"{option} names columns or paths, and an array has none")
    usual = preprocessor.reading.get("features")
    array = new_features(path, asked.features, usual if isinstance(usual, str) else None)
    network_input(array[:1], preprocessor, shape, path.name)  # what is wrong with all is told first
    return NewRows((), (), lambda: _chunks(array, preprocessor, shape, path.name))


def _chunks(
    array: NDArray[Any], preprocessor: Preprocessor, shape: Sequence[int], place: str
) -> Iterator[Chunk]:
    rows = max(1, _NUMBERS // max(1, array[0].size))
    for at in range(0, len(array), rows):
        x, unseen = network_input(array[at : at + rows], preprocessor, shape, place)
        yield Chunk(x, partial(_numbered, at), unseen=tuple(unseen))


def _numbered(first: int, row: int) -> str:
    return f"row {first + row}"
