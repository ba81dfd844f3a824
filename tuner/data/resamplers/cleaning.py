"""SMOTE, and after it a cleaning of the border, which takes rows of all classes away."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tuner.data.resamplers.resampler import (
    RESAMPLERS,
    Facts,
    Refusal,
    Resampled,
    Resampler,
    ResamplingFailed,
    Task,
)
from tuner.data.resamplers.smote import Smote
from tuner.data.resamplers.synthetic import K_NEIGHBORS
from tuner.data.resamplers.targets import RATIO

__all__ = ["Cleaned"]


@dataclass(frozen=True)
class Cleaned(Resampler):
    """SMOTE followed by a cleaner; where SMOTE has nothing to do, rows stay as they are."""

    name: str
    ratio: float
    k_neighbors: int

    takes_images: ClassVar[bool] = False
    takes_categories: ClassVar[bool] = False
    makes_rows: ClassVar[bool] = True

    def __call__(self, task: Task) -> Resampled:
        """Old and new rows that the cleaner leaves."""
        over = self._smote()(task)
        if len(over.y) == len(task.y):
            return over
        cleaner = self.cleaner()
        cleaner.fit_resample(over.x, over.y)
        kept = np.sort(np.asarray(cleaner.sample_indices_, dtype=np.int64))
        left = np.bincount(over.y[kept], minlength=len(task.classes))
        if (gone := np.flatnonzero(left == 0)).size:
            raise ResamplingFailed(
                f"{self.name} took all rows of class '{task.classes[gone[0]]}' away; use smote or "
                "random_over"
            )
        return Resampled(over.x[kept], over.y[kept], None, over.origin[kept])

    def lacks(self, facts: Facts) -> Iterator[Refusal]:
        """What SMOTE lacks."""
        yield from self._smote().lacks(facts)

    def _smote(self) -> Smote:
        return Smote(self.name, self.ratio, self.k_neighbors)

    @abstractmethod
    def cleaner(self) -> Any:
        """A cleaning sampler of imbalanced-learn, for all classes."""


@dataclass(frozen=True)
class _Tomek(Cleaned):
    def cleaner(self) -> Any:
        from imblearn.under_sampling import TomekLinks

        return TomekLinks(sampling_strategy="all")


@dataclass(frozen=True)
class _EditedNeighbours(Cleaned):
    def cleaner(self) -> Any:
        from imblearn.under_sampling import EditedNearestNeighbours

        return EditedNearestNeighbours(sampling_strategy="all")


@RESAMPLERS.register("smote_tomek", ratio=RATIO, k_neighbors=K_NEIGHBORS)
def smote_tomek(ratio: float, k_neighbors: int) -> Resampler:
    """SMOTE, then pairs of mutually nearest rows of two classes go (Batista et al., 2003).

    Args:
        ratio: What the rarest class is to have of the most frequent one.
        k_neighbors: Neighbours of its class that a new row may lie towards.
    """
    return _Tomek("smote_tomek", ratio, k_neighbors)


@RESAMPLERS.register("smote_enn", ratio=RATIO, k_neighbors=K_NEIGHBORS)
def smote_enn(ratio: float, k_neighbors: int) -> Resampler:
    """SMOTE, then rows go of which a neighbour is of another class (Batista et al., 2004).

    Args:
        ratio: What the rarest class is to have of the most frequent one.
        k_neighbors: Neighbours of its class that a new row may lie towards.
    """
    return _EditedNeighbours("smote_enn", ratio, k_neighbors)
