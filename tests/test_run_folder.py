"""The run folder: locked, renamed as a whole, and never half written."""

import os

import pytest

from tuner.errors import InputError
from tuner.search.database import Database
from tuner.search.run_folder import RunFolder, StoreError, write_atomically
from tuner.search.store import Store


def test_a_second_process_is_kept_out_even_of_a_fresh_start(tmp_path):
    folder = RunFolder(tmp_path / "runs" / "a")
    with folder.locked():
        folder.create()
        with pytest.raises(InputError, match="another process"), folder.locked():
            pass
    with folder.locked():
        assert folder.set_aside() is not None
        assert folder.set_aside() is None


def test_an_earlier_run_is_kept_under_another_name(tmp_path):
    folder = RunFolder(tmp_path / "a")
    names = set()
    for content in ("first", "second"):
        folder.create()
        folder.study.write_text(content)
        names.add(folder.set_aside())
    assert {(name / "study.yaml").read_text() for name in names} == {"first", "second"}


@pytest.mark.parametrize("name", ["a", "ru?ns", "x#y", "per%20cent", "blank in name"])
def test_the_database_lies_in_the_folder_whatever_its_name(tmp_path, name):
    folder = RunFolder(tmp_path / name)
    folder.create()
    Store(Database.in_folder(folder)).close()
    assert folder.database.is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_is_replaced_as_a_whole(tmp_path, monkeypatch):
    path = tmp_path / "f.txt"
    write_atomically(path, "old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left on device"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_no_database_is_told(tmp_path):
    folder = RunFolder(tmp_path)
    folder.database.write_bytes(b"garbage" * 500)
    with pytest.raises(InputError, match=r"cannot be opened .* --fresh"):
        Store(Database.in_folder(folder))


def test_a_disk_that_takes_empty_files_only_is_full(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"cannot write to .*: No space left on device"):
        RunFolder(tmp_path / "a").create()
    assert list((tmp_path / "a").iterdir()) == []


def test_too_little_space_is_told_with_numbers(tmp_path):
    folder = RunFolder(tmp_path)
    folder.check_space(1)
    with pytest.raises(InputError, match=r"MB are free there .* needs 1000000000000\.0 MB"):
        folder.check_space(10**18)


def test_what_a_killed_process_half_wrote_is_removed(tmp_path):
    folder = RunFolder(tmp_path / "a")
    folder.best_model.mkdir(parents=True)
    left = [folder.path / ".trials.csv.x1y2z3_4", folder.best_model / ".model.keras.abcdefgh"]
    kept = [
        folder.path / "my.notes",
        folder.path / ".~lock.trials.csv#",
        folder.path / "study.db.damaged-1",
    ]
    for path in left + kept:
        path.write_text("x")
    folder.create()
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in kept)


def test_a_damaged_file_is_set_aside_under_a_free_name_with_its_journal(tmp_path):
    folder = RunFolder(tmp_path)
    (tmp_path / "study.db.damaged-1").write_text("earlier")
    (tmp_path / "study.db.damaged-2-wal").write_text("earlier, without its database")
    for name in ("study.db", "study.db-journal"):
        (tmp_path / name).write_text(name)
    aside = folder.move_aside(folder.database)
    assert aside.name == "study.db.damaged-3"
    assert aside.read_text() == "study.db"
    assert (tmp_path / "study.db.damaged-3-journal").read_text() == "study.db-journal"


def test_a_read_only_database_is_found_at_the_start(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path)
    folder.database.write_bytes(b"")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match=r"study\.db: it is read-only"):
        folder.create()
