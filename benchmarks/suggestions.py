"""How long a suggestion takes, for each search algorithm.

    python benchmarks/suggestions.py
    python benchmarks/suggestions.py --algorithms tpe gp --finished 200

Fills an SQLite database on disk, as in a run folder, with finished trials of a stand-in score over
the space of a shipped study, then times the suggestions that follow; each ends as finished before
the next. Nothing is trained. Prints milliseconds: the median, the slowest, and the median of the
processor time, and beside them what the disk takes for one transaction.
"""

import argparse
import hashlib
import logging
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

import keras_tuner
import optuna

from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.search.claims import HeldHere
from tuner.search.database import Database
from tuner.search.oracle import StudyOracle
from tuner.search.run_folder import RunFolder
from tuner.search.samplers import make_sampler
from tuner.search.store import Store
from tuner.study import load_study

_STUDIES = ("mri_like", "imbalance_strategies")
_ALGORITHMS = ("random", "qmc", "tpe", "cmaes", "gp")
"""Not ``grid``, which these spaces refuse: they hold ranges without a step."""


def score(values):
    """A smooth part of the numbers, and a part of the text of everything else."""
    numbers = [value for value in values.values() if isinstance(value, float)]
    text = repr([value for value in values.values() if not isinstance(value, float)])
    noise = int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 16**8
    return 0.5 * noise - sum((number - 0.1) ** 2 for number in numbers)


def suggestions(study, algorithm, finished, timed, folder):
    """Wall and process time of each of `timed` suggestions after `finished` trials."""
    store = Store(Database.in_folder(RunFolder(folder)), make_sampler(algorithm, study.seed))
    budget = finished + timed
    oracle = StudyOracle(store, HeldHere(), "f1", budget, seed=study.seed)
    oracle.update_space(space_of(study))
    times = []
    for _ in range(budget):
        started, worked = time.perf_counter(), time.process_time()
        trial = oracle.create_trial("benchmark")
        times.append((time.perf_counter() - started, time.process_time() - worked))
        values = dict(trial.hyperparameters.values)
        store.finish(int(trial.trial_id), score(values), {"seconds": 1.0})
        trial.status = "FAILED"  # the store has the score; this object has no metrics
        oracle.end_trial(trial)
    store.close()
    return times[finished:]


def transaction():
    """Seconds of an SQLite transaction, the median of 30."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "study.db")
        connection.execute("create table numbers (number integer)")
        times = []
        for number in range(30):
            started = time.perf_counter()
            with connection:
                connection.execute("insert into numbers values (?)", (number,))
            times.append(time.perf_counter() - started)
        connection.close()
    return statistics.median(times)


def space_of(study):
    """The search space that the study's hypermodel declares; rows have 30 columns."""
    parts = {key: getattr(study, key) for key in ("model", "imbalance", "training")}
    space = keras_tuner.HyperParameters()
    ImbalancedHyperModel((30,), **parts).configure(space)
    return space


def main():
    """Reads the call and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--algorithms", nargs="+", default=_ALGORITHMS, choices=_ALGORITHMS)
    parser.add_argument("--finished", type=int, default=100, help="finished trials before")
    parser.add_argument("--timed", type=int, default=20, help="suggestions that are timed")
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(logging.WARNING)
    print(f"{arguments.finished} finished trials; milliseconds of one suggestion")
    print(f"one transaction of the database: {1000 * transaction():.1f}")
    print(f"{'study':<22}{'algorithm':<11}{'median':>8}{'slowest':>9}{'process':>9}")
    for name in _STUDIES:
        study = load_study(name)
        for algorithm in arguments.algorithms:
            with tempfile.TemporaryDirectory() as folder:
                times = suggestions(
                    study, algorithm, arguments.finished, arguments.timed, Path(folder)
                )
            wall, worked = ([1000 * one for one in kind] for kind in zip(*times, strict=True))
            medians = (statistics.median(wall), max(wall), statistics.median(worked))
            print(f"{name:<22}{algorithm:<11}" + "{:8.1f}{:9.1f}{:9.1f}".format(*medians))


if __name__ == "__main__":
    main()
