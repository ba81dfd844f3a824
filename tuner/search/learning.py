"""How the networks of some trials learned, epoch by epoch, from the table of units."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from tuner.search.tables import UNITS

__all__ = ["LearningCurve", "learning_curves"]


@dataclass(frozen=True)
class LearningCurve:
    """The training of one network.

    Attributes:
        trial: Its trial.
        fold: Its fold.
        repeat: Its repeat.
        best_epoch: After which the weights were kept, from 1.
        loss: By epoch.
        val_pr_auc: Average precision of the validation rows by epoch.
    """

    trial: int
    fold: int
    repeat: int
    best_epoch: int
    loss: Sequence[float]
    val_pr_auc: Sequence[float]


def learning_curves(engine: sa.Engine, study: int, trials: Iterable[int]) -> list[LearningCurve]:
    """The curves of all networks of some trials, by trial, fold and repeat.

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


def _curve(trial: int, fold: int, repeat: int, facts: dict[str, object]) -> LearningCurve:
    history: dict[str, list[float]] = facts["history"]  # type: ignore[assignment]
    loss, ranked = history.get("loss", []), history.get("val_pr_auc", [])
    return LearningCurve(trial, fold, repeat, int(str(facts["best_epoch"])), loss, ranked)
