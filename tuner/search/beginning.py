"""The first thing that is written of a run: what it is about, and which way its objectives go.

Opening a database makes Optuna's study, and whoever made it may have been killed since, or have
been after another number of objectives. So the directions are written again with the identity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from optuna.storages._rdb.models import StudyDirectionModel
from optuna.study import StudyDirection

from tuner.errors import InputError
from tuner.search.store import Store
from tuner.study.objective_section import Direction

__all__ = ["begin_run", "refuse_foreign"]


def refuse_foreign(store: Store) -> None:
    """Keeps out of a study that another program has made and uses.

    Raises:
        InputError: It has the name of this one.
    """
    attributes = store.patiently(lambda: store.study.user_attrs)
    if "identity" not in attributes and (attributes or store.trials()):
        raise InputError(
            f"{store.database}: '{store.database.study_name}' is a study of another program there;"
            " give this study another name"
        )


def begin_run(store: Store, identity: Mapping[str, Any], directions: Sequence[Direction]) -> None:
    """Says what a run without trials is about; the store must be opened anew afterwards.

    Args:
        store: The run's database.
        identity: Of the study.
        directions: Where each objective goes, the score first.

    Raises:
        StoreError: The database cannot be written.
    """
    store.patiently(partial(_write, store, directions))
    # Last, since it says that the run has begun.
    store.set_identity(identity)


def _write(store: Store, directions: Sequence[Direction]) -> None:
    rows = [
        {
            "study_id": store.study_id,
            "objective": place,
            "direction": StudyDirection[direction.upper()],
        }
        for place, direction in enumerate(directions)
    ]
    own = StudyDirectionModel.study_id == store.study_id
    with store.engine.begin() as connection:
        connection.execute(sa.delete(StudyDirectionModel).where(own))
        connection.execute(sa.insert(StudyDirectionModel), rows)
