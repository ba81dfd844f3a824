"""Intervals of scores, with whole groups drawn where rows belong together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.evaluate.clusters import Clusters
from tuner.evaluate.drawn_scores import INTERVALS, LOWER, Draws, Numbers
from tuner.evaluate.supposed import with_errors, with_finds

__all__ = ["INTERVALS", "score_intervals"]


def score_intervals(
    labels: NDArray[np.int64],
    probabilities: NDArray[Any],
    decisions: NDArray[np.int64],
    groups: NDArray[Any] | None = None,
    *,
    confidence: float = 0.95,
    draws: int = 4000,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Intervals of scores by a Bayesian bootstrap (Rubin, 1981), the model as it is.

    Clusters (groups, or single rows) get random weights, separately among those with and without
    a minority row, so that every draw has about as many of each as the data. For the lower end,
    half a cluster of each error stands beside those of the data, for the upper end half a cluster
    that is all right, or what did not happen could not happen, and a score of 1 would have no
    width. That is the imprecise Dirichlet model (Walley, 1996); of a precision or recall it makes
    an interval inside that of Clopper and Pearson (1934), where a whole row stands in each place.

    It holds what other test rows may bring; another training is another matter.

    Args:
        labels: True codes, the minority last, shape ``(rows,)``.
        probabilities: Shape ``(rows, classes)``.
        decisions: Decided codes, shape ``(rows,)``.
        groups: Group of each row, or None where rows are independent.
        confidence: How sure the interval is to be; half of the rest lies beyond either end.
        draws: Number of draws; of very large data 500 at least.
        seed: Seed of the draws.

    Returns:
        Lower and upper end of each of `INTERVALS`.

    Example:
        >>> truth = np.array([1] * 10 + [0] * 90)
        >>> low, high = score_intervals(truth, np.eye(2)[truth], truth)["minority_f1"]
        >>> round(low, 2), high
        (0.82, 1.0)
    """
    clusters = Clusters.of(labels, probabilities, decisions, groups)
    tail = (1 - confidence) / 2
    low = _quantiles(with_errors(clusters), LOWER, tail, draws, seed)
    high = _quantiles(with_finds(clusters), INTERVALS, 1 - tail, draws, seed)
    whole = Draws.of((clusters.counts @ clusters.content)[None], clusters.cells, clusters.classes)
    own = {name: float(scored(whole)[0]) for name, scored in INTERVALS.items()}
    # What is supposed may be better than a model that says the same of every row.
    return {name: (min(low[name], own[name]), max(high[name], own[name])) for name in INTERVALS}


def _quantiles(
    clusters: Clusters,
    scores: Mapping[str, Callable[[Draws], Numbers]],
    share: float,
    draws: int,
    seed: int,
) -> dict[str, float]:
    """Each score that this share of draws does not exceed."""
    found: dict[str, list[Numbers]] = {name: [] for name in scores}
    for rows in clusters.drawn(draws, seed):
        some = Draws.of(rows, clusters.cells, clusters.classes)
        for name, scored in scores.items():
            found[name].append(scored(some))
    return {name: float(np.quantile(np.concatenate(v), share)) for name, v in found.items()}
