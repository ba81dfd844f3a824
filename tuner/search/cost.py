"""How long a search will take, from one network that is really trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from tuner.data import Dataset, Splits
from tuner.devices import use_threads
from tuner.search.factors import factors
from tuner.search.trainer import fold_rows, make_hypermodel
from tuner.study import Study
from tuner.training.engine import train_unit
from tuner.training.unit import unit_seed

__all__ = ["Cost", "estimate_cost"]


@dataclass(frozen=True)
class Cost:
    """One timed network, and what follows from it.

    Attributes:
        network_seconds: Time of the network: the default configuration on the first fold.
        epochs: Epochs that it was trained for.
        trials: Trials that the study asks for.
        folds: Networks of a trial, and of the winner.
        confirming: Networks of the best trials that are trained again.
        comparing: Networks of the comparisons, with values and with random configurations.
        time_limit: Seconds after which no trial starts; None without a limit.
    """

    network_seconds: float
    epochs: int
    trials: int
    folds: int
    confirming: int
    comparing: int
    time_limit: float | None

    @property
    def trial_seconds(self) -> float:
        """Time of one trial, and of the winner's networks."""
        return self.network_seconds * self.folds

    @property
    def limited(self) -> bool:
        """Whether the time limit ends the search before all trials are done."""
        wanted = self.trial_seconds * self.trials
        return self.time_limit is not None and wanted > self.time_limit

    @property
    def seconds(self) -> float:
        """Time of all of it, if all configurations took as long as the default one."""
        search = self.trial_seconds * self.trials
        if self.time_limit is not None and self.limited:
            # The last trial starts before the limit and is finished.
            search = min(search, self.time_limit + self.trial_seconds / 2)
        others = self.folds + self.confirming + self.comparing
        return search + self.network_seconds * others

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "limited": self.limited, "seconds": self.seconds}


def estimate_cost(study: Study, dataset: Dataset, splits: Splits) -> Cost:
    """Trains the first network of the search and multiplies its time.

    It is the default configuration with the seed that the search gives it. Other layers, units
    and batch sizes take more or less time, and so does stopping earlier or later; the file of
    a finished run (``trials.csv``, ``results.json``) has the real times.

    Raises:
        TrainingFailed: The default configuration cannot be trained.
    """
    use_threads(study.training.threads)
    hypermodel = make_hypermodel(study, dataset)
    fold = splits.folds[0]
    train, validation = fold_rows(dataset, fold, study.data.preprocessing)
    seed = unit_seed(study.seed, 0, fold.fold, fold.repeat)
    result, _ = train_unit(hypermodel, hypermodel.configuration({}), train, validation, seed)
    return Cost(
        network_seconds=result.seconds,
        epochs=len(result.history["val_pr_auc"]),
        trials=study.search.trials,
        folds=len(splits.folds),
        confirming=_again(study, splits, min(study.evaluation.confirm, study.search.trials)),
        comparing=_again(study, splits, _compared(study)) + _random(study, splits),
        time_limit=study.search.time_limit,
    )


def _again(study: Study, splits: Splits, configurations: int) -> int:
    """Networks of configurations that are trained on further folds."""
    folds = len({fold.fold for fold in splits.folds})
    return configurations * study.evaluation.repeats * folds


def _random(study: Study, splits: Splits) -> int:
    asked = study.evaluation
    count = asked.random_search * study.search.trials
    return count * len(splits.folds) + _again(study, splits, min(asked.confirm, count))


def _compared(study: Study) -> int:
    return study.evaluation.contexts * sum(len(factor.cells) for factor in factors(study))
