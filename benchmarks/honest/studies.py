"""A search and its winner, with everything of this package but the training of networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from world import COLUMNS, Linear, World, f1_of, population_scores, train

from tuner.data import Dataset, Fold, make_splits
from tuner.data.splits import further_folds
from tuner.evaluate.ensemble import joint_threshold, mean_probabilities
from tuner.evaluate.held_out import score_test
from tuner.evaluate.winner import Winner
from tuner.metrics import cross_fitted_thresholds
from tuner.search.confirm import Confirmation
from tuner.search.pooling import Pooling
from tuner.search.records import TrialRecord
from tuner.search.run import SearchResult, candidates, ranked
from tuner.study import Study
from tuner.training.priors import Priors
from tuner.training.unit import UnitResult, unit_seed

TRIALS = 20


@dataclass(frozen=True)
class Learner:
    """A configuration: which columns are seen, and how much weights are shrunk."""

    columns: np.ndarray
    ridge: float

    @classmethod
    def drawn(cls, seed: int, number: int) -> Learner:
        """Half of the columns, at random."""
        rng = np.random.default_rng([seed, 2, number])
        return cls(rng.permutation(COLUMNS)[: COLUMNS // 2], 10 ** rng.uniform(-2, 1))

    def trained(self, dataset: Dataset, fold: Fold, seed: int) -> Linear:
        """On the fold's training rows."""
        x, y = dataset.features[fold.train], dataset.labels[fold.train]
        return train(x, y, self.columns, self.ridge, seed)


@dataclass(frozen=True)
class Found:
    """What one study said, and what was true.

    Attributes:
        intervals: Of the test scores.
        truth: The winner's scores in the population.
        test: Its test F1.
        highest: The best validation F1 of the search.
        highest_truth: The population F1 of the networks that reached it, at their thresholds.
        confirmed: The F1 that chose the winner.
        confirmed_truth: The population F1 of the networks that reached it.
    """

    intervals: dict[str, tuple[float, float]]
    truth: dict[str, float]
    test: float
    highest: float
    highest_truth: float
    confirmed: float
    confirmed_truth: float


def study_of(world: World, seed: int) -> Study:
    """Three folds and three confirmed trials, as studies have unless they ask for others."""
    data = {"csv": "drawn.csv", "target": "label", "minority": "rare"}
    data |= {"group": "group"} if world.correlation else {}
    return Study.model_validate({"name": "honesty", "seed": seed, "data": data})


def units(
    learner: Learner, dataset: Dataset, folds: Sequence[Fold], number: int, seed: int
) -> tuple[list[Linear], list[tuple[Fold, UnitResult]]]:
    """A trial's stand-ins for networks, and what they say of their validation rows."""
    models = [
        learner.trained(dataset, fold, unit_seed(seed, number, fold.fold, fold.repeat))
        for fold in folds
    ]
    told = [
        (fold, UnitResult(model.probabilities(dataset.features[fold.validation]), 1))
        for fold, model in zip(folds, models, strict=True)
    ]
    return models, told


def true_f1(
    world: World,
    dataset: Dataset,
    pooling: Pooling,
    models: Sequence[Linear],
    told: Sequence[tuple[Fold, UnitResult]],
) -> float:
    """What the validation F1 of a trial estimates: its networks at cross-fitted thresholds."""
    folds = [fold for fold, _ in told]
    rows = np.concatenate([fold.validation for fold in folds])
    minority = np.concatenate([result.probabilities[:, -1] for _, result in told])
    parts = pooling.parts(folds)
    own = cross_fitted_thresholds(dataset.is_minority(rows), minority, parts, rows)
    starts = np.cumsum([0, *(len(fold.validation) for fold in folds[:-1])])
    rates = [model.rates(world, own[at]) for model, at in zip(models, starts, strict=True)]
    found, alarms = np.mean(rates, axis=0)
    return f1_of(found, alarms, world.prevalence)


def winner_study(world: World, seed: int) -> Found:
    """Searches, confirms, and scores the winner on test rows, as a run of a study does."""
    study, dataset = study_of(world, seed), world.draw(seed)
    splits = make_splits(dataset, study.data.split, seed)
    again = further_folds(dataset, splits, study.data.split, seed, study.evaluation.repeats)
    pooling = Pooling(dataset, study)

    def reached(number: int, folds: Sequence[Fold]) -> tuple[float, float]:
        models, told = units(Learner.drawn(seed, number), dataset, folds, number, seed)
        score = pooling.pool(told).scores.minority_f1
        return score, true_f1(world, dataset, pooling, models, told)

    searched = [reached(number, splits.folds) for number in range(TRIALS)]
    records = tuple(TrialRecord(at, "finished", {}, one[0]) for at, one in enumerate(searched))
    chosen = ranked(records)[: study.evaluation.confirm]
    confirmed = {record.number: reached(record.number, again) for record in chosen}
    result = SearchResult(
        records, "trials", tuple(Confirmation(at, one[0]) for at, one in confirmed.items())
    )
    best = candidates(result)[0].number
    models, told = units(Learner.drawn(seed, best), dataset, splits.folds, best, seed)
    threshold = joint_threshold(
        [one.probabilities for _, one in told],
        [dataset.labels[fold.validation] for fold in splits.folds],
        study.objective.threshold,
    )
    test = [model.probabilities(dataset.features[splits.test]) for model in models]
    priors = Priors((1 - world.prevalence, world.prevalence), None, False)
    winner = Winner(records[best], None, None, None, (), threshold, priors, None, (), ())
    scored = score_test(mean_probabilities(test), winner, dataset, splits, seed)
    # The mean of linear logits is linear.
    mean = Linear(
        np.mean([one.weights for one in models], axis=0), np.mean([one.bias for one in models])
    )
    return Found(
        intervals=dict(scored.intervals),
        truth=population_scores(*mean.standard(world, threshold), world.prevalence),
        test=scored.tuned.minority_f1,
        highest=searched[chosen[0].number][0],
        highest_truth=searched[chosen[0].number][1],
        confirmed=confirmed[best][0],
        confirmed_truth=confirmed[best][1],
    )
