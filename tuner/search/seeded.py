"""Samplers that are seeded anew for every trial.

A sampler with one seed for a whole run starts over when the run is resumed and suggests its first
trials again. With a seed made of study, trial number and parameter, a resumed run goes on exactly
as an unbroken one would, in any process.
"""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from tuner.search.space import Dimension

__all__ = ["SeededPerTrial", "seed_of"]


class SeededPerTrial(BaseSampler):
    """Delegates to a fresh sampler for each trial and each independent parameter.

    Args:
        make: Makes a sampler from a seed.
        seed: Seed of the study.

    Attributes:
        space: All hyperparameters of the study. The oracle says them before it asks, since Optuna
            itself learns of a hyperparameter only when a trial has it.
    """

    def __init__(self, make: Callable[[int], BaseSampler], seed: int) -> None:
        self.space: tuple[Dimension, ...] = ()
        self._make = make
        self._seed = seed

    @property
    def unconditional(self) -> dict[str, BaseDistribution]:
        """The distributions of what every trial has, without those of one value."""
        return {
            dimension.name: dimension.distribution
            for dimension in self.space
            if not dimension.conditions and not dimension.distribution.single()
        }

    def _sampler(self, trial: FrozenTrial, name: str = "") -> BaseSampler:
        return self._make(seed_of(self._seed, trial.number, name))

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """What is drawn together for a trial."""
        # The grouped TPE decides on its groups here and needs them when it samples.
        self._relative = self._sampler(trial)
        return self._relative.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Values of what is drawn together."""
        return self._relative.sample_relative(_reading_only(study), trial, search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """The value of a hyperparameter that is drawn alone."""
        sampler = self._sampler(trial, param_name)
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Any
    ) -> None:
        """Nothing is kept between trials."""


class _ReadOnly:
    """A storage that keeps nothing of what a sampler notes of a trial."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Keeps nothing."""


def _reading_only(study: optuna.Study) -> optuna.Study:
    """The same study for a sampler that would write down what it suggests.

    Optuna's samplers do so for other processes, which would see the values one by one. Here all
    values are written at once (`tuner.search.trial_rows`). A Gaussian process would also take a
    note that a killed process left for another trial that is running.
    """
    same = copy.copy(study)
    same._storage = _ReadOnly(study._storage)  # type: ignore[assignment]
    return same


def seed_of(study_seed: int, number: int, name: str = "") -> int:
    """The seed of one trial, or of one of its hyperparameters."""
    words = [study_seed, number, zlib.crc32(name.encode())]
    return int(np.random.SeedSequence(words).generate_state(1)[0])
