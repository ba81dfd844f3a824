"""Quasi-random search: points of a scrambled Sobol sequence, which leave fewer gaps than chance.

Every hyperparameter of the study, conditional ones included, has a coordinate of its own, and trial
number n is point n; a coordinate that a trial has no use for is not looked at. So the point depends
on nothing but the seed and the number. Optuna's own sampler counts its points in the database,
where a killed process leaves gaps, and takes the space from the first trial, so that conditional
hyperparameters which that trial lacks are drawn at random.

Sobol, I. M. (1967), USSR Comput. Math. Math. Phys. 7(4); scrambled as in Owen (1998).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial
from scipy.stats import qmc

from tuner.search.seeded import SeededPerTrial
from tuner.search.unit_cube import from_unit

__all__ = ["SobolSampler"]


class SobolSampler(SeededPerTrial):
    """Takes every value from a Sobol sequence.

    Args:
        seed: Seed of the study; scrambles the sequence.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(RandomSampler, seed)

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Nothing: a coordinate belongs to its hyperparameter, whatever the others are."""
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Nothing, as nothing is drawn together."""
        return {}

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """The value at the hyperparameter's coordinate."""
        names = [dimension.name for dimension in self.space]
        point = _point(len(names), trial.number, self._seed)
        return from_unit(param_distribution, float(point[names.index(param_name)]))


@lru_cache(maxsize=1)
def _point(dimensions: int, number: int, seed: int) -> NDArray[np.float64]:
    sequence = qmc.Sobol(dimensions, scramble=True, rng=seed)
    if number:
        sequence.fast_forward(number)
    point: NDArray[np.float64] = sequence.random(1)[0]
    return point
