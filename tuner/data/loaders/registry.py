"""The registry of loaders."""

from __future__ import annotations

import difflib
from pathlib import Path

from tuner.data.dataset import RawData
from tuner.errors import InputError
from tuner.registry import Registry

__all__ = ["LOADERS", "existing_file"]

LOADERS: Registry[RawData] = Registry("loader")


def existing_file(location: str, folder: Path, key: str) -> Path:
    """The file at `location`, which may be relative to `folder`.

    Raises:
        InputError: There is no such file; names a neighbour that is spelled alike.
    """
    path = folder / location
    if path.is_file():
        return path
    beside = [p.name for p in path.parent.glob("*") if p.is_file()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, beside, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise InputError(f"no such file: {path}{hint}", (key,))
