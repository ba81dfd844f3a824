"""A study that scores subjects and not slices, from start to end."""

import json

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tuner.cli import main

STUDY = """
version: 1
name: by_subject
data: {source: mri_like, split: {test: 0.25, folds: 2}}
objective: {level: group, group_rule: {k_of_n: 2}}
model: {layers: 1, units: 16, activation: relu}
training: {epochs: 4, batch_size: 256, learning_rate: {float: [1.0e-3, 1.0e-2]}}
search: {trials: 2}
evaluation: {confirm: 2, baselines: [logistic_regression]}
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("by_subject")
    file = folder / "by_subject.yaml"
    file.write_text(STUDY)
    assert main(["run", str(file), "--runs-dir", str(folder)]) == 0
    return folder / "by_subject"


@pytest.fixture(scope="module")
def content(finished):
    return json.loads((finished / "results.json").read_text())


@pytest.fixture(scope="module")
def told(finished):
    """Subject, truth and probability of each test row, by the exported model."""
    import keras

    from tuner.data import load_data, make_splits, preprocessor_from_json
    from tuner.study import load_study

    study = load_study(finished / "study.yaml")
    dataset = load_data(study)
    rows = make_splits(dataset, study.data.split, study.seed).test
    scaling = json.loads((finished / "best_model" / "preprocessing.json").read_text())
    model = keras.models.load_model(finished / "best_model" / "model.keras")
    x = preprocessor_from_json(scaling).transform(dataset.features[rows], dataset.columns)
    return dataset.groups[rows], dataset.labels[rows] == 1, model.predict(x, verbose=0)[:, 0]


def test_f1_of_subjects_follows_from_model_and_decision(finished, content, told):
    subjects, actual, probability = told
    decision = json.loads((finished / "best_model" / "decision.json").read_text())
    assert decision["group"]["rule"] == {"k_of_n": 2}
    names = np.unique(subjects)
    ill = [actual[subjects == name].any() for name in names]
    reach = probability >= decision["group"]["threshold"]
    # A subject of one slice needs that one.
    called = [reach[subjects == one].sum() >= min(2, (subjects == one).sum()) for one in names]
    assert content["best"]["test"]["minority_f1"] == pytest.approx(f1_score(ill, called))
    assert np.sum(content["best"]["test"]["confusion"]) == len(names)
    assert content["best"]["threshold"] == decision["group"]["threshold"]


def test_f1_of_slices_stands_beside_it(finished, content, told):
    _, actual, probability = told
    decision = json.loads((finished / "best_model" / "decision.json").read_text())
    other = content["best"]["other_level"]
    expected = f1_score(actual, probability >= decision["threshold"])
    assert other["test"]["minority_f1"] == pytest.approx(expected)
    assert (other["level"], other["count"], other["minority"]) == ("row", len(actual), actual.sum())
    low, high = other["test"]["ci95"]
    assert low <= other["test"]["minority_f1"] <= high


def test_all_that_is_compared_is_of_subjects(content):
    [simple] = content["baselines"]["models"]
    for scores in (simple["test"], content["best"]["confirmed"], content["best"]["validation"]):
        subjects = np.sum(scores["confusion"])
        assert 0 < subjects < content["data"]["rows"] / 4


def test_people_are_told_of_subjects(finished, content, capsys):
    assert main(["report", str(finished)]) == 0
    out = capsys.readouterr().out
    assert "best minority-class F1 by group: " in out
    assert "by row (threshold " in out
    page = (finished / "report.html").read_text()
    assert "Confusion matrix of the test groups" in page
    assert "A group of rows is called &#39;lesion&#39; where 2 of its rows reach" in page
    card = (finished / "best_model" / "model_card.md").read_text()
    assert f"{content['data']['splits']['test']['groups']} groups of" in card


def test_a_study_of_slices_tells_of_subjects(finished, capsys):
    settings = ["--set", "name=by_slice", "--set", "objective={group_rule: mean}"]
    file = finished.parent / "by_subject.yaml"
    assert main(["run", str(file), "--runs-dir", str(finished.parent), *settings]) == 0
    out = capsys.readouterr().out
    assert "best minority-class F1: " in out
    assert "by group ('lesion' where the mean of its rows reaches " in out
