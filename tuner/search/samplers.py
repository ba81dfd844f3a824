"""Search algorithms: Optuna's samplers, seeded anew for every trial.

A sampler with one seed for a whole run starts over when the run is resumed and suggests its first
trials again. With a seed made of study, trial number and parameter, a resumed run goes on exactly
as an unbroken one would, in any process.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

__all__ = ["SeededPerTrial", "make_sampler"]


class SeededPerTrial(BaseSampler):
    """Delegates to a fresh sampler for each trial and each independent parameter.

    Args:
        make: Makes a sampler from a seed.
        seed: Seed of the study.
    """

    def __init__(self, make: Callable[[int], BaseSampler], seed: int) -> None:
        self._make = make
        self._seed = seed

    def _sampler(self, trial: FrozenTrial, name: str = "") -> BaseSampler:
        words = [self._seed, trial.number, zlib.crc32(name.encode())]
        return self._make(int(np.random.SeedSequence(words).generate_state(1)[0]))

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        # The grouped TPE decides on its groups here and needs them when it samples.
        self._relative = self._sampler(trial)
        return self._relative.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self._relative.sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        sampler = self._sampler(trial, param_name)
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Any
    ) -> None:
        """Nothing is kept between trials."""


def make_sampler(algorithm: str, seed: int) -> BaseSampler:
    """The sampler of a study's ``search.algorithm``; ``grid`` draws nothing and takes any."""
    return SeededPerTrial(_tpe if algorithm == "tpe" else RandomSampler, seed)


def _tpe(seed: int) -> BaseSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return TPESampler(
            seed=seed,
            n_startup_trials=10,
            multivariate=True,
            group=True,
            constant_liar=True,
        )
