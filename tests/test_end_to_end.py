"""A small study from start to end, and again."""

import json

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tuner.cli import main

SETTINGS = [
    "search.trials=2",
    "training.epochs=5",
    "data.split={test: 0.25, validation: 0.25}",
    "evaluation={contexts: 2, compare: [model.activation]}",
]


def run(folder, *more):
    settings = [part for setting in (*SETTINGS, *more) for part in ("--set", setting)]
    return main(["run", "breast_cancer", "--runs-dir", str(folder), *settings])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    assert run(folder) == 0
    return folder / "breast_cancer"


def test_everything_is_written(finished):
    names = {path.name for path in finished.iterdir()}
    assert {"study.yaml", "study.db", "results.json", "trials.csv", "report.html"} <= names
    best = {path.name for path in (finished / "best_model").iterdir()}
    assert best == {"model.keras", "preprocessing.json", "decision.json", "model_card.md"}


def test_f1_is_scikit_learns(finished):
    import keras

    from tuner.data import load_data, make_splits, preprocessor_from_json
    from tuner.study import load_study

    study = load_study(finished / "study.yaml")
    dataset = load_data(study)
    rows = make_splits(dataset, study.data.split, study.seed).test
    content = json.loads((finished / "results.json").read_text())
    scaling = json.loads((finished / "best_model" / "preprocessing.json").read_text())
    model = keras.models.load_model(finished / "best_model" / "model.keras")
    x = preprocessor_from_json(scaling).transform(dataset.features[rows], dataset.columns)
    called = model.predict(x, verbose=0)[:, 0] >= content["best"]["threshold"]
    actual = np.asarray(dataset.labels[rows]) == 1
    assert content["best"]["test"]["minority_f1"] == pytest.approx(f1_score(actual, called))


def test_in_python_the_same_run_is_found_and_its_winner_predicts_as_it_was_scored(finished):
    import tuner

    result = tuner.run_study("breast_cancer", overrides=SETTINGS, runs_dir=finished.parent)
    content = json.loads((finished / "results.json").read_text())
    assert result.content == content
    assert result.folder == finished
    assert result.best["trial"] == content["best"]["trial"]
    assert (result.test_f1, *result.ci95) == (
        content["best"]["test"]["minority_f1"],
        *content["best"]["test"]["ci95"],
    )
    assert str(result).startswith("best minority-class F1: ")
    assert result.report.is_file()
    assert result.trials["trial"].tolist() == [0, 1]
    assert result.warnings == tuple(content["warnings"])
    study = tuner.load_study("breast_cancer", SETTINGS)
    dataset = tuner.load_data(study)
    rows = tuner.make_splits(dataset, study.data.split, study.seed).test
    called = result.load_model().predict(dataset.features[rows])
    actual = np.asarray(dataset.classes)[dataset.labels[rows]]
    score = f1_score(actual, called, pos_label=dataset.minority)
    assert result.test_f1 == pytest.approx(score)


def test_second_run_prints_the_report(finished, capsys):
    before = (finished / "results.json").read_bytes()
    assert run(finished.parent) == 0
    out = capsys.readouterr().out
    assert "this study is finished" in out
    assert out.splitlines()[-1].startswith("best minority-class F1: ")
    assert (finished / "results.json").read_bytes() == before


def test_same_seed_same_trials_and_another_seed_others(finished, tmp_path):
    assert run(tmp_path / "same", "evaluation={baselines: false}") == 0
    assert run(tmp_path / "other", "seed=1", "evaluation={confirm: 0, baselines: false}") == 0
    before = (finished / "trials.csv").read_text()
    assert (tmp_path / "same" / "breast_cancer" / "trials.csv").read_text() == before
    assert (tmp_path / "other" / "breast_cancer" / "trials.csv").read_text() != before


def test_a_changed_study_is_refused(finished, capsys):
    assert run(finished.parent, "training.epochs=6", "search.trials=3") == 2
    assert "training.epochs: 5 → 6" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mri_like", "digits_eight"])
def test_shipped_studies_run(tmp_path, capsys, name):
    settings = ["search.trials=1", "training.epochs=2", "search.algorithm=random"]
    few = "baselines: [logistic_regression, random_forest]"
    settings.append(f"evaluation={{contexts: 1, compare: [model.activation], {few}}}")
    arguments = [part for setting in settings for part in ("--set", setting)]
    assert main(["run", name, "--runs-dir", str(tmp_path), *arguments]) == 0
    content = json.loads((tmp_path / name / "results.json").read_text())
    last = capsys.readouterr().out.splitlines()[-1]
    best = content["best"]
    low, high = best["test"]["ci95"]
    assert last == (
        f"best minority-class F1: {best['test']['minority_f1']:.2f} (test, 95 % CI "
        f"{low:.2f}–{high:.2f}; validation {best['validation']['minority_f1']:.2f}; "
        f"class '{content['data']['minority']}'; trial {best['trial']})"
    )
    assert content["search_optimism"] == pytest.approx(
        best["validation"]["minority_f1"] - best["test"]["minority_f1"]
    )
