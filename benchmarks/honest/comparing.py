"""Values that are compared, with everything of this package but the training of networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from studies import Learner, study_of, true_f1, units
from world import COLUMNS, World, separation_for

from tuner.data import make_splits
from tuner.data.splits import further_folds
from tuner.evaluate.comparison.results import FactorComparison
from tuner.search.compare import Compared
from tuner.search.factors import Factor
from tuner.search.pooling import Pooling

REPEATS, CONTEXTS, ROPE = 5, 4, 0.01
SHARED, ALIKE = 6, 0.7  # columns that all values see, and their part of the squared separation
_NUMBER = 2**31  # seeds of contexts count from here, as those of comparisons do


@dataclass(frozen=True)
class Said:
    """What one comparison said of every two values, and what was true.

    Attributes:
        verdicts: Of each pair, the first against the second.
        intervals: Of their difference.
        differences: The mean difference that was measured.
        truths: The difference of the population F1 of what was trained.
    """

    verdicts: tuple[str, ...]
    intervals: tuple[tuple[float, float], ...]
    differences: tuple[float, ...]
    truths: tuple[float, ...]


def world_of(f1: Sequence[float], rows: int, prevalence: float = 0.1) -> World:
    """A world where values see columns of their own beside shared ones, and are worth so much.

    What they share makes the same rows hard for all of them.
    """
    apart = np.array([separation_for(one, prevalence) for one in f1])
    shared = np.sqrt(ALIKE) * apart.min()
    own = np.sqrt(apart**2 - shared**2)
    each = (COLUMNS - SHARED) // len(f1)
    shift = [shared / np.sqrt(SHARED)] * SHARED
    return World((*shift, *np.repeat(own / np.sqrt(each), each)), rows, prevalence)


def comparison(world: World, values: int, seed: int) -> Said:
    """Compares so many values, each in the same contexts, on the same folds and seeds."""
    study, dataset = study_of(world, seed), world.draw(seed)
    splits = make_splits(dataset, study.data.split, seed)
    folds = further_folds(dataset, splits, study.data.split, seed, REPEATS)
    pooling = Pooling(dataset, study)
    repeats = sorted({fold.repeat for fold in folds})
    shared, own = np.split(np.arange(COLUMNS), [SHARED])
    columns = [np.append(shared, one) for one in np.split(own, values)]
    scores = np.zeros((values, CONTEXTS, REPEATS))
    truths, contributions = np.zeros_like(scores), []
    for value, context in np.ndindex(values, CONTEXTS):
        learner = Learner(columns[value], 10.0 ** (context - 2))
        for place, repeat in enumerate(repeats):
            own = [fold for fold in folds if fold.repeat == repeat]
            models, told = units(learner, dataset, own, _NUMBER + context, seed)
            scores[value, context, place], parts = pooling.contributions(told)
            truths[value, context, place] = true_f1(world, dataset, pooling, models, told)
            contributions.append(parts)
    names = tuple(f"value {value}" for value in range(values))
    compared = Compared(
        Factor(("model.activation",), (names,)),
        ({},) * CONTEXTS,
        scores,
        np.array(contributions).reshape(values, CONTEXTS, -1),
        sum(len(fold.validation) for fold in folds) / sum(len(fold.train) for fold in folds),
        np.ones((values, CONTEXTS), dtype=bool),
        divisions=REPEATS,
    )
    pairs = FactorComparison(compared, REPEATS, ROPE).pairs
    true = truths.mean(axis=(1, 2))
    return Said(
        tuple(pair.verdict for pair in pairs),
        tuple(pair.difference.interval() for pair in pairs),
        tuple(pair.difference.mean for pair in pairs),
        tuple(float(true[pair.first] - true[pair.second]) for pair in pairs),
    )
