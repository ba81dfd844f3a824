"""``SHA256SUMS``: how a later run, or ``sha256sum -c``, sees that a file is as it was written.

The database is not listed: it changes with every trial, and SQLite checks it itself.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from tuner.search.run_folder import RunFolder, write_atomically

__all__ = ["damaged", "reseal", "seal", "unseal"]

_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def seal(folder: RunFolder, paths: Iterable[Path] | None = None) -> None:
    """Writes the checksums of the given files, or of all that are there.

    Raises:
        StoreError: It cannot be written.
    """
    names = {path.relative_to(folder.path).as_posix(): path for path in paths or _of(folder)}
    lines = [f"{_digest(path)}  {name}" for name, path in names.items()]
    write_atomically(folder.checksums, "".join(f"{line}\n" for line in lines))


def reseal(folder: RunFolder, path: Path) -> None:
    """Replaces the checksum of one file that was written anew; nothing where it had none.

    Raises:
        StoreError: It cannot be written.
    """
    name = path.relative_to(folder.path).as_posix()
    try:
        lines = folder.checksums.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    told = [f"{_digest(path)}  {name}" if line[66:] == name else line for line in lines]
    write_atomically(folder.checksums, "".join(f"{line}\n" for line in told))


def unseal(folder: RunFolder) -> None:
    """Removes the checksums, before files change that they speak of."""
    folder.checksums.unlink(missing_ok=True)


def damaged(folder: RunFolder) -> list[Path] | None:
    """Files that are not as they were sealed, missing ones included.

    None where nothing is known: the checksums are missing, or damaged themselves.
    """
    try:
        text = folder.checksums.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    lines = [_LINE.fullmatch(line) for line in text.splitlines()]
    if not text.endswith("\n") or not all(lines):
        return None
    sealed = {folder.path / line[2]: line[1] for line in lines if line}
    return [path for path, digest in sealed.items() if not _is(path, digest)]


def _of(folder: RunFolder) -> list[Path]:
    told = (folder.results, folder.curves, folder.trials, folder.report)
    own = (folder.study, folder.environment, *told)
    model = folder.best_model.glob("*") if folder.best_model.is_dir() else ()
    named = [path for path in model if not path.name.startswith(".")]
    return [
        *(path for path in own if path.is_file()),
        *sorted(path for path in named if path.is_file() and ".damaged-" not in path.name),
    ]


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and _digest(path) == digest


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
