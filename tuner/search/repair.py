"""What a run does about files of its folder that are damaged or gone.

A damaged file is set aside under another name and never deleted. The database comes back from its
copy; everything else is made anew from the database. Each file is told in one line.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from tuner.search.checksums import damaged
from tuner.search.database_copy import copy_database
from tuner.search.run_folder import RunFolder, StoreError

__all__ = ["database_fault", "is_whole", "repair_database", "set_aside_damaged"]

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def database_fault(path: Path, patience: float = 60.0) -> str:
    """What is wrong with an SQLite file; empty where nothing is.

    A database that stays locked for longer than `patience` seconds, or that lies on a full disk, is
    not damaged.
    """
    if not path.exists():
        return "is missing"
    if path.is_file() and not path.stat().st_size:
        return "is empty"
    try:
        with closing(sqlite3.connect(path, timeout=patience)) as connection:
            [found] = connection.execute("pragma integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        wrong = getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE
        return f"is damaged ({error})" if wrong else ""
    return "" if found == "ok" else f"is damaged ({' '.join(found.split())})"


def is_whole(folder: RunFolder, databases: bool = True) -> bool:
    """Whether a finished run's files are all as they were written.

    Args:
        folder: The run's folder.
        databases: Whether its trials lie in it.
    """
    own = (folder.database, folder.database_copy) if databases else ()
    return damaged(folder) == [] and not any(database_fault(path) for path in own)


def repair_database(folder: RunFolder) -> list[str]:
    """Sets a damaged database aside and restores its copy.

    Returns:
        A line for each file: what was found and what was done.

    Raises:
        StoreError: A file cannot be renamed or written.
    """
    fault = database_fault(folder.database)
    absent = fault in ("is missing", "is empty")
    if not fault or (absent and not _begun(folder)):
        return []
    # A journal without its database would be applied to the next one.
    told = _moved(folder, folder.database, fault)
    if lost := database_fault(folder.database_copy):
        lines = [f"{told}; it has no copy that can be read, so that all trials are run again"]
        if lost != "is missing":
            lines.insert(0, _moved(folder, folder.database_copy, lost))
        return lines
    try:
        copy_database(folder.database_copy, folder.database)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"cannot restore {folder.database}: {error}") from None
    return [
        f"{told}; {_content(folder.database)} are back from study.db.copy, the rest is run again"
    ]


def set_aside_damaged(folder: RunFolder, source: str = "study.db") -> list[str]:
    """Sets files aside that are not as they were written, before all are made anew.

    Args:
        folder: The run's folder.
        source: What they are made of, for the lines.

    Returns:
        A line for each file: what was found and what is done.

    Raises:
        StoreError: A file cannot be renamed.
    """
    found = damaged(folder)
    if found is None:
        return _unknown(folder, source)
    return [_told(folder, path, source) for path in found]


def _unknown(folder: RunFolder, source: str) -> list[str]:
    if not folder.results.exists() and not folder.checksums.exists():
        return []
    fault = "is damaged" if folder.checksums.exists() else "is missing"
    told = _moved(folder, folder.checksums, fault)
    lines = [f"{told}; results and model are made anew from {source}"]
    if folder.results.exists() and not _is_json(folder.results):
        lines.append(_told(folder, folder.results, source))
    return lines


def _told(folder: RunFolder, path: Path, source: str) -> str:
    told = _moved(folder, path, "is damaged" if path.exists() else "is missing")
    if path.parent == folder.best_model:
        return f"{told}; the winner is trained again"
    if path in (folder.study, folder.environment):
        return f"{told}; written anew, as of this run"
    return f"{told}; made anew from {source}"


def _moved(folder: RunFolder, path: Path, fault: str) -> str:
    name = path.relative_to(folder.path).as_posix()
    if fault == "is missing" and not any(path.parent.glob(f"{path.name}-*")):
        return f"{name} is missing"
    return f"{name} {fault}: set aside as {folder.move_aside(path).name}"


def _begun(folder: RunFolder) -> bool:
    """Whether there was a run here whose database should be there."""
    return folder.database_copy.exists() or folder.results.exists()


def _content(database: Path) -> str:
    with closing(sqlite3.connect(database)) as connection:
        ended = "select count(*) from trials where state in ('COMPLETE', 'PRUNED', 'FAIL')"
        [trials] = connection.execute(ended).fetchone()
        [units] = connection.execute("select count(*) from minority_tuner_units").fetchone()
    return f"{trials} ended trials and {units} trained networks"


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True
