"""Waiting for a database server that is away for a while.

A server is restarted, moved or cut off, and comes back. What fails meanwhile is tried again, with
growing pauses. An answer may be lost although what was asked is done, so only operations that may
be done twice can be tried again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import sqlalchemy as sa
from optuna.exceptions import StorageInternalError

from tuner.errors import brief
from tuner.search.run_folder import StoreError

__all__ = ["PATIENCE", "Patience", "is_away", "unusable"]

PATIENCE = 300.0
"""Seconds for which a server may be away."""

_FIRST, _GROWTH, _LONGEST = 0.1, 1.6, 10.0
"""Pauses between two tries, in seconds; each longer than the one before by the factor."""

_SLICE = 0.2
"""Seconds after which a pause looks whether the person wants to stop."""

_POSTGRESQL = (
    "08",
    "40001",
    "40P01",
    "53300",
    "55P03",
    "57P01",
    "57P02",
    "57P03",
    "57P05",
    "25P03",
)
"""SQLSTATEs, or how they begin: connection lost, serialization, deadlock, too many connections,
lock not available, shut down, crashed, starting up, idle for too long, within a transaction too."""

_MYSQL = (0, 1040, 1053, 1205, 1213, 1927, 2002, 2003, 2005, 2006, 2013, 2055)
"""Error codes: closed, too many connections, shutdown, lock wait, deadlock, killed, cannot connect
(three), gone away, lost (two)."""

_REFUSALS = (
    "authentication",
    "does not exist",
    "no password",
    "pg_hba.conf",
    "permission denied",
    "invalid sslmode",
    "does not support SSL",
)
"""PostgreSQL gives no SQLSTATE to who cannot connect. With these it answers, and will not change
its mind; what is not known is taken for being away, since waiting costs less than a lost run."""

_T = TypeVar("_T")


def unusable(error: BaseException) -> StoreError:
    """What is told where a database says no."""
    told = brief(error.__cause__ or error)
    return StoreError(f"cannot write the database ({told}); what was finished is kept")


def is_away(error: BaseException | None) -> bool:
    """Whether an error says that the server cannot be reached now, or that it may work later."""
    if isinstance(error, StorageInternalError):
        return is_away(error.__cause__)
    # All connections of this process are in use; or one was lost, and was used once more.
    if isinstance(error, sa.exc.TimeoutError | sa.exc.PendingRollbackError):
        return True
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    connecting = isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    if state:
        return str(state).startswith(_POSTGRESQL)
    arguments = getattr(error.orig, "args", ())
    if arguments and isinstance(arguments[0], int):
        return connecting and arguments[0] in _MYSQL
    return connecting and not any(word in str(error.orig) for word in _REFUSALS)


class Patience:
    """Tries operations on a database again while its server is away.

    Safe to use from many threads. An operation within another one is not tried again by itself: the
    outer one is, as a whole.

    Args:
        tell: Takes one line for each time that the server goes away.
        check: Called while waiting; ends the waiting by raising.
        limit: Seconds for which an operation is tried again.
        clock: Seconds from anywhere; for tests.
        sleep: Waits so many seconds; for tests.

    Example:
        >>> Patience(print)(lambda: {"what": "the server says"})
        {'what': 'the server says'}
    """

    def __init__(
        self,
        tell: Callable[[str], object] | None = None,
        check: Callable[[], object] | None = None,
        limit: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._tell, self._check = tell, check
        self._limit, self._clock, self._sleep = limit, clock, sleep
        self._local = threading.local()
        self._lock = threading.Lock()
        self._told = False

    def __call__(
        self,
        operation: Callable[[], _T],
        refused: Callable[[Exception], Exception] = unusable,
    ) -> _T:
        """The result of an operation, which may be done twice.

        Args:
            operation: Done again while the server is away.
            refused: Makes the error to raise for any other error of the database.

        Raises:
            StoreError: The server was away for too long, or, unless `refused` makes another error,
                the database says no.
        """
        if getattr(self._local, "busy", False):
            return operation()
        self._local.busy = True
        try:
            return self._patiently(operation, refused)
        finally:
            self._local.busy = False

    def _patiently(
        self, operation: Callable[[], _T], refused: Callable[[Exception], Exception]
    ) -> _T:
        until = self._clock() + self._limit
        for tries, pause in enumerate(_pauses()):
            try:
                result = operation()
            except (sa.exc.SQLAlchemyError, StorageInternalError) as error:
                if not self._limit or not is_away(error):
                    raise refused(error) from error
                if self._clock() >= until:
                    raise _gone(error, self._limit) from error
                if tries:  # of a deadlock, which is over at once, nobody needs to hear
                    self._tell_once(error)
            else:
                self._told = False
                return result
            self._wait(min(pause, max(0.0, until - self._clock())))
        raise AssertionError("pauses never end")

    def _wait(self, seconds: float) -> None:
        end = self._clock() + seconds
        while (left := end - self._clock()) > 0:
            if self._check:
                self._check()
            self._sleep(min(left, _SLICE))

    def _tell_once(self, error: Exception) -> None:
        with self._lock:
            first, self._told = not self._told, True
        if first and self._tell:
            wait = f"trying again for {self._limit / 60:g} min"
            self._tell(f"the database does not answer ({_reason(error)}); {wait}")


def _pauses() -> Iterator[float]:
    pause = _FIRST
    while True:
        yield pause
        pause = min(pause * _GROWTH, _LONGEST)


def _gone(error: Exception, limit: float) -> StoreError:
    return StoreError(
        f"the database has not answered for {limit / 60:g} min ({_reason(error)}); what was "
        "finished is kept, and the same command goes on"
    )


def _reason(error: BaseException) -> str:
    if isinstance(error, StorageInternalError) and error.__cause__:
        return _reason(error.__cause__)
    if isinstance(error, sa.exc.PendingRollbackError) and error.__context__:
        return _reason(error.__context__)
    return brief(getattr(error, "orig", None) or error)
