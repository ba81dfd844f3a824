"""The best configuration, trained on all rows but the test rows, and its score on those."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Splits, Standardizer
from tuner.evaluate.intervals import f1_interval
from tuner.metrics import Scores, decide, score
from tuner.model.configuration import Configuration
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.search.records import TrialRecord
from tuner.training.keras_engine import train_fixed_epochs
from tuner.training.unit import LabelledRows, unit_seed

__all__ = ["TestResult", "Winner", "score_test", "train_winner"]


@dataclass(frozen=True)
class Winner:
    """The trained winner.

    Attributes:
        record: Its trial.
        configuration: Everything it was built from, fixed values included.
        model: The network, without its training state.
        scaler: Fitted on the rows that it was trained on.
        epochs: How long it was trained: the median of its units' best epochs.
        threshold: From all validation rows.
    """

    record: TrialRecord
    configuration: Configuration
    model: keras.Model
    scaler: Standardizer
    epochs: int
    threshold: float


@dataclass(frozen=True)
class TestResult:
    """Scores on the test rows.

    Attributes:
        tuned: At the winner's threshold.
        ci95: Interval of the minority F1 at that threshold.
        at_half: At a threshold of 0.5.
        probabilities: Of the test rows, shape ``(rows, classes)``.
        decisions: At the winner's threshold, shape ``(rows,)``.
    """

    __test__ = False  # not a test class, whatever pytest thinks of the name

    tuned: Scores
    ci95: tuple[float, float]
    at_half: Scores
    probabilities: NDArray[np.float32]
    decisions: NDArray[np.int64]


def train_winner(
    hypermodel: ImbalancedHyperModel,
    configuration: Configuration,
    record: TrialRecord,
    dataset: Dataset,
    splits: Splits,
    seed: int,
) -> Winner:
    """Trains the best configuration on all development rows.

    No row is left to stop on, so training lasts as long as was best, in the median, for the units.

    Args:
        hypermodel: Builds the network.
        configuration: The best trial's values.
        record: The best trial.
        dataset: All rows.
        splits: Their division.
        seed: Seed of the study.

    Raises:
        TrainingFailed: The loss is not finite this time.
    """
    epochs = max(1, round(float(np.median(record.outcome["best_epochs"]))))
    rows = splits.development
    scaler = Standardizer.fit(dataset.features[rows])
    data = LabelledRows(scaler.transform(dataset.features[rows]), dataset.labels[rows])
    # Folds are numbered from 0, so the number after the last is a seed that no unit had.
    own_seed = unit_seed(seed, record.number, len(splits.folds), 0)
    trained = train_fixed_epochs(hypermodel, configuration, data, own_seed, epochs)
    threshold = float(record.outcome["threshold"])
    return Winner(record, configuration, _bare(trained), scaler, epochs, threshold)


def _bare(trained: keras.Model) -> keras.Model:
    """A copy without optimizer and metrics, so that it loads where this package is absent."""
    model = keras.models.clone_model(trained)
    model.set_weights(trained.get_weights())
    return model


def score_test(
    probabilities: NDArray[np.float32],
    threshold: float,
    dataset: Dataset,
    splits: Splits,
    seed: int,
) -> TestResult:
    """Scores predictions of the test rows.

    Args:
        probabilities: Shape ``(test rows, classes)``.
        threshold: From validation rows; test labels have no part in it.
        dataset: Holds labels and groups.
        splits: Says which rows are the test rows.
        seed: Seed of the interval's draws.
    """
    labels = dataset.labels[splits.test]
    minority = len(dataset.classes) - 1
    decisions = decide(probabilities, threshold)
    groups: Any = None if dataset.groups is None else dataset.groups[splits.test]
    return TestResult(
        tuned=score(labels, probabilities, decisions),
        ci95=f1_interval(labels == minority, decisions == minority, groups, seed=seed),
        at_half=score(labels, probabilities, decide(probabilities, 0.5)),
        probabilities=probabilities,
        decisions=decisions,
    )
