"""Searches with real worker processes, which are killed, interrupted and broken."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tuner.search.nursery import FORKS

ROOT = Path(__file__).parent.parent.parent

STUDY = """
version: 1
name: s
data: {sklearn: breast_cancer, minority: malignant, split: {test: 0.25, folds: 2}}
model: {layers: {int: [1, 3]}, units: {choice: [8, 16]}, activation: [relu, elu]}
training: {epochs: 3, learning_rate: {float: [1.0e-4, 1.0e-2], log: true}}
search: {algorithm: random, trials: 4}
evaluation: {confirm: 0, baselines: false}
"""

ENTRIES = """
import os, signal
import keras
from tuner import ACTIVATIONS

@ACTIVATIONS.register("deadly")
def deadly():
    '''Takes so much memory that the system kills its process.'''
    os.kill(os.getpid(), signal.SIGKILL)

@ACTIVATIONS.register("broken")
def broken():
    '''Has a fault.'''
    raise RuntimeError("a fault in an entry")
"""


@pytest.fixture
def forks():
    """Whether workers are forks, or new Pythons as on other systems."""
    return FORKS


NEW = [FORKS, pytest.param(False, marks=pytest.mark.exhaustive)] if FORKS else [False]
"""For a test whose new Pythons take long; Ctrl-C is tried with them always."""

both_ways = pytest.mark.parametrize("forks", NEW, ids=lambda one: "forks" if one else "new")


@pytest.fixture
def started(tmp_path, forks):
    """Starts the command line on the study; its processes are a group."""
    (tmp_path / "study.yaml").write_text(STUDY)
    (tmp_path / "entries.py").write_text(ENTRIES)
    running = []

    def start(folder, *more):
        overrides = [part for setting in more for part in ("--set", setting)]
        program = (
            "from tuner.cli import entry; from tuner.search import crew, nursery; "
            f"crew.FORKS = nursery.FORKS = {forks}; entry()"
        )
        command = [sys.executable, "-c", program, "run", "study.yaml", "--runs-dir", folder]
        process = subprocess.Popen(
            [*command, "--import", "entries", *overrides],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # A shell that starts the tests in the background may have SIGINT ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def said_until(process, word):
    """What it says up to a line with the word."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if word in line:
            return lines
    raise AssertionError("".join(lines))


def children(number):
    path = Path(f"/proc/{number}/task/{number}/children")
    return [int(child) for child in path.read_text().split()]


def workers_of(process, forks):
    """Its processes that train: children, or forks of a child that does nothing else."""
    below = children(process.pid)
    return children(below[0]) if forks else below


def wait_until_ended(numbers, seconds=20):
    until = time.monotonic() + seconds
    while any(Path(f"/proc/{number}").exists() for number in numbers):
        assert time.monotonic() < until, "workers outlive their search"
        time.sleep(0.01)


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")


@pytest.mark.slow
@needs_proc
@both_ways
def test_results_do_not_depend_on_workers_nor_on_their_deaths(started, forks, tmp_path):
    alone, _ = started("alone").communicate()
    assert "best minority-class F1" in alone
    process = started("two", "search.workers=2")
    lines = said_until(process, "1 of 4")
    workers = workers_of(process, forks)
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    rest, _ = process.communicate()
    assert process.returncode == 0, "".join(lines) + rest
    assert "a new one starts: killed by signal 9" in rest
    same = [(tmp_path / runs / "s" / "trials.csv").read_text() for runs in ("alone", "two")]
    assert same[0] == same[1]
    left = {path.name for path in (tmp_path / "two" / "s").glob(".*")}
    assert not left


@pytest.mark.slow
@needs_proc
@pytest.mark.parametrize("forks", sorted({FORKS, False}), ids=lambda one: "forks" if one else "new")
def test_ctrl_c_ends_search_and_workers(started, forks, tmp_path):
    process = started("runs", "search.workers=2")
    said_until(process, "1 of 4")
    workers = [*children(process.pid), *workers_of(process, forks)]
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert "interrupted; the same command goes on" in said
    assert "Traceback" not in said
    assert "worker died" not in said
    wait_until_ended(workers)
    partial = json.loads((tmp_path / "runs" / "s" / "results.json").read_text())
    assert partial["status"] == "interrupted"


@pytest.mark.slow
@both_ways
def test_a_trial_that_kills_its_process_fails_alone(started, tmp_path):
    settings = ("model.activation=[relu, deadly, broken]", "search.algorithm=grid")
    small = ("model.layers=1", "model.units=8", "training.learning_rate=0.01")
    process = started("runs", *settings, *small, "search.workers=2")
    said, _ = process.communicate()
    assert process.returncode == 0, said
    assert said.count("a new one starts: killed by signal 9") == 3
    table = (tmp_path / "runs" / "s" / "trials.csv").read_text()
    assert table.count("finished") == 1
    assert table.count("failed") == 2
    assert "failed: the process that trained it died 3 times (killed by signal 9)" in said
    assert "failed: RuntimeError: a fault in an entry" in said
