"""New pictures: files in a folder, one file, or an array on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.folders import Member, all_files, first_problems
from tuner.data.images import read_images
from tuner.data.path_groups import groups_of
from tuner.data.preprocessing import ImageScaler
from tuner.errors import InputError, Problem
from tuner.prediction.chunks import Asked, Chunk, NewRows
from tuner.prediction.rows import picture_rows

__all__ = ["IMAGE_SUFFIXES", "picture_files"]

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")

_FILES = 512
"""Files that are read at once."""

_FILE = "file"
"""Name of the column with the path of a picture."""


def picture_files(path: Path, scaler: ImageScaler, asked: Asked) -> NewRows:
    """PNG and JPEG files as those of training were read; in a folder at any depth, in sorted order.

    Args:
        path: A file, or a folder of files.
        scaler: Knows how the pictures of training were read.
        asked: Their groups, by a regular expression on the path of a file from the folder.

    Raises:
        InputError: There are no pictures, no group is found in a path, or the model did not learn
            from such files.
    """
    if scaler.reading.get("loader") != "images":
        raise InputError(
            f"{path}: the model did not learn from PNG and JPEG files, so that nothing says how "
            "they become what it takes; give arrays in an NPZ or NPY file, or tuner.load_model"
        )
    if asked.keep:
        raise InputError("--keep names columns of a table, and these are pictures")
    root, members, notes = _members(path)
    groups, problems = groups_of(members, asked.group)
    if problems:
        raise InputError(problems)
    names = None if groups is None else np.asarray(groups, dtype=np.str_)
    return NewRows((_FILE,), notes, lambda: _chunks(root, members, names, scaler))


def _members(path: Path) -> tuple[Path, Sequence[Member], tuple[str, ...]]:
    """The folder that names start from, the files, and what is told of others."""
    if not path.is_dir():
        return path.parent, [Member(path.name, "", path.name)], ()
    tree = all_files(path, lambda name: name.lower().endswith(IMAGE_SUFFIXES), "images")
    if tree.problems:
        raise InputError(first_problems(tree.problems))
    if not tree.files:
        raise InputError(f"{path} holds no PNG or JPEG files")
    return path, tree.files, tuple(one.message for one in tree.left_out("PNG and JPEG files"))


def _chunks(
    root: Path, members: Sequence[Member], groups: NDArray[np.str_] | None, scaler: ImageScaler
) -> Iterator[Chunk]:
    shape = tuple(scaler.reading["size"]) + (3,) * (scaler.reading["channels"] == 3)
    for at in range(0, len(members), _FILES):
        some = members[at : at + _FILES]
        names = np.asarray([member.name for member in some], dtype=object)
        pixels = _read(root, some, scaler.reading)
        yield Chunk(
            picture_rows(pixels, scaler, shape, str(root)),
            partial(_named, names),
            {_FILE: names},
            None if groups is None else groups[at : at + _FILES],
        )


def _read(root: Path, members: Sequence[Member], reading: Any) -> NDArray[Any]:
    try:
        return read_images([root / member.name for member in members], reading)
    except InputError as error:
        raise InputError(Problem(problem.message) for problem in error.problems) from None


def _named(names: NDArray[Any], row: int) -> str:
    return f"'{names[row]}'"
