"""Finished units in their table."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
import sqlalchemy as sa

from tuner.search.tables import UNITS
from tuner.training.unit import UnitResult

__all__ = ["UnitKey", "read_unit", "write_unit"]


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
