"""Compiled functions on disk: found by other processes, whole, bounded, and never in the way."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tuner.training.fused import disk_cache

ROOT = Path(__file__).parent.parent

TRAINS = """
import json, sys
from tuner.training.fused.disk_cache import use_disk_cache
folder = use_disk_cache()
sys.path.insert(0, "tests")
import test_training_fused as case
if "damage" in sys.argv:
    for file in folder.glob("*.pb"):
        file.write_bytes(file.read_bytes()[:4000])
names = [name for name in sys.argv[1:] if name != "damage"]
losses = [case.fused(case.built(name))[1] for name in names]
print(json.dumps([losses, sorted(file.name for file in folder.iterdir())]))
"""


def train(cache, *names):
    environment = {**os.environ, "MINORITY_TUNER_CACHE": str(cache), "TF_CPP_MIN_LOG_LEVEL": "3"}
    for name in ("TF_XLA_FLAGS", "XLA_FLAGS"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", TRAINS, *names],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_another_process_finds_what_one_compiled_in_any_order(tmp_path):
    losses, files = train(tmp_path, "relu", "swish")
    assert len(files) == 4  # two programs, two seals
    again, same = train(tmp_path, "swish", "relu")
    assert same == files
    assert again == losses[::-1]


@pytest.mark.exhaustive
def test_a_file_that_is_damaged_while_a_process_runs_is_compiled_again(tmp_path):
    losses, _ = train(tmp_path, "relu")
    again, files = train(tmp_path, "damage", "relu")
    assert again == losses
    assert len(files) == 2


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A folder for a process that has not imported TensorFlow."""
    monkeypatch.setenv("MINORITY_TUNER_CACHE", str(tmp_path))
    monkeypatch.setenv("TF_XLA_FLAGS", "--other")
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    return tmp_path


def stored(folder, name, content, sealed=True):
    file = folder / f"{name}.pb"
    file.write_bytes(content)
    if sealed:
        disk_cache.seal_new()
    return file


def test_tensorflow_is_told_the_folder_and_other_flags_stay(cache):
    folder = disk_cache.use_disk_cache()
    assert folder.parent == cache
    assert disk_cache.disk_cache() == folder
    assert os.environ["TF_XLA_FLAGS"].startswith("--other --tf_xla_persistent_cache_directory=")


def test_only_what_is_sealed_and_whole_is_kept(cache, monkeypatch):
    folder = disk_cache.use_disk_cache()
    whole, damaged = stored(folder, "a", b"whole"), stored(folder, "b", b"damaged")
    damaged.write_bytes(b"other")
    torn = stored(folder, "c", b"torn", sealed=False)
    monkeypatch.setenv("TF_XLA_FLAGS", "")
    assert disk_cache.use_disk_cache() == folder
    assert whole.exists()
    assert not damaged.exists()
    assert not torn.exists()


def test_the_oldest_goes_first_beyond_the_limit(cache, monkeypatch):
    folder = disk_cache.use_disk_cache()
    files = [stored(folder, name, name.encode() * 10) for name in "abc"]
    for age, file in enumerate(reversed(files)):
        os.utime(file, (1000 - age, 1000 - age))
    monkeypatch.setenv("TF_XLA_FLAGS", "")
    monkeypatch.setattr(disk_cache, "_MOST", 25)
    disk_cache.use_disk_cache()
    assert [file.exists() for file in files] == [False, True, True]
    assert len(list(folder.iterdir())) == 4


def test_the_cache_can_be_turned_off_and_is_where_the_system_keeps_caches(cache, monkeypatch):
    monkeypatch.setenv("MINORITY_TUNER_CACHE", "off")
    assert disk_cache.use_disk_cache() is None
    monkeypatch.delenv("MINORITY_TUNER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache / "xdg"))
    assert disk_cache.use_disk_cache().parent == cache / "xdg" / "minority-tuner"


def test_where_no_folder_can_be_made_there_is_no_cache(cache, monkeypatch):
    (cache / "file").write_text("")
    monkeypatch.setenv("MINORITY_TUNER_CACHE", str(cache / "file"))
    assert disk_cache.use_disk_cache() is None
    assert disk_cache.disk_cache() is None
