"""The best configuration, trained on all rows but the test rows, and its score on those."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Preprocessor, Splits, fit_preprocessor
from tuner.evaluate.ensemble import average, joint_threshold, own_thresholds
from tuner.evaluate.intervals import score_intervals
from tuner.metrics import Scores, decide, score
from tuner.metrics.calibration import CALIBRATIONS, Calibration, Reliability, reliability
from tuner.model.configuration import Configuration
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.model.learned_activations import LearnedParameters, learned_parameters
from tuner.search.records import TrialRecord
from tuner.study import Study
from tuner.training.engine import train_unit
from tuner.training.priors import Priors, mean_priors
from tuner.training.unit import LabelledRows, UnitResult, unit_seed

__all__ = ["TestResult", "Winner", "score_test", "train_winner"]


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


@dataclass(frozen=True)
class TestResult:
    """Scores on the test rows.

    Attributes:
        tuned: At the winner's threshold.
        intervals: 95 % intervals of scores at that threshold; see `score_intervals`.
        at_half: At a threshold of 0.5.
        probabilities: Of the test rows, shape ``(rows, classes)``.
        reliability: See `Pooled`.
        networks: Scores of each of the winner's networks alone, at its own threshold.
    """

    __test__ = False  # not a test class, whatever pytest thinks of the name

    tuned: Scores
    intervals: Mapping[str, tuple[float, float]]
    at_half: Scores
    probabilities: NDArray[np.float32]
    reliability: Mapping[str, Reliability]
    networks: tuple[Scores, ...] = ()


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
    labels = [dataset.labels[fold.validation] for fold in splits.folds]
    told = [result.probabilities for result in results]
    asked = study.objective.threshold
    model = average(models)
    return Winner(
        record,
        configuration,
        model,
        preprocessor,
        tuple(result.best_epoch for result in results),
        joint_threshold(told, labels, asked),
        mean_priors([result.priors for result in results if result.priors]),
        _calibration(results, labels, study.imbalance.calibration),
        tuple(result.health for result in results),
        tuple(learned_parameters(model)),
        tuple(own_thresholds(told, labels, asked)),
    )


def _calibration(
    results: Sequence[UnitResult], labels: Sequence[NDArray[np.int64]], kind: str
) -> Calibration | None:
    """A map learned from rows that the network which predicts them did not learn from."""
    if kind == "none":
        return None
    pooled = np.concatenate([result.probabilities for result in results])
    return CALIBRATIONS[kind].fit(np.concatenate(labels), pooled)


def score_test(
    probabilities: NDArray[np.float32],
    winner: Winner,
    dataset: Dataset,
    splits: Splits,
    seed: int,
    alone: Sequence[NDArray[np.float32]] = (),
) -> TestResult:
    """Scores predictions of the test rows.

    The networks alone differ in their seed and in which development rows they learned from, so that
    their scores say how far one training differs from another. Nothing is chosen by them.

    Args:
        probabilities: Shape ``(test rows, classes)``.
        winner: Its threshold and maps are from validation rows; test labels have no part in them.
        dataset: Holds labels and what belongs together.
        splits: Says which rows are the test rows.
        seed: Seed of the interval's draws.
        alone: The same of each of the winner's networks, in the order of its thresholds.
    """
    labels = dataset.labels[splits.test]
    decisions = decide(probabilities, winner.threshold)
    units: Any = None if dataset.units is None else dataset.units[splits.test]
    stages = winner.stages(probabilities)
    return TestResult(
        tuned=score(labels, probabilities, decisions),
        intervals=score_intervals(labels, probabilities, decisions, units, seed=seed),
        at_half=score(labels, probabilities, decide(probabilities, 0.5)),
        probabilities=probabilities,
        reliability={stage: reliability(labels, told) for stage, told in stages.items()},
        networks=tuple(
            score(labels, told, decide(told, threshold))
            for told, threshold in zip(alone, winner.thresholds, strict=bool(alone))
        ),
    )
