"""A study as one call in Python."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import own_models
import pandas as pd
import pytest
from faults.studies import STUDY, quick_training

import tuner
from tuner.errors import InputError, NoTrialSucceeded
from tuner.search.run_folder import RunFolder
from tuner.workflow import Outcome

ROOT = Path(__file__).parent.parent


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(STUDY)
    return path


def rows():
    """The rows that the study names, in other units, so that they are other rows."""
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    return tuner.from_arrays(
        bunch.data * 2, bunch.target_names[bunch.target], title="doubled", minority="malignant"
    )


def test_rows_in_memory_are_run_in_place_of_those_that_the_study_names(study, tmp_path, capfd):
    told = []
    with quick_training(tmp_path / "log"):
        result = tuner.run_study(
            tuner.load_study(study, ["search.trials=2"]),
            rows(),
            runs_dir=tmp_path / "runs",
            tell=told.append,
        )
        again = tuner.run_study(
            study, rows(), overrides=["search.trials=2"], runs_dir=tmp_path / "runs"
        )
    assert capfd.readouterr() == ("", "")
    assert told == []
    assert result.content["data"]["title"] == "doubled"
    assert "minority-tuner run study.yaml" not in result.report.read_text()
    assert again.content == result.content
    assert len(result.trials) == 2
    predictor = result.load_model()
    assert predictor.preprocessor.parts[0].centre == pytest.approx(2 * 14.1, rel=0.02)
    assert {*predictor.predict(rows().features)} <= {"benign", "malignant"}
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.folder = tmp_path


def test_other_rows_are_refused_in_the_same_folder_unless_it_is_fresh(study, tmp_path, monkeypatch):
    def searched(study, dataset, splits, folder, **_):
        (folder.path / "study.yaml").touch()
        return Outcome(folder, {"status": "finished"})

    monkeypatch.setattr("tuner.workflow.execute", searched)
    monkeypatch.setattr("tuner.workflow.finished_content", lambda *_: None)
    told = []
    for _ in range(2):
        tuner.run_study(study, rows(), runs_dir=tmp_path, fresh=True, tell=told.append)
    assert [line.partition(" now ")[0] for line in told] == ["the earlier run is"]
    assert sum(path.is_dir() for path in tmp_path.iterdir()) == 2


def test_what_the_search_says_and_finds_is_handed_on(study, tmp_path, monkeypatch):
    def fails(*_, tell, findings, storage):
        tell("something of before")
        raise NoTrialSucceeded("all failed")

    monkeypatch.setattr("tuner.workflow.execute", fails)
    told = []
    few = tuner.from_arrays(np.random.default_rng(0).normal(size=(60, 3)), [0, 0, 0, 0, 1] * 12)
    with pytest.raises(NoTrialSucceeded):
        tuner.run_study(study, few, runs_dir=tmp_path, tell=told.append)
    assert told[-1] == "something of before"
    assert told[0].startswith("warning: ")


def test_nothing_of_tensorflow_is_heard_where_the_network_is_python(tmp_path):
    """And its cache of compiled functions is set up before it is imported."""
    own_models.write(tmp_path, own_models.FUNCTION)
    (tmp_path / "s.yaml").write_text(STUDY.partition("model:")[0] + OWN)
    code = f"""
import os, sys
from unittest import mock
import tuner
os.environ.pop("TF_CPP_MIN_LOG_LEVEL", None)
assert "tensorflow" not in sys.modules
def ends(inspection, *_):
    assert [place.own for place in inspection.study.model.places] == ["units"]
    print("MINORITY_TUNER_CACHE" in os.environ and os.environ["TF_XLA_FLAGS"].split("=")[-1])
with mock.patch("tuner.running._run", ends):
    tuner.run_study({str(tmp_path / "s.yaml")!r})
import tensorflow as tf
tf.constant(1.0) + 1.0
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MINORITY_TUNER_CACHE": str(tmp_path)}
    for name in ("TF_CPP_MIN_LOG_LEVEL", "TF_XLA_FLAGS", "XLA_FLAGS"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(str(tmp_path))


OWN = """
model: {python: net.py:build}
search: {trials: 1, algorithm: random}
"""


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (pd.DataFrame({"a": [1]}), r"got DataFrame; give tuner.from_frame\(frame, target\)"),
        (np.eye(2), r"got ndarray; give tuner.from_arrays\(X, y\)"),
        ("rows.csv", r"got str; give tuner.from_arrays"),
    ],
)
def test_rows_without_roles_are_refused(study, tmp_path, rows, told):
    with pytest.raises(InputError, match=told):
        tuner.run_study(study, rows, runs_dir=tmp_path)


def test_options_with_names_of_missing_values_keep_them(tmp_path):
    (tmp_path / "trials.csv").write_text("trial,model.kind\n0,None\n1,NA\n2,\n")
    kinds = tuner.StudyResult(tmp_path, {}).trials["model.kind"]
    assert kinds.fillna("blank").tolist() == ["None", "NA", "blank"]


def test_an_interrupted_run_ends_as_python_expects(study, tmp_path, monkeypatch):
    content = {"status": "interrupted"}
    monkeypatch.setattr("tuner.workflow.execute", lambda *a, **_: Outcome(a[3], content))
    with pytest.raises(KeyboardInterrupt):
        tuner.run_study(study, rows(), runs_dir=tmp_path)


def test_two_processes_do_not_run_one_folder(study, tmp_path):
    told = r"another process .*, or give another folder for runs \(--runs-dir; runs_dir in Python\)"
    with RunFolder(tmp_path / "s").locked(), pytest.raises(InputError, match=told):
        tuner.run_study(study, rows(), runs_dir=tmp_path)


def test_overrides_belong_to_a_file(study, tmp_path):
    with pytest.raises(InputError, match="overrides replace settings of a file"):
        tuner.run_study(tuner.load_study(study), overrides=["seed=1"], runs_dir=tmp_path)
    with pytest.raises(InputError, match="no such file"):
        tuner.run_study(tmp_path / "none.yaml", runs_dir=tmp_path)


def test_rows_that_do_not_suit_the_study_are_told_before_anything_is_trained(study, tmp_path):
    few = tuner.from_arrays(np.eye(6), [0, 0, 0, 0, 0, 1])
    with pytest.raises(InputError):
        tuner.run_study(study, few, runs_dir=tmp_path)
    assert json.dumps([path.name for path in tmp_path.iterdir()]) == '["s.yaml"]'
