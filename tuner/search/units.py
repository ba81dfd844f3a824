"""Finished units in their table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa

from tuner.search.learning import LearningCurve
from tuner.search.tables import UNITS
from tuner.training.unit import UnitResult

__all__ = ["UnitKey", "learning_curves", "read_unit", "write_unit"]


class UnitKey(NamedTuple):
    """Which unit; the columns of the table's primary key.

    Attributes:
        study: Optuna's id of the study.
        trial: Number of the trial.
        fold: Number of the fold.
        repeat: Number of the repeat.
    """

    study: int
    trial: int
    fold: int
    repeat: int


def read_unit(engine: sa.Engine, key: UnitKey) -> UnitResult | None:
    """A finished unit, or None."""
    place = [UNITS.c[name] == value for name, value in key._asdict().items()]
    with engine.connect() as connection:
        row = connection.execute(sa.select(UNITS).where(*place)).one_or_none()
    if row is None:
        return None
    flat = np.frombuffer(row.probabilities, dtype="<f4").astype(np.float32)
    return UnitResult.from_facts(flat.reshape(-1, row.classes), json.loads(row.facts))


def write_unit(engine: sa.Engine, key: UnitKey, result: UnitResult) -> None:
    """Keeps a finished unit; where there is one already, that one stays."""
    row = {
        **key._asdict(),
        "facts": json.dumps(result.facts()),
        "classes": result.probabilities.shape[1],
        "probabilities": result.probabilities.astype("<f4").tobytes(),
    }
    try:
        with engine.begin() as connection:
            connection.execute(sa.insert(UNITS).values(row))
    except sa.exc.IntegrityError:
        if read_unit(engine, key) is None:
            raise


def learning_curves(engine: sa.Engine, study: int, trials: Iterable[int]) -> list[LearningCurve]:
    """How all networks of some trials learned, by trial, fold and repeat.

    Args:
        engine: Of the database.
        study: Optuna's id of the study.
        trials: Their numbers.
    """
    columns = (UNITS.c.trial, UNITS.c.fold, UNITS.c.repeat, UNITS.c.facts)
    asked = sa.select(*columns).where(UNITS.c.study == study, UNITS.c.trial.in_(list(trials)))
    with engine.connect() as connection:
        rows = connection.execute(asked.order_by(*columns[:3])).all()
    return [_curve(row.trial, row.fold, row.repeat, json.loads(row.facts)) for row in rows]


def _curve(trial: int, fold: int, repeat: int, facts: Mapping[str, Any]) -> LearningCurve:
    loss, ranked = (facts["history"].get(name, []) for name in ("loss", "val_pr_auc"))
    return LearningCurve(trial, fold, repeat, facts["best_epoch"], loss, ranked)
