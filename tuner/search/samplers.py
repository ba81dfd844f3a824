"""Search algorithms by name: ours, and Optuna's seeded anew for every trial."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType

import optuna
from optuna.samplers import BaseSampler, RandomSampler, TPESampler

from tuner.errors import InputError
from tuner.search.evolution import CmaEsSampler
from tuner.search.gaussian import GaussianSampler
from tuner.search.nsga2 import Nsga2Sampler
from tuner.search.packages import missing_package
from tuner.search.seeded import SeededPerTrial
from tuner.search.sobol import SobolSampler
from tuner.study.sections import ALGORITHMS, AlgorithmName

__all__ = ["SAMPLERS", "make_sampler"]


def make_sampler(algorithm: AlgorithmName, seed: int) -> SeededPerTrial:
    """The sampler of a study's ``search.algorithm``.

    Args:
        algorithm: A name of `ALGORITHMS`.
        seed: Seed of the study.

    Raises:
        InputError: The algorithm needs a package that is not installed.
    """
    if missing := missing_package(algorithm):
        raise InputError(missing, ("search", "algorithm"))
    return SAMPLERS[ALGORITHMS[algorithm].sampler](seed)


def _random(seed: int) -> SeededPerTrial:
    return SeededPerTrial(RandomSampler, seed)


def _tpe(seed: int) -> SeededPerTrial:
    return SeededPerTrial(_one_tpe, seed)


def _one_tpe(seed: int) -> BaseSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return TPESampler(
            seed=seed,
            n_startup_trials=10,
            multivariate=True,
            group=True,
            constant_liar=True,
        )


SAMPLERS: Mapping[str, Callable[[int], SeededPerTrial]] = MappingProxyType(
    {
        "tpe": _tpe,
        "random": _random,
        "grid": _random,  # lists configurations and draws only from what is too large to be listed
        "gp": GaussianSampler,
        "cmaes": CmaEsSampler,
        "qmc": SobolSampler,
        "nsga2": Nsga2Sampler,
    }
)
