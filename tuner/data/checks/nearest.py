"""Rows that are nearer to another row than chance allows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Nearness", "nearness"]

Matrix = NDArray[np.float64]

_NEIGHBOURS = 100
_LEAST = 20
_CELLS = 4_000_000
"""Distances that are held in memory at once."""


@dataclass(frozen=True)
class Nearness:
    """How near each query is to its nearest reference.

    Attributes:
        chance: Probability of a neighbour at most so near, if rows lay without clumps; shape
            ``(queries,)``.
        nearest: Number of the nearest reference, shape ``(queries,)``.
        dimension: In how many dimensions the rows lie around each other.
    """

    chance: Matrix
    nearest: NDArray[np.int64]
    dimension: float


def nearness(queries: Matrix, references: Matrix) -> Nearness | None:
    """Compares the nearest neighbour with what farther neighbours lead one to expect.

    Where rows are independent, the number of rows within a distance grows with a power of it, the
    dimension ``m`` of the data. It is estimated between the 33rd and the 100th neighbour, over all
    queries (as Levina & Bickel, 2004, do). Given the distance ``d`` of the 33rd neighbour, each of
    the 32 nearer ones lies within ``r`` with probability ``(r / d)**m``, so that the nearest does
    with ``1 - (1 - (r / d)**m)**32``. Dense data of few dimensions has near neighbours everywhere
    and is not told; a clump of up to about 30 rows that belong together is.

    Noise makes the dimension grow towards small distances, which only makes probabilities larger.

    Args:
        queries: Shape ``(queries, columns)``.
        references: Shape ``(references, columns)``; none of them is a query.

    Returns:
        None where there are too few references, or too many of them are equal.
    """
    far = min(_NEIGHBOURS, len(references) // 4)
    if far < _LEAST or not len(queries):
        return None
    near = far // 3
    centre = references.mean(axis=0)
    distances, nearest = _distances(queries - centre, references - centre, near, far)
    first, middle, last = distances.T
    known = middle > 0
    if 2 * known.sum() < len(queries):
        return None
    steps = float((1 / np.arange(near, far)).sum())
    growth = float(np.log(last[known] / middle[known]).mean())
    if growth <= 0:
        return None
    dimension = steps / growth
    ratio = np.divide(first, middle, out=np.ones_like(first), where=known)
    within = np.minimum(ratio**dimension, 1 - 1e-16)
    chance = -np.expm1((near - 1) * np.log1p(-within))
    return Nearness(chance, nearest, dimension)


def _distances(
    queries: Matrix, references: Matrix, near: int, far: int
) -> tuple[Matrix, NDArray[np.int64]]:
    """Distances to the first, the `near`-th and the `far`-th neighbour, and which is the first."""
    lengths = (references**2).sum(axis=1)
    found = np.empty((len(queries), 3))
    nearest = np.empty(len(queries), dtype=np.int64)
    step = max(1, _CELLS // len(references))
    for at in range(0, len(queries), step):
        piece = queries[at : at + step]
        squares = lengths - 2 * piece @ references.T + (piece**2).sum(axis=1)[:, None]
        nearest[at : at + step] = squares.argmin(axis=1)
        squares.partition([near - 1, far - 1], axis=1)
        found[at : at + step, 1:] = np.sqrt(np.maximum(squares[:, [near - 1, far - 1]], 0))
    # The difference of large squares would hide how near the nearest is.
    found[:, 0] = np.sqrt(((queries - references[nearest]) ** 2).sum(axis=1))
    return found, nearest
