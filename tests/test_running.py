"""A study as one call in Python."""

import dataclasses
import json

import numpy as np
import pytest
from faults.studies import STUDY, quick_training

import tuner
from tuner.errors import InputError, NoTrialSucceeded
from tuner.search.run_folder import RunFolder
from tuner.workflow import Outcome


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


def test_an_interrupted_run_ends_as_python_expects(study, tmp_path, monkeypatch):
    content = {"status": "interrupted"}
    monkeypatch.setattr("tuner.workflow.execute", lambda *a, **_: Outcome(a[3], content))
    with pytest.raises(KeyboardInterrupt):
        tuner.run_study(study, rows(), runs_dir=tmp_path)


def test_two_processes_do_not_run_one_folder(study, tmp_path):
    with RunFolder(tmp_path / "s").locked(), pytest.raises(InputError, match="another process"):
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
