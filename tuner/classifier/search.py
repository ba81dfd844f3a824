"""The search behind `fit`, without a test part and without a report."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuner.data import Dataset, Splits
from tuner.data.split_checks import count_units
from tuner.data.splits import make_folds
from tuner.devices import use_threads
from tuner.ending import TRIED
from tuner.errors import InputError, NoTrialSucceeded
from tuner.evaluate.winner import Winner, train_winner
from tuner.inspection import declared, row_problems, search_problems, section_problems
from tuner.search.database import Database
from tuner.search.identity import identity
from tuner.search.interrupt import Interrupt
from tuner.search.observer import Observer
from tuner.search.resume import resume
from tuner.search.run import SearchResult, candidates, ranked, run_search
from tuner.search.run_folder import RunFolder
from tuner.search.trainer import make_hypermodel
from tuner.study import SplitSection, Study
from tuner.study.python_section import PythonSection
from tuner.training.unit import TrainingFailed
from tuner.workflow import all_failed

__all__ = ["Found", "search", "split_as_asked"]

_FOLDS = 3
"""Folds where nothing is said of them, as in a study."""


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        result: All trials.
        winner: The best of them, trained once for each fold.
    """

    result: SearchResult
    winner: Winner


def split_as_asked(study: Study, dataset: Dataset) -> tuple[Study, Splits]:
    """The division of the rows into folds, and the study that says how.

    Where nothing is said of folds, there are three, or two where the minority has no more rows or
    groups.

    Args:
        study: Says how rows are divided, and the seed.
        dataset: The rows.

    Raises:
        InputError: The rows cannot be divided so.
    """
    section = study.data.split
    if section.folds is None and section.validation is None:
        units = count_units(dataset, dataset.is_minority().nonzero()[0])
        folds = 2 if units == 2 else _FOLDS
        section = SplitSection(folds=folds, repeats=section.repeats)
        data = study.data.model_copy(update={"split": section})
        study = study.model_copy(update={"data": data})
    return study, make_folds(dataset, section, study.seed)


def search(
    study: Study, dataset: Dataset, splits: Splits, observer: Observer, directory: Any = None
) -> Found:
    """Searches, and trains the winner on all rows.

    Args:
        study: What is searched.
        dataset: All rows.
        splits: Their division, without test rows.
        observer: Hears of every step.
        directory: Where the run is kept, in a folder of its own; None: nowhere.

    Raises:
        InputError: The rows do not suit the study, or nothing can be written there.
        NoTrialSucceeded: Every trial failed, or the best ones when they were trained again.
        KeyboardInterrupt: The person wants to stop.
    """
    study = _checked(study, dataset, splits)
    use_threads(study.training.threads)
    with _folder(directory, study, dataset) as folder, Interrupt() as interrupt:
        database = Database.in_folder(folder)
        resume(study, dataset, splits, folder, database)
        parts = (study, dataset, splits, folder, database)
        result = run_search(*parts, observer, interrupt)
        if result.stopped == "interrupted":
            raise KeyboardInterrupt
        return Found(result, _winner(study, dataset, splits, result, observer, interrupt))


def _checked(study: Study, dataset: Dataset, splits: Splits) -> Study:
    """The study, with what it searches where its network is the person's own code."""
    own = isinstance(study.model, PythonSection)
    problems = section_problems(study, dataset) or row_problems(study, dataset, splits)
    problems += [] if own else search_problems(study)
    if problems:
        raise InputError(problems)
    return declared(study, dataset, splits)[0] if own else study


def _winner(
    study: Study,
    dataset: Dataset,
    splits: Splits,
    result: SearchResult,
    observer: Observer,
    interrupt: Interrupt,
) -> Winner:
    if not ranked(result.records):
        raise NoTrialSucceeded(all_failed(result))
    hypermodel, reasons = make_hypermodel(study, dataset), []
    for record in candidates(result)[:TRIED]:
        observer.winner_begins(record)
        configuration = hypermodel.configuration(record.values)
        parts = (hypermodel, configuration, record, dataset, splits, study)
        try:
            return train_winner(*parts, interrupt.check)
        except TrainingFailed as error:
            reasons.append(f"trial {record.number}: {error}")
        finally:
            observer.networks_end()
    raise NoTrialSucceeded(f"the best trials failed when trained again: {'; '.join(reasons)}")


@contextlib.contextmanager
def _folder(directory: Any, study: Study, dataset: Dataset) -> Iterator[RunFolder]:
    """A folder for the run: a temporary one, or one whose name tells rows, settings and seed."""
    if directory is None:
        with tempfile.TemporaryDirectory(prefix="minority-tuner-") as name:
            folder = RunFolder(Path(name) / "run")
            folder.create()
            yield folder
        return
    content = json.dumps(identity(study, dataset), sort_keys=True, default=str)
    folder = RunFolder(Path(directory) / hashlib.sha256(content.encode()).hexdigest()[:16])
    with folder.locked():
        folder.create()
        yield folder
