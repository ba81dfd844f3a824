"""Runs the search of a study, from wherever an earlier run left it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import optuna

from tuner.data import Dataset, Splits
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.search.identity import check_identity, identity
from tuner.search.interrupt import Interrupt
from tuner.search.observer import Observer
from tuner.search.oracle import StudyOracle
from tuner.search.records import TrialRecord
from tuner.search.run_folder import RunFolder
from tuner.search.samplers import make_sampler
from tuner.search.store import Store
from tuner.search.tuner import StudyTuner
from tuner.study import Study

__all__ = ["SearchResult", "best_record", "make_hypermodel", "run_search"]


@dataclass(frozen=True)
class SearchResult:
    """What a search left behind.

    Attributes:
        records: All trials by number.
        stopped: Why it ended: ``trials``, ``exhausted``, ``time_limit``, or ``interrupted``.
    """

    records: tuple[TrialRecord, ...]
    stopped: str


def run_search(
    study: Study, dataset: Dataset, splits: Splits, folder: RunFolder, observer: Observer
) -> SearchResult:
    """Tries configurations until the study's budget is used up.

    An interruption (Ctrl-C) ends the search with what is there; its running trial is taken up again
    by the next run.

    Args:
        study: What is searched.
        dataset: All rows.
        splits: Their division.
        folder: Holds the database; created by the caller.
        observer: Hears of every step.

    Raises:
        InputError: The folder holds a run of another study.
        StoreError: The database cannot be written.
    """
    optuna.logging.set_verbosity(logging.WARNING)
    store = Store(folder, make_sampler(study.search.algorithm, study.seed))
    try:
        now = identity(study, dataset)
        if before := store.identity():
            check_identity(before, now, str(folder.path))
        else:
            store.set_identity(now)
        stopped = _search(study, dataset, splits, folder, store, observer)
        return SearchResult(tuple(store.records()), stopped)
    finally:
        store.close()


def _search(
    study: Study,
    dataset: Dataset,
    splits: Splits,
    folder: RunFolder,
    store: Store,
    observer: Observer,
) -> str:
    section = study.search
    oracle = StudyOracle(
        store,
        study.objective.metric,
        section.trials,
        grid=section.algorithm == "grid",
        seed=study.seed,
        time_limit=section.time_limit,
    )
    hypermodel = make_hypermodel(study, dataset)
    ended = [record for record in store.records() if record.state != "running"]
    observer.search_begins(section.trials, len(ended))
    try:
        with Interrupt() as interrupt:
            parts = (store, folder, dataset, splits, observer, interrupt)
            StudyTuner(study, hypermodel, oracle, *parts).search()
            interrupt.check()
    except KeyboardInterrupt:
        oracle.stopped = "interrupted"
    observer.search_ends(oracle.stopped)
    return oracle.stopped


def make_hypermodel(study: Study, dataset: Dataset) -> ImbalancedHyperModel:
    """The hypermodel of a study for its data."""
    return ImbalancedHyperModel(
        dataset.features.shape[1:],
        dataset.classes,
        model=study.model,
        imbalance=study.imbalance,
        training=study.training,
        name=study.name,
    )


def best_record(records: tuple[TrialRecord, ...]) -> TrialRecord | None:
    """The finished trial with the highest score, the earliest of equal ones; None without any."""
    finished = [record for record in records if record.score is not None]
    return max(finished, key=lambda r: (r.score, -r.number), default=None)
