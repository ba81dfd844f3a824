"""What every part of a split must have, and the smallest changes that give it to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Needs", "distance", "repaired"]

_TRIED = 24
"""Units of a part that are looked at; where a part lacks something, few units have it."""

_Change = tuple[list[int], list[int]]


@dataclass(frozen=True)
class Needs:
    """What parts must have, counted in units that cannot be divided.

    Attributes:
        least: Units with each class that each part must have, shape ``(parts, classes)``; the
            minority is the last class.
        spread: Parts in which each class must occur; 2 gives every class to the training part of
            every fold.
    """

    least: NDArray[np.int64]
    spread: int = 0

    def lacking(self, having: NDArray[np.int64]) -> tuple[int, int]:
        """How many units the parts lack: of the minority, and of all classes.

        Args:
            having: Units with each class in each part, shape ``(parts, classes)``.
        """
        short = np.maximum(self.least - having, 0)
        narrow = np.maximum(self.spread - (having > 0).sum(axis=0), 0)
        return int(short[:, -1].sum()), int(short.sum() + narrow.sum())

    def wishes(self, having: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each part should get a unit with each class, shape ``(parts, classes)``."""
        narrow = (having > 0).sum(axis=0) < self.spread
        wishes: NDArray[np.bool_] = (having < self.least) | (narrow & (having == 0))
        return wishes


def repaired(
    parts: NDArray[np.int64],
    counts: NDArray[np.int64],
    wanted: NDArray[np.float64],
    needs: Needs,
) -> NDArray[np.int64]:
    """Moves or exchanges units until every part has what it needs, or nothing helps.

    Where there are enough minority units, the minority's needs are always met: while one part
    lacks some, another has one too many.

    Args:
        parts: Part of each unit.
        counts: Rows of each class in each unit, shape ``(units, classes)``.
        wanted: Rows of each class that each part should have, shape ``(parts, classes)``.
        needs: What each part must have.
    """
    parts = parts.copy()
    while True:
        reached, having = np.zeros((2, *wanted.shape), dtype=np.int64)
        np.add.at(reached, parts, counts)
        np.add.at(having, parts, counts > 0)
        lacking = needs.lacking(having)
        if lacking == (0, 0):
            return parts
        best: tuple[tuple[int, int, float], _Change] | None = None
        for units, targets in _changes(parts, counts, needs.wishes(having)):
            held, had = reached.copy(), having.copy()
            for unit, target in zip(units, targets, strict=True):
                held[parts[unit]] -= counts[unit]
                held[target] += counts[unit]
                had[parts[unit]] -= counts[unit] > 0
                had[target] += counts[unit] > 0
            key = (*needs.lacking(had), distance(held, wanted))
            if best is None or key < best[0]:
                best = key, (units, targets)
        if best is None or best[0][:2] >= lacking:
            return parts
        parts[best[1][0]] = best[1][1]


def distance(reached: NDArray[np.int64], wanted: NDArray[np.float64]) -> float:
    """How far parts are from their shares, as a sum of relative differences."""
    return float((np.abs(reached - wanted) / np.maximum(wanted.sum(axis=0), 1)).sum())


def _changes(
    parts: NDArray[np.int64], counts: NDArray[np.int64], wishes: NDArray[np.bool_]
) -> Iterator[_Change]:
    """Units that a part wishes for go there, alone or in exchange for one of its own."""
    by_size = np.argsort(counts.sum(axis=1), kind="stable")
    for part, code in np.argwhere(wishes).tolist():
        givers = by_size[(parts[by_size] != part) & (counts[by_size, code] > 0)][:_TRIED]
        returned = by_size[parts[by_size] == part][:_TRIED].tolist()
        for unit in givers.tolist():
            yield [unit], [part]
            for other in returned:
                yield [unit, other], [part, int(parts[unit])]
