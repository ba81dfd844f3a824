"""Studies whose search trains a stand-in, run as the command line runs them."""

import json
from contextlib import contextmanager
from pathlib import Path

import pytest

from faults import kills
from tuner.inspection import inspect_study
from tuner.search.run_folder import RunFolder

STUDY = """
version: 1
name: s
data: {sklearn: breast_cancer, minority: malignant, split: {test: 0.25, folds: 2}}
model:
  layers: {int: [1, 4]}
  units: 4
  activation: [relu, {elu: {alpha: {float: [0.1, 2.0]}}}]
training: {epochs: 1, learning_rate: {float: [1.0e-4, 1.0e-2], log: true}}
search: {algorithm: random, trials: 4}
evaluation: {confirm: 0, baselines: false}
"""

WINNERS = {}
"""Networks of winners by configuration and seed: each is trained once for all tests."""


class Runs:
    """A study, and the folder that it is run in."""

    def __init__(self, path, study=STUDY):
        self.path, self.log = path, path / "log"
        self.file = path / "study.yaml"
        self.file.write_text(study)
        self.folder = RunFolder(path / "runs" / "s")

    def __call__(self, *overrides, observer=None):
        """The content of results.json, and what was told of the run before."""
        from tuner.workflow import execute, finished_content

        told = []
        found = inspect_study(self.file, overrides)
        study, dataset = found.study, found.dataset
        with self.folder.locked():
            self.folder.create()
            if finished_content(study, dataset, self.folder) is None:
                parts = (study, dataset, found.splits, self.folder, observer)
                execute(*parts, tell=told.append)
        return json.loads(self.folder.results.read_text()), told

    @property
    def trained(self):
        """Seeds of the networks that the searches have trained, in order."""
        return kills.lines(self.log)


@contextmanager
def quick_training(log):
    """The stand-in in searches; the networks of a winner are trained once and remembered."""
    from tuner import ending
    from tuner.evaluate import winner
    from tuner.search import trainer

    real = winner.train_unit

    def remembered(hypermodel, configuration, train, validation, seed):
        key = (str(configuration), seed, train.x.tobytes())
        if key not in WINNERS:
            WINNERS[key] = real(hypermodel, configuration, train, validation, seed)
        return WINNERS[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "train_unit", kills.stand_in(log, seconds=0.0))
        patch.setattr(winner, "train_unit", remembered)
        patch.setattr(ending, "report_page", page)
        yield


def page(content, *_):
    """A report without pictures, which take most of the time of such a run."""
    return f"{same(content)}\n"


def same(content):
    """The content of results.json without times."""
    without = {"seconds", "cost"}
    return {key: value for key, value in content.items() if key not in without}


def listed(folder):
    """The names of all files below a folder."""
    root = Path(folder)
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
