"""What share of a forest's variance each place explains alone: Optuna's fANOVA on our spaces."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.importance import FanovaImportanceEvaluator
from optuna.trial import FrozenTrial, TrialState, create_trial

from tuner.spaces import Choice, Fixed, Int, Space, Value

__all__ = ["explained"]

_TREES, _DEPTH = 8, 5
"""Of a forest. Those of 24 resamples together rank places as one of 64 trees of any depth does."""


def explained(
    spaces: Mapping[str, Space],
    rows: Sequence[Mapping[str, Value]],
    scores: Sequence[float],
    draw: Iterable[int],
    seed: int,
) -> NDArray[np.float64] | None:
    """What each place explains alone of a forest that learned these scores.

    Variance is that over the whole space, every value as likely as a random search would draw it:
    of a log range, orders of magnitude.

    Args:
        spaces: Of each place, one at least, none of them fixed.
        rows: For each trial a value of every place.
        scores: One of each trial.
        draw: The trials that are learned from; one may be drawn several times.
        seed: Of the forest.

    Returns:
        Shares of shape ``(places,)``, 1 together; None where no tree found any difference.
    """
    distributions = {name: _distribution(space) for name, space in spaces.items()}
    trials = [
        create_trial(
            params={name: _number(space, row[name]) for name, space in spaces.items()},
            distributions=distributions,
            value=score,
        )
        for row, score in zip(rows, scores, strict=True)
    ]
    evaluator = FanovaImportanceEvaluator(n_trees=_TREES, max_depth=_DEPTH, seed=seed)
    given = _Given([trials[at] for at in draw])
    try:
        found = evaluator.evaluate(given, list(spaces), target=lambda trial: trial.values[0])
    except RuntimeError:  # "zero total variance in all trees"
        return None
    shares = np.array([found[name] for name in spaces])
    return shares / shares.sum() if shares.sum() > 0 else None


class _Given(optuna.Study):
    """A study of these trials. Adding them to one copies each, which takes longer than all else."""

    def __init__(self, trials: list[FrozenTrial]) -> None:
        self._given = trials

    def get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """All of them; they are complete."""
        return self._given


def _distribution(space: Space) -> BaseDistribution:
    if isinstance(space, Fixed | Choice):
        return CategoricalDistribution(space.grid())
    # Optuna's fANOVA weighs a log range by its numbers, so that one from 0.0001 to 0.01 would
    # hardly have any below 0.001.
    if space.sampling == "log":
        return FloatDistribution(math.log(space.low), math.log(space.high))
    if isinstance(space, Int):
        return IntDistribution(int(space.low), int(space.high), step=space.step or 1)
    return FloatDistribution(space.low, space.high)


def _number(space: Space, value: Value) -> Value:
    if isinstance(space, Fixed | Choice) or isinstance(value, str) or space.sampling != "log":
        return value
    low, high = math.log(space.low), math.log(space.high)
    return min(max(math.log(value), low), high)
