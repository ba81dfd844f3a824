"""Near-miss: rows of frequent classes stay that are near the rarest class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tuner.data.findings import counted
from tuner.data.resamplers.resampler import (
    RESAMPLERS,
    Facts,
    Refusal,
    Resampled,
    Resampler,
    Task,
    require_finite,
)
from tuner.data.resamplers.targets import RATIO, cut, strategy
from tuner.spaces import Choice

__all__ = ["NearMiss"]

_NEIGHBOURS = 3
"""How many rows of the rarest class a distance is averaged over; imbalanced-learn's own."""

_MOST_DISTANCES = 10**8
"""Version 2 holds the distances of all rows to all of the rarest class: 1.6 GB for so many."""


@dataclass(frozen=True)
class NearMiss(Resampler):
    """Keeps a part of each frequent class, chosen by distances to the rarest class.

    Version 1 keeps rows whose three nearest rows of the rarest class are nearest; version 2 those
    whose three farthest ones are nearest; version 3 those that are farthest from it among the three
    nearest neighbours of each of its rows. Version 3 may keep fewer rows than the ratio allows.
    """

    ratio: float
    version: int
    name: str = "near_miss"

    takes_images: ClassVar[bool] = False

    def __call__(self, task: Task) -> Resampled:
        """The rows that stay, in their order."""
        from imblearn.under_sampling import NearMiss as Sampler

        wanted = strategy(task.counts, cut(task.counts, self.ratio))
        if not wanted:
            return Resampled.unchanged(task)
        require_finite(task, self.name)
        sampler = Sampler(
            sampling_strategy=wanted,
            version=self.version,
            n_neighbors=_NEIGHBOURS,
            n_neighbors_ver3=_NEIGHBOURS,
        )
        sampler.fit_resample(task.x, task.y)
        return Resampled.taken(task, np.sort(np.asarray(sampler.sample_indices_, dtype=np.int64)))

    def lacks(self, facts: Facts) -> Iterator[Refusal]:
        """Too few rows to average a distance over, or too many distances."""
        if not strategy(facts.counts, cut(facts.counts, self.ratio)):
            return
        code = int(facts.counts.argmin())
        count, largest = int(facts.counts[code]), int(facts.counts.max())
        rows = f"class '{facts.classes[code]}' has {counted(count, 'training row')}{facts.where}"
        if self.version != 2 and count < _NEIGHBOURS:
            yield Refusal(
                f"{rows}, {self.name} version={self.version} needs at least {_NEIGHBOURS}; use "
                "version=2, random_under or class weights",
                f"class {code}",
                _NEIGHBOURS - count,
                "version",
            )
        if self.version == 2 and count * largest > _MOST_DISTANCES:
            yield Refusal(
                f"{rows}, {self.name} version=2 takes at most {_MOST_DISTANCES // largest} where "
                f"another class has {largest}; use version=1, random_under or class weights",
                f"many {code}",
                count,
                "version",
            )


@RESAMPLERS.register("near_miss", ratio=RATIO, version=Choice((1, 2, 3), default=1))
def near_miss(ratio: float, version: int) -> Resampler:
    """Near-miss 1, 2 or 3: frequent classes keep rows near the rarest (Mani & Zhang, 2003).

    Args:
        ratio: What the rarest class is to have of the most frequent one.
        version: 1 keeps rows that are near their nearest rare rows, 2 near their farthest ones,
            3 the neighbours of each rare row.
    """
    return NearMiss(ratio, version)
