"""Boosting on values that are put into bins before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Binned"]


class Binned:
    """A histogram boosting whose bins do not depend on weights.

    scikit-learn (1.9) finds weighted bins at ten times the cost of all the rest where rows have
    very many numbers. Here bins are those that it finds without weights, so that without weights
    trees and probabilities are its own.

    Args:
        model: A `HistGradientBoostingClassifier`; its `max_bins` says how many bins there are.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._edges: list[NDArray[np.float64]] = []

    @property
    def classes_(self) -> NDArray[np.int64]:
        """Codes that it has seen."""
        classes: NDArray[np.int64] = self._model.classes_
        return classes

    def fit(self, x: NDArray[Any], y: NDArray[Any], sample_weight: Any = None) -> Binned:
        """Learns bins and trees from training rows, shape ``(rows, numbers)``."""
        self._edges = [_edges(column, self._model.max_bins) for column in x.T]
        self._model.fit(self._codes(x), y, sample_weight=sample_weight)
        return self

    def predict_proba(self, x: NDArray[Any]) -> NDArray[np.float64]:
        """Shape ``(rows, classes)``."""
        told: NDArray[np.float64] = self._model.predict_proba(self._codes(x))
        return told

    def _codes(self, x: NDArray[Any]) -> NDArray[np.float64]:
        codes = np.empty(x.shape)
        for number, edges in enumerate(self._edges):
            codes[:, number] = np.searchsorted(edges, x[:, number])
        return codes


def _edges(column: NDArray[Any], bins: int) -> NDArray[np.float64]:
    """The largest value of each bin but the last."""
    column = column.astype(np.float64)
    values = np.unique(column)
    if len(values) <= bins:
        middles: NDArray[np.float64] = (values[:-1] + values[1:]) / 2
        return middles
    shares = np.linspace(0, 100, bins + 1)[1:-1]
    edges: NDArray[np.float64] = np.percentile(column, shares, method="averaged_inverted_cdf")
    return edges
