"""A server that is away, one that says no, and how long which of them is waited for."""

import sqlite3
import threading
from itertools import pairwise

import psycopg
import pymysql
import pytest
import sqlalchemy as sa
from optuna.exceptions import StorageInternalError

from tuner.search.patience import PATIENCE, Patience, is_away
from tuner.search.run_folder import StoreError


def error(orig, kind=sa.exc.OperationalError, **settings):
    return kind("select 1", {}, orig, **settings)


def postgresql(text):
    return error(psycopg.OperationalError(text))


def wrapped(inner):
    outer = StorageInternalError("An exception is raised during the commit.")
    outer.__cause__ = inner
    return outer


REFUSED = postgresql("connection failed: connection to server failed: Connection refused")

AWAY = [
    REFUSED,
    wrapped(REFUSED),
    postgresql("failed to resolve host 'db': [Errno -2] Name or service not known"),
    postgresql("connection failed: FATAL:  the database system is starting up"),
    postgresql("connection failed: FATAL:  sorry, too many clients already"),
    postgresql("consuming input failed: server closed the connection unexpectedly"),
    error(psycopg.errors.AdminShutdown("terminating connection")),
    error(psycopg.errors.DeadlockDetected("deadlock detected")),
    error(psycopg.errors.SerializationFailure("could not serialize")),
    error(psycopg.errors.IdleInTransactionSessionTimeout("idle"), sa.exc.InternalError),
    error(psycopg.InterfaceError("the connection is closed"), sa.exc.InterfaceError),
    error(ValueError("any"), sa.exc.DBAPIError, connection_invalidated=True),
    error(pymysql.err.OperationalError(2003, "Can't connect to MySQL server")),
    error(pymysql.err.OperationalError(2013, "Lost connection")),
    error(pymysql.err.OperationalError(1213, "Deadlock found")),
    error(pymysql.err.InterfaceError(0, ""), sa.exc.InterfaceError),
    sa.exc.TimeoutError("QueuePool limit"),
    # Optuna reads trials a second time where the first failed, on the same connection.
    wrapped(
        sa.exc.PendingRollbackError("Can't reconnect until invalid transaction is rolled back")
    ),
]
NO = [
    postgresql('connection failed: FATAL:  password authentication failed for user "u"'),
    postgresql("connection failed: fe_sendauth: no password supplied"),
    postgresql('connection failed: FATAL:  database "db" does not exist'),
    postgresql('connection failed: FATAL:  no pg_hba.conf entry for host "h"'),
    postgresql('connection is bad: invalid sslmode value: "bad"'),
    postgresql("connection failed: server does not support SSL, but SSL was required"),
    error(psycopg.errors.DiskFull("could not extend file")),
    error(psycopg.errors.InsufficientPrivilege("permission denied"), sa.exc.ProgrammingError),
    error(psycopg.errors.UniqueViolation("duplicate key"), sa.exc.IntegrityError),
    error(pymysql.err.OperationalError(1045, "Access denied")),
    error(pymysql.err.OperationalError(1049, "Unknown database")),
    error(pymysql.err.OperationalError(3, "Error writing file (Errcode: 28)")),
    wrapped(None),
    sa.exc.InvalidRequestError("any"),
]


@pytest.mark.parametrize("given", AWAY, ids=str)
def test_a_server_that_is_away_is_known(given):
    assert is_away(given)


@pytest.mark.parametrize("given", NO, ids=str)
def test_a_server_that_says_no_is_known(given):
    assert not is_away(given)


class Failing:
    """An operation that fails so often."""

    def __init__(self, times, given=REFUSED):
        self.left, self.given = times, given

    def __call__(self):
        self.left -= 1
        if self.left >= 0:
            raise self.given
        return "done"


class World:
    """Time that passes only where somebody waits."""

    def __init__(self, **settings):
        self.now, self.pauses, self.told = 0.0, [], []
        self.patience = Patience(
            self.told.append, clock=lambda: self.now, sleep=self.sleep, **settings
        )

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


def test_a_server_that_comes_back_is_told_of_once():
    world = World()
    assert world.patience(Failing(9)) == "done"
    text = "the database does not answer (OperationalError: connection failed: connection to server"
    assert [line.startswith(text) for line in world.told] == [True]
    assert world.told[0].endswith("Connection refused); trying again for 5 min")
    assert world.patience(Failing(9)) == "done"
    assert len(world.told) == 2


def test_what_is_over_at_once_is_not_told():
    world = World()
    assert world.patience(Failing(1, error(psycopg.errors.DeadlockDetected("deadlock")))) == "done"
    assert world.told == []
    assert 0 < world.now < 1


def test_pauses_grow_to_ten_seconds_and_end_after_five_minutes():
    world = World()
    begun = []

    def away():
        begun.append(world.now)
        raise REFUSED

    with pytest.raises(StoreError, match=r"has not answered for 5 min .*Connection refused"):
        world.patience(away)
    waits = [round(later - earlier, 6) for earlier, later in pairwise(begun)]
    assert waits[:-1] == sorted(waits[:-1])
    assert max(waits) == 10.0
    assert begun[-1] == pytest.approx(PATIENCE)


def test_a_server_that_says_no_is_asked_once():
    operation = Failing(9, NO[0])
    with pytest.raises(StoreError, match=r"cannot write the database \(.*\); what was finished"):
        World().patience(operation)
    assert operation.left == 8


def test_what_is_raised_for_a_no_can_be_chosen():
    with pytest.raises(KeyError):
        World().patience(Failing(1, NO[0]), lambda error: KeyError(str(error)))


def test_errors_that_are_not_of_the_database_pass():
    with pytest.raises(ZeroDivisionError):
        World().patience(Failing(1, ZeroDivisionError()))


def test_a_file_is_not_waited_for():
    operation = Failing(9, error(sqlite3.OperationalError("disk I/O error")))
    world = World(limit=0.0)
    with pytest.raises(StoreError, match="disk I/O error"):
        world.patience(operation)
    assert (operation.left, world.pauses, world.told) == (8, [], [])


def test_ctrl_c_ends_the_waiting():
    def check():
        if len(world.pauses) > 5:
            raise KeyboardInterrupt

    world = World(check=check)
    with pytest.raises(KeyboardInterrupt):
        world.patience(Failing(10**9))
    assert max(world.pauses) <= 0.2


def test_an_operation_within_another_is_done_again_with_it():
    world = World()
    inner, calls = Failing(2), []

    def outer():
        calls.append("outer")
        return world.patience(inner)

    assert world.patience(outer) == "done"
    assert calls == ["outer"] * 3


def test_threads_wait_side_by_side_and_one_of_them_tells():
    told, together = [], threading.Barrier(4)
    patience = Patience(told.append)

    def run(results):
        inner = Failing(2)

        def operation():
            together.wait(10)
            return inner()

        results.append(patience(operation))

    results = []
    threads = [threading.Thread(target=run, args=(results,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == ["done"] * 4
    assert len(told) == 1
