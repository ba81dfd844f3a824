"""Simple models in a whole run: told, kept, asked for otherwise, interrupted."""

import json

import pytest

from tuner import ending
from tuner.cli import main
from tuner.evaluate.baselines import BASELINES
from tuner.search import trainer

SETTINGS = [
    "search.trials=1",
    "training.epochs=2",
    "data.split={test: 0.25, folds: 2}",
    "model.layers=1",
    "evaluation.compare=[]",
]


def run(folder, *more):
    settings = [part for setting in (*SETTINGS, *more) for part in ("--set", setting)]
    return main(["run", "breast_cancer", "--runs-dir", str(folder), *settings])


def content(folder):
    return json.loads((folder / "breast_cancer" / "results.json").read_text())


def names(told):
    return [model["name"] for model in told["baselines"]["models"]]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    assert run(folder) == 0
    return folder


def never(*_, **__):
    raise AssertionError("nothing is to be trained")


def test_every_simple_model_is_reported_beside_the_network(finished):
    told = content(finished)
    assert names(told) == list(BASELINES) == told["evaluation"]["baselines"]
    for model in told["baselines"]["models"]:
        assert (model["state"], model["reason"], model["notes"]) == ("finished", "", [])
        low, high = model["test"]["ci95"]
        assert low <= model["test"]["minority_f1"] <= high
    by_name = {model["name"]: model for model in told["baselines"]["models"]}
    assert by_name["logistic_regression"]["test"]["minority_f1"] > 0.9
    assert told["seconds"]["baselines"] > 0
    for file in ("report.html", "best_model/model_card.md"):
        text = (finished / "breast_cancer" / file).read_text()
        assert "Simple models on the same rows" in text
        assert "histogram gradient boosting with SMOTE" in text


def test_the_same_command_again_trains_nothing(finished, monkeypatch, capsys):
    monkeypatch.setattr(ending, "Comparison", never)
    monkeypatch.setattr(ending, "train_winner", never)
    before = (finished / "breast_cancer" / "results.json").read_bytes()
    assert run(finished) == 0
    assert (finished / "breast_cancer" / "results.json").read_bytes() == before
    lines = capsys.readouterr().out.splitlines()
    [place] = [at for at, line in enumerate(lines) if line.startswith("on the same rows")]
    assert any(line.startswith("the network, trial 0") for line in lines[place:])
    assert lines[-1].startswith("best minority-class F1: ")


def test_other_simple_models_make_the_report_again_and_no_trial(finished, tmp_path, monkeypatch):
    asked = ("evaluation.baselines=[logistic_regression, prior]", "evaluation.baselines=false")
    before = content(finished)
    monkeypatch.setattr(trainer, "train_unit", never)
    assert run(finished, asked[0]) == 0
    told = content(finished)
    assert names(told) == ["prior", "logistic_regression"]
    assert told["best"]["test"] == before["best"]["test"]
    kept = [model for model in before["baselines"]["models"] if model["name"] in names(told)]
    assert [{**model, "seconds": 0} for model in told["baselines"]["models"]] == [
        {**model, "seconds": 0} for model in kept
    ]
    assert run(finished, asked[1]) == 0
    assert content(finished)["baselines"] is None
    assert run(finished) == 0
    assert names(content(finished)) == list(BASELINES)


def test_an_interruption_between_them_leaves_a_report_and_the_command_goes_on(
    tmp_path, monkeypatch, capsys
):
    whole = ending.Comparison.results

    def pressed(self):
        for number, result in enumerate(whole(self)):
            if number == 2:
                raise KeyboardInterrupt
            yield result

    monkeypatch.setattr(ending.Comparison, "results", pressed)
    asked = "evaluation.baselines=[always_minority, prior, logistic_regression]"
    assert run(tmp_path, asked) == 130
    told = content(tmp_path)
    assert told["status"] == "interrupted"
    assert names(told) == ["always_minority", "prior"]
    assert told["best"]["test"]["minority_f1"] > 0
    lines = capsys.readouterr().out.splitlines()
    assert "fitting 3 simple models on the same splits" in lines
    assert lines[-2].startswith("best minority-class F1: ")
    assert lines[-1] == "interrupted; the same command goes on"
    monkeypatch.setattr(ending.Comparison, "results", whole)
    assert run(tmp_path, asked) == 0
    assert len(names(content(tmp_path))) == 3
