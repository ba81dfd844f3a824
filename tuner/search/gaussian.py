"""Gaussian-process search: a smooth model of the scores, and the point that promises most.

It models what every trial has, numbers and categories alike (Matern kernel, log expected
improvement); conditional hyperparameters are drawn at random for each trial.

Threads that wait for each other, PyTorch's and SciPy's, made Optuna's sampler take 1.5 s of
processor time for a suggestion at 100 finished trials on two busy cores. One thread and fewer
points to start the search for the maximum from, which found the same maximum to three digits, take
less than a tenth of that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, GPSampler
from optuna.trial import FrozenTrial
from threadpoolctl import threadpool_limits

from tuner.search.seeded import SeededPerTrial

__all__ = ["GaussianSampler"]

_STARTUP = 10
"""Finished trials before the model is used."""


class GaussianSampler(SeededPerTrial):
    """Optuna's `GPSampler` over the exact space.

    Optuna's own takes for unconditional what the trials so far happen to have in common.

    Args:
        seed: Seed of the study.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(_make, seed)

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """What every trial has."""
        self._relative = self._sampler(trial)
        return self.unconditional

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The point with the largest expected improvement."""
        with _one_thread():
            return super().sample_relative(study, trial, search_space)


def _make(seed: int) -> BaseSampler:
    sampler = GPSampler(seed=seed, n_startup_trials=_STARTUP, warn_independent_sampling=False)
    sampler._n_preliminary_samples, sampler._n_local_search, sampler._tol = 512, 4, 1e-3
    return sampler


@contextmanager
def _one_thread() -> Iterator[None]:
    """Matrices of this size are faster in one thread than in several that wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):  # SciPy's optimiser waits for threads of its own
            yield
    finally:
        torch.set_num_threads(before)
