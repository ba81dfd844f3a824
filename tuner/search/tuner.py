"""A Keras Tuner tuner that trains the units of each trial and pools them into one score."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from tuner.data import Dataset, Fold, Splits
from tuner.errors import MinorityTunerError, brief
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.search.interrupt import Interrupt
from tuner.search.nursery import Nursery
from tuner.search.oracle import StudyOracle
from tuner.search.pooling import Pooling
from tuner.search.pruning import Pruner
from tuner.search.racing import leader_ahead, stopped_by
from tuner.search.run_folder import RunFolder
from tuner.search.store import Store
from tuner.search.telling import Telling
from tuner.search.trainer import Trainer, UnitTask
from tuner.search.worker_process import UnitBroke
from tuner.study import Study
from tuner.training.health_summary import health_summary
from tuner.training.reporting import Pruned
from tuner.training.unit import TrainingFailed, UnitResult

__all__ = ["Parts", "StudyTuner"]


class _Stopped(Exception):
    """Going on with a trial is not worth it, for the reason given."""

    def __init__(self, reason: str, units: list[UnitResult]) -> None:
        super().__init__(reason)
        self.units = units


@dataclass(frozen=True)
class Parts:
    """What the tuners of one search share; all of it is safe to use from many threads.

    Attributes:
        study: What is searched.
        hypermodel: Knows the space.
        oracle: Creates the trials.
        store: Keeps trials and units.
        folder: The run's folder.
        dataset: All rows.
        splits: Their division; test rows are never touched here.
        telling: Hears of every step.
        interrupt: Knows whether the person wants to stop.
        nursery: Where worker processes come from.
        pruner: Says which trials go on after an epoch of their first fold; None: all do.
    """

    study: Study
    hypermodel: ImbalancedHyperModel
    oracle: StudyOracle
    store: Store
    folder: RunFolder
    dataset: Dataset
    splits: Splits
    telling: Telling
    interrupt: Interrupt
    nursery: Nursery
    pruner: Pruner | None = None


class StudyTuner(keras_tuner.Tuner):  # type: ignore[misc]
    """Runs trials of a study, one after another.

    Args:
        parts: What it works with.
        trainer: Trains its units.
        name: Differs from that of every other tuner of the search.
    """

    def __init__(self, parts: Parts, trainer: Trainer, name: str = "tuner0") -> None:
        self._study, self._splits = parts.study, parts.splits
        self._pooling = Pooling(parts.dataset, parts.study)
        self._store, self._pruner = parts.store, parts.pruner
        self._telling, self._interrupt = parts.telling, parts.interrupt
        self._trainer = trainer
        path = parts.folder.path
        super().__init__(
            parts.oracle, parts.hypermodel, directory=str(path.parent), project_name=path.name
        )
        self.tuner_id = name

    def _populate_initial_space(self) -> None:
        # One call declares the whole conditional space; Keras Tuner would build a network for each
        # condition to find it.
        hp = self.oracle.get_space()
        self.hypermodel.configure(hp)
        self.oracle.update_space(hp)

    def pre_create_trial(self) -> None:
        """Ends the search where the person wants to stop; tells what other machines have done."""
        self._interrupt.check()
        if self._store.database.shared:
            self._telling.ends(self._store.records())

    def run_trial(self, trial: Trial, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Trains the trial's units, as far as they are not in the store, and scores them."""
        number = int(trial.trial_id)
        units = []
        for place, fold in enumerate(self._splits.folds):
            self._interrupt.check()
            task = UnitTask(number, trial.hyperparameters.values, place)
            units.append((fold, self._unit(task, fold)))
            self._stop_where_hopeless(number, units)
            self._telling.unit_ends(number, len(units), len(self._splits.folds))
        objective = self._study.objective
        pooled = self._pooling.pool(units)
        outcome: Mapping[str, Any] = {
            "scores": pooled.scores.to_json(),
            "reliability": {key: off.to_json() for key, off in pooled.reliability.items()},
            "threshold": pooled.threshold,
            "fold_scores": self._pooling.fold_scores(units),
            **_of_units([result for _, result in units], pooled.one_class),
        }
        told = {**outcome["scores"], "parameters": outcome["parameters"]}
        value, against = float(told[objective.metric]), told.get(objective.against or "")
        self._store.finish(number, value, outcome, against)
        return {objective.metric: value}

    def _stop_where_hopeless(self, number: int, units: list[tuple[Fold, UnitResult]]) -> None:
        section, results = self._study.search, [result for _, result in units]
        known, folds = len(units), len(self._splits.folds)
        if section.stop_collapsed and results[-1].collapsed:
            raise _Stopped("collapsed", results)
        if self._pruner and known == 1:
            history = results[0].history["val_pr_auc"]
            if not self._pruner.goes_on_after_fold(number, history) and known < folds:
                raise _Stopped(self._pruner.reason(len(history), units[0][0].fold), results)
        if section.racing and known < folds:
            scores = self._pooling.fold_scores(units)
            leader = leader_ahead(scores, self._store.records())
            if leader is not None:
                raise _Stopped(stopped_by(leader, known, folds), results)

    def _unit(self, task: UnitTask, fold: Fold) -> UnitResult:
        stored = self._store.unit(task.trial, fold.fold, fold.repeat)
        if stored is not None:
            return stored
        pruner = self._pruner if task.fold == 0 else None
        goes_on = partial(pruner.goes_on, task.trial) if pruner else None
        result = self._trainer.train(task, goes_on)
        self._store.add_unit(task.trial, fold.fold, fold.repeat, result)
        return result

    def _try_run_and_update_trial(self, trial: Trial, *args: Any, **kwargs: Any) -> None:
        number = int(trial.trial_id)
        self._telling.begins(number)
        started = time.perf_counter()
        try:
            self._run_and_update_trial(trial)
            trial.status = TrialStatus.COMPLETED
        except _Stopped as stopped:
            self._store.stop(number, str(stopped), _of_units(stopped.units))
            trial.status, trial.message = TrialStatus.INVALID, str(stopped)
        except Pruned as pruned:
            assert self._pruner is not None
            reason = self._pruner.reason(pruned.epoch, self._splits.folds[0].fold)
            self._store.stop(number, reason, {"seconds": time.perf_counter() - started})
            trial.status, trial.message = TrialStatus.INVALID, reason
        except TrainingFailed as error:
            self._store.fail(number, str(error), time.perf_counter() - started)
            trial.status, trial.message = TrialStatus.FAILED, str(error)
        except MinorityTunerError:
            raise  # a full disk or a wrong study would fail every further trial too
        except Exception as error:
            self._interrupt.check()  # an interruption may arrive dressed as another error
            reason = str(error) if isinstance(error, UnitBroke) else brief(error)
            seconds = time.perf_counter() - started
            story = error.traceback if isinstance(error, UnitBroke) else traceback.format_exc()
            self._store.fail(number, reason, seconds, story)
            trial.status, trial.message = TrialStatus.FAILED, reason
        self._telling.ends([self._store.record(number)])

    def save(self) -> None:
        """Nothing to do; the store is always up to date."""


def _of_units(units: list[UnitResult], one_class: bool = False) -> dict[str, Any]:
    """What the networks of a trial tell beside their predictions."""
    return {
        "best_epochs": [result.best_epoch for result in units],
        "parameters": max(result.parameters for result in units),
        "health": health_summary(units, one_class),
        "seconds": sum(result.seconds for result in units),
        "engine": asdict(units[-1].engine),
    }
