"""Where trials lie, as a person says it, and what is shown of it."""

import builtins
import importlib
import sys

import pytest
import sqlalchemy as sa
from optuna.storages._rdb.models import StudyModel, TrialModel

from tuner.errors import InputError
from tuner.search.database import Database
from tuner.search.run_folder import RunFolder
from tuner.search.store import Store
from tuner.search.tables import CLAIMS, UNITS


def test_a_run_folder_is_not_shared_and_takes_no_turns(tmp_path):
    database = Database.in_folder(RunFolder(tmp_path))
    store = Store(database)
    assert not database.shared
    assert str(database) == str(tmp_path / "study.db")
    with database.turn(store.engine), database.turn(store.engine):
        tables = set(sa.inspect(store.engine).get_table_names())
    assert UNITS.name in tables
    assert CLAIMS.name not in tables
    store.close()


@pytest.mark.parametrize("table", [StudyModel.__table__, TrialModel.__table__])
def test_a_table_that_was_left_without_its_index_gets_it(tmp_path, table):
    # What a process leaves that is killed while SQLite makes the tables.
    database = Database.in_folder(RunFolder(tmp_path))
    engine = sa.create_engine(database.url)
    with engine.begin() as connection:
        for made in (StudyModel.__table__, table):
            connection.execute(sa.schema.CreateTable(made, if_not_exists=True))
    assert not sa.inspect(engine).get_indexes(table.name)
    for _ in range(3):
        Store(database).close()
    assert len(sa.inspect(engine).get_indexes(table.name)) == 1
    with engine.connect() as connection:
        assert len(connection.execute(sa.select(StudyModel.__table__)).all()) == 1
    engine.dispose()


@pytest.mark.parametrize("name", ["{", "a{b}c", "{SCHEMA_VERSION}"])
def test_a_folder_may_have_braces_in_its_name(tmp_path, name):
    # Optuna formats the URL that it is given.
    folder = RunFolder(tmp_path / name)
    folder.create()
    Store(Database.in_folder(folder)).close()
    assert folder.database.is_file()


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgresql://u@h/db", "postgresql+psycopg"),
        ("postgresql+psycopg://u@h/db", "postgresql+psycopg"),
        ("mysql://u@h:3307/db", "mysql+pymysql"),
        ("mysql+pymysql://u@h/db", "mysql+pymysql"),
    ],
)
def test_a_server_has_a_scheme_and_maybe_a_driver(url, driver):
    database = Database.on_server(url, "s")
    assert database.shared
    assert database.url.drivername == driver
    assert database.study_name == "s"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "expected a URL such as postgresql://user@host/db"),
        ("runs/study.db", "expected a URL such as"),
        ("postgresql://u:hush@h:port/db", "expected a URL such as"),
        ("postgres://u:hush@h/db", "got postgres://…"),
        ("sqlite:///study.db", "got sqlite://…"),
        ("postgresql+asyncpg://u:hush@h/db", r"expected postgresql\+psycopg or .*, got"),
        ("postgresql://u:hush@h", "names no database"),
    ],
)
def test_a_wrong_url_is_refused_without_showing_it(url, told):
    with pytest.raises(InputError, match=told) as refused:
        Database.on_server(url, "s")
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "package"),
    [
        ("postgresql://u@h/db", r"minority-tuner\[postgres\]"),
        ("mysql://u@h/db", r"minority-tuner\[mysql\]"),
        ("postgresql+psycopg2://u@h/db", "psycopg2"),
        ("mysql+mysqldb://u@h/db", "mysqlclient"),
    ],
)
def test_a_driver_that_is_missing_is_named(monkeypatch, url, package):
    real = builtins.__import__

    def without_drivers(name, *arguments):
        if name.split(".")[0] in ("psycopg", "psycopg2", "pymysql", "MySQLdb"):
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_drivers)
    with pytest.raises(InputError, match=f"pip install '{package}'"):
        Database.on_server(url, "s")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hush@h/db",
        "postgresql://u@h/db?password=hush&sslmode=require",
        "mysql://u:hush@h/db?passwd=hush",
    ],
)
def test_a_password_is_never_shown(url):
    database = Database.on_server(url, "s")
    assert "hush" not in f"{database} {database!r}"
    assert "u" in str(database)


def test_a_setting_in_the_url_has_its_way():
    database = Database.on_server("postgresql://u@h/db?connect_timeout=3", "s")
    given = database._connect_args()
    assert "connect_timeout" not in given
    assert given["keepalives"] == 1


def test_the_drivers_of_the_extras_are_those_of_bare_urls():
    for module in ("psycopg", "pymysql"):
        assert importlib.import_module(module).__name__ in sys.modules
