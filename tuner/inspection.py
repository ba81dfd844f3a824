"""What ``check`` does: study, data, splits and findings, and a timed network; nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tuner.data import Dataset, Finding, Splits, load_data, make_splits
from tuner.data.augmentation import check_augmentation
from tuner.data.checks import inspect_data
from tuner.data.findings import errors_of
from tuner.data.progress import Progress, silent
from tuner.data.resamplers import check_resampling
from tuner.data.splits import further_folds
from tuner.data.summary import column_facts, summary
from tuner.errors import InputError, MinorityTunerError, Problem, brief
from tuner.model.given import check_sections
from tuner.model.idle import idle_answers
from tuner.model.mixed_labels import check_mixing
from tuner.model.undone import undone_answers
from tuner.quiet import quiet_tensorflow
from tuner.report.tracking.asked import tracking_problems
from tuner.search.factors import factor_problems
from tuner.search.levels import level_findings, level_problems
from tuner.search.packages import missing_package
from tuner.search.places import places
from tuner.search.pooling import check_calibration
from tuner.search.start import start_problems
from tuner.study import Study, load_study
from tuner.study.python_section import PythonSection
from tuner.study.study import grid_problems

if TYPE_CHECKING:
    from tuner.search.cost import Cost

__all__ = [
    "Inspection",
    "declared",
    "inspect_data_of",
    "inspect_study",
    "refused",
    "row_problems",
    "search_problems",
    "section_problems",
    "timed",
]


@dataclass(frozen=True)
class Inspection:
    """A study that can be run, with what should be known before.

    Attributes:
        study: The checked study.
        dataset: Its data.
        splits: Their division.
        findings: Warnings; errors are raised instead.
        cost: What the search will take; None where nothing was timed.
    """

    study: Study
    dataset: Dataset
    splits: Splits
    findings: tuple[Finding, ...]
    cost: Cost | None = None

    def to_json(self) -> dict[str, Any]:
        """The document of ``check --json``."""
        return {
            "study": self.study.name,
            "data": summary(self.dataset, self.splits),
            "columns": column_facts(self.dataset),
            "findings": [finding.to_json() for finding in self.findings],
            "notes": list(self.study.notes),
            "cost": self.cost and self.cost.to_json(),
        }


def inspect_study(
    name: str, overrides: Sequence[str] = (), progress: Progress = silent
) -> Inspection:
    """Reads and checks a study and its data.

    TensorFlow is needed only where the network is the person's own code, which is built to find out
    what it searches.

    Args:
        name: Path of a study file, or the bare name of a known study.
        overrides: Settings that replace those of the file.
        progress: Hears how far the reading of data is.

    Raises:
        InputError: With everything that is wrong, as far as it can be seen at once.
    """
    return inspect_data_of(load_study(name, overrides), progress)


def inspect_data_of(
    study: Study, progress: Progress = silent, dataset: Dataset | None = None
) -> Inspection:
    """The same for a study that has been read, or for rows that have; see `inspect_study`."""
    if dataset is None:
        dataset = load_data(study, progress)
    problems = section_problems(study, dataset)
    try:
        splits = make_splits(dataset, study.data.split, study.seed)
    except InputError as error:
        raise study.document.error([*problems, *error.problems]) from None
    findings = inspect_data(dataset, splits, study.data)
    wrong_data = [Problem(f.message, f.path) for f in findings if f.level == "error"]
    own = isinstance(study.model, PythonSection)
    problems += row_problems(study, dataset, splits, wrong_data)
    problems += [] if own else search_problems(study)
    if problems:
        raise study.document.error(problems)
    if own:
        study, unbuilt = declared(study, dataset, splits)
        findings = (*findings, *unbuilt)
    idle = idle_answers(study.imbalance, dataset, splits)
    findings = (*findings, *idle, *undone_answers(study, dataset), *level_findings(study, dataset))
    return Inspection(study, dataset, splits, findings)


def declared(study: Study, dataset: Dataset, splits: Splits) -> tuple[Study, tuple[Finding, ...]]:
    """The study with what the person's own code declares, by which its other keys are checked.

    Args:
        study: Its network is the person's own.
        dataset: Its rows.
        splits: Their division.

    Returns:
        The study, and a finding for each configuration that cannot be built.

    Raises:
        InputError: The code cannot be used, or other keys do not suit it.
    """
    with quiet_tensorflow():
        from tuner.model.own.inspection import declared_study
    study, unbuilt = declared_study(study, dataset, splits)
    if problems := [*search_problems(study), *grid_problems(study)]:
        raise study.document.error(problems)
    if not any(place.searched for place in places(study).values()):
        message = (
            "neither the code nor the study has anything to search, so that one trial is run;"
            " declare hyperparameters in build(hp), or name several values in the study"
        )
        unbuilt = (*unbuilt, Finding("warning", "nothing-searched", message, ("model", "python")))
    return study, unbuilt


def section_problems(study: Study, dataset: Dataset) -> list[Problem]:
    """What stands between the sections of a study and its data, however that is divided."""
    shape = dataset.features.shape[1:]
    return [
        *check_sections(study.model, study.imbalance, dataset.classes, shape),
        *check_augmentation(study.training.augmentation, shape),
        *check_mixing(study.training.augmentation, study.imbalance),
        *level_problems(study, dataset),
    ]


def row_problems(
    study: Study, dataset: Dataset, splits: Splits, wrong_data: Sequence[Problem] = ()
) -> list[Problem]:
    """What stands against a study once its rows are divided.

    Args:
        study: The study.
        dataset: Its rows.
        splits: Their division.
        wrong_data: What was found wrong with the rows before, and is told first.
    """
    problems = [*wrong_data]
    resamplers, section = study.imbalance.listed("resampling"), study.data.preprocessing
    try:
        problems += check_resampling(resamplers, dataset, splits, section)
    except InputError as error:  # rows cannot be preprocessed, which a finding may have told
        if not wrong_data:
            problems += [problem.under("data") for problem in error.problems]
    problems += check_calibration(study, dataset, splits) or _further_problems(
        study, dataset, splits
    )
    return problems


def _further_problems(study: Study, dataset: Dataset, splits: Splits) -> list[Problem]:
    """What stands against training on other folds after the search."""
    asked = study.evaluation
    if not asked.trains:
        return []
    try:
        folds = further_folds(dataset, splits, study.data.split, study.seed, asked.repeats)
    except InputError as error:
        key, why, off = "confirm", "confirm the best trials", "confirm: 0"
        if asked.compare:
            key, why, off = "compare", "compare values", "compare: [] and confirm: 0"
        told = f"the rows cannot be divided again to {why}"
        return [
            Problem(f"{told}: {one.message}; or set {off}", ("evaluation", key))
            for one in error.problems
        ]
    return check_calibration(study, dataset, replace(splits, folds=folds))


def search_problems(study: Study) -> list[Problem]:
    """What of a study cannot be searched as it asks."""
    problems = [*start_problems(study), *factor_problems(study)]
    if missing := missing_package(study.search.algorithm):
        problems.append(Problem(missing, ("search", "algorithm")))
    return [*problems, *tracking_problems(study)]


def timed(inspection: Inspection) -> Inspection:
    """The same with the cost of the search, for which one network is trained.

    A network that cannot be trained becomes a finding, as it would become a failed trial.
    """
    from tuner.search.cost import estimate_cost

    try:
        cost = estimate_cost(inspection.study, inspection.dataset, inspection.splits)
    except MinorityTunerError:
        raise
    except Exception as error:  # an entry of the person's own, or a loss that is not finite
        message = f"the default configuration cannot be trained: {_reason(error)}"
        failed = Finding("warning", "trial-failed", message, ("model",))
        return replace(inspection, findings=(*inspection.findings, failed))
    return replace(inspection, cost=cost)


def _reason(error: Exception) -> str:
    from tuner.training.unit import TrainingFailed

    return str(error) if isinstance(error, TrainingFailed) else brief(error)


def refused(study: str, error: MinorityTunerError) -> dict[str, Any]:
    """The document of ``check --json``, and of ``run --json``, for what cannot be done.

    Args:
        study: The study as it was named in the call.
        error: Everything that is wrong.
    """
    problems = error.problems if isinstance(error, InputError) else [Problem(str(error))]
    return {
        "study": study,
        "data": None,
        "columns": [],
        "findings": [finding.to_json() for finding in errors_of(problems)],
        "notes": [],
        "cost": None,
    }
