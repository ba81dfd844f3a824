"""Which trials are being run by a process that lives, so that nobody else takes them up.

A trial is claimed while it is created, in the same turn (see `Database.turn`). One that runs
and that nobody holds was left by a process that died, and is taken up by whoever comes next.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping
from typing import Protocol

import sqlalchemy as sa

from tuner.search.tables import CLAIMS

__all__ = ["Claims", "HeldHere", "HeldOnServer", "living"]

_INTERVAL, _READINGS = 3.0, 5
"""Seconds between two beats, and equal readings in a row of a claim that is dead."""


class Claims(Protocol):
    """Trials that somebody runs; safe to use from many threads."""

    def take(self, number: int) -> None:
        """Claims a trial for this process; a claim of a dead one is replaced."""

    def release(self, number: int) -> None:
        """Gives up an own claim; does nothing where it is not, or no longer, held."""

    def held(self) -> frozenset[int]:
        """Trials claimed by anybody who lives, this process included."""

    def close(self) -> None:
        """Gives up all own claims."""


class HeldHere:
    """Claims of a run folder, which is locked: there is no other process."""

    def __init__(self) -> None:
        self._own: set[int] = set()
        self._lock = threading.Lock()

    def take(self, number: int) -> None:
        """Claims a trial."""
        with self._lock:
            self._own.add(number)

    def release(self, number: int) -> None:
        """Gives up a claim."""
        with self._lock:
            self._own.discard(number)

    def held(self) -> frozenset[int]:
        """The claimed trials."""
        with self._lock:
            return frozenset(self._own)

    def close(self) -> None:
        """Gives up all claims."""
        with self._lock:
            self._own.clear()


_Sign = tuple[str, int]
"""Runner and beat of a claim: a sign of life where it differs from the last one seen."""


class HeldOnServer:
    """Claims in a table that many machines share.

    A thread of this process counts up the beats of its own claims, and looks at those of all
    others. A claim is dead when it showed the same beat in so many readings in a row. No clocks
    are compared, and only readings that succeeded count, so that a server that is away, or its
    restart, kills nobody. A claim that is new to this process counts from then.

    A process that was held for dead and was not (it stood still, or only it was cut off from the
    server) finds its claims replaced; what it writes of those trials is ignored if another came
    first.

    Args:
        engine: Of the server's database; `CLAIMS` is there.
        study_id: Optuna's id of the study.
        interval: Seconds between two beats, and between two readings.
        readings: Equal readings in a row after which a claim is dead.

    Example:
        >>> CLAIMS.metadata.create_all(engine := sa.create_engine("sqlite://"))
        >>> claims = HeldOnServer(engine, study_id=1)
        >>> claims.take(7)
        >>> 7 in claims.held()
        True
    """

    def __init__(
        self,
        engine: sa.Engine,
        study_id: int,
        interval: float = _INTERVAL,
        readings: int = _READINGS,
    ) -> None:
        self._engine, self._study_id = engine, study_id
        self._interval, self._readings = interval, readings
        self._runner = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._own: set[int] = set()
        self._seen: dict[int, tuple[_Sign, int]] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="claims", daemon=True)
        self._thread.start()

    def take(self, number: int) -> None:
        """Claims a trial; to be called with the turn of the study, after a look at `held`."""
        row = {"study": self._study_id, "trial": number, "runner": self._runner, "beat": 0}
        with self._engine.begin() as connection:
            connection.execute(sa.delete(CLAIMS).where(*self._is(number)))
            connection.execute(sa.insert(CLAIMS).values(row))
        with self._lock:
            self._own.add(number)

    def release(self, number: int) -> None:
        """Gives up a claim; one that somebody else has replaced stays.

        Where the server is away it is given up here at once, and by the others as that of a process
        that died.
        """
        with self._lock:
            self._own.discard(number)
        own = CLAIMS.c.runner == self._runner
        with self._engine.begin() as connection:
            connection.execute(sa.delete(CLAIMS).where(*self._is(number), own))

    def held(self) -> frozenset[int]:
        """The trials that are claimed now by a process that lives."""
        now = _read(self._engine, self._study_id)
        with self._lock:
            return frozenset(number for number, sign in now.items() if self._lives(number, sign))

    def close(self) -> None:
        """Stops the thread and gives up all own claims.

        Claims that cannot be given up, because the server is away, end like those of a process
        that died.
        """
        self._ended.set()
        self._thread.join()
        mine = (CLAIMS.c.study == self._study_id, CLAIMS.c.runner == self._runner)
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.delete(CLAIMS).where(*mine))
        except sa.exc.SQLAlchemyError:
            return

    def _beat_on(self) -> None:
        while not self._ended.wait(self._interval):
            self.beat()

    def beat(self) -> bool:
        """One beat and one reading, as the thread does it; whether the server answered."""
        with self._lock:
            own = sorted(self._own)
        mine = (CLAIMS.c.runner == self._runner, CLAIMS.c.trial.in_(own))
        beaten = {"beat": CLAIMS.c.beat + 1}
        try:
            with self._engine.begin() as connection:
                here = CLAIMS.c.study == self._study_id
                connection.execute(sa.update(CLAIMS).where(here, *mine).values(beaten))
            now = _read(self._engine, self._study_id)
        except sa.exc.SQLAlchemyError:
            return False
        with self._lock:
            self._seen = {number: self._counted(number, sign) for number, sign in now.items()}
        return True

    def _counted(self, number: int, sign: _Sign) -> tuple[_Sign, int]:
        before, equal = self._seen.get(number, (None, 0))
        return sign, equal + 1 if sign == before else 0

    def _lives(self, number: int, sign: _Sign) -> bool:
        if sign[0] == self._runner:
            return number in self._own
        seen, equal = self._seen.get(number, (None, 0))
        return sign != seen or equal < self._readings

    def _is(self, number: int) -> tuple[sa.ColumnElement[bool], ...]:
        return (CLAIMS.c.study == self._study_id, CLAIMS.c.trial == number)


def living(
    engine: sa.Engine, study_id: int, interval: float = _INTERVAL, readings: int = _READINGS
) -> frozenset[int]:
    """Trials that a process runs which lives, found out without being a runner.

    Takes no time where nothing is claimed, and else up to ``interval * readings`` seconds.

    Args:
        engine: Of the server's database.
        study_id: Optuna's id of the study.
        interval: Seconds between two readings.
        readings: Equal readings in a row after which a claim is dead.
    """
    first = now = _read(engine, study_id)
    for _ in range(readings):
        if not now:
            break
        time.sleep(interval)
        now = _read(engine, study_id)
        if changed := {number for number, sign in now.items() if sign != first.get(number)}:
            return frozenset(changed)
    return frozenset()


def _read(engine: sa.Engine, study_id: int) -> Mapping[int, _Sign]:
    query = sa.select(CLAIMS).where(CLAIMS.c.study == study_id)
    with engine.connect() as connection:
        return {row.trial: (row.runner, row.beat) for row in connection.execute(query)}
