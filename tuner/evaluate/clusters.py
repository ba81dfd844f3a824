"""Test rows as clusters that are drawn: groups, or single rows where these are independent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tuner.evaluate.drawn_scores import Numbers

__all__ = ["Cell", "Clusters"]

Cell = tuple[int, int, int, float]
"""Block, true code, decided code, and rows of it."""

_CELLS = 4_000_000
"""Numbers that are held at once, and a tenth of those that are drawn at most."""

_FEWEST = 500
"""Draws of data that are so large that more would take minutes; intervals are narrow there."""

_SUPPOSED = 0.5
"""What a cluster that is supposed counts, beside 1 of each in the data."""


@dataclass(frozen=True)
class Clusters:
    """What is drawn. Clusters that are equal are one kind, or a million rows would not fit.

    Attributes:
        content: Rows of each cell in a cluster of each kind, shape ``(kinds, cells)``.
        counts: Clusters of each kind; 0 where it is supposed beside the data.
        positive: Whether it is drawn among those that hold a minority row.
        cells: Block, true and decided code of each cell, shape ``(cells, 3)``.
        classes: How many classes there are; the minority is the last.
    """

    content: Any
    counts: NDArray[np.int64]
    positive: NDArray[np.bool_]
    cells: NDArray[np.int64]
    classes: int

    @classmethod
    def of(
        cls,
        labels: NDArray[np.int64],
        probabilities: NDArray[Any],
        decisions: NDArray[np.int64],
        groups: NDArray[Any] | None,
    ) -> Clusters:
        """The clusters of some rows; see `score_intervals`."""
        classes = probabilities.shape[1]
        blocks = _blocks(labels == classes - 1, probabilities[:, -1])
        code = (blocks * classes + labels) * classes + decisions
        known, cell = np.unique(code, return_inverse=True)
        cells = np.column_stack([known // classes**2, known // classes % classes, known % classes])
        if groups is None:
            content, counts = sparse.identity(len(known), format="csr"), np.bincount(cell)
            return cls(content, counts, cells[:, 1] == classes - 1, cells, classes)
        cluster = np.unique(groups, return_inverse=True)[1]
        content = sparse.csr_matrix((np.ones(len(cell)), (cluster, cell)))
        positive = np.bincount(cluster, labels == classes - 1) > 0
        return cls(content, np.ones(len(positive), np.int64), positive, cells, classes)

    def mean(self, positive: bool) -> Numbers:
        """Rows of each class in the mean cluster with, or without, a minority row."""
        own = self.positive == positive
        if not own.any():
            return np.zeros(self.classes)
        rows = (self.counts[own] @ self.content[own]) / self.counts[own].sum()
        return np.bincount(self.cells[:, 1], rows, self.classes).astype(np.float64)

    def finds(self) -> list[tuple[int, float]]:
        """Blocks of minority rows that were found, each with its share of them."""
        found = (self.cells[:, 1:] == self.classes - 1).all(axis=1)
        rows = (self.counts @ self.content)[found]
        if not found.any():
            return [(0, 1.0)]
        return list(zip(self.cells[found, 0].tolist(), (rows / rows.sum()).tolist(), strict=True))

    def beside(self, supposed: Sequence[tuple[bool, Sequence[Cell]]]) -> Clusters:
        """The same, with clusters that are not in the data.

        Args:
            supposed: For each, whether it is drawn among those with a minority row, and its rows.
        """
        cells = [cell[:3] for _, own in supposed for cell in own]
        contents = [np.array([[cell[3] for cell in own]]) for _, own in supposed]
        return Clusters(
            sparse.block_diag([self.content, *contents], format="csr"),
            np.append(self.counts, np.zeros(len(supposed), np.int64)),
            np.append(self.positive, [positive for positive, _ in supposed]),
            np.concatenate([self.cells, np.array(cells, np.int64).reshape(-1, 3)]),
            self.classes,
        )

    def drawn(self, draws: int, seed: int) -> Iterator[Numbers]:
        """Rows of each cell in so many draws, shape ``(some draws, cells)`` each.

        Weights are those of a Dirichlet distribution, as many in all as there are clusters.
        """
        rng = np.random.default_rng(seed)
        kinds = len(self.counts)
        draws = int(np.clip(10 * _CELLS // kinds, min(_FEWEST, draws), draws))
        step = max(1, _CELLS // (kinds + len(self.cells)))
        shape = np.where(self.counts > 0, self.counts, _SUPPOSED)
        for at in range(0, draws, step):
            weights = rng.standard_gamma(shape, (min(step, draws - at), kinds))
            for stratum in (self.positive, ~self.positive):
                if count := int(self.counts[stratum].sum()):
                    weights[:, stratum] *= count / weights[:, stratum].sum(axis=1, keepdims=True)
            yield weights @ self.content


def _blocks(actual: NDArray[np.bool_], probabilities: NDArray[Any]) -> NDArray[np.int64]:
    """The block of each row: rows that scores of the order tell apart by their class alone.

    For each probability that a minority row has, from the highest, there is a block of the rows
    between it and the next higher one, and a block of those that have it. The last block is of the
    rows below all of these.
    """
    steps = np.unique(probabilities[actual])
    reached = np.searchsorted(steps, probabilities, side="right")
    equal = reached > np.searchsorted(steps, probabilities, side="left")
    blocks: NDArray[np.int64] = 2 * (len(steps) - reached) + equal
    return blocks
