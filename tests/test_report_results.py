"""The content of results.json: the winner, counts of trials, and the way to the file and back."""

import dataclasses
import html
import io
import json
from pathlib import Path

import keras
import numpy as np
import pytest
from rich.console import Console

from tuner import ending, workflow
from tuner.data import RawData, assemble, fit_preprocessor, make_splits
from tuner.errors import InputError, MinorityTunerError, NoTrialSucceeded
from tuner.evaluate.held_out import TestResult
from tuner.evaluate.winner import Winner
from tuner.metrics import decide, score
from tuner.metrics.calibration import Platt, Reliability
from tuner.model.hypermodel import ImbalancedHyperModel
from tuner.model.learned_layers import SwishBeta
from tuner.report.best import best_section, needed_imports, provisional_section
from tuner.report.card import model_card
from tuner.report.console import print_report
from tuner.report.curves import Curves
from tuner.report.export import export_winner
from tuner.report.page import report_page
from tuner.report.results import results, to_text
from tuner.report.scores import networks_line
from tuner.report.sections.section import sentence
from tuner.report.stored import NEEDED, read_results
from tuner.report.table import trials_csv
from tuner.search.records import TrialRecord
from tuner.search.run import SearchResult
from tuner.search.run_folder import RunFolder
from tuner.study import PreprocessingSection, SplitSection, Study
from tuner.training.priors import Priors
from tuner.training.unit import TrainingFailed

STUDY = {
    "name": "example",
    "data": {"csv": "data.csv", "target": "label", "minority": "ill"},
    "model": {"activation": ["relu", "swish_beta"]},
    "imbalance": {"strategies": ["none", {"loss": "focal"}], "calibration": "platt"},
}
LABELS = np.repeat([0, 1], [90, 30])


def scores(share):
    told = np.linspace(0, 1, 120)
    probabilities = np.column_stack([1 - told, told])
    return score(LABELS, probabilities, decide(probabilities, share))


def outcome(collapsed=False):
    reliability = {"as_trained": {"brier": 0.2, "ece": 0.1}, "calibrated": {"brier": 0.1, "ece": 0}}
    numbers = {"dead_units": 0.0, "saturated_units": 0.0, "first_to_last": 1.0}
    health = {**numbers, "minority_gradient": 0.5, "dead_layers": 0, "collapsed": collapsed}
    return {
        "scores": scores(0.7).to_json(),
        "reliability": reliability,
        "threshold": 0.25,
        "best_epochs": [2, 3],
        "parameters": 12,
        "health": health,
        "seconds": 1.0,
    }


def record(number, state, activation, score=None, reason="", out=None):
    values = {"model.activation": activation, "imbalance.strategy": "none"}
    return TrialRecord(number, state, values, score, reason, out or {"seconds": 1.0})


RECORDS = (
    record(0, "finished", "relu", 0.5, out=outcome()),
    record(1, "failed", "relu", reason="non-finite loss in epoch 2"),
    record(2, "stopped", "relu", reason="collapsed", out={"health": outcome()["health"]}),
    record(3, "finished", "relu", 0.9, out=outcome(collapsed=True)),
    record(4, "running", "relu"),
)


@pytest.fixture(scope="module")
def study():
    return Study.model_validate(STUDY)


@pytest.fixture(scope="module")
def data():
    labels = np.where(LABELS == 1, "ill", "well")
    dataset = assemble(RawData(np.arange(240.0).reshape(120, 2), labels), "wards", "ill")
    return dataset, make_splits(dataset, SplitSection(), 0)


@pytest.fixture(scope="module")
def hypermodel(study):
    return ImbalancedHyperModel((2,), ("well", "ill"), model=study.model, imbalance=study.imbalance)


@pytest.fixture(scope="module")
def network():
    """A model that holds another, as the averaged winner does."""
    inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), SwishBeta()], name="fold_0")
    return keras.Sequential([keras.Input((2,)), inner, keras.layers.Dense(1)])


@pytest.fixture(scope="module")
def winner(hypermodel, network):
    layer = {"dead": 0.0, "saturated": 0.0, "mean": None, "spread": 1.0}
    health = {
        "layers": [layer],
        "gradient_norms": [1.0, 2.0],
        "first_to_last": 0.5,
        "minority_gradient": 0.5,
        "collapsed": False,
    }
    learned = {"layer": "fold_0/swish_beta", "kind": "swish beta", "count": 1, "values": [1.5]}
    return Winner(
        record=RECORDS[0],
        configuration=hypermodel.configuration(RECORDS[0].values),
        model=network,
        preprocessor=None,
        epochs=(2, 3),
        threshold=0.25,
        priors=Priors((0.75, 0.25), (0.5, 0.5), True),
        calibration=Platt(1.25, -0.5),
        health=({"start": health, "end": health},),
        learned=({**learned, "mean": 1.5, "min": 1.5, "max": 1.5},),
        thresholds=(0.125, 0.5),
    )


TESTED = TestResult(
    tuned=scores(0.75),
    intervals={"minority_f1": (0.5, 0.9), "recall": (0.25, 1.0)},
    at_half=scores(0.5),
    probabilities=np.array([[0.5, 0.5]], dtype=np.float32),
    reliability={
        "as_trained": Reliability(0.25, 0.2),
        "corrected": Reliability(0.125, 0.1),
        "calibrated": Reliability(0.0625, 0.05),
    },
    networks=(scores(0.75), scores(0.5)),
)


def test_the_winner_is_told_with_what_was_done_to_its_probabilities(winner):
    best = best_section(winner, TESTED, ("well", "ill"))
    assert best["calibration"] == "platt"
    assert best["priors"] == {
        "true": {"well": 0.75, "ill": 0.25},
        "trained": {"well": 0.5, "ill": 0.5},
        "corrected": True,
    }
    assert best["reliability"] == {
        "validation": outcome()["reliability"],
        "test": {
            "as_trained": {"brier": 0.25, "ece": 0.2},
            "corrected": {"brier": 0.125, "ece": 0.1},
            "calibrated": {"brier": 0.0625, "ece": 0.05},
        },
    }
    assert best["health"] == [dict(winner.health[0])]
    assert best["learned"] == [dict(winner.learned[0])]
    assert best["needs_import"] == ["tuner.model.learned_layers"]
    assert best["parameters"] == 2 * 3 + 3 + 3 + 3 + 1
    assert best["trainable_parameters"] == 12
    assert (best["test"]["ci95"], best["epochs"]) == ([0.5, 0.9], [2, 3])


def test_what_the_study_did_not_ask_for_and_the_loss_does_not_know_is_none(winner):
    priors = Priors((0.75, 0.25), None, False)
    plain = dataclasses.replace(winner, calibration=None, priors=priors, learned=())
    best = best_section(plain, TESTED, ("well", "ill"))
    assert (best["calibration"], best["priors"]["trained"], best["learned"]) == (None, None, [])
    assert best["priors"]["corrected"] is False


def test_stock_layers_need_no_import(network):
    stock = keras.Sequential([keras.Input((2,)), keras.layers.PReLU(), keras.layers.Dense(1)])
    assert needed_imports(stock) == []
    assert needed_imports(network) == ["tuner.model.learned_layers"]


def test_a_provisional_winner_has_what_is_known_of_its_trial(hypermodel, winner):
    best = provisional_section(RECORDS[0], hypermodel.configuration(RECORDS[0].values))
    unknown = {"calibration": None, "priors": None, "test": None, "test_at_half": None}
    assert {key: best[key] for key in unknown} == unknown
    assert best["reliability"] == {"validation": outcome()["reliability"], "test": None}
    assert best["health"] == best["learned"] == best["needs_import"] == []
    whole = best_section(winner, TESTED, ("well", "ill"))
    assert set(whole) - set(best) == {"epochs", "parameters"}


@pytest.fixture(scope="module")
def content(study, data, winner):
    best = best_section(winner, TESTED, ("well", "ill"))
    return results(study, *data, SearchResult(RECORDS, "time_limit"), best, {"search": 1.0})


def test_trials_are_counted_by_how_they_ended(content):
    assert content["trials"] == {
        "asked": 30,
        "finished": 2,
        "failed": 1,
        "stopped": 1,
        "collapsed": 2,
        "ended": "time_limit",
        "failures": {"non-finite loss": 1},
    }


def test_choices_and_health_follow_the_study(content):
    assert list(content["choices"]) == ["imbalance.strategy", "model.activation"]
    none, focal = content["choices"]["imbalance.strategy"]
    assert (none["value"], none["trials"], none["best"], none["best_trial"]) == ("none", 4, 0.5, 0)
    assert (focal["value"], focal["trials"], focal["best"]) == ("loss=focal", 0, None)
    assert content["health"]["collapsed"] == {"relu": 2}
    names = [row["activation"] for row in content["health"]["by_activation"]]
    assert names == ["relu", "swish_beta"]


def test_a_collapsed_trial_is_marked_and_comes_last_among_the_leaders(content):
    told = [(leader["trial"], leader["collapsed"]) for leader in content["leaders"]]
    assert told == [(0, False), (3, True)]


def test_few_test_rows_are_told_everywhere(content, data):
    [warning] = content["warnings"]
    assert warning.startswith("the test F1 of ")
    assert f"warning: {warning}" in said(content)
    assert sentence(warning) in html.unescape(report_page(content, Curves(RECORDS)))
    assert f"- {warning}" in model_card(content)


def test_single_networks_stand_under_the_scores(content, data):
    networks = content["best"]["test"]["networks"]
    assert [one["threshold"] for one in networks] == [0.125, 0.5]
    assert [one["recall"] for one in networks] == [one.recall for one in TESTED.networks]
    line = networks_line(content["best"])
    assert line.startswith("its 2 networks alone: test F1 ")
    assert line in said(content).splitlines()
    assert line[1:] in report_page(content, Curves(RECORDS))


def test_one_objective_has_no_trade_offs(content):
    assert (content["objective"]["against"], content["pareto"]) == (None, None)


def test_of_two_objectives_the_trade_offs_are_told(data, winner):
    study = Study.model_validate({**STUDY, "objective": ["minority_f1", "parameters"]})
    records = [
        dataclasses.replace(one, against=None if one.score is None else 12.0) for one in RECORDS
    ]
    best = best_section(winner, TESTED, ("well", "ill"))
    content = results(study, *data, SearchResult(records, "trials"), best, {})
    assert content["pareto"] == [
        {"trial": 0, "score": 0.5, "against": 12, "searched": RECORDS[0].values}
    ]
    assert content["objective"]["against"] == "parameters"


def test_a_winner_that_collapsed_is_among_the_warnings(study, data, winner):
    best = {**best_section(winner, TESTED, ("well", "ill")), "trial": 3}
    content = results(study, *data, SearchResult(RECORDS[2:], "trials"), best, {})
    _, warning = content["warnings"]
    assert warning.startswith("every finished trial collapsed: ")


def test_what_is_written_is_read_back_and_says_the_same(content, tmp_path):
    path = tmp_path / "results.json"
    path.write_text(to_text(content), encoding="utf-8")
    stored = read_results(path)
    assert stored == content
    assert set(content) == NEEDED
    assert said(stored) == said(content)
    assert "Brier score as trained 0.25, corrected to the true class shares 0.125" in said(stored)


def test_every_key_is_in_the_docs(content):
    text = (Path(__file__).parent.parent / "docs" / "results.md").read_text(encoding="utf-8")
    parts = (content, content["best"], content["trials"], content["best"]["test"])
    keys = {key for part in parts for key in part} | {*trials_csv([]).strip().split(",")}
    assert [key for key in sorted(keys) if f"`{key}`" not in text] == []


def said(content):
    console = Console(file=io.StringIO(), width=100, markup=False, highlight=False)
    print_report(console, content, RunFolder("run").path)
    return console.file.getvalue()


@pytest.mark.parametrize(
    "key", ["choices", "health", "pareto", "baselines", "evaluation", "importance"]
)
def test_a_file_without_the_new_parts_is_of_another_version(content, tmp_path, key):
    path = tmp_path / "results.json"
    old = {name: value for name, value in content.items() if name != key}
    path.write_text(to_text(old), encoding="utf-8")
    with pytest.raises(InputError, match="written by another version"):
        read_results(path)


def run_of(study, data, folder, monkeypatch, records, stopped="trials"):
    """Runs a study whose search has already left these trials."""

    def searched(*_):
        return SearchResult(tuple(records), stopped)

    monkeypatch.setattr(workflow, "run_search", searched)
    return workflow.execute(study, *data, folder)


@pytest.fixture
def folder(tmp_path):
    made = RunFolder(tmp_path / "example")
    made.create()
    return made


def no_score(study, data, folder, monkeypatch, records):
    with pytest.raises(NoTrialSucceeded) as caught:
        run_of(study, data, folder, monkeypatch, records)
    return str(caught.value)


def test_when_all_trials_were_stopped_that_is_said_with_a_hint(study, data, folder, monkeypatch):
    stopped = [dataclasses.replace(RECORDS[2], number=number) for number in range(3)]
    error = no_score(study, data, folder, monkeypatch, stopped)
    assert error.startswith("all 3 trials stopped: collapsed, ")
    for hint in ("training.learning_rate", "model.activation", "model.batch_normalization"):
        assert hint in error
    content = json.loads(folder.results.read_text(encoding="utf-8"))
    assert (content["best"], content["trials"]["stopped"], content["warnings"]) == (None, 3, [])
    assert "No trial succeeded" in folder.report.read_text(encoding="utf-8")


def test_when_some_failed_and_some_were_stopped_both_are_said(study, data, folder, monkeypatch):
    error = no_score(study, data, folder, monkeypatch, RECORDS[1:3])
    assert error.startswith("no trial has a score: 1 stopped (collapsed, ")
    assert "1 failed (non-finite loss); scale the features or lower training.learn" in error
    assert error.count("against collapse") == 1


def test_when_all_failed_nothing_is_said_of_collapse(study, data, folder, monkeypatch):
    error = no_score(study, data, folder, monkeypatch, RECORDS[1:2])
    assert error == (
        "the only trial failed: non-finite loss; scale the features or lower training.learning_rate"
    )


def test_an_interrupted_run_reports_its_best_trial_so_far(study, data, folder, monkeypatch):
    done = run_of(study, data, folder, monkeypatch, RECORDS[:4], "interrupted")
    assert done.content["best"]["trial"] == 0
    assert "4 of 30 trials, 1 failed, 1 stopped: interrupted" in said(done.content)
    assert read_results(folder.results) == done.content
    assert "Ranking of choices" in folder.report.read_text(encoding="utf-8")


def test_a_winner_that_cannot_be_made_is_told_in_all_files(study, data, folder, monkeypatch):
    def fails(*_):
        raise ValueError("no such layer")

    monkeypatch.setattr(ending, "train_winner", fails)
    with pytest.raises(MinorityTunerError, match="no such layer"):
        run_of(study, data, folder, monkeypatch, RECORDS[:4])
    content = read_results(folder.results)
    reason = "the winner could not be made: ValueError: no such layer"
    assert (content["status"], content["warnings"]) == ("finished", [reason])
    assert f"warning: {reason}" in said(content)
    page = folder.report.read_text(encoding="utf-8")
    assert "No winner could be made: best validation minority_f1 " in page
    assert sentence(reason) in page
    assert "nterrupted" not in page


def test_an_interruption_after_a_winner_failed_is_an_interruption(study, data, folder, monkeypatch):
    faults = iter([TrainingFailed("non-finite loss in epoch 1"), KeyboardInterrupt()])

    def fails(*_):
        raise next(faults)

    monkeypatch.setattr(ending, "train_winner", fails)
    content = run_of(study, data, folder, monkeypatch, RECORDS[:4]).content
    assert content["status"] == "interrupted"
    [warning] = content["warnings"]
    assert warning.startswith("trial 0 was ranked before the winner but failed")


def test_no_card_of_an_earlier_winner_stands_beside_a_new_model(winner, data, folder):
    dataset, _ = data
    every = fit_preprocessor(dataset, np.arange(len(dataset)), PreprocessingSection())
    card = folder.best_model / "model_card.md"
    card.parent.mkdir()
    card.write_text("of an earlier winner", encoding="utf-8")
    export_winner(dataclasses.replace(winner, preprocessor=every), dataset, folder)
    assert (folder.best_model / "model.keras").is_file()
    assert not card.exists()
