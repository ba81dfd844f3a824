"""The generations of NSGA-II, told anew from finished trials in the order of their numbers.

A generation is as many trials as there are parents. The next parents are the best of parents and
generation: of the fronts that nothing in what is left dominates, one after the other, the last one
thinned out where it is crowded (Deb et al., 2002, IEEE Trans. Evol. Comput. 6(2),
doi:10.1109/4235.996017). Sorting and crowding are Optuna's. Its sampler notes a generation with
each trial that it is asked for, and a trial that fails leaves its generation short.

What is minimised, numbers of parameters, is measured in orders of magnitude: where networks of a
hundred and of a million parameters lie on one front, all small ones would count as crowded.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from optuna.samplers.nsgaii._elite_population_selection_strategy import (
    _calc_crowding_distance,
    _rank_population,
)
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

__all__ = ["Individual", "next_parents", "parents_of", "tournament"]


@dataclass(frozen=True)
class Individual:
    """A trial among those that it was selected with.

    Attributes:
        trial: With values on the scale that crowding is measured on.
        front: 0 where no other dominates it, 1 where only such do, and so on.
        room: Distance of its neighbours on the front, as a share of the front's extent, summed over
            objectives; infinite at the ends.
    """

    trial: FrozenTrial
    front: int
    room: float

    @property
    def place(self) -> tuple[int, float, int]:
        """Sorts individuals, the best first; of equal ones the earliest."""
        return self.front, -self.room, self.trial.number


def parents_of(
    trials: Sequence[FrozenTrial], directions: Sequence[StudyDirection], size: int
) -> list[Individual]:
    """The parents of the generation that is being made; none before the first is complete.

    Args:
        trials: Of a study with two objectives. Those that have not finished, or that break a
            constraint, as a collapsed one does, belong to no generation.
        directions: Of the objectives.
        size: Number of parents, and of the trials of a generation.
    """
    sound = [_on_scale(trial, directions) for trial in trials if _is_sound(trial)]
    sound.sort(key=lambda trial: trial.number)
    parents: list[Individual] = []
    for start in range(0, len(sound) - size + 1, size):
        generation = sound[start : start + size]
        parents = next_parents([*(one.trial for one in parents), *generation], directions, size)
    return parents


def next_parents(
    trials: Sequence[FrozenTrial], directions: Sequence[StudyDirection], size: int
) -> list[Individual]:
    """The best `size` of these trials, the best first."""
    ranked = [
        Individual(trial, front, rooms[trial.number])
        for front, members in enumerate(_rank_population(list(trials), directions))
        for rooms in [_calc_crowding_distance(list(members))]
        for trial in members
    ]
    return sorted(ranked, key=lambda one: one.place)[:size]


def tournament(parents: Sequence[Individual], rng: np.random.RandomState) -> list[FrozenTrial]:
    """Two parents, each the better one of two that are drawn."""
    drawn = [parents[at] for at in rng.permutation(len(parents))[:4]]
    pairs = (drawn[:2], drawn[2:])
    return [min(pair, key=lambda one: one.place).trial for pair in pairs]


def _is_sound(trial: FrozenTrial) -> bool:
    finished = trial.state is TrialState.COMPLETE
    return finished and all(value <= 0 for value in trial.constraints.values())


def _on_scale(trial: FrozenTrial, directions: Sequence[StudyDirection]) -> FrozenTrial:
    scaled = copy.copy(trial)
    scaled.values = [
        math.log1p(value) if direction is StudyDirection.MINIMIZE else value
        for value, direction in zip(trial.values, directions, strict=True)
    ]
    return scaled
