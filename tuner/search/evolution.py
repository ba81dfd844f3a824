"""CMA-ES: a normal distribution of configurations that moves and stretches towards better ones.

It knows numbers that every trial has, and works in the unit cube. Categories and conditional
hyperparameters are drawn at random for each trial. The package ``cmaes`` does the arithmetic
(Hansen, 2016, arXiv:1604.00772).

The state is not kept anywhere: the generations are told anew from the finished trials, a matter of
milliseconds. Optuna's own sampler pickles it into the database, and a pickle from a run folder of
somebody else may do anything; it also takes the dimensions from the first trials, and draws
everything at random from then on if these had a conditional hyperparameter in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial, TrialState

from tuner.search.seeded import SeededPerTrial, seed_of
from tuner.search.unit_cube import from_unit, to_unit

if TYPE_CHECKING:
    from cmaes import CMA

__all__ = ["CmaEsSampler"]

_GENERATION = "minority_tuner:generation"
_SIGMA = 1 / 6
"""First standard deviation: the ends of a range are three of it from the middle."""


class CmaEsSampler(SeededPerTrial):
    """Draws the numbers that every trial has from CMA-ES, everything else at random.

    Args:
        seed: Seed of the study.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(RandomSampler, seed)

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """The numbers that every trial has."""
        return {
            name: distribution
            for name, distribution in self.unconditional.items()
            if not isinstance(distribution, CategoricalDistribution)
        }

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """A draw from the distribution that the finished generations lead to."""
        if not search_space:
            return {}
        optimizer = _fresh(len(search_space))
        _tell(optimizer, study, search_space)
        optimizer.reseed_rng(seed_of(self._seed, trial.number))
        # A generation is made of the trials that were drawn from the same distribution.
        storage, generation = study._storage, optimizer.generation
        storage.set_trial_system_attr(trial._trial_id, _GENERATION, generation)
        point = optimizer.ask()
        return {
            name: from_unit(distribution, float(share))
            for (name, distribution), share in zip(search_space.items(), point, strict=True)
        }


def _fresh(dimensions: int) -> CMA:
    from cmaes import CMA

    bounds = np.tile([0.0, 1.0], (dimensions, 1))
    middle = np.full(dimensions, 0.5)
    return CMA(middle, _SIGMA, bounds, n_max_resampling=10 * dimensions, seed=0)


def _tell(optimizer: CMA, study: optuna.Study, space: dict[str, BaseDistribution]) -> None:
    """Tells all generations that are complete, in their order."""
    finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    generations: dict[int, list[FrozenTrial]] = {}
    for trial in finished:
        # A study that has grown has hyperparameters which its earlier trials lack.
        if _GENERATION in trial.system_attrs and space.keys() <= trial.params.keys():
            generations.setdefault(trial.system_attrs[_GENERATION], []).append(trial)
    size = optimizer.population_size
    while len(trials := generations.get(optimizer.generation, [])) >= size:
        optimizer.tell([(_point(trial, space), -_score(trial)) for trial in trials[:size]])


def _point(trial: FrozenTrial, space: dict[str, BaseDistribution]) -> Any:
    return np.array([to_unit(space[name], trial.params[name]) for name in space])


def _score(trial: FrozenTrial) -> float:
    assert trial.value is not None  # it is complete
    return trial.value
