"""SIGKILL at random instants: nothing finished is lost or run twice, and the end is the same."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "kills.py"
ROOT = PROGRAM.parent.parent.parent
MEMORY = Path("/dev/shm")

SINGLE = ()
WORKERS = ("search.workers=3",)
"""Settings of the study."""


@pytest.fixture
def folder(tmp_path):
    """In memory where there is such a place: SIGKILL, other than a power cut, loses no write."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    made = Path(tempfile.mkdtemp(dir=MEMORY))
    yield made
    shutil.rmtree(made)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="runs are forked")
@pytest.mark.parametrize("settings", [SINGLE, WORKERS], ids=["single", "workers"])
@pytest.mark.slow
@pytest.mark.parametrize("kills", [20, pytest.param(100, marks=pytest.mark.exhaustive)])
def test_a_search_that_is_killed_ends_as_an_unbroken_one(folder, kills, settings):
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(folder), str(kills), "0", *settings],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    print(seen)
    assert seen["kills"] == kills
    # What was in training when a kill came is trained again, and nothing else.
    whole, workers = seen["unbroken"] * seen["rounds"], 3 if settings else 1
    assert whole <= seen["begun"] <= whole + kills * workers
