"""NumPy archives and single arrays; pickled content is never read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.boxes import BoxFormat
from tuner.data.dataset import RawData
from tuner.data.loaders.arrays import raw_from_arrays
from tuner.data.loaders.registry import LOADERS, existing_file
from tuner.data.roles import PARTS
from tuner.errors import InputError, Problem, reason_of

__all__ = ["load_npy", "load_npz", "new_features"]

_AGAIN = "get it again, or save it again with NumPy"
_OBJECTS = "Object arrays"
"""What NumPy says of pickled content."""

_PART = "*"
"""Stands in a key for the name of an official part, as in ``*_images``."""


@LOADERS.register("npz")
def load_npz(
    *,
    location: str,
    folder: Path,
    features: str = "X",
    target: str = "y",
    group: str | None = None,
    weight: str | None = None,
    official_split: str | None = None,
    class_names: str | None = None,
    boxes: str | None = None,
    box_format: BoxFormat | None = None,
    rows: str | None = None,
) -> RawData:
    """An NPZ file with features and labels, and maybe groups, weights and an official split.

    Where the official parts are arrays of their own, a ``*`` in the keys stands for the name of the
    part: ``features: "*_images"`` reads ``train_images``, ``val_images`` and ``test_images``.

    Args:
        location: The file.
        folder: Folder that a relative `location` starts from.
        features: Key of the features, shape ``(rows, …)``.
        target: Key of the labels: ``(rows,)``, ``(rows, 1)`` or one-hot ``(rows, classes)``.
        group: Key of the groups, shape ``(rows,)``.
        weight: Key of the row weights, shape ``(rows,)``.
        official_split: Key of the official part of each row, shape ``(rows,)``.
        class_names: Key of the names that labels 0, 1, … stand for.
        boxes: Key of a box in each picture, shape ``(rows, 4)``: x, y, width and height as shares
            of the picture.
        box_format: ``xywh`` where x and y are the upper left corner of the box, ``cxcywh`` where
            they are its centre.
        rows: ``file.npz:key`` of the numbers of the rows to read, from 0, in this order; all rows
            unless given. The file is looked for as `location` is.

    Raises:
        InputError: A key is missing, holds Python objects, or lengths differ.
    """
    path = existing_file(location, folder, "npz")
    keys = _given(
        features=features,
        target=target,
        group=group,
        weight=weight,
        official_split=official_split,
        class_names=class_names,
        boxes=boxes,
    )
    with _opened(path) as archive:
        if _PART in features:
            if rows is not None:
                raise InputError(f"rows are numbered in one array; {features} are many", ("rows",))
            return _told(_read_parts(archive, keys, path, box_format), features)
        arrays = _arrays(archive, keys, path)
    if rows is not None:
        arrays = _only(arrays, _numbers(rows, folder))
    return _told(raw_from_arrays(arrays, keys, box_format=box_format), features)


def _told(raw: RawData, features: str) -> RawData:
    """The same with the key of the features, under which new rows are looked for."""
    return replace(raw, reading={"loader": "npz", "features": features})


@LOADERS.register("npy")
def load_npy(
    *,
    location: str,
    folder: Path,
    target: str,
    group: str | None = None,
    weight: str | None = None,
    official_split: str | None = None,
    class_names: str | None = None,
    boxes: str | None = None,
    box_format: BoxFormat | None = None,
) -> RawData:
    """An NPY file of features, with further NPY files for labels and other roles.

    Args:
        location: The file of the features, shape ``(rows, …)``; it is mapped, not copied.
        folder: Folder that relative files start from.
        target: File of the labels: ``(rows,)``, ``(rows, 1)`` or one-hot ``(rows, classes)``.
        group: File of the groups, shape ``(rows,)``.
        weight: File of the row weights, shape ``(rows,)``.
        official_split: File of the official part of each row, shape ``(rows,)``.
        class_names: File of the names that labels 0, 1, … stand for.
        boxes: File of a box in each picture, as for NPZ files.
        box_format: As for NPZ files.

    Raises:
        InputError: A file is missing, holds Python objects, or lengths differ.
    """
    files = _given(
        features=location,
        target=target,
        group=group,
        weight=weight,
        official_split=official_split,
        class_names=class_names,
        boxes=boxes,
    )
    arrays: dict[str, NDArray[Any]] = {}
    problems: list[Problem] = []
    for role, file in files.items():
        key = "npy" if role == "features" else role
        try:
            arrays[role] = _array(existing_file(file, folder, key), key)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return raw_from_arrays(arrays, files, box_format=box_format)


def new_features(path: Path, key: str | None, usual: str | None) -> NDArray[Any]:
    """The features of new rows, in an NPY file or under a key of an NPZ file.

    Args:
        path: The file.
        key: Of the array; needed only where there are several.
        usual: Key of the training data's features.

    Raises:
        InputError: There is no such array, or it cannot be read.
    """
    if path.suffix.lower() == ".npy":
        return _array(path, "npy")
    with _opened(path) as archive:
        names = archive.files
        fitting = [usual] if usual in names else names
        if key is None and len(fitting) != 1:
            listed = ", ".join(names)
            raise InputError(f"{path.name} holds {listed}; name one of them", ("features",))
        return _arrays(archive, {"features": key or str(fitting[0])}, path)["features"]


def _objects(role: str) -> str:
    kind = "whole numbers or floats" if role in ("features", "npy") else "str or int"
    return f"has dtype object; save it as {kind}"


def _given(**names: str | None) -> dict[str, str]:
    return {role: name for role, name in names.items() if name is not None}


def _array(path: Path, key: str) -> NDArray[Any]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        # NumPy's own text advises to read pickled content.
        objects = _OBJECTS in str(error) or "Array can't be memory-mapped" in str(error)
        reason = _objects(key) if objects else f"is no NPY file, or is damaged or cut off; {_AGAIN}"
        raise InputError(f"{path.name} {reason}", (key,)) from None
    except Exception as error:  # of a damaged file, several kinds
        fault = f"is no NPY file, or is damaged or cut off ({reason_of(error)})"
        raise InputError(f"{path.name} {fault}; {_AGAIN}", (key,)) from None
    if not isinstance(array, np.ndarray):
        raise InputError(f"{path.name} is an archive; use 'npz'", (key,))
    if array.ndim == 0:
        raise InputError(f"{path.name} is one value; expected one a row", (key,))
    return array


@contextmanager
def _opened(path: Path, key: str = "npz") -> Iterator[np.lib.npyio.NpzFile]:
    """The open archive; the file is ours, since NumPy leaves one open that it cannot read."""
    with path.open("rb") as file:
        try:
            archive = np.load(file, allow_pickle=False)
        except ValueError:  # NumPy's own text advises to read pickled content
            raise InputError(f"{path.name} is no NPZ file; {_AGAIN}", (key,)) from None
        except Exception as error:  # of a damaged archive, many kinds
            reason = f"is no NPZ file, or is damaged or cut off ({reason_of(error)})"
            raise InputError(f"{path.name} {reason}; {_AGAIN}", (key,)) from None
        if not isinstance(archive, np.lib.npyio.NpzFile):
            way = "use 'npy'" if key == "npz" else "expected an NPZ file"
            raise InputError(f"{path.name} holds one array; {way}", (key,))
        yield archive


def _numbers(rows: str, folder: Path) -> NDArray[Any]:
    """The row numbers that ``file.npz:key`` names."""
    file, _, key = rows.rpartition(":")
    if not file or not key:
        raise InputError(f"expected file.npz:key, got '{rows}'", ("rows",))
    path = existing_file(file, folder, "rows")
    with _opened(path, "rows") as archive:
        return _arrays(archive, {"rows": key}, path)["rows"]


def _only(arrays: dict[str, NDArray[Any]], rows: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """The arrays with these rows alone."""
    count = len(arrays["features"])
    if rows.ndim != 1 or rows.dtype.kind not in "iu":
        told = f"expected whole numbers of shape (rows,), got {rows.dtype} of shape {rows.shape}"
        raise InputError(told, ("rows",))
    if not len(rows) or rows.min() < 0 or rows.max() >= count:
        raise InputError(f"expected numbers from 0 to {count - 1}, one at least", ("rows",))
    if len(np.unique(rows)) < len(rows):
        raise InputError("a row is named twice; name each once", ("rows",))
    whole = [role for role, array in arrays.items() if role != "class_names"]
    if any(len(arrays[role]) != count for role in whole):
        return arrays  # which is told as for all rows
    return {role: array[rows] if role in whole else array for role, array in arrays.items()}


def _arrays(
    archive: np.lib.npyio.NpzFile, keys: dict[str, str], path: Path
) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    problems: list[Problem] = []
    for role, key in keys.items():
        try:
            arrays[role] = _member(archive, key, path, role)
        except InputError as error:
            problems += [Problem(problem.message, (role,)) for problem in error.problems]
    if problems:
        raise InputError(problems)
    return arrays


def _member(archive: np.lib.npyio.NpzFile, key: str, path: Path, role: str) -> NDArray[Any]:
    if key not in archive:
        raise InputError(f"no array '{key}' in {path.name}; it holds: {', '.join(archive.files)}")
    try:
        array: NDArray[Any] = archive[key]
    except Exception as error:  # of a damaged archive, many kinds
        damaged = f"is damaged ({reason_of(error)}); {_AGAIN}"
        fault = _objects(role) if _OBJECTS in str(error) else damaged
        raise InputError(f"{key} in {path.name} {fault}") from None
    if not isinstance(array, np.ndarray):
        raise InputError(f"{key} in {path.name} is no array, but a file of another kind")
    if array.ndim == 0:
        raise InputError(f"{key} in {path.name} is one value; expected one a row")
    return array


def _read_parts(
    archive: np.lib.npyio.NpzFile,
    keys: dict[str, str],
    path: Path,
    box_format: BoxFormat | None,
) -> RawData:
    """Arrays of each official part, one after the other."""
    if "official_split" in keys:
        raise InputError(f"the keys with {_PART} say the official split", ("official_split",))
    common = [r for r, key in keys.items() if _PART not in key and r != "class_names"]
    if common:
        raise InputError(
            Problem(f"'{keys[role]}' would be read for every part; put a {_PART} into it", (role,))
            for role in common
        )
    words = [word for known in PARTS.values() for word in known]
    found = [word for word in words if keys["features"].replace(_PART, word) in archive]
    if not found:
        named = ", ".join(archive.files)
        raise InputError(
            f"no array '{keys['features']}' in {path.name} with {_PART} as one of "
            f"{', '.join(words)}; it holds: {named}",
            ("features",),
        )
    pieces = []
    for word in found:
        own = {role: key.replace(_PART, word) for role, key in keys.items()}
        pieces.append(raw_from_arrays(_arrays(archive, own, path), own, (), box_format))
    shapes = [piece.features.shape[1:] for piece in pieces]
    if len(set(shapes)) > 1:
        raise InputError(
            f"rows of the parts differ in shape: {_spelled(found, shapes)}; bring them to one",
            ("features",),
        )
    kinds = [piece.features.dtype for piece in pieces]
    if len(set(kinds)) > 1:
        raise InputError(
            f"the parts hold numbers of different kinds: {_spelled(found, kinds)}; nothing says how"
            " they compare, so convert them to one",
            ("features",),
        )
    return RawData(
        np.concatenate([piece.features for piece in pieces]),
        np.concatenate([piece.labels for piece in pieces]),
        _joined([piece.groups for piece in pieces]),
        weights=_joined([piece.weights for piece in pieces]),
        parts=np.repeat(found, [len(piece.labels) for piece in pieces]),
        boxes=_joined([piece.boxes for piece in pieces]),
        box_format=pieces[0].box_format,
    )


def _spelled(words: Sequence[str], facts: Sequence[Any]) -> str:
    return ", ".join(f"{word} {fact}" for word, fact in zip(words, facts, strict=True))


def _joined(pieces: list[NDArray[Any] | None]) -> NDArray[Any] | None:
    given = [piece for piece in pieces if piece is not None]
    return np.concatenate(given) if given else None
