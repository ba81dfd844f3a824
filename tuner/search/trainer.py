"""What trains the units of a search: this process, or another one that is asked to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tuner.data import Dataset, Fold, Splits, fit_preprocessor
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.model.own.hypermodel import PythonHyperModel
from tuner.spaces import Value
from tuner.study import PreprocessingSection, Study
from tuner.study.python_section import PythonSection
from tuner.training.engine import train_unit
from tuner.training.unit import LabelledRows, UnitResult, unit_seed

__all__ = ["GoesOn", "LocalTrainer", "Trainer", "UnitTask", "fold_rows", "make_hypermodel"]

GoesOn = Callable[[int, float], bool]
"""Hears of every epoch and its best value so far, and says whether training goes on."""


@dataclass(frozen=True)
class UnitTask:
    """One unit to be trained.

    Attributes:
        trial: Number of the trial.
        values: The trial's searched values.
        fold: Place of the fold in `Splits.folds`.
    """

    trial: int
    values: Mapping[str, Value]
    fold: int


class Trainer(ABC):
    """Trains units, one at a time."""

    @abstractmethod
    def train(self, task: UnitTask, goes_on: GoesOn | None = None) -> UnitResult:
        """Trains a unit.

        Args:
            task: What is trained.
            goes_on: Decides after each epoch; None: training always goes on.

        Raises:
            TrainingFailed: This configuration cannot be trained.
            Pruned: Training did not go on.
        """

    def stop(self) -> None:  # noqa: B027 - nothing to end is the usual case
        """Ends a training that runs in another process; called from any thread."""

    def close(self) -> None:  # noqa: B027
        """Lets go of everything; `train` is not called any more."""


class LocalTrainer(Trainer):
    """Trains in this process.

    Args:
        study: What is searched.
        hypermodel: Builds the networks.
        dataset: All rows.
        splits: Their division; test rows are never touched here.
    """

    def __init__(
        self, study: Study, hypermodel: ImbalancedHyperModel, dataset: Dataset, splits: Splits
    ) -> None:
        self._study, self._hypermodel = study, hypermodel
        self._dataset, self._splits = dataset, splits

    def train(self, task: UnitTask, goes_on: GoesOn | None = None) -> UnitResult:
        """Trains a unit; see `Trainer`."""
        fold = self._splits.folds[task.fold]
        train, validation = fold_rows(self._dataset, fold, self._study.data.preprocessing)
        result, _ = train_unit(
            self._hypermodel,
            self._hypermodel.configuration(task.values),
            train,
            validation,
            unit_seed(self._study.seed, task.trial, fold.fold, fold.repeat),
            stop_collapsed=self._study.search.stop_collapsed,
            goes_on=goes_on,
        )
        return result


def make_hypermodel(study: Study, dataset: Dataset) -> ImbalancedHyperModel:
    """The hypermodel of a study for its data."""
    if isinstance(study.model, PythonSection):
        return PythonHyperModel(study, dataset.features.shape[1:], dataset.classes)
    return ImbalancedHyperModel(
        dataset.features.shape[1:],
        dataset.classes,
        model=study.model,
        imbalance=study.imbalance,
        training=study.training,
        name=study.name,
    )


def fold_rows(
    dataset: Dataset, fold: Fold, section: PreprocessingSection
) -> tuple[LabelledRows, LabelledRows]:
    """Training and validation rows of a fold, preprocessed with what its training rows say."""
    preprocessor = fit_preprocessor(dataset, fold.train, section)
    return (
        LabelledRows.of(dataset, fold.train, preprocessor),
        LabelledRows.of(dataset, fold.validation, preprocessor),
    )
