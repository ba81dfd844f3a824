"""Checksums, the copy of the database, and what is found of damage."""

import sqlite3
import subprocess
from contextlib import closing

import pytest

from tuner.search.checksums import damaged, seal, unseal
from tuner.search.database import Database
from tuner.search.database_copy import KeepsCopy, copy_database
from tuner.search.observer import Observer, Observers
from tuner.search.records import TrialRecord
from tuner.search.repair import database_fault, is_whole, repair_database, set_aside_damaged
from tuner.search.run_folder import RunFolder
from tuner.search.store import Store


@pytest.fixture
def folder(tmp_path):
    """A run folder with a database and some files."""
    made = RunFolder(tmp_path / "a")
    made.create()
    Store(Database.in_folder(made)).close()
    made.best_model.mkdir()
    for path in (made.study, made.results, made.best_model / "model.keras"):
        path.write_text("{}")
    return made


def test_a_folder_as_it_was_sealed_is_whole(folder):
    copy_database(folder.database, folder.database_copy)
    seal(folder)
    assert damaged(folder) == []
    assert is_whole(folder)
    (folder.best_model / "model.keras").write_text("other")
    folder.study.unlink()
    assert damaged(folder) == [folder.study, folder.best_model / "model.keras"]
    assert not is_whole(folder)
    unseal(folder)
    assert damaged(folder) is None
    assert not is_whole(folder)


def test_only_what_was_sealed_counts(folder):
    seal(folder, [folder.study])
    folder.results.write_text("newer")
    assert damaged(folder) == []


def test_other_programs_can_check_the_sums(folder):
    seal(folder)
    check = ["sha256sum", "--check", "--strict", folder.checksums.name]
    try:
        done = subprocess.run(check, cwd=folder.path, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no sha256sum here")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("content", [b"\xff\xfe", b"no sums\n", b"a" * 40])
def test_damaged_sums_say_nothing(folder, content):
    folder.checksums.write_bytes(content)
    assert damaged(folder) is None
    [told] = set_aside_damaged(folder)
    assert told.startswith("SHA256SUMS is damaged: set aside as SHA256SUMS.damaged-1; ")


def test_a_folder_of_which_nothing_is_known_is_left_alone(tmp_path):
    folder = RunFolder(tmp_path)
    assert repair_database(folder) == []
    folder.database.write_bytes(b"")  # where a process was killed that had just begun
    assert repair_database(folder) == []
    assert set_aside_damaged(folder) == []
    assert database_fault(folder.database) == "is empty"


def test_a_database_in_use_is_not_damaged(folder):
    with closing(sqlite3.connect(folder.database, isolation_level=None)) as connection:
        connection.execute("begin exclusive")
        fault = database_fault(folder.database, patience=0.1)
    assert fault == ""


def test_a_copy_is_taken_while_the_database_is_in_use(folder):
    store = Store(Database.in_folder(folder))
    number = store.study.ask().number
    copy_database(folder.database, folder.database_copy)
    store.fail(number, "no reason", 0.0)
    store.close()
    with closing(sqlite3.connect(folder.database_copy)) as connection:
        assert connection.execute("select state from trials").fetchall() == [("RUNNING",)]


def test_a_copy_that_fails_leaves_the_last_one(folder):
    copy_database(folder.database, folder.database_copy)
    before = folder.database_copy.read_bytes()
    folder.database.write_bytes(b"garbage" * 999)
    with pytest.raises(sqlite3.Error):
        copy_database(folder.database, folder.database_copy)
    assert folder.database_copy.read_bytes() == before
    assert [path for path in folder.path.iterdir() if path.name.startswith(".")] == []


class Heard(Observer):
    """Notes the names of what it hears."""

    def __init__(self):
        self.names = []

    def __getattribute__(self, name):
        if name in vars(Observer):
            object.__getattribute__(self, "names").append(name)
        return object.__getattribute__(self, name)


def test_everything_is_passed_on_to_each(folder):
    record = TrialRecord(0, "finished", {})
    steps = {
        "store_opens": ([record], lambda number: []),
        "search_begins": (3, 0),
        "trial_begins": (0,),
        "unit_ends": (0, 1, 2),
        "trial_ends": (record,),
        "search_ends": ("trials",),
        "confirmation_begins": (1, 2),
        "comparison_begins": (["model.activation"], 2),
        "random_search_begins": (4, 2),
        "networks_go_on": (1, 2),
        "networks_end": (),
        "worker_died": ("it was killed",),
        "winner_begins": (record,),
        "baselines_begin": (9,),
        "report_written": ({}, folder.path),
        "close": (),
    }
    assert set(steps) == {name for name in vars(Observer) if not name.startswith("_")}
    first, second = Heard(), Heard()
    observers = Observers(KeepsCopy(folder), first, second)
    for name, arguments in steps.items():
        getattr(observers, name)(*arguments)
    assert first.names == second.names == list(steps)
    assert database_fault(folder.database_copy) == ""


def test_copying_takes_a_hundredth_of_the_time(folder, monkeypatch):
    from tuner.search import database_copy

    now, copies = [0.0], []

    def copy(*_):
        copies.append(now[0])
        now[0] += 2.0

    monkeypatch.setattr(database_copy, "copy_database", copy)
    observer = KeepsCopy(folder, clock=lambda: now[0])
    for _ in range(60):
        observer.unit_ends(0, 1, 2)
        now[0] += 10.0
    assert copies == [0.0, 202.0, 404.0]  # 200 seconds after each that took two
    observer.search_ends("trials")
    assert len(copies) == 4
