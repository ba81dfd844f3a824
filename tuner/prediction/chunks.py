"""New rows from files, some at a time: what is asked of them and what they come as."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.preprocessing import NetworkRows
from tuner.prediction.columns import Unseen

__all__ = ["Asked", "Chunk", "NewRows"]


@dataclass(frozen=True)
class Asked:
    """What is asked of a file of new rows.

    Attributes:
        keep: Columns of a table that are written beside what the model says.
        group: Of a table, the column whose equal texts make a group of rows; of a folder, a regular
            expression on a file's path whose first capture group is the group. None: single rows.
        separator: What stands between the cells of a text; found unless given.
        decimal: The decimal mark of a text; found unless given.
        encoding: Python's name of the encoding of a text; found unless given.
        features: Key of the array in an NPZ file; that of the training data unless given.
    """

    keep: tuple[str, ...] = ()
    group: str | None = None
    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    features: str | None = None


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some new rows, preprocessed.

    Attributes:
        x: The network's input, shape ``(rows, …)``.
        row_name: What a row is called in messages, by its place among these.
        kept: Texts that are written before what the model says, by the name of their column; each
            of shape ``(rows,)``.
        groups: The group of each row; None where single rows are asked for.
        unseen: Categories that training did not have.
    """

    x: NetworkRows
    row_name: Callable[[int], str]
    kept: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    groups: NDArray[np.str_] | None = None
    unseen: tuple[Unseen, ...] = ()


@dataclass(frozen=True)
class NewRows:
    """A source of new rows that has been looked at: what could be told of its beginning was.

    Attributes:
        kept: Names of the columns that `Chunk.kept` holds.
        notes: What a person should know before the rows are read.
        chunks: Reads the rows, once.
    """

    kept: tuple[str, ...]
    notes: tuple[str, ...]
    chunks: Callable[[], Iterator[Chunk]]
