"""What the resamplers that make new rows have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tuner.data.findings import counted
from tuner.data.resamplers.resampler import (
    Facts,
    Refusal,
    Resampled,
    Resampler,
    ResamplingFailed,
    Task,
    require_finite,
)
from tuner.data.resamplers.targets import raised, strategy
from tuner.spaces import Int

__all__ = ["K_NEIGHBORS", "SIMPLER", "New", "Synthetic", "lacking_rows"]

New = tuple[NDArray[Any], NDArray[Any]]
"""New rows and their codes."""

K_NEIGHBORS = Int(1, 10, default=5, ge=1)
"""The space of the number of neighbours between which new rows are made."""

SIMPLER = "random oversampling (random_over) or class weights"
"""What always works."""


@dataclass(frozen=True)
class Synthetic(Resampler):
    """Adds new rows to rare classes, each between a row and one of its neighbours of its class.

    Attributes:
        name: The entry's name.
        ratio: See `tuner.data.resamplers.targets`.
        k_neighbors: How many neighbours of its own class a row may be joined with.
    """

    name: str
    ratio: float
    k_neighbors: int

    takes_images: ClassVar[bool] = False
    takes_categories: ClassVar[bool] = False
    makes_rows: ClassVar[bool] = True
    least: ClassVar[int] = 2
    """Rows that there must be in all."""
    exact: ClassVar[bool] = True
    """Whether it makes as many rows as it is asked for, unless it fails."""

    def __call__(self, task: Task) -> Resampled:
        """All rows, then the new ones."""
        targets = raised(task.counts, self.ratio)
        wanted = strategy(task.counts, targets)
        if not wanted:
            return Resampled.unchanged(task)
        require_finite(task, self.name)
        x, y = self.make(task, wanted)
        short = targets - task.counts - np.bincount(y, minlength=len(targets))
        if self.exact and short.any():
            raise ResamplingFailed(self.explain(task.classes[int(np.argmax(short))]))
        return Resampled.extended(task, x, y)

    def make(self, task: Task, wanted: Mapping[int, int]) -> New:
        """New rows, so that each class has the wanted number."""
        return self.fit(task.x, task.y, wanted, task.seed)

    def fit(
        self, x: NDArray[Any], y: NDArray[np.int64], wanted: Mapping[int, int], seed: int
    ) -> New:
        """What the sampler adds to rows; imbalanced-learn puts it after them."""
        sampler = self.sampler(sampling_strategy=dict(wanted), random_state=seed)
        more_x, more_y = sampler.fit_resample(x, y)
        return more_x[len(y) :], more_y[len(y) :]

    @abstractmethod
    def sampler(self, **settings: Any) -> Any:
        """A sampler of imbalanced-learn."""

    def explain(self, name: str) -> str:
        """Why no rows, or too few, could be made of a class."""
        return f"{self.name} made too few rows of class '{name}'; use smote or random_over"

    def lacks(self, facts: Facts) -> Iterator[Refusal]:
        """Classes to be raised that have too few rows to be neighbours, and too few rows at all."""
        wanted = strategy(facts.counts, raised(facts.counts, self.ratio))
        for code in wanted:
            if facts.counts[code] <= self.k_neighbors:
                yield lacking_rows(self.name, facts, code, self.k_neighbors)
        total = int(facts.counts.sum())
        if wanted and total < self.least:
            yield Refusal(
                f"there are {counted(total, 'training row')}{facts.where}, {self.name} needs at "
                f"least {self.least}; use smote, {SIMPLER}",
                "rows",
                self.least - total,
            )


def lacking_rows(name: str, facts: Facts, code: int, k_neighbors: int) -> Refusal:
    """A class has too few rows for the number of neighbours."""
    count = int(facts.counts[code])
    rows = f"class '{facts.classes[code]}' has {counted(count, 'training row')}{facts.where}"
    if count < 2:
        message = f"{rows}, {name} needs at least 2; use {SIMPLER}"
    else:
        message = (
            f"{rows}, {name} k_neighbors={k_neighbors} needs at least {k_neighbors + 1}; "
            f"use k_neighbors<={count - 1}, {SIMPLER}"
        )
    lack = k_neighbors + 1 - count
    return Refusal(message, f"class {code}", lack, "k_neighbors" if count > 1 else "")
