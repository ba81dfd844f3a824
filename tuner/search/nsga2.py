"""NSGA-II: children of the configurations that lie on the front between two objectives.

The parents are told by `tuner.search.generations`. A child takes each value that its own choices
make active from its parents, where one has it, and at random elsewhere: uniform crossover, and
mutation that draws a value anew. Optuna's own sampler crosses only what all trials have in common,
which of a conditional space is little; simulated binary crossover and polynomial mutation, which it
has for numbers, were no better in searches of 30 to 200 trials.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial

from tuner.search.generations import Individual, parents_of, tournament
from tuner.search.seeded import SeededPerTrial, seed_of
from tuner.search.space import Values, signature
from tuner.search.unit_cube import from_unit

__all__ = ["Nsga2Sampler"]

_POPULATION = 10
"""Parents, and trials of a generation; 8 to 14 are alike (`benchmarks/trade_off.py`)."""

_CROSSED = 0.9
"""Share of children that have two parents."""

_OWN = 0.5
"""Chance that a value is the first parent's, where both have one (uniform crossover)."""

_CHILDREN = 30
"""Children that may repeat earlier trials, each with more values drawn anew than the last."""


class Nsga2Sampler(SeededPerTrial):
    """Crosses and mutates the best of the generations that have finished.

    Everything is drawn at random until the first of them has.

    Args:
        seed: Seed of the study.
        population: Parents, and trials of a generation; four at least.
    """

    def __init__(self, seed: int, population: int = _POPULATION) -> None:
        super().__init__(RandomSampler, seed)
        self._population = population

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Nothing that can be said before the values, which decide on what is active."""
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """All values of a child; none before the first generation has finished."""
        trials = study.get_trials(deepcopy=False)
        parents = parents_of(trials, study.directions, self._population)
        if not parents:
            return {}
        rng = np.random.RandomState(seed_of(self._seed, trial.number))
        seen = {signature(one.params) for one in trials if one.number != trial.number}
        child: Values = {}
        for changes in range(1, _CHILDREN + 1):
            child = self._child(parents, rng, changes)
            if signature(child) not in seen:
                break
        return child

    def _child(
        self, parents: Sequence[Individual], rng: np.random.RandomState, changes: int
    ) -> Values:
        """A configuration with about so many values that are no parent's."""
        first, second = (parent.params for parent in tournament(parents, rng))
        if rng.rand() >= _CROSSED:
            second = first
        chance = changes / max(1, len(first))
        values: Values = {}
        for dimension in self.space:
            if dimension.active(values):
                drawn = from_unit(dimension.distribution, rng.rand())
                both = (first, second) if rng.rand() < _OWN else (second, first)
                # Where only one parent made the child's choice, the value is that one's.
                theirs = [own[dimension.name] for own in both if dimension.name in own]
                mutated = rng.rand() < chance
                values[dimension.name] = drawn if mutated or not theirs else theirs[0]
        return values
