"""Resident memory of a search as its trials go by.

    python benchmarks/memory.py
    python benchmarks/memory.py --trials 40 --marks 5 40 --set data.split.folds=3

Searches small networks of mixed architectures on a generated table with the real search, and prints
the resident memory of this process after some trials, and of this one the growth for each network
between the first and the last of them. Of its workers, with the process that they are forked from,
it prints what they take together: memory that they share counts once. Linux only.
"""

import argparse
import os
import tempfile
from pathlib import Path

from tuner.inspection import inspect_study
from tuner.search.database import Database
from tuner.search.interrupt import Interrupt
from tuner.search.observer import Observer
from tuner.search.run import run_search
from tuner.search.run_folder import RunFolder

_STUDY = """
version: 1
name: memory
data: {sklearn: breast_cancer, minority: malignant, split: {test: 0.25, folds: 2}}
model:
  layers: {int: [1, 3]}
  units: {choice: [8, 16, 32]}
  activation: [relu, {prelu: tunable}, {elu: tunable}, swish]
  batch_normalization: {choice: [false, true]}
imbalance: {class_weight: [none, balanced], loss: [crossentropy, focal]}
training: {epochs: 2, batch_size: 128, learning_rate: {float: [1.0e-4, 1.0e-2], log: true}}
search: {algorithm: random, trials: 200}
"""


def resident(process="self"):
    """Megabytes of a process that are in memory."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def workers(process=None):
    """Megabytes of the processes that it has started, and of those that they have."""
    process = process or os.getpid()
    started = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return sum(proportional(one) + workers(one) for one in started)


def proportional(process):
    """Megabytes of a process; of what n processes share, each counts one part in n."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("Pss:")]
    return int(kilobytes) / 2**10


class Watch(Observer):
    """Notes the resident memory after each trial, and prints it after some."""

    def __init__(self, marks):
        self.marks = marks
        self.sizes = []

    def trial_ends(self, record):
        """Notes one trial."""
        self.sizes.append(resident())
        if len(self.sizes) in self.marks:
            own, others = self.sizes[-1], workers()
            print(f"trial {len(self.sizes):4d}  {own:7.1f} MB, workers {others:7.1f}", flush=True)


def search(file, overrides, marks, folder):
    """Resident memory after each trial of a study's search, and its number of folds."""
    found = inspect_study(file, overrides)
    run, watch = RunFolder(folder), Watch(marks)
    run.create()
    with Interrupt() as interrupt:
        parts = (found.study, found.dataset, found.splits, run, Database.in_folder(run))
        run_search(*parts, watch, interrupt)
    return watch.sizes, len(found.splits.folds)


def main():
    """Reads the call and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("study", nargs="?", type=Path, help="a study; the built-in one by default")
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--marks", type=int, nargs="+", default=(10, 50, 100, 200))
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = given.study or Path(folder) / "memory.yaml"
        if given.study is None:
            file.write_text(_STUDY)
        overrides = (f"search.trials={given.trials}", *given.overrides)
        sizes, folds = search(file, overrides, given.marks, Path(folder) / "run")
    first, last = given.marks[0], given.marks[-1]
    start, end = sizes[first - 1], sizes[last - 1]
    print(f"trial {last} over trial {first}: {end / start:.3f}")
    print(f"growth for each network: {(end - start) / (last - first) / folds:.3f} MB")


if __name__ == "__main__":
    main()
