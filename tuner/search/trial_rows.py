"""The rows of a trial in Optuna's tables, all that belongs together in one transaction.

Optuna writes every value and every attribute in a transaction of its own, and reads the trial again
before each. On a disk that takes 10 ms to say that a transaction is safe a dozen of them take
longer than what is written; and a process that is killed leaves half of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from optuna.distributions import distribution_to_json
from optuna.storages._rdb.models import (
    StudyModel,
    TrialIntermediateValueModel,
    TrialModel,
    TrialParamModel,
    TrialSystemAttributeModel,
    TrialUserAttributeModel,
    TrialValueModel,
)
from optuna.trial import TrialState

from tuner.search.space import Dimension
from tuner.search.suggest import Suggestion
from tuner.spaces import Value

__all__ = ["Ending", "end_trial", "parameter_rows", "write_suggestion"]

_TRIALS: sa.Table = TrialModel.__table__
_REPORTED: sa.Table = TrialIntermediateValueModel.__table__


@dataclass(frozen=True)
class Ending:
    """How a trial ends.

    Attributes:
        state: A state of Optuna's that is final.
        kept: Attributes by key, as JSON can hold them.
        values: Of the objectives; None where the last one of its curve is taken, as Optuna does
            with the only value of a pruned trial.
        broken: Whether it breaks a constraint, as Optuna calls it, by the constraint's name.
    """

    state: TrialState
    kept: Mapping[str, Any]
    values: Sequence[float] | None = ()
    broken: Mapping[str, bool] = field(default_factory=dict)


def write_suggestion(engine: sa.Engine, study_id: int, suggestion: Suggestion) -> int:
    """Keeps what was found for a trial, and the trial itself where it is a new one.

    Args:
        engine: Of Optuna's database.
        study_id: Optuna's id of the study.
        suggestion: Of a trial that runs, or will.

    Returns:
        The trial's number. A new one has that which it was suggested with, unless somebody who
        waits for no turn, such as a dashboard, has made a trial meanwhile.
    """
    trial = suggestion.trial
    with engine.begin() as connection:
        number, trial_id = trial.number, trial._trial_id
        if suggestion.is_new:
            number, trial_id = _insert_trial(connection, study_id)
        if rows := parameter_rows(trial_id, suggestion.values, suggestion.found):
            connection.execute(sa.insert(TrialParamModel), rows)
        _set_attributes(connection, TrialSystemAttributeModel, trial_id, suggestion.notes)
    return number


def end_trial(engine: sa.Engine, study_id: int, number: int, ending: Ending) -> None:
    """Ends a trial; does nothing where it has ended already.

    Raises:
        ValueError: A value is NaN, which the tables cannot hold.
    """
    if any(math.isnan(value) for value in ending.values or ()):
        raise ValueError(f"the values of trial {number} must be numbers, got {ending.values}")
    of_trial = (_TRIALS.c.study_id == study_id, _TRIALS.c.number == number)
    with engine.begin() as connection:
        trial_id = connection.execute(sa.select(_TRIALS.c.trial_id).where(*of_trial)).scalar_one()
        running = (_TRIALS.c.trial_id == trial_id, _TRIALS.c.state == TrialState.RUNNING)
        ended = {"state": ending.state, "datetime_complete": _now()}
        # First, since from here on nobody else can end it.
        if not connection.execute(sa.update(_TRIALS).where(*running).values(ended)).rowcount:
            return
        _set_attributes(connection, TrialUserAttributeModel, trial_id, ending.kept)
        broken = {f"constraints:{name}": float(is_so) for name, is_so in ending.broken.items()}
        _set_attributes(connection, TrialSystemAttributeModel, trial_id, broken)
        values = ending.values
        if values is None:
            values = _last_reported(connection, trial_id)
        if values:
            connection.execute(sa.insert(TrialValueModel), _value_rows(trial_id, values))


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


def _insert_trial(connection: sa.Connection, study_id: int) -> tuple[int, int]:
    """The number and the id of a trial that runs from now on."""
    # As Optuna does it, so that two that make a trial at once do not find the same number.
    lock = sa.select(StudyModel.study_id).where(StudyModel.study_id == study_id)
    connection.execute(lock.with_for_update())
    row = {"study_id": study_id, "state": TrialState.RUNNING, "datetime_start": _now()}
    inserted = connection.execute(sa.insert(_TRIALS).values(row)).inserted_primary_key
    assert inserted is not None  # it is of one row
    trial_id = int(inserted[0])
    earlier = (_TRIALS.c.study_id == study_id, _TRIALS.c.trial_id < trial_id)
    count = sa.select(sa.func.count(_TRIALS.c.trial_id)).where(*earlier)
    number = int(connection.execute(count).scalar_one())
    own = _TRIALS.c.trial_id == trial_id
    connection.execute(sa.update(_TRIALS).where(own).values(number=number))
    return number, trial_id


def _set_attributes(
    connection: sa.Connection, model: Any, trial_id: int, attributes: Mapping[str, Any]
) -> None:
    if not attributes:
        return
    # Older versions wrote them one by one, so a killed process may have left some.
    of_trial = (model.trial_id == trial_id, model.key.in_(attributes))
    connection.execute(sa.delete(model.__table__).where(*of_trial))
    rows = [
        {"trial_id": trial_id, "key": key, "value_json": json.dumps(value)}
        for key, value in attributes.items()
    ]
    connection.execute(sa.insert(model), rows)


def _last_reported(connection: sa.Connection, trial_id: int) -> list[float]:
    """The last value of a trial's curve; none where it has no curve, or ends with NaN."""
    query = sa.select(_REPORTED.c.intermediate_value, _REPORTED.c.intermediate_value_type)
    last = query.where(_REPORTED.c.trial_id == trial_id).order_by(_REPORTED.c.step.desc()).limit(1)
    row = connection.execute(last).one_or_none()
    if row is None:
        return []
    value = TrialIntermediateValueModel.stored_repr_to_intermediate_value(*row)
    return [] if math.isnan(value) else [value]


def _value_rows(trial_id: int, values: Sequence[float]) -> list[dict[str, Any]]:
    stored = [TrialValueModel.value_to_stored_repr(float(value)) for value in values]
    return [
        {"trial_id": trial_id, "objective": place, "value": value, "value_type": kind}
        for place, (value, kind) in enumerate(stored)
    ]


def _now() -> datetime:
    """As Optuna's tables have it."""
    return datetime.now(UTC).replace(tzinfo=None)
