"""What the tests of faults share."""

import pytest

from faults.servers import start_mariadb, start_postgresql
from faults.studies import Runs, quick_training


@pytest.fixture
def runs(tmp_path):
    """A study in a folder of its own, whose search trains a stand-in."""
    made = Runs(tmp_path)
    with quick_training(made.log):
        yield made


@pytest.fixture(scope="session")
def postgresql():
    """A PostgreSQL server; what kills it starts it again."""
    server = start_postgresql()
    yield server
    server.close()


@pytest.fixture(scope="session")
def mariadb():
    """A MariaDB server, for MySQL's dialect."""
    server = start_mariadb()
    yield server
    server.close()
