"""Full disks and read-only folders: found before training where possible, else nothing is lost."""

import os
import subprocess
from pathlib import Path

import pytest

from faults.studies import Runs, quick_training, same
from tuner.errors import InputError
from tuner.search.observer import Observer
from tuner.search.run_folder import RunFolder, StoreError


class Disk:
    """A small file system of its own."""

    def __init__(self, path):
        self.path = path
        self.filler = path / "filler"

    def fill(self, leave=0):
        """Leaves so many bytes free."""
        free = os.statvfs(self.path)
        size = max(0, free.f_bavail * free.f_frsize - leave)
        with self.filler.open("ab") as file:
            file.write(b"x" * size)

    def free(self):
        self.filler.unlink()


@pytest.fixture
def disk(tmp_path):
    """A tmpfs of 4 MB; skips the test where none can be mounted."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(path)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no tmpfs can be mounted here")
    yield Disk(path)
    subprocess.run(["umount", "-l", str(path)], check=True)


@pytest.fixture
def runs_there(disk, tmp_path):
    """A study whose run folder lies on that disk."""
    made = Runs(tmp_path)
    made.folder = RunFolder(disk.path / "runs" / "s")
    with quick_training(made.log):
        yield made


class FillsAfter(Observer):
    """Fills the disk when so many networks are trained."""

    def __init__(self, disk, units):
        self.disk, self.left = disk, units

    def unit_ends(self, number, done, units):
        self.left -= 1
        if not self.left:
            self.disk.fill()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The results of a run on a disk with space, and its table."""
    made = Runs(tmp_path_factory.mktemp("whole"))
    with quick_training(made.log):
        content, _ = made()
    return content, made.folder.trials.read_text()


@pytest.mark.parametrize("left", [0, 40_000, 900_000])
def test_a_disk_without_space_is_found_before_training(disk, runs_there, left):
    disk.fill(left)
    with pytest.raises(InputError, match=rf"cannot write to {disk.path}") as caught:
        runs_there()
    assert "\n" not in str(caught.value)
    assert caught.value.exit_status == 2
    assert runs_there.trained == []
    disk.free()
    assert runs_there()[0]["status"] == "finished"


@pytest.mark.parametrize("units", [1, 4, 8])
def test_a_disk_that_fills_up_costs_no_finished_network(disk, runs_there, whole, units):
    with pytest.raises(StoreError) as caught:
        runs_there(observer=FillsAfter(disk, units))
    assert "\n" not in str(caught.value)
    assert caught.value.exit_status == 1
    before = runs_there.trained
    disk.free()
    content, told = runs_there()
    assert told == []
    # The network that could not be written is the only one that is trained again.
    assert len(set(runs_there.trained)) == 8
    assert len(runs_there.trained) <= 9
    assert runs_there.trained[: len(before)] == before
    assert same(content) == same(whole[0])
    assert runs_there.folder.trials.read_text() == whole[1]


def test_a_read_only_disk_is_found_before_training(disk, runs_there):
    remount = ["mount", "-o", "remount,ro", str(disk.path)]
    subprocess.run(remount, check=True, capture_output=True)
    with pytest.raises(InputError, match=r"cannot write to .*Read-only file system"):
        runs_there()
    assert runs_there.trained == []


def test_a_finished_run_on_a_full_disk_loses_nothing(disk, runs_there, whole):
    runs_there()
    disk.fill()
    with pytest.raises(InputError, match="No space left"):
        runs_there()
    disk.free()
    content, told = runs_there()
    assert (same(content), told) == (same(whole[0]), [])


def refusal(runs):
    """What a run says that cannot write; empty where it can."""
    try:
        runs()
    except StoreError as error:
        return str(error)
    return ""


def full_at(call, monkeypatch):
    """Lets the `call`-th file that is written whole meet a full disk."""
    from tuner.search import run_folder

    calls, real = [], run_folder.os.replace

    def replace(source, target):
        calls.append(target)
        if len(calls) == call:
            raise OSError(28, os.strerror(28))
        return real(source, target)

    monkeypatch.setattr(run_folder.os, "replace", replace)
    return calls


@pytest.mark.parametrize("call", range(1, 17))
def test_each_file_that_cannot_be_written_is_written_by_the_next_run(
    runs, whole, monkeypatch, call
):
    with monkeypatch.context() as patch:
        calls = full_at(call, patch)
        told = refusal(runs)
        if len(calls) < call:
            pytest.skip("a run writes fewer files")
    # The copy of the database is a convenience; a run does not end for want of it.
    copied = Path(calls[call - 1]) == runs.folder.database_copy
    assert ("No space left on device" in told) != copied
    assert "\n" not in told
    content, _ = runs()
    assert same(content) == same(whole[0])
    assert len(runs.trained) == len(set(runs.trained)) == 8
    assert [path for path in runs.folder.path.rglob(".*") if path.is_file()] == []
