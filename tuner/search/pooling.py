"""The units of a trial become one score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tuner.data import Dataset, Fold
from tuner.data.splits import inner_parts
from tuner.metrics import Scores, best_threshold, cross_fitted_thresholds, decide, score
from tuner.study import ObjectiveSection
from tuner.training.unit import UnitResult

__all__ = ["Pooled", "pool"]


@dataclass(frozen=True)
class Pooled:
    """Validation result of one configuration.

    Attributes:
        scores: From all validation rows of all folds together, with cross-fitted thresholds.
        threshold: Chosen on all of these rows, for data that comes later.
    """

    scores: Scores
    threshold: float


def pool(
    units: Sequence[tuple[Fold, UnitResult]],
    dataset: Dataset,
    objective: ObjectiveSection,
    seed: int,
) -> Pooled:
    """Pools validation predictions.

    Args:
        units: Folds with the predictions of their validation rows.
        dataset: Holds the labels.
        objective: Says how the threshold is found.
        seed: Divides the rows of a single validation part for its threshold.
    """
    rows = np.concatenate([fold.validation for fold, _ in units])
    probabilities = np.concatenate([result.probabilities for _, result in units])
    labels = dataset.labels[rows]
    if objective.threshold != "tuned":
        threshold = float(objective.threshold)
        return Pooled(score(labels, probabilities, decide(probabilities, threshold)), threshold)
    if len(units) > 1:
        parts = np.repeat(np.arange(len(units)), [len(fold.validation) for fold, _ in units])
    else:
        parts = inner_parts(dataset, rows, seed)
    actual, minority = dataset.is_minority(rows), probabilities[:, -1]
    thresholds = cross_fitted_thresholds(actual, minority, parts)
    scores = score(labels, probabilities, decide(probabilities, thresholds))
    return Pooled(scores, best_threshold(actual, minority))
