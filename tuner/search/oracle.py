"""A Keras Tuner oracle whose algorithm and memory are Optuna's."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import keras_tuner
import optuna
from keras_tuner.engine.trial import Trial, TrialStatus

from tuner.search.seeded import SeededPerTrial
from tuner.search.space import (
    Dimension,
    Values,
    complete,
    configurations,
    dimensions,
    draw,
    signature,
)
from tuner.search.store import Store, writing
from tuner.search.suggest import begin, suggest
from tuner.search.target import reached
from tuner.spaces import Value

__all__ = ["StudyOracle"]

_DRAWS = 10
"""Suggestions in a row that may repeat earlier trials before an unseen one is picked by listing."""

_LISTED = 100_000
"""Configurations of a finite space that are listed at most."""


class StudyOracle(keras_tuner.Oracle):  # type: ignore[misc]
    """Creates trials from Optuna's suggestions and ends them in Optuna's database.

    No configuration is tried twice: suggestions that repeat an earlier trial are discarded, and a
    space with nothing new to offer ends the search. Trials that a killed process left unfinished
    come first. The very first trial is the default configuration, what people would have used
    without a search; then come those that the study starts with.

    Args:
        store: The run's database.
        metric: Name of the objective; higher is better.
        max_trials: Number of different configurations to try, earlier runs included.
        grid: Whether to go through all configurations instead of asking the sampler.
        seed: Seed of the study; orders the grid.
        start_with: Configurations to try after the default one, by the values that they name; the
            rest has its default. They lie in the space (see `tuner.search.start`).
        target: Score of a finished trial at which the search ends.
        time_limit: Seconds after which no trial is created, earlier runs included.
        clock: Seconds from anywhere; for tests.

    Attributes:
        stopped: Why the search ended: ``trials``, ``exhausted``, ``time_limit`` or ``target``;
            empty before.
    """

    def __init__(
        self,
        store: Store,
        metric: str,
        max_trials: int,
        *,
        grid: bool = False,
        seed: int = 0,
        start_with: Sequence[Mapping[str, Value]] = (),
        target: float | None = None,
        time_limit: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        objective = keras_tuner.Objective(metric, "max")
        # A failed trial says nothing about the next one, so failures never end the search here.
        super().__init__(objective, max_trials, seed=seed, max_consecutive_failed_trials=-1)
        self.stopped = ""
        self._store = store
        self._grid = grid
        self._study_seed = seed
        self._target = target
        self._first = ({}, *start_with)
        self._clock = clock
        spent = sum(float(r.outcome.get("seconds", 0.0)) for r in store.records())
        self._deadline = None if time_limit is None else clock() + time_limit - spent
        self._seen = {
            signature(r.values): r.number for r in store.records() if r.state != "running"
        }
        self._order: list[Values] | None = None
        self.verbose = 0

    @property
    def seconds_left(self) -> float | None:
        """Time until no trial is created any more; None without a limit."""
        return None if self._deadline is None else max(0.0, self._deadline - self._clock())

    def create_trial(self, tuner_id: str) -> Trial:
        """The next trial; with status ``STOPPED`` when there is none."""
        with writing():
            number, values = self._next()
        hyperparameters = self.get_space()
        hyperparameters.values = values
        status = TrialStatus.STOPPED if self.stopped else TrialStatus.RUNNING
        trial = Trial(hyperparameters, trial_id=str(number), status=status)
        if not self.stopped:
            self.trials[trial.trial_id] = trial
            self.ongoing_trials[tuner_id] = trial
            self.start_order.append(trial.trial_id)
        return trial

    def end_trial(self, trial: Trial) -> None:
        """Forgets the trial here; the tuner has written its end to the store."""
        for tuner_id in [key for key, t in self.ongoing_trials.items() if t is trial]:
            del self.ongoing_trials[tuner_id]
        self.end_order.append(trial.trial_id)
        self._seen[signature(trial.hyperparameters.values)] = int(trial.trial_id)
        if trial.status == TrialStatus.COMPLETED:
            self.score_trial(trial)

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Not used: `create_trial` asks the store, which also numbers the trials."""
        raise NotImplementedError

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to do; the store is always up to date."""

    def reload(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to do; the store is always up to date."""

    def _save_trial(self, trial: Trial) -> None:
        """Nothing to do; the store is always up to date."""

    def _next(self) -> tuple[int, Values]:
        space = self._space()
        if reached(self._store.records(), self._target):
            return self._stop("target")
        for left in self._store.running():
            trial = optuna.Trial(self._store.study, left._trial_id)
            values = suggest(trial, space)
            if self._is_new(trial, values):
                return trial.number, values
        if len(self._seen) >= self.max_trials:
            return self._stop("trials")
        if self.seconds_left == 0.0:
            return self._stop("time_limit")
        for named in self._first:
            values = complete(space, named)
            if signature(values) not in self._seen:
                return self._begin(values, space)
        for _ in range(0 if self._grid else _DRAWS):
            trial = self._store.study.ask()
            values = suggest(trial, space)
            if self._is_new(trial, values):
                return trial.number, values
        return self._pick_unseen(space)

    def _space(self) -> tuple[Dimension, ...]:
        space = dimensions(self.get_space())
        sampler = self._store.study.sampler
        if isinstance(sampler, SeededPerTrial):
            sampler.space = space
        return space

    def _begin(self, values: Values, space: Sequence[Dimension]) -> tuple[int, Values]:
        trial = begin(self._store.study, values)
        return trial.number, suggest(trial, space)

    def _is_new(self, trial: optuna.Trial, values: Values) -> bool:
        earlier = self._seen.get(signature(values))
        if earlier is None:
            return True
        self._store.discard(trial, duplicate_of=earlier)
        return False

    def _pick_unseen(self, space: Sequence[Dimension]) -> tuple[int, Values]:
        """A configuration of a finite space that was not tried, in an order drawn with the seed."""
        if self._order is None:
            listed = configurations(space)
            if listed is None:
                # Only floats between neighbours can be repeated so often: the space is a point.
                return self._stop("exhausted")
            self._order = list(islice(listed, _LISTED))
            random.Random(self._study_seed).shuffle(self._order)
        candidates: Iterable[Values] = self._order
        if len(self._order) == _LISTED:
            # The list ends within the space, so it is no fair sample of it.
            drawn = random.Random(f"{self._study_seed} {len(self._seen)}")
            candidates = chain((draw(space, drawn) for _ in range(_LISTED)), self._order)
        for values in candidates:
            if signature(values) not in self._seen:
                return self._begin(values, space)
        return self._stop("exhausted")

    def _stop(self, reason: str) -> tuple[int, Values]:
        self.stopped = reason
        return -1, {}
