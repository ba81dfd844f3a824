"""Scores of decisions and probabilities, always from all rows at once.

The minority is the last class. Every score is a finite number: 0.0 where nothing was predicted or
nothing was there to find.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tuner.metrics.calibration import reliability

__all__ = [
    "METRICS",
    "RANKINGS",
    "Scores",
    "average_precision",
    "decide",
    "minority_f1",
    "roc_auc",
    "score",
]

METRICS = ("minority_f1", "pr_auc", "roc_auc", "mcc", "balanced_accuracy", "gmean")
"""Scores that a search can maximise."""

RANKINGS = ("pr_auc", "roc_auc")
"""Those of the order of rows alone, in which decisions have no say."""


@dataclass(frozen=True)
class Scores:
    """What was reached on one set of rows.

    Attributes:
        minority_f1: 2 TP / (2 TP + FP + FN) of the minority class against the rest.
        precision: Share of the rows called minority that are.
        recall: Share of the minority rows that were called so.
        pr_auc: Average precision of the minority probability.
        roc_auc: Share of pairs of a minority row and another in which the minority row has the
            higher probability; equal ones count half.
        mcc: Matthews correlation of all classes.
        balanced_accuracy: Mean recall of all classes.
        gmean: Square root of the minority's recall times its specificity.
        brier: Mean squared difference of the minority probability from 0 or 1; lower is better.
        ece: Expected calibration error of the minority probability; lower is better.
        confusion: Rows by true (first index) and decided class, in the order of the codes.
    """

    minority_f1: float
    precision: float
    recall: float
    pr_auc: float
    roc_auc: float
    mcc: float
    balanced_accuracy: float
    gmean: float
    brier: float
    ece: float
    confusion: tuple[tuple[int, ...], ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values by name."""
        return {**asdict(self), "confusion": [list(row) for row in self.confusion]}


def decide(probabilities: NDArray[Any], threshold: ArrayLike) -> NDArray[np.int64]:
    """The class of each row: the minority from its threshold on, else the likeliest other class.

    Args:
        probabilities: Shape ``(rows, classes)``, the minority last.
        threshold: One for all rows, or one for each, shape ``(rows,)``.
    """
    minority = probabilities.shape[1] - 1
    others = probabilities[:, :-1].argmax(axis=1)
    called = probabilities[:, -1] >= np.asarray(threshold)
    decided: NDArray[np.int64] = np.where(called, minority, others)
    return decided


def minority_f1(actual: NDArray[np.bool_], decided: NDArray[np.bool_]) -> float:
    """F1 of one class from truth and decisions, shape ``(rows,)``."""
    return _ratio(2 * int((actual & decided).sum()), int(actual.sum()) + int(decided.sum()))


def score(
    labels: NDArray[np.int64], probabilities: NDArray[Any], decisions: NDArray[np.int64]
) -> Scores:
    """All scores of one set of rows.

    Args:
        labels: True codes, shape ``(rows,)``.
        probabilities: Shape ``(rows, classes)``, the minority last.
        decisions: Decided codes, shape ``(rows,)``; see `decide`.
    """
    count = probabilities.shape[1]
    confusion = np.zeros((count, count), dtype=np.int64)
    np.add.at(confusion, (labels, decisions), 1)
    actual, decided = labels == count - 1, decisions == count - 1
    hits = int(confusion[-1, -1])
    recall = _ratio(hits, int(actual.sum()))
    specificity = _ratio(int((~actual & ~decided).sum()), int((~actual).sum()))
    present = confusion.sum(axis=1) > 0
    recalls = np.diag(confusion)[present] / confusion.sum(axis=1)[present]
    minority = probabilities[:, -1].astype(np.float64)
    off = reliability(labels, probabilities)
    return Scores(
        minority_f1=minority_f1(actual, decided),
        precision=_ratio(hits, int(decided.sum())),
        recall=recall,
        pr_auc=average_precision(actual, minority),
        roc_auc=roc_auc(actual, minority),
        mcc=_matthews(confusion),
        balanced_accuracy=float(recalls.mean()),
        gmean=float(np.sqrt(recall * specificity)),
        brier=off.brier,
        ece=off.ece,
        confusion=tuple(tuple(int(cell) for cell in row) for row in confusion),
    )


def average_precision(actual: NDArray[np.bool_], minority: NDArray[Any]) -> float:
    """Area under the precision-recall curve as a step function; 0.0 without a positive row.

    Equal to scikit-learn's to the last bit, in a tenth of the time: it is asked for in each epoch.
    """
    if not actual.any():
        return 0.0
    order = np.argsort(-np.asarray(minority, np.float64), kind="stable")
    ranked, hits = np.asarray(minority)[order], np.cumsum(actual[order], dtype=np.float64)
    # Rows with equal probabilities are called together.
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    precision, recall = hits[ends] / (1.0 + ends), hits[ends] / hits[-1]
    steps = np.diff(np.append(recall[::-1], 0.0))
    return max(0.0, float(-np.sum(steps * precision[::-1])))


def roc_auc(actual: NDArray[np.bool_], minority: NDArray[Any]) -> float:
    """Area under the ROC curve; 0.0 without a positive row, or without another.

    Example:
        >>> roc_auc(np.array([True, False, False]), np.array([0.7, 0.2, 0.7]))
        0.75
    """
    others = np.sort(minority[~actual])
    pairs = len(others) * int(actual.sum())
    below = np.searchsorted(others, minority[actual], side="left").sum()
    up_to = np.searchsorted(others, minority[actual], side="right").sum()
    return _ratio(float(below + up_to) / 2, pairs)


def _matthews(confusion: NDArray[np.int64]) -> float:
    """Matthews correlation of several classes (Gorodkin, 2004); 0.0 where one side is constant."""
    actual, decided = confusion.sum(axis=1), confusion.sum(axis=0)
    total, right = int(confusion.sum()), int(np.trace(confusion))
    spread = (total**2 - float(actual @ actual)) * (total**2 - float(decided @ decided))
    return _ratio(right * total - float(actual @ decided), np.sqrt(spread))


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
