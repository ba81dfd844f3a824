"""Runs the search of a study, from wherever an earlier run left it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from tuner.data import Dataset, Splits
from tuner.search.claims import Claims, HeldHere, HeldOnServer
from tuner.search.compare import Compared, compare
from tuner.search.confirm import Confirmation, confirm
from tuner.search.crew import work_off
from tuner.search.database import Database
from tuner.search.identity import identity
from tuner.search.interrupt import Interrupt, StopAtOnce
from tuner.search.learning import LearningCurve
from tuner.search.nursery import Nursery
from tuner.search.observer import Observer
from tuner.search.oracle import StudyOracle
from tuner.search.patience import Patience
from tuner.search.pruning import make_pruner
from tuner.search.random_search import RandomSearch, random_search
from tuner.search.records import TrialRecord
from tuner.search.run_folder import RunFolder
from tuner.search.samplers import make_sampler
from tuner.search.start import first_configurations
from tuner.search.store import Store
from tuner.search.telling import Telling
from tuner.search.trainer import Trainer, make_hypermodel
from tuner.search.tuner import Parts, StudyTuner
from tuner.search.units import learning_curves
from tuner.study import Study

__all__ = ["SearchResult", "best_record", "candidates", "ranked", "run_search"]


_DRAWN = 5
"""Trials whose learning curves a report draws."""


@dataclass(frozen=True)
class SearchResult:
    """What a search left behind.

    Attributes:
        records: All trials by number.
        stopped: Why it ended: ``trials``, ``exhausted``, ``time_limit``, ``target``, or
            ``interrupted``.
        confirmed: What the best trials reached when they were trained again, in the order of the
            search; empty where the study asks for none.
        compared: What the values of places reached; empty where the study compares none.
        random: What random configurations reached; None where the study asks for none.
        learning: How the networks of the best trials learned.
    """

    records: tuple[TrialRecord, ...]
    stopped: str
    confirmed: tuple[Confirmation, ...] = ()
    compared: tuple[Compared, ...] = ()
    random: RandomSearch | None = None
    learning: tuple[LearningCurve, ...] = ()


def run_search(
    study: Study,
    dataset: Dataset,
    splits: Splits,
    folder: RunFolder,
    database: Database,
    observer: Observer,
    interrupt: Interrupt,
    patience: Patience | None = None,
    nursery: Nursery | None = None,
) -> SearchResult:
    """Tries configurations until the study's budget is used up.

    An interruption (Ctrl-C) ends the search with what is there; its running trials are taken up
    again by the next run.

    Args:
        study: What is searched.
        dataset: All rows.
        splits: Their division.
        folder: The run's folder.
        database: Holds the trials; see `tuner.search.resume`.
        observer: Hears of every step.
        interrupt: Knows whether the person wants to stop.
        patience: How a server is waited for.
        nursery: Where worker processes come from, closed at the end; None: one of its own.

    Raises:
        InputError: Another machine has changed what the run is about, or workers cannot know an
            entry that the main program registered.
        StoreError: The database cannot be written.
        StopAtOnce: Ctrl-C was pressed twice.
    """
    section = study.search
    nursery = nursery or Nursery(study.training.threads)
    sampler = make_sampler(section.algorithm, study.seed)
    directions = study.objective.directions
    store = Store(database, sampler, directions, patience, identity(study, dataset))
    claims = HeldOnServer(store.engine, store.study_id) if database.shared else HeldHere()
    try:
        oracle = _oracle(study, store, claims)
        ended = [record for record in store.records() if record.state != "running"]
        best = best_record(ended)
        score = best.score if best and not best.collapsed else None
        observer.store_opens(ended, partial(_curves, store, splits))
        observer.search_begins(section.trials, len(ended), score, oracle.seconds_left)
        parts = Parts(
            study=study,
            hypermodel=make_hypermodel(study, dataset),
            oracle=oracle,
            store=store,
            folder=folder,
            dataset=dataset,
            splits=splits,
            telling=Telling(observer, ended),
            interrupt=interrupt,
            nursery=nursery,
            pruner=make_pruner(section.pruning, store, study.training.epochs),
        )
        try:
            work_off(parts, section.trials - len(ended), partial(_search, parts))
            interrupt.check()
        except StopAtOnce:
            raise
        except KeyboardInterrupt:
            oracle.stopped = "interrupted"
        observer.search_ends(oracle.stopped)
        records = tuple(store.records())
        best_of_all = [record.number for record in ranked(records)[:_DRAWN]]
        learning = _curves(store, splits, *best_of_all)
        return _evaluated(parts, SearchResult(records, oracle.stopped, learning=learning))
    finally:
        nursery.close()
        claims.close()
        store.close()


def _curves(store: Store, splits: Splits, *trials: int) -> tuple[LearningCurve, ...]:
    """How the networks of trials learned in the search, and not in what comes after it."""
    searched = {(fold.fold, fold.repeat) for fold in splits.folds}
    found = store.patiently(partial(learning_curves, store.engine, store.study_id, trials))
    return tuple(curve for curve in found if (curve.fold, curve.repeat) in searched)


def _search(parts: Parts, trainer: Trainer, number: int) -> Callable[[], object]:
    search: Callable[[], object] = StudyTuner(parts, trainer, f"tuner{number}").search
    return search


def _evaluated(parts: Parts, result: SearchResult) -> SearchResult:
    """The result, with all that is trained after the search where the study asks for it."""
    best = ranked(result.records)
    if result.stopped == "interrupted" or not best:
        return result
    try:
        chosen = best[: parts.study.evaluation.confirm]
        result = replace(result, confirmed=confirm(parts, chosen))
        result = replace(result, compared=compare(parts))
        ended = sum(record.state != "running" for record in result.records)
        return replace(result, random=random_search(parts, ended))
    except StopAtOnce:
        raise
    except KeyboardInterrupt:
        return replace(result, stopped="interrupted")


def _oracle(study: Study, store: Store, claims: Claims) -> StudyOracle:
    section = study.search
    return StudyOracle(
        store,
        claims,
        study.objective.metric,
        section.trials,
        grid=section.algorithm == "grid",
        seed=study.seed,
        start_with=first_configurations(study),
        target=section.target,
        time_limit=section.time_limit,
    )


def ranked(records: Sequence[TrialRecord]) -> list[TrialRecord]:
    """Finished trials by score, the best first; of equal ones the earliest.

    Collapsed trials come last: their score is that of calling all rows one class.
    """
    finished = [record for record in records if record.score is not None]
    return sorted(finished, key=lambda r: (r.collapsed, -(r.score or 0.0), r.number))


def candidates(result: SearchResult) -> list[TrialRecord]:
    """Trials that may be the winner, the best first.

    Those that were confirmed come first, by what they reached then; then the others, by their score
    in the search; then those that collapsed or failed when they were trained again.
    """
    by_number = {record.number: record for record in result.records}
    again = {one.trial for one in result.confirmed}
    sound = [one for one in result.confirmed if one.score is not None and not one.collapsed]
    # Of equal ones the better one of the search stays first.
    sound.sort(key=lambda one: -(one.score or 0.0))
    first = [by_number[one.trial] for one in sound]
    rest = [record for record in ranked(result.records) if record not in first]
    return first + sorted(rest, key=lambda record: record.number in again)


def best_record(records: Sequence[TrialRecord]) -> TrialRecord | None:
    """The first of the ranked trials; None where none has finished."""
    return next(iter(ranked(records)), None)
