"""A Keras Tuner oracle whose algorithm and memory are Optuna's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus
from optuna.trial import FrozenTrial, TrialState

from tuner.search.claims import Claims
from tuner.search.listing import Listing
from tuner.search.records import TrialRecord
from tuner.search.seeded import SeededPerTrial
from tuner.search.space import (
    Dimension,
    Values,
    complete,
    dimensions,
    signature,
)
from tuner.search.spent import covered
from tuner.search.store import Store
from tuner.search.suggest import suggest
from tuner.search.target import reached
from tuner.spaces import Value

__all__ = ["StudyOracle"]

_DRAWS = 10
"""Suggestions in a row that may repeat earlier trials before an unseen one is picked by listing."""

_POLL = 0.5
"""Seconds between two looks at whether the trials of other machines have ended."""


class StudyOracle(keras_tuner.Oracle):  # type: ignore[misc]
    """Creates trials from Optuna's suggestions and ends them in Optuna's database.

    No configuration is tried twice: suggestions that repeat an earlier trial are discarded, and a
    space with nothing new to offer ends the search. Trials that a killed process left unfinished
    come first. The very first trial is the default configuration, what people would have used
    without a search; then come those that the study starts with.

    Many threads, and many machines with one database, may ask: whoever has the turn sees what all
    others have begun, and nothing that is half done. A search ends when no trial runs anywhere, so
    that what a machine leaves that dies at the end is taken up as well.

    Args:
        store: The run's database.
        claims: Says which trials are being run.
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
        claims: Claims,
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
        self._store, self._claims = store, claims
        self._grid = grid
        self._listing = Listing(seed)
        self._target = target
        self._first = ({}, *start_with)
        self._clock = clock
        self._deadline = None if time_limit is None else clock() + time_limit - self._spent()
        self._turn = threading.Lock()
        self._taken: list[int] = []
        self._signatures: dict[int, str] = {}
        self._dimensions: tuple[Dimension, ...] | None = None
        self.verbose = 0

    @property
    def seconds_left(self) -> float | None:
        """Time until no trial is created any more; None without a limit."""
        return None if self._deadline is None else max(0.0, self._deadline - self._clock())

    def create_trial(self, tuner_id: str) -> Trial:
        """The next trial.

        Its status is ``STOPPED`` when there is none, and ``IDLE``, after a pause, where other
        machines run what may yet be left to this one.
        """
        with self._turn:
            number, values = self._store.in_turn(self._attempt)
            self._taken.clear()
            trial = self._trial(number, values, tuner_id)
        if trial.status == TrialStatus.IDLE:
            time.sleep(_POLL)
        return trial

    def _attempt(self) -> tuple[int, Values]:
        """What to do next; done again where a server went away in the middle."""
        for number in self._taken:
            self._claims.release(number)
        self._taken.clear()
        self.stopped = ""
        trials = self._store.trials()
        records = self._store.records(trials)
        number, values = self._next(trials, records)
        if number < 0 and self._elsewhere(records):
            self.stopped = ""
        return number, values

    def _trial(self, number: int, values: Values, tuner_id: str) -> Trial:
        hyperparameters = self.get_space()
        hyperparameters.values = values
        if number < 0:
            status = TrialStatus.STOPPED if self.stopped else TrialStatus.IDLE
            return Trial(hyperparameters, trial_id=str(number), status=status)
        trial = Trial(hyperparameters, trial_id=str(number), status=TrialStatus.RUNNING)
        self.trials[trial.trial_id] = trial
        self.ongoing_trials[tuner_id] = trial
        self.start_order.append(trial.trial_id)
        return trial

    def end_trial(self, trial: Trial) -> None:
        """Forgets the trial here; the tuner has written its end to the store."""
        # A copy, since another thread may begin or end a trial meanwhile.
        for tuner_id in [key for key, t in self.ongoing_trials.copy().items() if t is trial]:
            del self.ongoing_trials[tuner_id]
        self.end_order.append(trial.trial_id)
        self._store.patiently(partial(self._claims.release, int(trial.trial_id)))
        if trial.status == TrialStatus.COMPLETED:
            self.score_trial(trial)

    def update_space(self, hyperparameters: keras_tuner.HyperParameters) -> None:
        """Adds hyperparameters that the space lacks."""
        super().update_space(hyperparameters)
        self._dimensions = None

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Not used: `create_trial` asks the store, which also numbers the trials."""
        raise NotImplementedError

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to do; the store is always up to date."""

    def reload(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to do; the store is always up to date."""

    def _save_trial(self, trial: Trial) -> None:
        """Nothing to do; the store is always up to date."""

    def _next(
        self, trials: Sequence[FrozenTrial], records: Sequence[TrialRecord]
    ) -> tuple[int, Values]:
        space, held = self._space(), self._claims.held()
        if reached(records, self._target):
            return self._stop("target")
        seen = {
            self._signature(r): r.number
            for r in records
            if r.state != "running" or r.number in held
        }
        for left in trials:
            if left.state is TrialState.RUNNING and left.number not in held:
                if found := self._taken_if_new(trials, left, space, seen):
                    return found
                trials = self._store.trials()
        if len(seen) >= self.max_trials:
            return self._stop("trials")
        if self.seconds_left == 0.0:
            return self._stop("time_limit")
        for named in self._first:
            values = complete(space, named)
            if signature(values) not in seen:
                return self._begin(trials, values, space)
        for _ in range(0 if self._grid else _DRAWS):
            own = self._store.next_trial(trials)
            if found := self._taken_if_new(trials, own, space, seen):
                return found
            trials = self._store.trials()
        listed = self._listing.unseen(space, seen)
        if listed is None:
            # Where it cannot be listed: only floats between neighbours can be repeated so often.
            return self._stop("exhausted")
        return self._begin(trials, listed, space)

    def _signature(self, record: TrialRecord) -> str:
        if record.state == "running":
            return signature(record.values)
        if record.number not in self._signatures:
            self._signatures[record.number] = signature(record.values)
        return self._signatures[record.number]

    def _elsewhere(self, records: Sequence[TrialRecord]) -> bool:
        """Whether other processes that live run trials."""
        own = {int(trial.trial_id) for trial in list(self.ongoing_trials.values())}
        others = self._claims.held() - own
        return any(r.state == "running" and r.number in others for r in records)

    def _spent(self) -> float:
        outcomes = [r.outcome for r in self._store.records() if "ended" in r.outcome]
        return covered((one["ended"] - one["seconds"], one["ended"]) for one in outcomes)

    def _space(self) -> tuple[Dimension, ...]:
        if self._dimensions is None:
            self._dimensions = dimensions(self.get_space())
        sampler = self._store.study.sampler
        if isinstance(sampler, SeededPerTrial):
            sampler.space = self._dimensions
        return self._dimensions

    def _take(self, number: int) -> None:
        self._taken.append(number)
        self._claims.take(number)

    def _begin(
        self, trials: Sequence[FrozenTrial], values: Values, space: Sequence[Dimension]
    ) -> tuple[int, Values]:
        own = self._store.next_trial(trials, values)
        found = suggest(self._store.study, trials, own, space)
        number = self._store.begin(found)
        self._take(number)
        return number, found.values

    def _taken_if_new(
        self,
        trials: Sequence[FrozenTrial],
        own: FrozenTrial,
        space: Sequence[Dimension],
        seen: Mapping[str, int],
    ) -> tuple[int, Values] | None:
        """Completes a trial and claims it, or discards it where it repeats an earlier one."""
        found = suggest(self._store.study, trials, own, space)
        number = self._store.begin(found)
        earlier = seen.get(signature(found.values))
        if earlier is not None:
            self._store.discard(number, duplicate_of=earlier)
            return None
        self._take(number)
        return number, found.values

    def _stop(self, reason: str) -> tuple[int, Values]:
        self.stopped = reason
        return -1, {}
