"""The run folder: locked, renamed as a whole, and never half written."""

import os

import pytest

from tuner.errors import InputError
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
    Store(folder).close()
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
        Store(folder)
