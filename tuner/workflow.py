"""The whole way of one study, from checked file to written report."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tuner.data import Dataset, Finding, Splits
from tuner.data.boxes import boxes_told
from tuner.devices import use_threads
from tuner.ending import Ending
from tuner.errors import InputError, MinorityTunerError, NoTrialSucceeded
from tuner.model.own.inspection import declared_study
from tuner.report.health import AGAINST_COLLAPSE
from tuner.report.results import environment, evaluation_asked, to_text
from tuner.report.stored import read_results
from tuner.report.tracking.asked import is_tracked, tracking_observers
from tuner.search.checksums import seal, unseal
from tuner.search.database import Database
from tuner.search.database_copy import KeepsCopy
from tuner.search.identity import identity
from tuner.search.interrupt import Interrupt
from tuner.search.nursery import Nursery
from tuner.search.observer import Observer, Observers
from tuner.search.patience import Patience
from tuner.search.repair import is_whole
from tuner.search.resume import claim, resume
from tuner.search.run import SearchResult, ranked, run_search
from tuner.search.run_folder import RunFolder, StoreError, write_atomically
from tuner.search.storage import choose_database
from tuner.study import EvaluationSection, Study

__all__ = ["Outcome", "all_failed", "execute", "finished_content", "help_study"]


@dataclass(frozen=True)
class Outcome:
    """What `execute` leaves.

    Attributes:
        folder: The run folder.
        content: The content of ``results.json``.
    """

    folder: RunFolder
    content: dict[str, Any]


def execute(
    study: Study,
    dataset: Dataset,
    splits: Splits,
    folder: RunFolder,
    observer: Observer | None = None,
    findings: Sequence[Finding] = (),
    tell: Callable[[str], object] | None = None,
    storage: str | None = None,
    nursery: Nursery | None = None,
) -> Outcome:
    """Searches, trains the winner, scores it once on the test rows and writes the run folder.

    Args:
        study: What is run.
        dataset: Its data.
        splits: Their division.
        folder: Where everything is written; created by the caller, and locked.
        observer: Hears of every step.
        findings: What was found in the data, for the report.
        tell: Takes a line for each thing of an earlier run that was repaired or has changed, and
            where a database server is away.
        storage: URL of a database on a server, which many machines may share; None: the trials lie
            in the folder.
        nursery: Where worker processes come from; None: the search makes one when it needs it.

    Raises:
        InputError: The run is of another study or lies elsewhere, or too little space is free.
        NoTrialSucceeded: Every trial failed; the folder tells why.
        StoreError: Something cannot be written.
    """
    study, _ = declared_study(study, dataset, splits)
    database = choose_database(study.name, folder, storage)
    copying = [] if database.shared else [KeepsCopy(folder)]
    trackers = tracking_observers(study, folder, tell or _unheard)
    observers = Observers(*copying, *filter(None, [observer]), *trackers)
    parts = (study, dataset, splits, folder, database)
    with closing(observers):
        return _run(*parts, observers, findings, tell, storage or "", nursery)


def _unheard(line: str) -> None:
    """Where nobody wants to be told."""


def _run(
    study: Study,
    dataset: Dataset,
    splits: Splits,
    folder: RunFolder,
    database: Database,
    observer: Observer,
    findings: Sequence[Finding],
    tell: Callable[[str], object] | None,
    storage: str,
    nursery: Nursery | None,
) -> Outcome:
    started = time.perf_counter()
    slower = use_threads(study.training.threads)
    lines = resume(study, dataset, splits, folder, database, Patience(tell))
    for line in [*lines, *[slower] * bool(slower)]:
        if tell:
            tell(line)
    _begin(study, folder, database, storage)
    with Interrupt() as interrupt:
        patience = Patience(tell, interrupt.check)
        parts = (study, dataset, splits, folder, database)
        search = run_search(*parts, observer, interrupt, patience, nursery)
        searched = time.perf_counter()
        won = looked = searched
        ending = Ending(study, dataset, splits, folder, observer, interrupt)
        if search.stopped != "interrupted":
            try:
                ending.train_winner(search)
                won = looked = time.perf_counter()
                ending.look()
                looked = time.perf_counter()
                ending.compare()
            except KeyboardInterrupt:
                search = replace(search, stopped="interrupted")
    seconds = {
        "search": _spent(search),
        "this_run": searched - started,
        "winner": won - searched,
        "attention": looked - won,
        "baselines": time.perf_counter() - looked,
    }
    content = ending.write(search, seconds, findings)
    seal(folder)
    observer.report_written(content, folder.path)
    if search.stopped == "interrupted":
        return Outcome(folder, content)
    if error := _without_answer(search, ending.problem, folder):
        error.content = content
        raise error
    return Outcome(folder, content)


def _without_answer(
    search: SearchResult, problem: str, folder: RunFolder
) -> MinorityTunerError | None:
    """Why a run that was not interrupted has no winner; None where it has one."""
    if problem:
        return MinorityTunerError(
            f"the winner could not be made ({problem}); all trials are kept and reported in "
            f"{folder.path}"
        )
    return None if ranked(search.records) else NoTrialSucceeded(all_failed(search))


def help_study(
    study: Study,
    dataset: Dataset,
    splits: Splits,
    folder: RunFolder,
    storage: str,
    observer: Observer | None = None,
    tell: Callable[[str], object] | None = None,
    nursery: Nursery | None = None,
) -> str:
    """Takes part in a search whose run folder another process holds; writes nothing in it.

    Args:
        study: What is run.
        dataset: Its data.
        splits: Their division.
        folder: The run's folder.
        storage: URL of the database that is shared with the other process.
        observer: Hears of every step.
        tell: Takes a line for each thing that has changed, and where the server is away.
        nursery: As for `execute`.

    Returns:
        Why the search ended; see `SearchResult`.

    Raises:
        InputError: The run is of another study, or does not lie on a server.
        StoreError: The server was away for too long.
    """
    study, _ = declared_study(study, dataset, splits)
    database = choose_database(study.name, folder, storage)
    # Who writes the report trains the best trials again, and compares.
    study = study.model_copy(update={"evaluation": EvaluationSection(confirm=0)})
    slower = use_threads(study.training.threads)
    lines = claim(study, dataset, folder, database, Patience(tell))
    for line in [*lines, *[slower] * bool(slower)]:
        if tell:
            tell(line)
    observer = observer or Observer()
    with tempfile.TemporaryDirectory() as own, closing(observer), Interrupt() as interrupt:
        return run_search(
            study,
            dataset,
            splits,
            RunFolder(Path(own) / study.name),
            database,
            observer,
            interrupt,
            Patience(tell, interrupt.check),
            nursery,
        ).stopped


def _begin(study: Study, folder: RunFolder, database: Database, storage: str) -> None:
    try:
        unseal(folder)
    except OSError as error:
        raise StoreError(f"cannot write to {folder.path}: {error.strerror}") from None
    server = str(database) if database.shared else ""
    write_atomically(folder.study, study.document.text)
    write_atomically(folder.environment, to_text(environment(server, storage)))
    seal(folder, (folder.study, folder.environment))


def finished_content(
    study: Study, dataset: Dataset, folder: RunFolder, storage: str | None = None
) -> dict[str, Any] | None:
    """The results of a run that has nothing left to do, or None.

    There is something left where the budget or a search space grew, where other simple models are
    asked for, where boxes in pictures are others, where a tracker lacks some of it, or where a file
    is damaged.

    Args:
        study: What is to be run.
        dataset: Its data.
        folder: The run's folder.
        storage: As for `execute`; the server is not asked.

    Raises:
        InputError: The run lies elsewhere.
    """
    shared = choose_database(study.name, folder, storage).shared
    try:
        content = read_results(folder.results)
    except InputError:  # none yet, or one to be written anew
        return None
    if content["status"] != "finished" or not content["best"] or not content["best"]["test"]:
        return None
    before, now = content["search"], study.search
    longer = before["time_limit"] != now.time_limit and content["trials"]["ended"] == "time_limit"
    further = before["target"] != now.target and content["trials"]["ended"] == "target"
    if longer or further or now.trials > before["trials"]:
        return None
    if content["evaluation"] != evaluation_asked(study):
        return None
    if content["data"]["boxes"] != boxes_told(dataset.boxes):
        return None
    # A run of before there was such a file has its report made anew.
    if not folder.curves.is_file() or not is_tracked(study, folder):
        return None
    if content["identity"] != identity(study, dataset) or not is_whole(folder, not shared):
        return None
    return content


def _spent(search: SearchResult) -> float:
    return float(sum(record.outcome.get("seconds", 0.0) for record in search.records))


def all_failed(search: SearchResult) -> str:
    """Why no trial has a score, and what may help."""
    if not search.records:
        return "no trial was begun; give a longer search.time_limit"
    stopped = sum(record.reason == "collapsed" for record in search.records)
    failed = [record for record in search.records if record.reason != "collapsed"]
    reasons = sorted({record.reason.partition(" in epoch")[0] for record in failed})
    told = [_how_they_ended(stopped, len(failed), "; ".join(reasons))]
    if any("non-finite" in reason for reason in reasons):
        told.append("scale the features or lower training.learning_rate")
    if stopped:
        told.append(f"against collapse, {AGAINST_COLLAPSE}")
    return "; ".join(told)


def _how_they_ended(stopped: int, failed: int, reasons: str) -> str:
    if not stopped:
        return f"{_all(failed)} failed: {reasons}"
    collapsed = "collapsed, a network saying the same of every row"
    if not failed:
        return f"{_all(stopped)} stopped: {collapsed}"
    return f"no trial has a score: {stopped} stopped ({collapsed}), {failed} failed ({reasons})"


def _all(count: int) -> str:
    return f"all {count} trials" if count > 1 else "the only trial"
