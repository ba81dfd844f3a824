"""The units of a trial become one score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Fold, Splits
from tuner.data.findings import counted
from tuner.data.splits import inner_parts
from tuner.errors import Problem
from tuner.metrics import Scores, best_threshold, cross_fitted_thresholds, decide, score
from tuner.metrics.calibration import Reliability, cross_calibrated, reliability
from tuner.metrics.scores import RANKINGS
from tuner.study import Study
from tuner.training.unit import UnitResult

__all__ = ["Pooled", "check_calibration", "fold_scores", "parts_of", "pool"]

Units = Sequence[tuple[Fold, UnitResult]]


@dataclass(frozen=True)
class Pooled:
    """Validation result of one configuration.

    Attributes:
        scores: From all validation rows of all folds together, with cross-fitted thresholds.
        threshold: Chosen on all of these rows, for data that comes later.
        one_class: Whether all rows were called one class. Of a search that maximises a score of
            the order of rows it is not asked, since such decisions say nothing of the order.
        reliability: How far the minority's probabilities are off: ``as_trained``, ``corrected``
            where they were mapped back to the true class shares, ``calibrated`` where the study
            asks for it, each row by a map from other rows.
    """

    scores: Scores
    threshold: float
    one_class: bool
    reliability: dict[str, Reliability]


def pool(units: Units, dataset: Dataset, study: Study) -> Pooled:
    """Pools validation predictions.

    Args:
        units: Folds with the predictions of their validation rows.
        dataset: Holds the labels.
        study: Says how the threshold is found and what is calibrated; its seed divides the rows of
            a single validation part.
    """
    labels, probabilities, parts = _pooled(units, dataset, study)
    threshold, own = _thresholds(labels, probabilities, parts, study.objective.threshold)
    decisions = decide(probabilities, own)
    decides = study.objective.metric not in RANKINGS
    return Pooled(
        score(labels, probabilities, decisions),
        threshold,
        decides and bool((decisions == decisions[0]).all()),
        _reliability(units, labels, parts, study.imbalance.calibration),
    )


def fold_scores(units: Units, dataset: Dataset, study: Study) -> list[float]:
    """The objective's value of each fold alone, its threshold cross-fitted within the fold."""
    values = []
    for unit in units:
        labels, probabilities, parts = _pooled([unit], dataset, study)
        _, own = _thresholds(labels, probabilities, parts, study.objective.threshold)
        scores = score(labels, probabilities, decide(probabilities, own))
        values.append(float(getattr(scores, study.objective.metric)))
    return values


def _pooled(
    units: Units, dataset: Dataset, study: Study
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
    """Labels, probabilities and parts of all validation rows."""
    rows = np.concatenate([fold.validation for fold, _ in units])
    probabilities = np.concatenate([result.probabilities for _, result in units])
    parts = parts_of([fold for fold, _ in units], dataset, study.seed)
    return dataset.labels[rows], probabilities, parts


def parts_of(folds: Sequence[Fold], dataset: Dataset, seed: int) -> NDArray[np.int64]:
    """The part of each pooled row, for what is learned on some parts and applied to another."""
    if len(folds) > 1:
        return np.repeat(np.arange(len(folds)), [len(fold.validation) for fold in folds])
    return inner_parts(dataset, folds[0].validation, seed)


def check_calibration(study: Study, dataset: Dataset, splits: Splits) -> list[Problem]:
    """What stands against the study's calibration, known before anything is trained.

    A map learns from some parts of the validation rows and is scored on another, so that the
    minority's rows, and all others, must stand in two parts at least.
    """
    kind = study.imbalance.calibration
    if kind == "none":
        return []
    rows = np.concatenate([fold.validation for fold in splits.folds])
    parts, minority = parts_of(splits.folds, dataset, study.seed), dataset.is_minority(rows)
    sides = {f"class '{dataset.minority}'": minority, "other classes": ~minority}
    return [
        Problem(
            f"'{kind}' learns from some validation rows and is scored on others, for which the "
            f"{counted(int(own.sum()), 'validation row')} of {name} cannot be divided; use folds, "
            "a larger validation part, or calibration: none",
            ("imbalance", "calibration"),
        )
        for name, own in sides.items()
        if len(np.unique(parts[own])) < 2
    ]


def _thresholds(
    labels: NDArray[np.int64], probabilities: NDArray[Any], parts: NDArray[np.int64], asked: Any
) -> tuple[float, Any]:
    """The threshold for later rows, and that of each row."""
    if asked != "tuned":
        return float(asked), float(asked)
    minority = probabilities[:, -1]
    actual = labels == probabilities.shape[1] - 1
    return best_threshold(actual, minority), cross_fitted_thresholds(actual, minority, parts)


def _reliability(
    units: Units, labels: NDArray[np.int64], parts: NDArray[np.int64], calibration: str
) -> dict[str, Reliability]:
    given = np.concatenate([result.probabilities for _, result in units])
    stages = {"as_trained": np.concatenate([result.as_trained for _, result in units])}
    if any(result.corrected for _, result in units):
        stages["corrected"] = given
    if calibration != "none":
        stages["calibrated"] = cross_calibrated(labels, given, parts, calibration)
    return {stage: reliability(labels, probabilities) for stage, probabilities in stages.items()}
