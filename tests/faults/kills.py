"""Runs a study again and again and kills it at random instants; a program of its own.

TensorFlow takes seconds to import, so it is imported once, and every run is a fork of this
process. Training is a stand-in of some milliseconds, which notes every network that it trains in a
log, with fsync, before it trains. After each kill the database says which networks are finished;
none of these may be begun again, none may be lost or changed. Half of the kills come at any time
before the first network of a run, half from then on. With workers a kill meets all processes of
the run, or the search alone, whose workers must then end by themselves, or one worker, whose search
must go on. Prints what it saw as JSON.

    python kills.py FOLDER KILLS SEED [KEY=VALUE ...]
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np

STUDY = """
version: 1
name: killed
data: {sklearn: breast_cancer, minority: malignant, split: {test: 0.25, folds: 2}}
model:
  layers: {int: [1, 4]}
  activation: [relu, {elu: {alpha: {float: [0.1, 2.0]}}}]
training: {epochs: 2, learning_rate: {float: [1.0e-4, 1.0e-2], log: true}}
search: {algorithm: random, trials: 30}
"""


def stand_in(log, seconds=0.01):
    """Trains nothing: predictions that follow from the seed, after some milliseconds."""
    from tuner.training.unit import UnitResult

    def train_unit(hypermodel, configuration, train, validation, seed, *_, **__):
        note(log, f"{seed}")
        time.sleep(seconds)
        drawn = np.random.default_rng(seed).random((len(validation.y), 1), np.float32)
        minority = 0.5 * drawn[:, 0] + 0.4 * validation.y
        probabilities = np.stack([1 - minority, minority], axis=1).astype(np.float32)
        history = {"loss": [1.0, 0.5], "val_pr_auc": [0.5, 0.6]}
        size = 10 * configuration.flat()["model.layers"]
        return UnitResult(probabilities, 2, history, seconds=0.01, parameters=size), None

    return train_unit


def note(log, line):
    """Appends a line that survives whatever comes."""
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, f"{line}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_training(log):
    """Puts the stand-in in place of training; no winner is made, and no pictures are drawn."""
    import tuner.ending
    import tuner.search.nursery
    import tuner.search.trainer
    from faults.forked import ForkedPython

    tuner.search.trainer.train_unit = stand_in(log)
    tuner.search.nursery.new_python = ForkedPython
    tuner.ending.Ending.train_winner = lambda self, search: None
    tuner.ending.report_page = lambda *_: "page"


def begin(arguments, log):
    """Forks a run with a process group of its own; the child never returns."""
    child = os.fork()
    if child:
        return child
    status = 70
    try:
        os.setsid()
        replace_training(log)
        from tuner.cli import main

        with (
            open(f"{log}.said", "a") as said,
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
        ):
            status = main(arguments)
    finally:
        os._exit(status)


def wait(child, seconds):
    """The exit status of a run that ends in time, else None."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    return None


def finished_units(database):
    """Seeds and content of the finished networks; fails where the database does not open."""
    from tuner.training.unit import unit_seed

    if not database.exists():
        return {}
    with closing(sqlite3.connect(database)) as connection:
        [whole] = connection.execute("pragma integrity_check").fetchone()
        assert whole == "ok", whole
        tables = {name for [name] in connection.execute("select name from sqlite_master")}
        if "minority_tuner_units" not in tables:
            return {}
        query = "select trial, fold, repeat, facts, probabilities from minority_tuner_units"
        rows = connection.execute(query).fetchall()
    return {str(unit_seed(0, *row[:3])): row[3:] for row in rows}


def group(leader):
    """Processes of a group that have not ended, each with its parent."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent, number = path.read_text().rpartition(")")[2].split()[:3]
            if int(number) == leader and state != "Z":
                found[int(path.parent.name)] = int(parent)
    return found


def wait_until_gone(leader, seconds=30):
    """Workers end with their search, or this fails."""
    until = time.monotonic() + seconds
    while group(leader):
        assert time.monotonic() < until, "workers outlive their search"
        time.sleep(0.002)


def lines(log):
    return log.read_text().splitlines() if log.exists() else []


class Round:
    """One study that is killed until it is finished."""

    def __init__(self, folder, settings):
        self.folder = folder
        folder.mkdir(parents=True)
        study = folder / "study.yaml"
        study.write_text(STUDY)
        more = [part for setting in settings for part in ("--set", setting)]
        self.arguments = ["run", str(study), "--runs-dir", str(folder / "runs"), *more]
        self.log = folder / "log"
        self.run = folder / "runs" / "killed"
        self.known = {}

    def go(self, rng, instants):
        """Runs, is killed at the instants, if there are any, and counts how often it was."""
        before, kills = len(lines(self.log)), 0
        child = begin(self.arguments, self.log)
        for seconds in instants:
            status = wait(child, seconds)
            if status is not None:
                break
            kills += 1
            if not self.kill(rng, child):
                status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                break
        else:
            status = wait(child, 600)
        assert status in (0, -signal.SIGKILL), Path(f"{self.log}.said").read_text()
        wait_until_gone(child)
        self.check(lines(self.log)[before:])
        return kills, status == 0

    def kill(self, rng, child):
        """Kills what the dice say; whether the search is still there."""
        # The nursery is their parent; another could not be forked from a search that has threads.
        workers = [pid for pid, parent in group(child).items() if child not in (pid, parent)]
        victim = rng.choice(["all", "search", "worker"] if workers else ["all"])
        with contextlib.suppress(ProcessLookupError):  # a worker may end before it is killed
            if victim == "all":
                os.killpg(child, signal.SIGKILL)
            else:
                os.kill(child if victim == "search" else rng.choice(workers), signal.SIGKILL)
        return victim == "worker"

    def begins_to_train(self):
        """Runs to the end and returns the seconds until the first network was begun."""
        started, child = time.monotonic(), begin(self.arguments, self.log)
        while not self.log.exists() and wait(child, 0.005) is None:
            pass
        first = time.monotonic() - started
        assert wait(child, 600) == 0, Path(f"{self.log}.said").read_text()
        self.check(lines(self.log))
        return first

    def check(self, begun):
        again = set(begun) & set(self.known)
        assert not again, f"trained again: {again}"
        now = finished_units(self.run / "study.db")
        lost = [seed for seed, content in self.known.items() if now.get(seed) != content]
        assert not lost, f"lost: {lost}"
        self.known = now

    @property
    def table(self):
        return (self.run / "trials.csv").read_text()


def main(folder, kills, seed, *settings):
    folder, kills, rng = Path(folder), int(kills), random.Random(int(seed))
    import tuner.cli
    import tuner.report.console
    import tuner.report.progress
    import tuner.workflow  # noqa: F401

    unbroken = Round(folder / "unbroken", settings)
    started = time.monotonic()
    first = unbroken.begins_to_train()
    took = time.monotonic() - started
    done, rounds, trained = 0, 0, 0
    while done < kills:
        current, finished = Round(folder / f"round{rounds}", settings), False
        while not finished:
            instants = [instant(rng, first) for _ in range(min(3, kills - done))]
            killed, finished = current.go(rng, instants)
            done += killed
        assert current.table == unbroken.table, current.folder
        leftovers = [path.name for path in current.run.iterdir() if path.name.startswith(".")]
        assert not leftovers
        rounds, trained = rounds + 1, trained + len(lines(current.log))
        shutil.rmtree(current.folder)
    print(
        json.dumps(
            {
                "kills": done,
                "rounds": rounds,
                "unbroken": len(lines(unbroken.log)),
                "begun": trained,
                "first_network": first,
                "unbroken_seconds": took,
                "seconds": time.monotonic() - started,
            }
        )
    )


def instant(rng, first):
    """Seconds after the start at which a run is killed."""
    return rng.uniform(0, first) if rng.random() < 0.5 else first + rng.expovariate(1 / 0.3)


if __name__ == "__main__":
    main(*sys.argv[1:])
