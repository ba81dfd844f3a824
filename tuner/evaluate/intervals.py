"""Bootstrap intervals, with whole groups resampled where rows belong together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["f1_interval"]


def f1_interval(
    actual: NDArray[np.bool_],
    decided: NDArray[np.bool_],
    groups: NDArray[Any] | None = None,
    *,
    confidence: float = 0.95,
    draws: int = 4000,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile bootstrap interval of F1 at a fixed threshold (Efron & Tibshirani, 1993).

    Clusters (groups, or single rows) are drawn with replacement, separately among those with and
    without a minority row, so that every draw has as many of each as the data.

    Args:
        actual: Whether each row is of the minority class, shape ``(rows,)``.
        decided: Whether it was called so.
        groups: Group of each row, or None where rows are independent.
        confidence: Share of draws that the interval holds.
        draws: Number of draws.
        seed: Seed of the draws.

    Returns:
        Lower and upper end.

    Example:
        >>> truth = np.array([True] * 10 + [False] * 90)
        >>> f1_interval(truth, truth)
        (1.0, 1.0)
    """
    cluster = np.arange(len(actual))
    if groups is not None:
        cluster = np.unique(groups, return_inverse=True)[1]
    hits = np.bincount(cluster, actual & decided)
    total = np.bincount(cluster, actual.astype(np.int64) + decided)
    positive = np.bincount(cluster, actual) > 0
    rng = np.random.default_rng(seed)
    twice_hits, totals = np.zeros(draws), np.zeros(draws)
    for stratum in (positive, ~positive):
        if stratum.any():
            # Clusters with the same counts are drawn as one kind; a column for each of a million
            # rows would not fit into memory.
            pairs = np.column_stack([hits[stratum], total[stratum]])
            kinds, counts = np.unique(pairs, axis=0, return_counts=True)
            times = rng.multinomial(counts.sum(), counts / counts.sum(), draws)
            twice_hits += 2 * (times @ kinds[:, 0])
            totals += times @ kinds[:, 1]
    f1 = np.divide(twice_hits, totals, out=np.zeros(draws), where=totals > 0)
    tail = (1 - confidence) / 2
    low, high = np.quantile(f1, [tail, 1 - tail])
    return float(low), float(high)
