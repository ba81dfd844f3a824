"""The values of a trial, found in memory; `tuner.search.trial_rows` writes them at once.

Optuna makes a trial in its database first and then adds one value after the other, reading the
trial again and again. Here a sampler is shown a trial that is nowhere yet, among the others as they
were read once, so that the database has a trial with all its values or not at all.
"""

from __future__ import annotations

import copy
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from tuner.search.space import Dimension, Values
from tuner.spaces import Value

__all__ = ["Suggestion", "new_trial", "suggest"]

_GIVEN = "fixed_params"
"""Where Optuna keeps the values of a trial that somebody gave."""


@dataclass(frozen=True)
class Suggestion:
    """What was found for a trial.

    Attributes:
        trial: Made by `new_trial`, or one of the database that runs.
        values: Of every active dimension.
        found: The dimensions whose values the database lacks.
        notes: System attributes that the database lacks, such as those that a sampler leaves.
    """

    trial: FrozenTrial
    values: Values
    found: tuple[Dimension, ...]
    notes: Mapping[str, Any]

    @property
    def is_new(self) -> bool:
        """Whether the database lacks the trial too."""
        return self.trial._trial_id < 0


def new_trial(
    trials: Sequence[FrozenTrial], given: Mapping[str, Value] | None = None
) -> FrozenTrial:
    """The trial that comes after all others, in memory.

    Args:
        trials: All others.
        given: The values that it will have, whoever asks `suggest` for them; None: as suggested.
    """
    notes = {} if given is None else {_GIVEN: dict(given)}
    trial = create_trial(state=TrialState.RUNNING, system_attrs=notes)
    trial.number = len(trials)
    return trial


def suggest(
    study: optuna.Study,
    trials: Sequence[FrozenTrial],
    own: FrozenTrial,
    space: Sequence[Dimension],
) -> Suggestion:
    """Finds a value for every active dimension; inactive ones do not exist for this trial.

    A value that the trial has already, from a process that was killed, stays.

    Args:
        study: Its sampler is asked.
        trials: All trials of the database.
        own: Of `new_trial`, or one of `trials` that runs.
        space: The dimensions, parents before children.
    """
    known = {} if own._trial_id < 0 else dict(own.system_attrs)
    seen = _Seen(study._storage, trials, own)
    trial = optuna.Trial(_seeing(study, seen), own._trial_id)
    values: Values = {}
    found: list[Dimension] = []
    for dimension in space:
        if not dimension.active(values):
            continue
        if dimension.name in own.params:
            values[dimension.name] = own.params[dimension.name]
        else:
            values[dimension.name] = _find(trial, seen.own, dimension)
            found.append(dimension)
    attributes = seen.own.system_attrs.items()
    notes = {key: value for key, value in attributes if known.get(key) != value}
    return Suggestion(own, values, tuple(found), notes)


def _find(trial: optuna.Trial, own: FrozenTrial, dimension: Dimension) -> Value:
    name, distribution = dimension.name, dimension.distribution
    given: Mapping[str, Value] = own.system_attrs.get(_GIVEN, {})
    if name in given:
        return given[name]
    if distribution.single():
        return dimension.default
    if name in trial.relative_params:
        together: Value = trial.relative_params[name]
        return together
    study = trial.study
    alone: Value = study.sampler.sample_independent(study, own, name, distribution)
    return alone


class _Seen:
    """A storage as a sampler sees it that is asked for one trial; nothing is written.

    Args:
        storage: Asked for everything but trials.
        trials: All trials of the database.
        own: The trial that values are found for; among the trials, or after them.
    """

    def __init__(self, storage: Any, trials: Sequence[FrozenTrial], own: FrozenTrial) -> None:
        self._storage = storage
        self.own = copy.copy(own)
        self.own.system_attrs = dict(own.system_attrs)
        self._trials = [*trials[: own.number], self.own, *trials[own.number + 1 :]]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """The own trial, or another one."""
        return self.own if trial_id == self.own._trial_id else self._storage.get_trial(trial_id)

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
    ) -> list[FrozenTrial]:
        """The trials by number, the own one as it is by now."""
        found = [t for t in self._trials if states is None or t.state in states]
        return copy.deepcopy(found) if deepcopy else found

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Notes something of the own trial, the only one that a sampler writes of."""
        self.own.system_attrs = {**self.own.system_attrs, key: value}


def _seeing(study: optuna.Study, seen: _Seen) -> optuna.Study:
    """The same study with what is seen of it.

    It has a memory of its own: Optuna's studies keep the trials that one trial's sampler has read,
    and forget them when they are asked for the next.
    """
    same = copy.copy(study)
    same._storage = seen  # type: ignore[assignment]
    same._thread_local = type(study._thread_local)()
    return same
