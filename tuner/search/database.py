"""Where the trials of a study lie: in its run folder, or on a server that many machines share."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from optuna.storages import RDBStorage

from tuner.errors import InputError
from tuner.search.run_folder import RunFolder
from tuner.search.tables import create_indexes, create_tables

__all__ = ["Database"]

_IN_FOLDER = "search"
"""Optuna's name of the only study in a run folder."""

_DRIVERS = {"postgresql": ("psycopg", "psycopg2"), "mysql": ("pymysql", "mysqldb")}
"""What is known to work, by scheme; the first is taken where a URL names none."""

_EXTRAS = {"psycopg": "minority-tuner[postgres]", "pymysql": "minority-tuner[mysql]"}

_SECRETS = ("password", "passwd", "sslpassword")
"""Keys of a URL's query that may hold a password, beside its usual place."""

# A machine that vanishes sends no end of its connections. These find that out within seconds, so
# that a process hears of it before others hold its trials for abandoned.
_POSTGRESQL = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 3,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 9000,
}
_MYSQL = {"connect_timeout": 10, "read_timeout": 60, "write_timeout": 60}

_POOL = {"pool_pre_ping": True, "pool_size": 4, "max_overflow": 36}
"""Connections for 32 threads. Few stay open: a server takes a hundred of all machines together."""

_HELD = 300
"""Seconds after which a server takes the turn from a machine that shows no sign of life."""

_ASKED = 10
"""Seconds that MySQL is asked to wait for a turn before it is asked again."""


@dataclass(frozen=True)
class Database:
    """Where trials and units lie.

    Made by `in_folder` or `on_server`.

    Attributes:
        url: Of SQLAlchemy; with the password, if it was given there.
        study_name: Optuna's name of the study.
    """

    url: sa.URL = field(repr=False)
    study_name: str

    @classmethod
    def in_folder(cls, folder: RunFolder) -> Database:
        """The SQLite database of a run folder."""
        # A URL made by hand would cut a path at '?' or '#'.
        return cls(sa.URL.create("sqlite", database=str(folder.database.absolute())), _IN_FOLDER)

    @classmethod
    def on_server(cls, url: str, study_name: str) -> Database:
        """A database on a server, such as ``postgresql://user@host/db``.

        Args:
            url: With scheme ``postgresql`` or ``mysql``; a driver may follow it, as in
                ``postgresql+psycopg2``.
            study_name: Studies of other names may lie in the same database.

        Raises:
            InputError: The URL cannot be read, names another kind of database or no database, or
                its driver is not installed.
        """
        return cls(_checked(url), study_name)

    def __str__(self) -> str:
        """The place as it may be shown, without a password."""
        if not self.shared:
            return str(self.url.database)
        return self.url.difference_update_query(_SECRETS).render_as_string(hide_password=True)

    @property
    def shared(self) -> bool:
        """Whether other machines may use it at the same time."""
        return self.url.get_backend_name() != "sqlite"

    def connect(self) -> RDBStorage:
        """Opens the database and makes the tables that it lacks.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: It cannot be opened.
            optuna.exceptions.StorageInternalError: It cannot be opened.
            RuntimeError: Its tables belong to another version of Optuna.
        """
        if not self.shared:
            return self._storage()
        # Two machines that make the same tables at once would fail each other.
        engine = sa.create_engine(
            self.url, poolclass=sa.NullPool, connect_args=self._connect_args()
        )
        with _alone(engine, "tables"):
            return self._storage()

    @contextlib.contextmanager
    def turn(self, engine: sa.Engine) -> Iterator[None]:
        """While the block runs, no other process has the turn of this study.

        It is lost with the connection that it is held on. A block that ends although it was lost
        raises, so that whoever tries again does not trust what was done in it. Not reentrant.
        With SQLite nothing is done: the lock of the run folder keeps other processes out.

        Args:
            engine: Of the storage that `connect` gave.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: The server does not answer, or the turn was lost.
        """
        if not self.shared:
            yield
            return
        with _alone(engine, f"study {self.study_name}"):
            yield

    def _storage(self) -> RDBStorage:
        # Optuna formats its URL.
        url = self.url.render_as_string(hide_password=False)
        url = url.replace("{", "{{").replace("}", "}}")
        pool = _POOL if self.shared else {}
        storage = RDBStorage(url, engine_kwargs={**pool, "connect_args": self._connect_args()})
        try:
            create_indexes(storage.engine)
            create_tables(storage.engine)
        except BaseException:
            storage.engine.dispose()
            raise
        return storage

    def _connect_args(self) -> dict[str, Any]:
        if not self.shared:
            return {"timeout": 60}
        own: Mapping[str, Any] = _MYSQL
        if self.url.get_backend_name() == "postgresql":
            own = _POSTGRESQL
        return {key: value for key, value in own.items() if key not in self.url.query}


def _checked(text: str) -> sa.URL:
    example = "postgresql://user@host/db or mysql://user@host/db"
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        # What was given is not shown: it may hold a password.
        raise InputError(f"--storage: expected a URL such as {example}") from None
    scheme, _, driver = url.drivername.partition("+")
    if scheme not in _DRIVERS:
        raise InputError(f"--storage: expected {example}, got {url.drivername}://…")
    known = _DRIVERS[scheme]
    if driver and driver not in known:
        drivers = " or ".join(f"{scheme}+{name}" for name in known)
        raise InputError(f"--storage: expected {drivers}, got {url.drivername}://…")
    if not url.database:
        raise InputError(f"--storage: the URL names no database; expected {example}")
    url = url.set(drivername=f"{scheme}+{driver or known[0]}")
    _need_driver(url)
    return url


def _need_driver(url: sa.URL) -> None:
    try:
        url.get_dialect().import_dbapi()
    except ImportError:
        driver = url.get_driver_name()
        package = _EXTRAS.get(driver, {"mysqldb": "mysqlclient"}.get(driver, driver))
        raise InputError(
            f"--storage: {url.drivername} needs a package: pip install '{package}'"
        ) from None


@contextlib.contextmanager
def _alone(engine: sa.Engine, what: str) -> Iterator[None]:
    hold = _locked_postgresql if engine.dialect.name == "postgresql" else _locked_mysql
    with engine.connect() as connection, hold(connection, what):
        yield


@contextlib.contextmanager
def _locked_postgresql(connection: sa.Connection, what: str) -> Iterator[None]:
    key = int.from_bytes(_digest(what)[:8], signed=True)
    with connection.begin():
        connection.execute(sa.text("set local tcp_keepalives_idle = 10"))
        connection.execute(sa.text("set local tcp_keepalives_interval = 5"))
        connection.execute(sa.text("set local tcp_keepalives_count = 3"))
        held = f"set local idle_in_transaction_session_timeout = '{_HELD}s'"
        connection.execute(sa.text(held))
        connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": key})
        yield


@contextlib.contextmanager
def _locked_mysql(connection: sa.Connection, what: str) -> Iterator[None]:
    # Locks of MySQL are the whole server's, and their names have 64 characters at most.
    name = {"name": _digest(f"{connection.engine.url.database} {what}").hex()[:40]}
    connection.execute(sa.text(f"set session wait_timeout = {_HELD}"))
    get = sa.text(f"select get_lock(:name, {_ASKED})")
    while connection.execute(get, name).scalar() != 1:
        pass
    try:
        yield
    except BaseException:
        connection.invalidate()  # the lock ends with it
        raise
    if connection.execute(sa.text("select release_lock(:name)"), name).scalar() != 1:
        raise sa.exc.DBAPIError("release_lock", name, RuntimeError("the turn was lost"))


def _digest(what: str) -> bytes:
    return hashlib.sha256(f"minority-tuner {what}".encode()).digest()
