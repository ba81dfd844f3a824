"""The values of a new trial, written at once.

Optuna writes each value in a transaction of its own, and on a disk that takes 10 ms to say that a
transaction is safe a dozen values take longer than finding them. Here all are found first; they
and everything about them are in the database after one transaction, or none is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import optuna
import sqlalchemy as sa
from optuna.distributions import distribution_to_json
from optuna.storages import RDBStorage
from optuna.storages._rdb.models import TrialParamModel
from optuna.trial import FrozenTrial, TrialState, create_trial

from tuner.search.space import Dimension, Values
from tuner.spaces import Value

__all__ = ["begin", "parameter_rows", "suggest"]

_GIVEN = "fixed_params"
"""Where Optuna keeps the values of a trial that somebody gave."""


def suggest(trial: optuna.Trial, space: Sequence[Dimension]) -> Values:
    """Finds a value for every active dimension; inactive ones do not exist for this trial.

    A value that the trial has already, from a process that was killed, stays.

    Args:
        trial: Of a study in a database; it is running.
        space: The dimensions, parents before children.
    """
    frozen = trial.study._storage.get_trial(trial._trial_id)
    values: Values = {}
    found: dict[str, Dimension] = {}
    for dimension in space:
        if not dimension.active(values):
            continue
        if dimension.name in frozen.params:
            values[dimension.name] = frozen.params[dimension.name]
        else:
            values[dimension.name] = _find(trial, frozen, dimension)
            found[dimension.name] = dimension
    _write(trial, values, found)
    return values


def begin(study: optuna.Study, values: Mapping[str, Value]) -> optuna.Trial:
    """A running trial that will have these values, whoever asks `suggest` for them."""
    template = create_trial(state=TrialState.RUNNING, system_attrs={_GIVEN: dict(values)})
    return optuna.Trial(study, study._storage.create_new_trial(study._study_id, template))


def _find(trial: optuna.Trial, frozen: FrozenTrial, dimension: Dimension) -> Value:
    name, distribution = dimension.name, dimension.distribution
    given: Mapping[str, Value] = frozen.system_attrs.get(_GIVEN, {})
    if name in given:
        return given[name]
    if distribution.single():
        return dimension.default
    if name in trial.relative_params:
        together: Value = trial.relative_params[name]
        return together
    study = trial.study
    alone: Value = study.sampler.sample_independent(study, frozen, name, distribution)
    return alone


def _write(trial: optuna.Trial, values: Values, found: Mapping[str, Dimension]) -> None:
    storage: Any = trial.study._storage
    backend = getattr(storage, "_backend", storage)
    assert isinstance(backend, RDBStorage)
    rows = parameter_rows(trial._trial_id, values, found.values())
    if rows:
        with backend.engine.begin() as connection:
            connection.execute(sa.insert(TrialParamModel), rows)


def parameter_rows(
    trial_id: int, values: Mapping[str, Value], space: Iterable[Dimension]
) -> list[dict[str, Any]]:
    """Rows of Optuna's table of parameters, for the dimensions that a trial has."""
    return [
        {
            "trial_id": trial_id,
            "param_name": dimension.name,
            "param_value": dimension.distribution.to_internal_repr(values[dimension.name]),
            "distribution_json": distribution_to_json(dimension.distribution),
        }
        for dimension in space
        if dimension.name in values
    ]
