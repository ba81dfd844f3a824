"""The registry of loaders, and how they find files."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from tuner.data.dataset import RawData
from tuner.errors import InputError
from tuner.registry import Registry

__all__ = ["LOADERS", "existing_file", "existing_folder"]

LOADERS: Registry[RawData] = Registry("loader")

_VARIABLE = "MINORITY_TUNER_DATA"
"""Names a folder with data that is not beside the studies and definitions that use it."""


def existing_file(location: str, folder: Path, key: str) -> Path:
    """The file at `location`: relative to `folder`, else in the folder that a variable names.

    Raises:
        InputError: There is no such file; names a neighbour that is spelled alike.
    """
    for path in _candidates(location, folder):
        if path.is_file():
            return path
    raise _absent("file", location, folder, key)


def existing_folder(location: str, folder: Path, key: str) -> Path:
    """The folder at `location`, found like a file.

    Raises:
        InputError: There is no such folder.
    """
    for path in _candidates(location, folder):
        if path.is_dir():
            return path
    raise _absent("folder", location, folder, key)


def _candidates(location: str, folder: Path) -> list[Path]:
    elsewhere = os.environ.get(_VARIABLE)
    return [folder / location, *([Path(elsewhere) / location] if elsewhere else [])]


def _absent(what: str, location: str, folder: Path, key: str) -> InputError:
    path, *others = _candidates(location, folder)
    if path.exists():
        other = "file" if what == "folder" else "folder"
        return InputError(f"expected a {what}, but {path} is a {other}", (key,))
    # A file of another kind is not what was meant: often it is the definition that names this one.
    beside = [p.name for p in path.parent.glob("*") if p.suffix == path.suffix]
    near = difflib.get_close_matches(path.name, beside, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    if others:
        hint = f", nor in {others[0].parent} ({_VARIABLE}){hint}"
    elif not near:
        hint = f"; put it there, or name its folder in the variable {_VARIABLE}"
    return InputError(f"no such {what}: {path}{hint}", (key,))
