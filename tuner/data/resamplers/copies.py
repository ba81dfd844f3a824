"""Resamplers that copy rows or leave rows out; they take every kind of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tuner.data.resamplers.resampler import RESAMPLERS, Resampled, Resampler, Task
from tuner.data.resamplers.targets import RATIO, cut, raised, strategy

__all__ = ["Copies", "Unchanged"]


@dataclass(frozen=True)
class Unchanged(Resampler):
    """Leaves all rows as they are."""

    name: str = "none"
    batch_ratio: float | None = None

    def __call__(self, task: Task) -> Resampled:
        """The rows as they are."""
        return Resampled.unchanged(task, self.batch_ratio)


@dataclass(frozen=True)
class Copies(Resampler):
    """Draws rows at random: further copies of rare classes, or a part of frequent ones."""

    name: str
    ratio: float
    over: bool

    def __call__(self, task: Task) -> Resampled:
        """The rows drawn."""
        targets = (raised if self.over else cut)(task.counts, self.ratio)
        wanted = strategy(task.counts, targets)
        if not wanted:
            return Resampled.unchanged(task)
        sampler = self._sampler(sampling_strategy=wanted, random_state=task.seed)
        # Row numbers stand for the rows, since the samplers refuse images.
        sampler.fit_resample(np.arange(len(task.y))[:, None], task.y)
        rows = np.asarray(sampler.sample_indices_, dtype=np.int64)
        return Resampled.taken(task, rows if self.over else np.sort(rows))

    def _sampler(self, **settings: Any) -> Any:
        from imblearn.over_sampling import RandomOverSampler
        from imblearn.under_sampling import RandomUnderSampler

        return (RandomOverSampler if self.over else RandomUnderSampler)(**settings)


@RESAMPLERS.register("none")
def none() -> Resampler:
    """Every training row once."""
    return Unchanged()


@RESAMPLERS.register("random_over", ratio=RATIO)
def random_over(ratio: float) -> Resampler:
    """Rows of rare classes are repeated at random.

    Args:
        ratio: What the rarest class is to have of the most frequent one.
    """
    return Copies("random_over", ratio, over=True)


@RESAMPLERS.register("random_under", ratio=RATIO)
def random_under(ratio: float) -> Resampler:
    """Rows of frequent classes are left out at random.

    Args:
        ratio: What the rarest class is to have of the most frequent one.
    """
    return Copies("random_under", ratio, over=False)
