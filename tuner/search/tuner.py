"""A Keras Tuner tuner that trains the units of each trial and pools them into one score."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from functools import partial
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from tuner.data import Dataset, Fold, Splits, fit_preprocessor
from tuner.errors import MinorityTunerError, brief
from tuner.model.configuration import Configuration
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.search.interrupt import Interrupt
from tuner.search.observer import Observer
from tuner.search.oracle import StudyOracle
from tuner.search.pooling import fold_scores, pool
from tuner.search.pruning import Pruner
from tuner.search.racing import leader_ahead, stopped_by
from tuner.search.run_folder import RunFolder
from tuner.search.store import Store
from tuner.study import PreprocessingSection, Study
from tuner.training.health_summary import health_summary
from tuner.training.keras_engine import train_unit
from tuner.training.reporting import Pruned
from tuner.training.unit import LabelledRows, TrainingFailed, UnitResult, unit_seed

__all__ = ["StudyTuner", "fold_rows"]


class _Stopped(Exception):
    """Going on with a trial is not worth it, for the reason given."""

    def __init__(self, reason: str, units: list[UnitResult]) -> None:
        super().__init__(reason)
        self.units = units


class StudyTuner(keras_tuner.Tuner):  # type: ignore[misc]
    """Runs the trials of a study.

    Args:
        study: What is searched.
        hypermodel: Builds the networks.
        oracle: Creates the trials.
        store: Keeps trials and units.
        folder: The run's folder.
        dataset: All rows.
        splits: Their division; test rows are never touched here.
        observer: Hears of every step.
        interrupt: Knows whether the person wants to stop.
        pruner: Says which trials go on after an epoch of their first fold; None: all do.
    """

    def __init__(
        self,
        study: Study,
        hypermodel: ImbalancedHyperModel,
        oracle: StudyOracle,
        store: Store,
        folder: RunFolder,
        dataset: Dataset,
        splits: Splits,
        observer: Observer,
        interrupt: Interrupt,
        pruner: Pruner | None = None,
    ) -> None:
        self._study = study
        self._pruner = pruner
        self._store = store
        self._dataset = dataset
        self._splits = splits
        self._observer = observer
        self._interrupt = interrupt
        super().__init__(
            oracle, hypermodel, directory=str(folder.path.parent), project_name=folder.path.name
        )

    def _populate_initial_space(self) -> None:
        # One call declares the whole conditional space; Keras Tuner would build a network for each
        # condition to find it.
        hp = self.oracle.get_space()
        self.hypermodel.configure(hp)
        self.oracle.update_space(hp)

    def run_trial(self, trial: Trial, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Trains the trial's units, as far as they are not in the store, and scores them."""
        number = int(trial.trial_id)
        configuration = self.hypermodel.configure(trial.hyperparameters)
        units = []
        for fold in self._splits.folds:
            self._interrupt.check()
            units.append((fold, self._unit(number, configuration, fold)))
            self._stop_where_hopeless(number, units)
            self._observer.unit_ends(number, len(units), len(self._splits.folds))
        objective = self._study.objective
        pooled = pool(units, self._dataset, self._study)
        outcome: Mapping[str, Any] = {
            "scores": pooled.scores.to_json(),
            "reliability": {key: off.to_json() for key, off in pooled.reliability.items()},
            "threshold": pooled.threshold,
            "fold_scores": fold_scores(units, self._dataset, self._study),
            **_of_units([result for _, result in units], pooled.one_class),
        }
        value = float(getattr(pooled.scores, objective.metric))
        self._store.finish(number, value, outcome)
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
            scores = fold_scores(units, self._dataset, self._study)
            leader = leader_ahead(scores, self._store.records())
            if leader is not None:
                raise _Stopped(stopped_by(leader, known, folds), results)

    def _unit(self, number: int, configuration: Configuration, fold: Fold) -> UnitResult:
        stored = self._store.unit(number, fold.fold, fold.repeat)
        if stored is not None:
            return stored
        train, validation = fold_rows(self._dataset, fold, self._study.data.preprocessing)
        seed = unit_seed(self._study.seed, number, fold.fold, fold.repeat)
        stop = self._study.search.stop_collapsed
        first = fold is self._splits.folds[0]
        goes_on = partial(self._pruner.goes_on, number) if self._pruner and first else None
        result, _ = train_unit(
            self.hypermodel,
            configuration,
            train,
            validation,
            seed,
            stop_collapsed=stop,
            goes_on=goes_on,
        )
        self._store.add_unit(number, fold.fold, fold.repeat, result)
        return result

    def _try_run_and_update_trial(self, trial: Trial, *args: Any, **kwargs: Any) -> None:
        number = int(trial.trial_id)
        self._observer.trial_begins(number)
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
            reason, seconds = brief(error), time.perf_counter() - started
            self._store.fail(number, reason, seconds, traceback.format_exc())
            trial.status, trial.message = TrialStatus.FAILED, reason
        self._observer.trial_ends(self._store.record(number))

    def save(self) -> None:
        """Nothing to do; the store is always up to date."""


def _of_units(units: list[UnitResult], one_class: bool = False) -> dict[str, Any]:
    """What the networks of a trial tell beside their predictions."""
    return {
        "best_epochs": [result.best_epoch for result in units],
        "health": health_summary(units, one_class),
        "seconds": sum(result.seconds for result in units),
    }


def fold_rows(
    dataset: Dataset, fold: Fold, section: PreprocessingSection
) -> tuple[LabelledRows, LabelledRows]:
    """Training and validation rows of a fold, preprocessed with what its training rows say."""
    preprocessor = fit_preprocessor(dataset, fold.train, section)
    return (
        LabelledRows.of(dataset, fold.train, preprocessor),
        LabelledRows.of(dataset, fold.validation, preprocessor),
    )
