"""Rows whose truth is known, and what is trained on them instead of networks.

Both classes are normal with unit variance in every column and differ in their mean, so that the
scores of any linear function are normal in each class and its population F1 is a formula.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from tuner.data import Dataset, RawData, assemble

COLUMNS = 12
IN_GROUP, MINORITY_IN_GROUP = 12, 2.5


@dataclass(frozen=True)
class World:
    """What data are drawn from.

    Attributes:
        shift: How much higher the minority's mean is, by column.
        rows: Rows of a data set.
        prevalence: Share of the minority.
        correlation: Of rows of one group; 0 where there are no groups.
    """

    shift: tuple[float, ...]
    rows: int = 1000
    prevalence: float = 0.08
    correlation: float = 0.0

    def draw(self, seed: int) -> Dataset:
        """A data set of this world."""
        rng = np.random.default_rng([seed, 1])
        labels = np.zeros(self.rows, np.int64)
        count = round(self.rows * self.prevalence)
        features = rng.normal(size=(self.rows, COLUMNS))
        groups = None
        if self.correlation:
            groups = np.arange(self.rows) // IN_GROUP
            holding = round(count / MINORITY_IN_GROUP)
            labels[np.arange(count) % holding * IN_GROUP + np.arange(count) // holding] = 1
            # The minority of a group has an effect of its own, as lesions of one head have.
            effect = rng.normal(size=(2, groups[-1] + 1, COLUMNS))[labels, groups]
            own = np.sqrt(1 - self.correlation) * features
            features = np.sqrt(self.correlation) * effect + own
        else:
            labels[:count] = 1
        features = features + labels[:, None] * np.array(self.shift)
        named = np.where(labels == 1, "rare", "usual")
        return assemble(RawData(features, named, groups=groups), "drawn", "rare")


@dataclass(frozen=True)
class Linear:
    """What was trained: the logit of the minority is ``weights x + bias``."""

    weights: np.ndarray
    bias: float

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """Of both classes, shape ``(rows, 2)``."""
        minority = special.expit(features @ self.weights + self.bias)
        return np.column_stack([1 - minority, minority]).astype(np.float32)

    def rates(self, world: World, threshold: float) -> tuple[float, float]:
        """How much of the minority, and of the others, the population has above a threshold."""
        separation, cut = self.standard(world, threshold)
        return float(special.ndtr(separation - cut)), float(special.ndtr(-cut))

    def standard(self, world: World, threshold: float) -> tuple[float, float]:
        """The minority's mean and the threshold, where the others are standard normal."""
        length = float(np.linalg.norm(self.weights))
        cut = (special.logit(threshold) - self.bias) / length
        return float(self.weights @ np.array(world.shift)) / length, float(cut)


def train(
    features: np.ndarray, labels: np.ndarray, columns: np.ndarray, ridge: float, seed: int
) -> Linear:
    """Fisher's discriminant of some columns; a random 70 % of the rows are its noise."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(labels))[: round(0.7 * len(labels))]
    seen, rare = features[rows][:, columns], labels[rows] == 1
    means = seen[~rare].mean(axis=0), seen[rare].mean(axis=0)
    centred = seen - np.where(rare[:, None], means[1], means[0])
    within = centred.T @ centred / len(rows) + ridge * np.eye(len(columns))
    own = np.linalg.solve(within, means[1] - means[0])
    weights = np.zeros(features.shape[1])
    weights[columns] = own
    share = rare.mean()
    return Linear(weights, float(np.log(share / (1 - share)) - own @ (means[0] + means[1]) / 2))


def population_scores(separation: float, cut: float, prevalence: float) -> dict[str, float]:
    """Scores of the whole population; see `Linear.standard`."""
    found, alarms = special.ndtr(separation - cut), special.ndtr(-cut)
    tp, fn = prevalence * found, prevalence * (1 - found)
    fp, tn = (1 - prevalence) * alarms, (1 - prevalence) * (1 - alarms)
    cuts = np.linspace(max(separation, 0.0) + 9, min(separation, 0.0) - 9, 20_001)
    recall, called = special.ndtr(separation - cuts), special.ndtr(-cuts)
    hits = prevalence * recall
    precision = hits / (hits + (1 - prevalence) * called)
    spread = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return {
        "minority_f1": f1_of(found, alarms, prevalence),
        "precision": tp / (tp + fp),
        "recall": found,
        "pr_auc": float(np.diff(recall) @ (precision[1:] + precision[:-1]) / 2),
        "roc_auc": float(special.ndtr(separation / np.sqrt(2))),
        "mcc": (tp * tn - fp * fn) / spread,
        "balanced_accuracy": (found + 1 - alarms) / 2,
        "gmean": float(np.sqrt(found * (1 - alarms))),
    }


def f1_of(found: float, alarms: float, prevalence: float) -> float:
    """Population F1 from the shares of minority and other rows that are called minority."""
    hits = prevalence * found
    return float(2 * hits / (hits + (1 - prevalence) * alarms + prevalence))


def separation_for(f1: float, prevalence: float) -> float:
    """How far apart the classes must be for this F1 at the best threshold."""
    cuts = np.linspace(-8, 16, 6001)

    def reached(separation: float) -> float:
        found, alarms = special.ndtr(separation - cuts), special.ndtr(-cuts)
        return max(2 * prevalence * found / (prevalence * (found + 1) + (1 - prevalence) * alarms))

    return float(optimize.brentq(lambda separation: reached(separation) - f1, 0.0, 12.0))
