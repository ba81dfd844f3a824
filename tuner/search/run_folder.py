"""The folder of one run: names of its files, and writing that never leaves half a file."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from tuner.errors import InputError, MinorityTunerError

__all__ = ["FolderInUse", "RunFolder", "StoreError", "write_atomically"]


_TEMPORARY = re.compile(r"\.(.+\..+|SHA256SUMS|probe)\.([a-z0-9_]{8}|new)")
"""Names of files that are being written: a file's own name between a dot and what is random."""

_PROBE = b"\0" * 65536
"""Written to see whether a folder takes data: a full disk may still take empty files."""


class StoreError(MinorityTunerError):
    """Something cannot be written; what was computed before is kept."""


class FolderInUse(InputError):
    """Another process runs the study of this folder."""


@dataclass(frozen=True)
class RunFolder:
    """``runs/<name>``.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def study(self) -> Path:
        """The study as it was run."""
        return self.path / "study.yaml"

    @property
    def database(self) -> Path:
        """Trials and units, in SQLite."""
        return self.path / "study.db"

    @property
    def database_copy(self) -> Path:
        """The database as it was a short while ago; see `DatabaseCopy`."""
        return self.path / "study.db.copy"

    @property
    def checksums(self) -> Path:
        """SHA-256 of the other files, as ``sha256sum -c`` reads it."""
        return self.path / "SHA256SUMS"

    @property
    def results(self) -> Path:
        """Everything that was found, as JSON."""
        return self.path / "results.json"

    @property
    def curves(self) -> Path:
        """What the report draws and the results do not hold, as JSON."""
        return self.path / "curves.json"

    @property
    def trials(self) -> Path:
        """One line for each trial."""
        return self.path / "trials.csv"

    @property
    def environment(self) -> Path:
        """Versions and machine."""
        return self.path / "environment.json"

    @property
    def report(self) -> Path:
        """The report for people."""
        return self.path / "report.html"

    @property
    def best_model(self) -> Path:
        """Folder of the winner."""
        return self.path / "best_model"

    @property
    def tracking(self) -> Path:
        """Folder of what other programs read of the run, and of what is known of them."""
        return self.path / "tracking"

    def create(self) -> None:
        """Makes the folder and tries to write in it, and removes what a killed process half wrote.

        Raises:
            InputError: It cannot be written; nothing was trained yet.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._sweep()
            with tempfile.NamedTemporaryFile(dir=self.path, prefix=".probe.") as file:
                file.write(_PROBE)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise self._unwritable(error) from None
        if self.database.exists() and not os.access(self.database, os.W_OK):
            raise InputError(f"cannot write to {self.database}: it is read-only")

    def check_space(self, needed: int) -> None:
        """Makes sure that so many bytes are free.

        Raises:
            InputError: They are not; nothing was trained yet.
        """
        free = shutil.disk_usage(self.path).free
        if free < needed:
            raise InputError(
                f"cannot write to {self.path}: {free / 1e6:.1f} MB are free there and this run"
                f" needs {needed / 1e6:.1f} MB or more; free some, or give another --runs-dir"
            )

    def move_aside(self, path: Path) -> Path:
        """Renames a damaged file of the folder to the first free ``<name>.damaged-N``.

        What SQLite keeps beside a database goes with it, or it would be applied to the next one.

        Raises:
            StoreError: It cannot be renamed.
        """
        numbered = (path.with_name(f"{path.name}.damaged-{n}") for n in itertools.count(1))
        aside = next(free for free in numbered if not _taken(free))
        try:
            for ending in ("", *_BESIDE):
                part = path.with_name(path.name + ending)
                if part.exists():
                    part.rename(aside.with_name(aside.name + ending))
        except OSError as error:
            raise StoreError(f"cannot set {path} aside: {error.strerror}") from None
        return aside

    def _sweep(self) -> None:
        """Removes temporary files; the folder is locked, so that nobody is writing them."""
        for folder in (self.path, self.best_model):
            for left in folder.glob(".*"):
                if _TEMPORARY.fullmatch(left.name) and left.is_file():
                    left.unlink()

    def set_aside(self) -> Path | None:
        """Renames an existing folder, so that a fresh run can start; nothing is deleted.

        Raises:
            InputError: It cannot be renamed.
        """
        if not self.path.exists():
            return None
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S-%f")
        aside = self.path.with_name(f"{self.path.name}.{stamp}")
        try:
            self.path.rename(aside)
        except OSError as error:
            raise self._unwritable(error) from None
        return aside

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps a second process out of the same run; a killed process leaves no lock behind.

        The lock lies beside the folder, so that it holds while the folder is renamed.

        Raises:
            FolderInUse: Another process runs this study.
            InputError: Nothing can be written here.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = (self.path.parent / f".{self.path.name}.lock").open("w")
        except OSError as error:
            raise self._unwritable(error) from None
        with file:
            _lock(file, self.path)
            yield

    def _unwritable(self, error: OSError) -> InputError:
        reason = error.strerror or str(error)
        return InputError(f"cannot write to {self.path}: {reason}; give another --runs-dir")


_BESIDE = ("-journal", "-wal", "-shm")
"""Endings of the files that SQLite keeps beside a database."""


def _taken(path: Path) -> bool:
    return any(path.with_name(path.name + ending).exists() for ending in ("", *_BESIDE))


def _lock(file: IO[str], path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows has no fcntl; two runs at once are then not noticed
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise FolderInUse(
            f"another process is running {path}; wait for it, or give another --runs-dir"
        ) from None


def write_atomically(
    path: Path, content: str | bytes, kept: str = "finished trials are kept"
) -> None:
    """Replaces a file as a whole; a reader, or a crash, sees the old or the new one.

    Args:
        path: The file; its folder exists.
        content: Text is written as UTF-8.
        kept: What an error may say for comfort; empty where nothing was trained.

    Raises:
        StoreError: It cannot be written.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)  # mkstemp's 0600 would hide results from colleagues
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        told = [f"cannot write {path}: {error.strerror}", *[kept] * bool(kept)]
        raise StoreError("; ".join(told)) from None
