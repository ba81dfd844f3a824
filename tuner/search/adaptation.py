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
from optuna.storages._rdb.models import StudyUserAttributeModel, TrialParamModel

from tuner.search.space import Dimension
from tuner.search.store import Store
from tuner.search.trial_rows import parameter_rows
from tuner.spaces import Value

__all__ = ["adapt"]


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
    ids = {trial.number: trial._trial_id for trial in store.trials()}
    rows = [
        row for number, own in trials.items() for row in parameter_rows(ids[number], own, space)
    ]
    about = (
        StudyUserAttributeModel.study_id == store.study_id,
        StudyUserAttributeModel.key == "identity",
    )
    text = json.dumps(identity)

    def write() -> None:
        with store.engine.begin() as connection:
            connection.execute(
                sa.delete(TrialParamModel).where(TrialParamModel.trial_id.in_(ids.values()))
            )
            if rows:
                connection.execute(sa.insert(TrialParamModel), rows)
            connection.execute(
                sa.update(StudyUserAttributeModel).where(*about).values(value_json=text)
            )

    store.patiently(write)
