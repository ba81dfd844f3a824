"""Folds, what is decided from training rows, and scores of test rows.

Contenders get training rows with their classes and test rows without them (`Contender.told`). They
answer with candidates: what each way of training says of the training rows, out of fold, and of
the test rows. `chosen` and `threshold` see the first half of that and the classes of training rows.
So nothing about the classes of test rows can reach the nested column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from scoreboard.sources import Rows
from tuner.metrics import best_threshold, minority_f1
from tuner.metrics.scores import average_precision

__all__ = [
    "FOLDS",
    "INNER",
    "RULES",
    "SEEDS",
    "Contender",
    "Told",
    "chosen",
    "inner_parts",
    "log_odds",
    "outer_folds",
    "scores",
    "threshold",
]

FOLDS, INNER = 5, 3
SEEDS = (0, 1, 2)
_EDGE = 1e-7
_DRAWS = 25
_LEAST_SLOPE = 1e-3

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Told:
    """What a contender says of one outer fold.

    Attributes:
        names: Its candidates.
        parts: Inner fold of each training row, shape ``(train,)``.
        inside: Minority log odds of training rows by models that were not trained on them, shape
            ``(candidates, train)``.
        outside: Of the test rows, shape ``(candidates, test)``.
    """

    names: tuple[str, ...]
    parts: NDArray[np.int64]
    inside: Numbers
    outside: Numbers


class Contender(Protocol):
    """Something that is measured.

    Attributes:
        title: What people call it.
        team: How many of its candidates are averaged.
        identity: Everything that its answers depend on, as text; other answers need another text.
    """

    title: str
    team: int
    identity: str

    def told(self, train: Rows, test: Numbers, seed: int) -> Told:
        """Trains on the training rows, and predicts the test rows, whose classes it does not get.

        Args:
            train: Rows to learn from.
            test: Features of the test rows.
            seed: Of this outer fold.
        """
        ...


def outer_folds(y: NDArray[np.int64], seed: int) -> Iterator[tuple[NDArray, NDArray]]:
    """Training and test rows of each fold of the published protocol."""
    yield from StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(y, y)


def inner_parts(y: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """The inner fold of each training row."""
    parts = np.empty(len(y), np.int64)
    folds = StratifiedKFold(INNER, shuffle=True, random_state=seed % 2**32).split(y, y)
    for number, (_, rows) in enumerate(folds):
        parts[rows] = number
    return parts


def log_odds(probability: NDArray) -> Numbers:
    """Log odds, finite also where a probability is 0 or 1."""
    return logit(np.clip(np.asarray(probability, np.float64), _EDGE, 1 - _EDGE))


def _tuned(actual: NDArray[np.bool_], inside: Numbers) -> float:
    """The mean of three thresholds that err in different ways."""
    found = [rule(actual, inside) for rule in (_resampled, _expected, _calibrated)]
    return float(np.mean(found))


def _resampled(actual: NDArray[np.bool_], inside: Numbers) -> float:
    """The median of the best thresholds of samples of the rows, drawn with replacement.

    The best threshold of few positives hangs on single rows; the median of many does so less.
    """
    rng, found = np.random.default_rng(0), []
    while len(found) < _DRAWS:
        rows = rng.integers(0, len(actual), len(actual))
        if actual[rows].any():
            found.append(log_odds(best_threshold(actual[rows], expit(inside[rows]))))
    return float(np.median(found))


def _expected(actual: NDArray[np.bool_], inside: Numbers) -> float:
    """The threshold with the best expected F1 if the probabilities are right.

    F1 expected of the k likeliest rows is about ``2 sum(their p) / (k + sum(all p))`` (Lipton et
    al., 2014, "Optimal thresholding of classifiers to maximize F1 measure").
    """
    told = np.sort(expit(inside))[::-1]
    f1 = 2 * np.cumsum(told) / (np.arange(1, len(told) + 1) + told.sum())
    best = int(f1.argmax())
    return float(log_odds(told[best : best + 2].mean()))


def _calibrated(actual: NDArray[np.bool_], inside: Numbers) -> float:
    """The same after a logistic regression on the log odds (Platt, 1999)."""
    model = LogisticRegression().fit(inside[:, None], actual)
    slope = max(float(model.coef_[0, 0]), _LEAST_SLOPE)
    cut = _expected(actual, model.decision_function(inside[:, None]))
    return (cut - float(model.intercept_[0])) / slope


def _prevalence(actual: NDArray[np.bool_], inside: Numbers) -> float:
    """Half of the rows' odds where both classes were equally frequent."""
    return float(log_odds(actual.mean()))


RULES: Mapping[str, Callable[[NDArray[np.bool_], Numbers], float]] = {
    "tuned": _tuned,
    "expected": _expected,
    "prevalence": _prevalence,
    "half": lambda actual, inside: 0.0,
}
"""Ways to find a threshold, in log odds, from training rows."""


def threshold(rule: str, labels: NDArray[np.int64], inside: Numbers) -> float:
    """The threshold of one candidate in log odds.

    Args:
        rule: One of `RULES`.
        labels: Of the training rows.
        inside: Its out-of-fold log odds of these.
    """
    return RULES[rule](labels == 1, inside)


def chosen(labels: NDArray[np.int64], inside: Numbers, team: int) -> NDArray[np.int64]:
    """The candidates with the best average precision on training rows, out of fold.

    Args:
        labels: Of the training rows.
        inside: Their log odds, shape ``(candidates, train)``.
        team: How many are chosen.
    """
    actual = labels == 1
    reached = np.array([average_precision(actual, one) for one in inside])
    return np.argsort(-reached, kind="stable")[:team]


def scores(labels: NDArray[np.int64], outside: Numbers, cut: float) -> dict[str, float]:
    """F1, G-mean and ROC AUC of one outer fold.

    Args:
        labels: Of the test rows.
        outside: Their log odds.
        cut: The threshold, in log odds.
    """
    actual, called = labels == 1, outside >= cut
    recall, specificity = called[actual].mean(), (~called[~actual]).mean()
    return {
        "f1": minority_f1(actual, called),
        "gmean": float(np.sqrt(recall * specificity)),
        "auc": float(roc_auc_score(actual, outside)),
    }
