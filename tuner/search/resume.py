"""Whether the run in a folder may go on as a study, and what must be done for it first."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

import optuna

from tuner.data import Dataset, Splits
from tuner.errors import InputError
from tuner.search.adaptation import adapt
from tuner.search.beginning import begin_run, refuse_foreign
from tuner.search.claims import living
from tuner.search.database import Database
from tuner.search.identity import check_identity, identity
from tuner.search.patience import Patience
from tuner.search.repair import repair_database, set_aside_damaged
from tuner.search.run_folder import RunFolder
from tuner.search.space import space_of
from tuner.search.store import Store
from tuner.search.trainer import make_hypermodel
from tuner.study import Study

__all__ = ["claim", "needed_bytes", "resume"]

_FACTS = 2_000
"""Bytes that a trained network takes beside its predictions; less than was ever seen."""

_REST = 1_000_000
"""Bytes of an empty database, report and model; a run folder has half of it at least."""


def resume(
    study: Study,
    dataset: Dataset,
    splits: Splits,
    folder: RunFolder,
    database: Database,
    patience: Patience | None = None,
) -> list[str]:
    """Repairs the folder and makes sure that its run, if there is one, is of this study.

    Args:
        study: What is to be run.
        dataset: Its data.
        splits: Their division.
        folder: The run's folder, locked.
        database: Where the trials lie; on a server there is nothing to repair.
        patience: How a server is waited for.

    Returns:
        A line for each thing that was done or found.

    Raises:
        InputError: The run is of another study, or too little space is free.
        StoreError: Something cannot be written.
    """
    told = [] if database.shared else repair_database(folder)
    told += claim(study, dataset, folder, database, patience)
    told += set_aside_damaged(folder, "the database" if database.shared else "study.db")
    trained = 0 if database.shared else study.search.trials
    folder.check_space(needed_bytes(trained, dataset, splits, folder))
    return told


def claim(
    study: Study,
    dataset: Dataset,
    folder: RunFolder,
    database: Database,
    patience: Patience | None = None,
) -> list[str]:
    """Makes sure that the run in a database is of this study, or begins one.

    Machines that start at once do this one after another.

    Args:
        study: What is to be run.
        dataset: Its data.
        folder: Named in messages where the database lies in it.
        database: Where the trials lie.
        patience: How a server is waited for.

    Returns:
        A line for each thing that was changed.

    Raises:
        InputError: The run is of another study or program, or others run trials of it in the old
            space.
        StoreError: The database cannot be written.
    """
    # Of a server that is away one line is told, and not what Optuna makes of each try.
    optuna.logging.set_verbosity(logging.ERROR if database.shared else logging.WARNING)
    where = f"{study.name} on {database}" if database.shared else str(folder.path)
    store = Store(database, None, study.objective.directions, patience)
    try:
        return store.in_turn(partial(_claim, store, study, dataset, where))
    finally:
        store.close()


def _claim(store: Store, study: Study, dataset: Dataset, where: str) -> list[str]:
    refuse_foreign(store)
    before, now = store.identity(), identity(study, dataset)
    if not before:
        begin_run(store, now, study.objective.directions)
    if not before or before == now:
        return []
    trials = {trial.number: trial.params for trial in store.trials()}
    resumed = check_identity(before, now, where, trials)
    _refuse_while_run(store, where, resumed.changes)
    adapt(store, now, resumed.trials, space_of(make_hypermodel(study, dataset)))
    lie = f"its {len(trials)} trials lie in it and count"
    return [f"the search space changed ({change}); {lie}" for change in resumed.changes]


def _refuse_while_run(store: Store, where: str, changes: Sequence[str]) -> None:
    """Others remember the trials as the old space has them, and would go on in it."""
    if not store.database.shared:
        return
    if held := living(store.engine, store.study_id):
        changed = "; ".join(changes) or "the order of options"
        raise InputError(
            f"{where}: the search space changed ({changed}), and {len(held)} trials are being run "
            "with the old one; stop those processes, or wait for them"
        )


def needed_bytes(trained: int, dataset: Dataset, splits: Splits, folder: RunFolder) -> int:
    """What a run will write at the least: predictions of all networks, twice, and the rest.

    Args:
        trained: Trials whose networks are kept in the folder.
        dataset: Its classes count.
        splits: The sizes of validation parts count.
        folder: What is there already needs no space.
    """
    rows = sum(len(fold.validation) + _FACTS // (4 * _columns(dataset)) for fold in splits.folds)
    units = trained * rows * 4 * _columns(dataset)
    there = [path for path in (folder.database, folder.database_copy) if path.is_file()]
    return max(0, 2 * units - sum(path.stat().st_size for path in there)) + _REST


def _columns(dataset: Dataset) -> int:
    return len(dataset.classes)
