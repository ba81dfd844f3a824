"""The best configuration, trained on all rows but the test rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Preprocessor, Splits, fit_preprocessor
from tuner.evaluate.ensemble import average, joint_threshold, own_thresholds
from tuner.metrics import Scores
from tuner.metrics.calibration import CALIBRATIONS, Calibration
from tuner.model.configuration import Configuration
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.model.learned_activations import LearnedParameters, learned_parameters
from tuner.search.levels import ROWS, Level, Units, levels_of, of_folds
from tuner.search.pooling import Pooling
from tuner.search.records import TrialRecord
from tuner.study import Study
from tuner.training.engine import train_unit
from tuner.training.priors import Priors, mean_priors
from tuner.training.unit import LabelledRows, unit_seed

__all__ = ["OtherLevel", "Winner", "train_winner"]


@dataclass(frozen=True)
class OtherLevel:
    """The winner at the level that the study does not score: groups of rows, or rows.

    Attributes:
        level: What is scored.
        threshold: As of the winner, found at this level.
        validation: From all validation rows, with cross-fitted thresholds.
    """

    level: Level
    threshold: float
    validation: Scores


@dataclass(frozen=True)
class Winner:
    """The trained winner.

    Attributes:
        record: Its trial.
        configuration: Everything it was built from, fixed values included.
        model: One network for each fold, averaged, without their training state.
        preprocessor: Fitted on all rows but the test rows.
        epochs: Best epoch of each network.
        threshold: Of the averaged network; test rows have no part in it.
        priors: Class shares that its probabilities belong to.
        calibration: Map to calibrated probabilities, from the networks' validation rows; None
            where the study asks for none. Decisions are made without it.
        health: The ledger of each network.
        learned: What activations with parameters of their own learned, layer by layer.
        thresholds: Of each network alone; the model does not use them.
        level: What thresholds and scores are of.
        other: What the winner is at the other level; None where rows have no groups.
    """

    record: TrialRecord
    configuration: Configuration
    model: keras.Model
    preprocessor: Preprocessor
    epochs: tuple[int, ...]
    threshold: float
    priors: Priors
    calibration: Calibration | None
    health: tuple[Mapping[str, Any], ...]
    learned: tuple[LearnedParameters, ...]
    thresholds: tuple[float, ...] = ()
    level: Level = ROWS
    other: OtherLevel | None = None

    @property
    def row_threshold(self) -> float:
        """The threshold of a single row, whatever the study scores."""
        return self.other.threshold if self.other and self.level.name != "row" else self.threshold

    def stages(self, probabilities: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Probabilities before and after each step that was taken, by the stages of `Pooled`.

        Args:
            probabilities: As the model gives them, shape ``(rows, classes)``.
        """
        stages = {"as_trained": self.priors.as_trained(probabilities)}
        if self.priors.shifted:
            stages["corrected"] = probabilities
        if self.calibration is not None:
            stages["calibrated"] = self.calibration.apply(probabilities)
        return stages


def train_winner(
    hypermodel: ImbalancedHyperModel,
    configuration: Configuration,
    record: TrialRecord,
    dataset: Dataset,
    splits: Splits,
    study: Study,
    between: Callable[[], None] = lambda: None,
) -> Winner:
    """Trains the best configuration once for each fold and averages the networks.

    Each network stops on its own fold's validation rows and has a threshold of its own from them.
    The average of the networks' logits is compared with the average of the thresholds' logits;
    for two classes that is to say that each network votes with its distance from its own
    threshold. A network trained on all rows at once would have no rows left for its threshold, and
    a threshold borrowed from other networks does not fit it.

    All networks share one preprocessor, fitted on all rows but the test rows, so that the model has
    one. In the search, each fold has one of its own.

    Args:
        hypermodel: Builds the networks.
        configuration: The best trial's values.
        record: The best trial.
        dataset: All rows.
        splits: Their division.
        study: Says how rows are preprocessed, how the threshold is found, and the seed.
        between: Called before each training; what it raises ends the whole.

    Raises:
        TrainingFailed: A loss is not finite this time.
    """
    preprocessor = fit_preprocessor(dataset, splits.development, study.data.preprocessing)
    models, results = [], []
    for fold in splits.folds:
        between()
        keras.backend.clear_session(free_memory=False)  # names of layers count from the start
        train, validation = (
            LabelledRows.of(dataset, rows, preprocessor) for rows in (fold.train, fold.validation)
        )
        unit = unit_seed(study.seed, record.number, fold.fold, fold.repeat)
        result, model = train_unit(hypermodel, configuration, train, validation, unit)
        models.append((model.get_config(), model.get_weights()))
        results.append(result)
    units = list(zip(splits.folds, results, strict=True))
    level, other = levels_of(study, dataset)
    asked, model = study.objective.threshold, average(models)
    told, labels = of_folds(level, dataset, units)
    return Winner(
        record,
        configuration,
        model,
        preprocessor,
        tuple(result.best_epoch for result in results),
        joint_threshold(told, labels, asked),
        mean_priors([result.priors for result in results if result.priors]),
        _calibration(units, dataset, study.imbalance.calibration),
        tuple(result.health for result in results),
        tuple(learned_parameters(model)),
        tuple(own_thresholds(told, labels, asked)),
        level,
        None if other is None else _at_other_level(other, dataset, study, units),
    )


def _at_other_level(level: Level, dataset: Dataset, study: Study, units: Units) -> OtherLevel:
    threshold = joint_threshold(*of_folds(level, dataset, units), study.objective.threshold)
    return OtherLevel(level, threshold, Pooling(dataset, study).scores(units, level))


def _calibration(units: Units, dataset: Dataset, kind: str) -> Calibration | None:
    """A map learned from rows that the network which predicts them did not learn from."""
    if kind == "none":
        return None
    told, labels = of_folds(ROWS, dataset, units)
    return CALIBRATIONS[kind].fit(np.concatenate(labels), np.concatenate(told))
