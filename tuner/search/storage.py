"""Whether a run lies in its folder or on a server, and keeping it there under another name."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial

import optuna
import sqlalchemy as sa
from optuna.storages._rdb.models import StudyModel

from tuner.errors import InputError
from tuner.search.beginning import refuse_foreign
from tuner.search.claims import living
from tuner.search.database import Database
from tuner.search.patience import Patience
from tuner.search.run_folder import RunFolder
from tuner.search.store import Store

__all__ = ["choose_database", "set_study_aside"]


def choose_database(name: str, folder: RunFolder, storage: str | None) -> Database:
    """Where the trials of a study lie: in its folder, unless a server is given.

    Args:
        name: Of the study.
        folder: The run's folder, which may not exist yet.
        storage: URL of a database on a server, or None.

    Raises:
        InputError: The URL is wrong, or an earlier run of this folder lies elsewhere.
    """
    if storage is None:
        if server := _server_of(folder):
            raise InputError(
                f"the trials of {folder.path} lie on a server: go on with --storage {server}, or "
                "start over with --fresh, which keeps the old run under another name"
            )
        return Database.in_folder(folder)
    if folder.database.exists():
        raise InputError(
            f"the trials of {folder.path} lie in its study.db: go on without --storage, or start "
            "over with --fresh, which keeps the old run under another name"
        )
    return Database.on_server(storage, name)


def _server_of(folder: RunFolder) -> str:
    """The server of the folder's run, as `choose_database` shows it; empty where it has none."""
    if folder.database.exists():
        return ""
    try:
        content = json.loads(folder.environment.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(content.get("storage", "")) if isinstance(content, dict) else ""


def set_study_aside(database: Database, patience: Patience | None = None) -> str | None:
    """Renames a study on a server, so that a fresh one can start; nothing is deleted.

    Returns:
        Its new name; None where there is no such study.

    Raises:
        InputError: It is being run, or is not of this program.
        StoreError: The server was away for too long.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    store = Store(database, patience=patience)
    try:
        return store.in_turn(partial(_rename, store))
    finally:
        store.close()


def _rename(store: Store) -> str | None:
    name = store.database.study_name
    refuse_foreign(store)
    if not store.identity():  # it was made just now, by this process or by one that begins
        return None
    if held := living(store.engine, store.study_id):
        raise InputError(
            f"{store.database}: {len(held)} trials of {name} are being run; stop those processes, "
            "or wait for them"
        )
    aside = f"{name}.{datetime.now().strftime('%Y%m%d-%H%M%S-%f')}"
    own = StudyModel.study_id == store.study_id
    with store.engine.begin() as connection:
        connection.execute(sa.update(StudyModel).where(own).values(study_name=aside))
    return aside
