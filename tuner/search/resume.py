"""Whether the run in a folder may go on as a study, and what must be done for it first."""

from __future__ import annotations

import logging

import keras_tuner
import optuna

from tuner.data import Dataset, Splits
from tuner.search.adaptation import adapt
from tuner.search.identity import check_identity, identity
from tuner.search.repair import repair_database, set_aside_damaged
from tuner.search.run import make_hypermodel
from tuner.search.run_folder import RunFolder
from tuner.search.space import dimensions
from tuner.search.store import Store
from tuner.study import Study

__all__ = ["needed_bytes", "resume"]

_FACTS = 2_000
"""Bytes that a trained network takes beside its predictions; less than was ever seen."""

_REST = 1_000_000
"""Bytes of an empty database, report and model; a run folder has half of it at least."""


def resume(study: Study, dataset: Dataset, splits: Splits, folder: RunFolder) -> list[str]:
    """Repairs the folder and makes sure that its run, if there is one, is of this study.

    Returns:
        A line for each thing that was done or found.

    Raises:
        InputError: The folder holds a run of another study, or too little space is free.
        StoreError: Something cannot be written.
    """
    optuna.logging.set_verbosity(logging.WARNING)
    told = repair_database(folder)
    told += _claim(study, dataset, folder)
    told += set_aside_damaged(folder)
    folder.check_space(needed_bytes(study, dataset, splits, folder))
    return told


def _claim(study: Study, dataset: Dataset, folder: RunFolder) -> list[str]:
    store, now = Store(folder), identity(study, dataset)
    try:
        before = store.identity()
        if not before:
            store.set_identity(now)
        if not before or before == now:
            return []
        trials = {trial.number: trial.params for trial in store.study.get_trials(deepcopy=False)}
        resumed = check_identity(before, now, str(folder.path), trials)
        hyperparameters = keras_tuner.HyperParameters()
        make_hypermodel(study, dataset).configure(hyperparameters)
        adapt(store, now, resumed.trials, dimensions(hyperparameters))
    finally:
        store.close()
    lie = f"its {len(trials)} trials lie in it and count"
    return [f"the search space changed ({change}); {lie}" for change in resumed.changes]


def needed_bytes(study: Study, dataset: Dataset, splits: Splits, folder: RunFolder) -> int:
    """What a run will write at the least: predictions of all networks, twice, and the rest."""
    rows = sum(len(fold.validation) + _FACTS // (4 * _columns(dataset)) for fold in splits.folds)
    units = study.search.trials * rows * 4 * _columns(dataset)
    there = [path for path in (folder.database, folder.database_copy) if path.is_file()]
    return max(0, 2 * units - sum(path.stat().st_size for path in there)) + _REST


def _columns(dataset: Dataset) -> int:
    return len(dataset.classes)
