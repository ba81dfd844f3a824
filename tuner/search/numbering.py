"""Numbers of configurations that are no trials, which stay the same from run to run."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from tuner.search.tables import RUNS

__all__ = ["numbers_of"]


def numbers_of(engine: sa.Engine, study_id: int, about: Sequence[str]) -> list[int]:
    """The number of each configuration; those that have none yet get one.

    Args:
        engine: Of the database.
        study_id: Optuna's id of the study.
        about: What each configuration is; equal texts are one configuration.

    Returns:
        Numbers below zero, since trials count up from there.
    """
    with engine.begin() as connection:
        mine = sa.select(RUNS.c.about, RUNS.c.number).where(RUNS.c.study == study_id)
        known = {text: int(number) for text, number in connection.execute(mine)}
        last = min(known.values(), default=0)
        new = [text for text in dict.fromkeys(about) if text not in known]
        added = {text: last - place for place, text in enumerate(new, start=1)}
        if added:
            rows = [{"study": study_id, "number": n, "about": text} for text, n in added.items()]
            connection.execute(sa.insert(RUNS), rows)
    known |= added
    return [known[text] for text in about]
