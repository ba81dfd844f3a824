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
from tuner.metrics.cross_fitting import sides
from tuner.metrics.jackknife import pseudo_values
from tuner.metrics.scores import RANKINGS
from tuner.study import Study
from tuner.training.unit import UnitResult

__all__ = ["Pooled", "Pooling", "check_calibration", "parts_of"]

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


class Pooling:
    """Pools the validation predictions of the trials of one study.

    Args:
        dataset: Holds the labels.
        study: Says how the threshold is found and what is calibrated; its seed divides the rows of
            a single validation part.
    """

    def __init__(self, dataset: Dataset, study: Study) -> None:
        self._dataset, self._study = dataset, study
        self._divided: dict[tuple[tuple[int, int], ...], NDArray[np.int64]] = {}

    def pool(self, units: Units) -> Pooled:
        """The result of a trial.

        Args:
            units: Folds with the predictions of their validation rows.
        """
        rows, probabilities, parts = self._pooled(units)
        labels = self._dataset.labels[rows]
        objective = self._study.objective
        threshold, own = _thresholds(labels, probabilities, parts, rows, objective.threshold)
        decisions = decide(probabilities, own)
        decides = objective.metric not in RANKINGS
        return Pooled(
            score(labels, probabilities, decisions),
            threshold,
            decides and bool((decisions == decisions[0]).all()),
            _reliability(units, labels, parts, rows, self._study.imbalance.calibration),
        )

    def fold_scores(self, units: Units) -> list[float]:
        """The objective's value of each fold alone, its threshold cross-fitted within the fold."""
        metric = self._study.objective.metric
        return [float(getattr(self.scores([unit]), metric)) for unit in units]

    def scores(self, units: Units) -> Scores:
        """What `pool` says of decisions and probabilities, and nothing else."""
        rows, probabilities, parts = self._pooled(units)
        labels, asked = self._dataset.labels[rows], self._study.objective.threshold
        _, own = _thresholds(labels, probabilities, parts, rows, asked)
        return score(labels, probabilities, decide(probabilities, own))

    def contributions(self, units: Units) -> tuple[float, NDArray[np.float64]]:
        """The objective's value, and what each part that thresholds come from contributes to it.

        Args:
            units: Those of one repeat: the parts are its folds, or the parts of a single one.
        """
        rows, probabilities, parts = self._pooled(units)
        labels, objective = self._dataset.labels[rows], self._study.objective
        _, own = _thresholds(labels, probabilities, parts, rows, objective.threshold)
        decisions = decide(probabilities, own)

        def scored(kept: NDArray[np.bool_]) -> float:
            found = score(labels[kept], probabilities[kept], decisions[kept])
            return float(getattr(found, objective.metric))

        return pseudo_values(scored, parts)

    def _pooled(
        self, units: Units
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
        """Row, probabilities and part of all predictions of validation rows."""
        folds = [fold for fold, _ in units]
        rows = np.concatenate([fold.validation for fold in folds])
        probabilities = np.concatenate([result.probabilities for _, result in units])
        return rows, probabilities, self.parts(folds)

    def parts(self, folds: Sequence[Fold]) -> NDArray[np.int64]:
        """The part of each pooled row; see `parts_of`."""
        # They are the same in every trial, and found out by trying many divisions.
        key = tuple((fold.repeat, fold.fold) for fold in folds)
        if key not in self._divided:
            self._divided[key] = parts_of(folds, self._dataset, self._study.seed)
        return self._divided[key]


def parts_of(folds: Sequence[Fold], dataset: Dataset, seed: int) -> NDArray[np.int64]:
    """The part of each pooled row, for what is learned on some parts and applied to another."""
    first = folds[0].validation
    if len(folds) > 1 and all(np.array_equal(fold.validation, first) for fold in folds):
        # An official part, trained for repeatedly: no row is outside any of them.
        return np.tile(inner_parts(dataset, first, seed), len(folds))
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
    named = {f"class '{dataset.minority}'": minority, "other classes": ~minority}
    return [
        Problem(
            f"'{kind}' learns from some validation rows and is scored on others, for which the "
            f"{counted(int(own.sum()), 'validation row')} of {name} cannot be divided; use folds, "
            "a larger validation part, or calibration: none",
            ("imbalance", "calibration"),
        )
        for name, own in named.items()
        if not all(own[others].any() for _, others in sides(parts, rows))
    ]


def _thresholds(
    labels: NDArray[np.int64],
    probabilities: NDArray[Any],
    parts: NDArray[np.int64],
    rows: NDArray[np.int64],
    asked: Any,
) -> tuple[float, Any]:
    """The threshold for later rows, and that of each prediction."""
    if asked != "tuned":
        return float(asked), float(asked)
    minority = probabilities[:, -1]
    actual = labels == probabilities.shape[1] - 1
    return best_threshold(actual, minority), cross_fitted_thresholds(actual, minority, parts, rows)


def _reliability(
    units: Units,
    labels: NDArray[np.int64],
    parts: NDArray[np.int64],
    rows: NDArray[np.int64],
    calibration: str,
) -> dict[str, Reliability]:
    given = np.concatenate([result.probabilities for _, result in units])
    stages = {"as_trained": np.concatenate([result.as_trained for _, result in units])}
    if any(result.corrected for _, result in units):
        stages["corrected"] = given
    if calibration != "none":
        stages["calibrated"] = cross_calibrated(labels, given, parts, calibration, rows=rows)
    return {stage: reliability(labels, probabilities) for stage, probabilities in stages.items()}
