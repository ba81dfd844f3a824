"""The whole way of one study, from checked file to written report."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from tuner.data import Dataset, Splits
from tuner.errors import NoTrialSucceeded
from tuner.evaluate.winner import TestResult, Winner, score_test, train_winner
from tuner.report.export import export_winner, write_model_card
from tuner.report.page import report_page
from tuner.report.results import best_section, environment, results, to_text
from tuner.report.table import trials_csv
from tuner.search.identity import check_identity, identity
from tuner.search.observer import Observer
from tuner.search.records import TrialRecord
from tuner.search.run import SearchResult, best_record, make_hypermodel, run_search
from tuner.search.run_folder import RunFolder, write_atomically
from tuner.study import Study
from tuner.training.best_weights import predict

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
) -> Outcome:
    """Searches, trains the winner, scores it once on the test rows and writes the run folder.

    Args:
        study: What is run.
        dataset: Its data.
        splits: Their division.
        folder: Where everything is written; created by the caller, and locked.
        observer: Hears of every step.

    Raises:
        InputError: The folder holds a run of another study.
        NoTrialSucceeded: Every trial failed; the folder tells why.
        StoreError: Something cannot be written.
    """
    observer = observer or Observer()
    started = time.perf_counter()
    write_atomically(folder.study, study.document.text)
    write_atomically(folder.environment, to_text(environment()))
    search = run_search(study, dataset, splits, folder, observer)
    searched = time.perf_counter()
    record = best_record(search.records)
    interrupted = search.stopped == "interrupted"
    best: dict[str, Any] | None = None
    probabilities = None
    if record is not None:
        if interrupted:
            best = _provisional(study, dataset, record)
        else:
            observer.winner_begins(record)
            winner, test = _final(study, dataset, splits, folder, record)
            best, probabilities = best_section(winner, test), test.probabilities
    seconds = {
        "search": _spent(search),
        "this_run": searched - started,
        "winner": time.perf_counter() - searched,
    }
    content = results(study, dataset, splits, search, best, seconds)
    if best and not interrupted:
        write_model_card(content, folder)
    write_atomically(folder.trials, trials_csv(search.records))
    write_atomically(
        folder.report, report_page(content, search.records, dataset, splits, probabilities)
    )
    # Last, since its presence says that the run is complete.
    write_atomically(folder.results, to_text(content))
    if record is None and not interrupted:
        raise NoTrialSucceeded(_all_failed(search))
    return Outcome(folder, content)


def finished_content(study: Study, dataset: Dataset, folder: RunFolder) -> dict[str, Any] | None:
    """The results of a run that has nothing left to do, or None.

    A larger budget in the study means that there is something left.

    Raises:
        InputError: The folder holds a run of another study.
    """
    try:
        content: dict[str, Any] = json.loads(folder.results.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if content.get("status") != "finished" or not content["best"]:
        return None
    if content["search"] != study.search.model_dump():
        return None
    check_identity(content["identity"], identity(study, dataset), str(folder.path))
    return content


def _final(
    study: Study, dataset: Dataset, splits: Splits, folder: RunFolder, record: TrialRecord
) -> tuple[Winner, TestResult]:
    hypermodel = make_hypermodel(study, dataset)
    configuration = hypermodel.configuration(record.values)
    winner = train_winner(
        hypermodel, configuration, record, dataset, splits, study.objective, study.seed
    )
    model = export_winner(winner, dataset, folder)
    probabilities = predict(model, winner.scaler.transform(dataset.features[splits.test]))
    return winner, score_test(probabilities, winner.threshold, dataset, splits, study.seed)


def _provisional(study: Study, dataset: Dataset, record: TrialRecord) -> dict[str, Any]:
    """The best trial so far of an interrupted run: no test score, no model."""
    configuration = make_hypermodel(study, dataset).configuration(record.values)
    return {
        "trial": record.number,
        "hyperparameters": configuration.flat(),
        "searched": dict(record.values),
        "threshold": record.outcome["threshold"],
        "validation": record.outcome["scores"],
        "test": None,
        "test_at_half": None,
    }


def _spent(search: SearchResult) -> float:
    return float(sum(record.outcome.get("seconds", 0.0) for record in search.records))


def _all_failed(search: SearchResult) -> str:
    reasons = {record.reason.partition(" in epoch")[0] for record in search.records}
    count = len(search.records)
    if not count:
        return "no trial was begun; give a longer search.time_limit"
    hint = ""
    if any("non-finite" in reason for reason in reasons):
        hint = "; scale the features or lower training.learning_rate"
    return f"all {count} trials failed: {'; '.join(sorted(reasons))}{hint}"
