"""A Keras Tuner tuner that trains the units of each trial and pools them into one score."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
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
from tuner.search.pooling import pool
from tuner.search.run_folder import RunFolder
from tuner.search.store import Store
from tuner.study import PreprocessingSection, Study
from tuner.training.health_summary import health_summary
from tuner.training.keras_engine import train_unit
from tuner.training.unit import LabelledRows, TrainingFailed, UnitResult, unit_seed

__all__ = ["StudyTuner", "fold_rows"]


class _Collapsed(Exception):
    """A network says the same of every validation row, and the study does not go on with such."""

    def __init__(self, units: list[UnitResult]) -> None:
        super().__init__()
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
    ) -> None:
        self._study = study
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
            if self._study.search.stop_collapsed and units[-1][1].collapsed:
                raise _Collapsed([result for _, result in units])
            self._observer.unit_ends(number, len(units), len(self._splits.folds))
        objective = self._study.objective
        pooled = pool(units, self._dataset, self._study)
        outcome: Mapping[str, Any] = {
            "scores": pooled.scores.to_json(),
            "reliability": {key: off.to_json() for key, off in pooled.reliability.items()},
            "threshold": pooled.threshold,
            **_of_units([result for _, result in units], pooled.one_class),
        }
        value = float(getattr(pooled.scores, objective.metric))
        self._store.finish(number, value, outcome)
        return {objective.metric: value}

    def _unit(self, number: int, configuration: Configuration, fold: Fold) -> UnitResult:
        stored = self._store.unit(number, fold.fold, fold.repeat)
        if stored is not None:
            return stored
        train, validation = fold_rows(self._dataset, fold, self._study.data.preprocessing)
        seed = unit_seed(self._study.seed, number, fold.fold, fold.repeat)
        stop = self._study.search.stop_collapsed
        result, _ = train_unit(
            self.hypermodel, configuration, train, validation, seed, stop_collapsed=stop
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
        except _Collapsed as stopped:
            self._store.stop(number, "collapsed", _of_units(stopped.units))
            trial.status, trial.message = TrialStatus.INVALID, "collapsed"
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
