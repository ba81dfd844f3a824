"""Optuna's tables follow a search space that changed.

Optuna stores the distribution of every parameter with every trial. It refuses a categorical
distribution that differs from the one stored first under the same name
(``CategoricalDistribution does not support dynamic value space``) and a range whose ``log``
differs, and its samplers leave out or misread parameters whose stored ranges differ. A parameter
that was fixed is in no trial at all.

So the parameters of all trials are written again, with the distributions of the new space and the
values they had all along. Trials keep their numbers, ids, states, scores and attributes; units are
untouched. One transaction holds this and the new identity, so that a crash leaves both or neither.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from optuna.distributions import distribution_to_json

from tuner.search.space import Dimension
from tuner.search.store import Store, writing
from tuner.spaces import Value

__all__ = ["adapt"]

_TABLES = sa.MetaData()
_PARAMS = sa.Table(
    "trial_params",
    _TABLES,
    sa.Column("trial_id", sa.Integer),
    sa.Column("param_name", sa.String),
    sa.Column("param_value", sa.Double),
    sa.Column("distribution_json", sa.Text),
)
_ATTRIBUTES = sa.Table(
    "study_user_attributes",
    _TABLES,
    sa.Column("study_id", sa.Integer),
    sa.Column("key", sa.String),
    sa.Column("value_json", sa.Text),
)
"""Optuna's tables, as far as they are written here."""


def adapt(
    store: Store,
    identity: Mapping[str, Any],
    trials: Mapping[int, Mapping[str, Value]],
    space: Sequence[Dimension],
) -> None:
    """Writes what the run is about now, and every trial's parameters as the new space has them.

    The store must be opened anew afterwards, since Optuna remembers finished trials.

    Args:
        store: The run's database.
        identity: Of the study with the new space.
        trials: Searched values of all trials by number; every value lies in the new space.
        space: The new space.

    Raises:
        StoreError: The database cannot be written.
    """
    ids = {trial.number: trial._trial_id for trial in store.study.get_trials(deepcopy=False)}
    rows = [row for number, own in trials.items() for row in _rows(ids[number], own, space)]
    about = (_ATTRIBUTES.c.study_id == store.study._study_id, _ATTRIBUTES.c.key == "identity")
    with writing(), store._engine.begin() as connection:
        connection.execute(sa.delete(_PARAMS).where(_PARAMS.c.trial_id.in_(ids.values())))
        if rows:
            connection.execute(sa.insert(_PARAMS), rows)
        text = json.dumps(identity)
        connection.execute(sa.update(_ATTRIBUTES).where(*about).values(value_json=text))


def _rows(
    trial_id: int, values: Mapping[str, Value], space: Sequence[Dimension]
) -> list[dict[str, Any]]:
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
