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
from tuner.search.levels import ROWS, Level, levels_of
from tuner.study import Study
from tuner.training.unit import UnitResult

__all__ = ["Pooled", "Pooling", "check_calibration", "parts_of"]

Units = Sequence[tuple[Fold, UnitResult]]


@dataclass(frozen=True)
class Pooled:
    """Validation result of one configuration.

    Attributes:
        scores: From all validation rows of all folds together, with cross-fitted thresholds; of
            groups of rows where the study scores these.
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


@dataclass(frozen=True)
class _Predicted:
    """Predictions of rows or groups, with the part of each."""

    labels: NDArray[np.int64]
    probabilities: NDArray[Any]
    parts: NDArray[np.int64]
    ids: NDArray[np.int64]


class Pooling:
    """Pools the validation predictions of the trials of one study.

    Args:
        dataset: Holds the labels.
        study: Says what is scored, how the threshold is found and what is calibrated; its seed
            divides the rows of a single validation part.
    """

    def __init__(self, dataset: Dataset, study: Study) -> None:
        self._dataset, self._study = dataset, study
        self._level, _ = levels_of(study, dataset)
        self._divided: dict[tuple[tuple[int, int], ...], NDArray[np.int64]] = {}

    def pool(self, units: Units) -> Pooled:
        """The result of a trial.

        Args:
            units: Folds with the predictions of their validation rows.
        """
        own, decisions, threshold = self._decided(units, self._level)
        return Pooled(
            score(own.labels, own.probabilities, decisions),
            threshold,
            self._study.objective.metric not in RANKINGS
            and bool((decisions == decisions[0]).all()),
            self._reliability(units),
        )

    def fold_scores(self, units: Units) -> list[float]:
        """The objective's value of each fold alone, its threshold cross-fitted within the fold."""
        metric = self._study.objective.metric
        return [float(getattr(self.scores([unit]), metric)) for unit in units]

    def scores(self, units: Units, level: Level | None = None) -> Scores:
        """What `pool` says of decisions and probabilities, and nothing else.

        Args:
            units: Folds with the predictions of their validation rows.
            level: What is scored; what the study scores unless given.
        """
        own, decisions, _ = self._decided(units, level or self._level)
        return score(own.labels, own.probabilities, decisions)

    def contributions(self, units: Units) -> tuple[float, NDArray[np.float64]]:
        """The objective's value, and what each part that thresholds come from contributes to it.

        Args:
            units: Those of one repeat: the parts are its folds, or the parts of a single one.
        """
        own, decisions, _ = self._decided(units, self._level)
        metric = self._study.objective.metric

        def scored(kept: NDArray[np.bool_]) -> float:
            found = score(own.labels[kept], own.probabilities[kept], decisions[kept])
            return float(getattr(found, metric))

        return pseudo_values(scored, own.parts)

    def _decided(self, units: Units, level: Level) -> tuple[_Predicted, NDArray[np.int64], float]:
        """Predictions at a level, what each is called, and the threshold for later ones."""
        told = self._pooled(units, level)
        threshold, own = _thresholds(told, self._study.objective.threshold)
        return told, decide(told.probabilities, own), threshold

    def _pooled(self, units: Units, level: Level) -> _Predicted:
        """All predictions of validation rows."""
        folds = [fold for fold, _ in units]
        rows = np.concatenate([fold.validation for fold in folds])
        probabilities = np.concatenate([result.probabilities for _, result in units])
        apart = np.repeat(np.arange(len(folds)), [len(fold.validation) for fold in folds])
        told = level.scored(self._dataset, rows, probabilities, apart)
        return _Predicted(told.labels, told.probabilities, self.parts(folds)[told.first], told.ids)

    def _reliability(self, units: Units) -> dict[str, Reliability]:
        rows = self._pooled(units, ROWS)
        stages = {"as_trained": np.concatenate([result.as_trained for _, result in units])}
        if any(result.corrected for _, result in units):
            stages["corrected"] = rows.probabilities
        if (kind := self._study.imbalance.calibration) != "none":
            told = (rows.labels, rows.probabilities, rows.parts, kind)
            stages["calibrated"] = cross_calibrated(*told, rows=rows.ids)
        return {stage: reliability(rows.labels, told) for stage, told in stages.items()}

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


def _thresholds(told: _Predicted, asked: Any) -> tuple[float, Any]:
    """The threshold for later rows, and that of each prediction."""
    if asked != "tuned":
        return float(asked), float(asked)
    minority = told.probabilities[:, -1]
    actual = told.labels == told.probabilities.shape[1] - 1
    own = cross_fitted_thresholds(actual, minority, told.parts, told.ids)
    return best_threshold(actual, minority), own
