"""Runs the search of a study, from wherever an earlier run left it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tuner.data import Dataset, Splits
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.search.interrupt import Interrupt
from tuner.search.observer import Observer
from tuner.search.oracle import StudyOracle
from tuner.search.pruning import make_pruner
from tuner.search.records import TrialRecord
from tuner.search.run_folder import RunFolder
from tuner.search.samplers import make_sampler
from tuner.search.start import first_configurations
from tuner.search.store import Store
from tuner.search.tuner import StudyTuner
from tuner.study import Study

__all__ = ["SearchResult", "best_record", "make_hypermodel", "ranked", "run_search"]


@dataclass(frozen=True)
class SearchResult:
    """What a search left behind.

    Attributes:
        records: All trials by number.
        stopped: Why it ended: ``trials``, ``exhausted``, ``time_limit``, ``target``, or
            ``interrupted``.
    """

    records: tuple[TrialRecord, ...]
    stopped: str


def run_search(
    study: Study,
    dataset: Dataset,
    splits: Splits,
    folder: RunFolder,
    observer: Observer,
    interrupt: Interrupt,
) -> SearchResult:
    """Tries configurations until the study's budget is used up.

    An interruption (Ctrl-C) ends the search with what is there; its running trial is taken up again
    by the next run.

    Args:
        study: What is searched.
        dataset: All rows.
        splits: Their division.
        folder: Holds the database; see `claim`.
        observer: Hears of every step.
        interrupt: Knows whether the person wants to stop.

    Raises:
        StoreError: The database cannot be written.
    """
    store = Store(folder, make_sampler(study.search.algorithm, study.seed))
    try:
        section = study.search
        oracle = StudyOracle(
            store,
            study.objective.metric,
            section.trials,
            grid=section.algorithm == "grid",
            seed=study.seed,
            start_with=first_configurations(study),
            target=section.target,
            time_limit=section.time_limit,
        )
        ended = [record for record in store.records() if record.state != "running"]
        best = best_record(ended)
        score = best.score if best and not best.collapsed else None
        observer.search_begins(section.trials, len(ended), score, oracle.seconds_left)
        try:
            pruner = make_pruner(section.pruning, store.study, study.training.epochs)
            parts = (store, folder, dataset, splits, observer, interrupt, pruner)
            StudyTuner(study, make_hypermodel(study, dataset), oracle, *parts).search()
            interrupt.check()
        except KeyboardInterrupt:
            oracle.stopped = "interrupted"
        observer.search_ends(oracle.stopped)
        return SearchResult(tuple(store.records()), oracle.stopped)
    finally:
        store.close()


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


def ranked(records: Sequence[TrialRecord]) -> list[TrialRecord]:
    """Finished trials by score, the best first; of equal ones the earliest.

    Collapsed trials come last: their score is that of calling all rows one class.
    """
    finished = [record for record in records if record.score is not None]
    return sorted(finished, key=lambda r: (r.collapsed, -(r.score or 0.0), r.number))


def best_record(records: Sequence[TrialRecord]) -> TrialRecord | None:
    """The first of the ranked trials; None where none has finished."""
    return next(iter(ranked(records)), None)
