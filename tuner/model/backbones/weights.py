"""Weights of an architecture from a file of the person's own; nothing is ever fetched.

Keras has three formats: ``.weights.h5``, ``.keras``, and the ``.h5`` of its published weights. A
study is checked without Keras, by what the file holds; its order is seen when it is read.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tuner.errors import InputError, brief
from tuner.model.backbones.architectures import ARCHITECTURES

if TYPE_CHECKING:
    import keras

__all__ = ["load_weights", "refusal_of_file"]

_SUFFIXES = (".h5", ".hdf5", ".keras")

_INSIDE = "model.weights.h5"
"""Where a ``.keras`` file, which is a ZIP archive, holds the weights."""

_kept: dict[tuple[str, str, int, int], list[NDArray[Any]]] = {}
"""The arrays of the file that was read last, by its path, architecture and state."""


_UNREADABLE = (OSError, KeyError, ValueError, RuntimeError, AttributeError, zipfile.BadZipFile)
"""What h5py, Keras and zipfile say of files that are damaged."""


def refusal_of_file(path: str, architecture: str) -> str | None:
    """Why a file cannot be the weights of an architecture, or None; Keras is not needed.

    Args:
        path: Of the file.
        architecture: One of `ARCHITECTURES`.
    """
    if not Path(path).is_file():
        return f"there is no file {path}; give the path of weights that Keras saved"
    if not path.endswith(_SUFFIXES):
        return f"expected a file of Keras, .weights.h5, .h5 or .keras, got {Path(path).name}"
    try:
        held = _numbers(path)
    except _UNREADABLE as error:
        return f"{Path(path).name} cannot be read: {brief(error)}"
    expected = ARCHITECTURES[architecture].numbers
    if held != expected:
        return (
            f"{Path(path).name} holds {held:,} numbers, and {architecture} for three channels has"
            f" {expected:,} without its top; give weights that were saved with include_top=False"
        )
    return None


def _numbers(path: str) -> int:
    import h5py

    with _opened(path) as stream, h5py.File(stream, "r") as file:
        return sum(
            int(np.prod(one.shape))
            for name, one in _datasets(file)
            # What is left of an optimizer and of random numbers is no part of the network.
            if one.dtype.kind == "f" and not name.startswith("/optimizer")
        )


@contextmanager
def _opened(path: str) -> Iterator[Any]:
    if not path.endswith(".keras"):
        with open(path, "rb") as stream:
            yield stream
        return
    with zipfile.ZipFile(path) as archive:
        yield io.BytesIO(archive.read(_INSIDE))


def _datasets(group: Any) -> Iterator[tuple[str, Any]]:
    for one in group.values():
        if hasattr(one, "shape"):
            yield one.name, one
        else:
            yield from _datasets(one)


def load_weights(network: keras.Model, path: str, architecture: str) -> None:
    """Gives a network the weights of a file.

    A process that trains many networks reads the file once.

    Args:
        network: Of the architecture, for pictures of three channels.
        path: Of the file.
        architecture: One of `ARCHITECTURES`.

    Raises:
        InputError: There is no such file, or it is of another network.
    """
    if reason := refusal_of_file(path, architecture):
        raise InputError(reason, ("model", "weights"))
    state = Path(path).stat()
    key = (path, architecture, state.st_mtime_ns, state.st_size)
    if key in _kept:
        network.set_weights(_kept[key])
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # layers that would stay as they are
            network.load_weights(path)
    except (*_UNREADABLE, UserWarning) as error:
        raise InputError(
            f"{Path(path).name} is no file of {architecture}: {brief(error)}", ("model", "weights")
        ) from None
    _kept.clear()
    _kept[key] = network.get_weights()
