"""Mean ranks of the values of a place, for a critical-difference picture (Demsar, 2006)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from tuner.evaluate.comparison.pairs import Pair

__all__ = ["cliques", "mean_ranks"]


def mean_ranks(scores: NDArray[Any]) -> NDArray[np.float64]:
    """The mean rank of each value over contexts and repeats; 1 is the best, equal ones share.

    Args:
        scores: Shape ``(values, contexts, repeats)``.

    Example:
        >>> mean_ranks(np.array([[[0.9, 0.8]], [[0.7, 0.8]]]))
        array([1.25, 1.75])
    """
    ranks: NDArray[np.float64] = stats.rankdata(-scores, axis=0).mean(axis=(1, 2))
    return ranks


def cliques(order: Sequence[int], pairs: Sequence[Pair]) -> list[tuple[int, ...]]:
    """The largest runs of values, in their order, of which no two were told apart.

    Args:
        order: The values, the best rank first.
        pairs: Every two of them.
    """
    apart = {
        frozenset((pair.first, pair.second))
        for pair in pairs
        if pair.verdict in ("better", "worse")
    }
    found: list[tuple[int, ...]] = []
    for start in range(len(order)):
        end = start + 1
        while end < len(order) and not any(
            frozenset((order[end], earlier)) in apart for earlier in order[start:end]
        ):
            end += 1
        run = tuple(order[start:end])
        if len(run) > 1 and not any(set(run) <= set(known) for known in found):
            found.append(run)
    return found
