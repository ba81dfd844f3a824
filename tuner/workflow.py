"""The whole way of one study, from checked file to written report."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tuner.data import Dataset, Finding, Splits
from tuner.ending import Ending
from tuner.errors import InputError, MinorityTunerError, NoTrialSucceeded
from tuner.report.health import AGAINST_COLLAPSE
from tuner.report.results import environment, to_text
from tuner.report.stored import read_results
from tuner.search.checksums import seal, unseal
from tuner.search.database_copy import KeepsCopy
from tuner.search.identity import identity
from tuner.search.interrupt import Interrupt
from tuner.search.observer import Observer
from tuner.search.repair import is_whole
from tuner.search.resume import resume
from tuner.search.run import SearchResult, ranked, run_search
from tuner.search.run_folder import RunFolder, StoreError, write_atomically
from tuner.study import Study

__all__ = ["Outcome", "finished_content", "run_study"]


@dataclass(frozen=True)
class Outcome:
    """What `run_study` leaves.

    Attributes:
        folder: The run folder.
        content: The content of ``results.json``.
    """

    folder: RunFolder
    content: dict[str, Any]


def run_study(
    study: Study,
    dataset: Dataset,
    splits: Splits,
    folder: RunFolder,
    observer: Observer | None = None,
    findings: Sequence[Finding] = (),
    tell: Callable[[str], object] | None = None,
) -> Outcome:
    """Searches, trains the winner, scores it once on the test rows and writes the run folder.

    Args:
        study: What is run.
        dataset: Its data.
        splits: Their division.
        folder: Where everything is written; created by the caller, and locked.
        observer: Hears of every step.
        findings: What was found in the data, for the report.
        tell: Takes a line for each thing of an earlier run that was repaired or has changed.

    Raises:
        InputError: The folder holds a run of another study, or too little space is free.
        NoTrialSucceeded: Every trial failed; the folder tells why.
        StoreError: Something cannot be written.
    """
    observer = KeepsCopy(folder, observer or Observer())
    started = time.perf_counter()
    for line in resume(study, dataset, splits, folder):
        if tell:
            tell(line)
    _begin(study, folder)
    with Interrupt() as interrupt:
        search = run_search(study, dataset, splits, folder, observer, interrupt)
        searched = time.perf_counter()
        ending = Ending(study, dataset, splits, folder, observer, interrupt)
        if search.stopped != "interrupted":
            try:
                ending.train_winner(search)
            except KeyboardInterrupt:
                search = replace(search, stopped="interrupted")
    seconds = {
        "search": _spent(search),
        "this_run": searched - started,
        "winner": time.perf_counter() - searched,
    }
    content = ending.write(search, seconds, findings)
    seal(folder)
    if search.stopped == "interrupted":
        return Outcome(folder, content)
    if ending.problem:
        raise MinorityTunerError(
            f"the winner could not be made ({ending.problem}); all trials are kept and reported in "
            f"{folder.path}"
        )
    if not ranked(search.records):
        raise NoTrialSucceeded(_all_failed(search))
    return Outcome(folder, content)


def _begin(study: Study, folder: RunFolder) -> None:
    try:
        unseal(folder)
    except OSError as error:
        raise StoreError(f"cannot write to {folder.path}: {error.strerror}") from None
    write_atomically(folder.study, study.document.text)
    write_atomically(folder.environment, to_text(environment()))
    seal(folder, (folder.study, folder.environment))


def finished_content(study: Study, dataset: Dataset, folder: RunFolder) -> dict[str, Any] | None:
    """The results of a run that has nothing left to do, or None.

    There is something left where the budget or a search space grew, or a file is damaged.
    """
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
    if content["identity"] != identity(study, dataset) or not is_whole(folder):
        return None
    return content


def _spent(search: SearchResult) -> float:
    return float(sum(record.outcome.get("seconds", 0.0) for record in search.records))


def _all_failed(search: SearchResult) -> str:
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
