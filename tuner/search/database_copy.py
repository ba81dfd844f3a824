"""A copy of the database beside it, from which a damaged one is restored.

SQLite's backup interface takes it between two transactions, so it is always whole. It is written
beside the last one, which it then replaces, so that there is always one.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tuner.search.observer import Observer
from tuner.search.records import TrialRecord
from tuner.search.run_folder import RunFolder

__all__ = ["KeepsCopy", "copy_database"]

_SHARE = 0.01
"""Share of the time that is spent on copying at most; the end of a search aside."""


def copy_database(source: Path, target: Path) -> None:
    """Copies an SQLite database, also while it is in use, and replaces `target` as a whole.

    Raises:
        sqlite3.Error: The source is damaged, or the copy cannot be written.
        OSError: The copy cannot be written.
    """
    new = target.with_name(f".{target.name}.new")
    new.unlink(missing_ok=True)
    try:
        uri = f"{source.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True)) as one, closing(sqlite3.connect(new)) as other:
            one.backup(other)
        with new.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(new, target)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise


class KeepsCopy(Observer):
    """Copies the database after networks, as often as a hundredth of the time allows.

    A copy that cannot be written costs no trial: the last one stays.

    Args:
        folder: The run's folder; without a database file in it nothing is copied.
        clock: Seconds from anywhere; for tests.
    """

    def __init__(self, folder: RunFolder, clock: Callable[[], float] = time.perf_counter) -> None:
        self._folder, self._clock = folder, clock
        self._due = clock()

    def unit_ends(self, number: int, done: int, units: int) -> None:
        """Copies if it is time."""
        self._copy_if_due()

    def trial_ends(self, record: TrialRecord) -> None:
        """Copies if it is time."""
        self._copy_if_due()

    def search_ends(self, reason: str) -> None:
        """Copies."""
        self._copy()

    def networks_go_on(self, done: int, networks: int) -> None:
        """Copies where it is time."""
        self._copy_if_due()

    def networks_end(self) -> None:
        """Copies."""
        self._copy()

    def _copy_if_due(self) -> None:
        if self._clock() >= self._due:
            started = self._clock()
            self._copy()
            ended = self._clock()
            self._due = ended + (ended - started) / _SHARE

    def _copy(self) -> None:
        if self._folder.database.is_file():
            with contextlib.suppress(OSError, sqlite3.Error):
                copy_database(self._folder.database, self._folder.database_copy)
