"""The family of simple models that every winner is compared with.

An entry returns a new model that is not fitted, and how it is used. It may ask for what is known of
the rows: `seed`; `shares`, of each class among all rows but the test rows, the minority last;
`width`, the numbers in a row.

    @BASELINES.register("naive_bayes")
    def naive_bayes() -> Baseline:
        '''Naive Bayes.'''
        from sklearn.naive_bayes import GaussianNB

        return Baseline("naive Bayes", GaussianNB())
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tuner.evaluate.baselines.binned import Binned
from tuner.registry import Registry

__all__ = ["BASELINES", "Baseline", "Constant"]

_WIDE = 256
"""Rows of more numbers, mostly pixels, get smaller ensembles: on `mri_like` they take a third of
the time and rank validation rows as well."""

_SMALLER = MappingProxyType(
    {"max_iter": 50, "max_leaf_nodes": 15, "max_bins": 64, "max_features": 0.25}
)


@dataclass(frozen=True)
class Baseline:
    """A simple model and how it is used.

    Attributes:
        label: What people call it.
        model: Has scikit-learn's `fit`, with `sample_weight`, and `predict_proba`.
        rarity: What is done about it: nothing, equal sums of weights for all classes, or SMOTE.
        mean: What is averaged over folds: ``odds``, as of the networks, or ``shares``, for
            probabilities that are 0 or 1 without meaning it.
    """

    label: str
    model: Any
    rarity: Literal["none", "balanced", "smote"] = "none"
    mean: Literal["odds", "shares"] = "odds"


@dataclass(frozen=True)
class Constant:
    """Says the same of every row.

    Attributes:
        told: The probability of each class.
    """

    told: NDArray[np.float64]

    @property
    def classes_(self) -> NDArray[np.int64]:
        """All codes."""
        return np.arange(len(self.told))

    def fit(self, x: NDArray[Any], y: NDArray[Any], sample_weight: Any = None) -> Constant:
        """Learns nothing."""
        return self

    def predict_proba(self, x: NDArray[Any]) -> NDArray[np.float64]:
        """Shape ``(rows, classes)``."""
        return np.tile(self.told, (len(x), 1))


BASELINES: Registry[Baseline] = Registry("baseline")


@BASELINES.register("always_minority")
def always_minority(*, shares: NDArray[np.float64]) -> Baseline:
    """Calls every row minority."""
    told = np.zeros(len(shares))
    told[-1] = 1.0
    return Baseline("every row called minority", Constant(told), mean="shares")


@BASELINES.register("prior")
def prior(*, shares: NDArray[np.float64]) -> Baseline:
    """The class shares as the probabilities of every row."""
    return Baseline("class shares", Constant(shares), mean="shares")


@BASELINES.register("logistic_regression")
def logistic_regression() -> Baseline:
    """Logistic regression with balanced class weights."""
    from sklearn.linear_model import LogisticRegression

    label = "logistic regression, balanced"
    return Baseline(label, LogisticRegression(max_iter=1000), "balanced")


@BASELINES.register("random_forest")
def random_forest(*, seed: int, width: int) -> Baseline:
    """Random forest."""
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(100 if width <= _WIDE else 50, random_state=seed)
    return Baseline("random forest", forest, mean="shares")


@BASELINES.register("random_forest_balanced")
def random_forest_balanced(*, seed: int, width: int) -> Baseline:
    """Random forest with balanced class weights."""
    forest = random_forest(seed=seed, width=width)
    return replace(forest, label="random forest, balanced", rarity="balanced")


@BASELINES.register("random_forest_smote")
def random_forest_smote(*, seed: int, width: int) -> Baseline:
    """Random forest on rows with SMOTE."""
    forest = random_forest(seed=seed, width=width)
    return replace(forest, label="random forest with SMOTE", rarity="smote")


@BASELINES.register("gradient_boosting")
def gradient_boosting(*, seed: int, width: int) -> Baseline:
    """Histogram gradient boosting."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    smaller = _SMALLER if width > _WIDE else {}
    # Without early stopping, which would divide the rows of a group.
    boosting = HistGradientBoostingClassifier(early_stopping=False, random_state=seed, **smaller)
    return Baseline("histogram gradient boosting", Binned(boosting))


@BASELINES.register("gradient_boosting_balanced")
def gradient_boosting_balanced(*, seed: int, width: int) -> Baseline:
    """Histogram gradient boosting with balanced class weights."""
    boosting = gradient_boosting(seed=seed, width=width)
    return replace(boosting, label="histogram gradient boosting, balanced", rarity="balanced")


@BASELINES.register("gradient_boosting_smote")
def gradient_boosting_smote(*, seed: int, width: int) -> Baseline:
    """Histogram gradient boosting on rows with SMOTE."""
    boosting = gradient_boosting(seed=seed, width=width)
    return replace(boosting, label="histogram gradient boosting with SMOTE", rarity="smote")
