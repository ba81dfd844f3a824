"""A search that is killed, interrupted or fails in part."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tuner.cli import main

ROOT = Path(__file__).parent.parent
SETTINGS = [
    "search.trials=4",
    "search.algorithm=random",
    "training.epochs=4",
    "data.split={test: 0.25, folds: 2}",
    "evaluation={confirm: 0, baselines: false}",
]


def command(runs):
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    return ["run", "breast_cancer", "--runs-dir", str(runs), *settings]


def start(runs):
    return subprocess.Popen(
        [sys.executable, "run_search.py", *command(runs)[1:]],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that starts the tests in the background may have SIGINT ignored, for children too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def rows(database, query):
    if not database.exists():
        return []
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.OperationalError:  # the table is not there yet
        return []


def wait_for_units(process, database, count):
    for _ in range(1200):
        units = rows(database, "select trial, fold, facts from minority_tuner_units")
        if len(units) >= count:
            return units
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError("no unit was trained within a minute")


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    runs = tmp_path_factory.mktemp("unbroken")
    assert main(command(runs)) == 0
    return (runs / "breast_cancer" / "trials.csv").read_text()


def test_a_killed_search_goes_on_and_loses_no_finished_unit(tmp_path, unbroken):
    database = tmp_path / "breast_cancer" / "study.db"
    process = start(tmp_path)
    before = wait_for_units(process, database, 3)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert main(command(tmp_path)) == 0
    after = rows(database, "select trial, fold, facts from minority_tuner_units")
    assert set(before) <= set(after)
    assert (tmp_path / "breast_cancer" / "trials.csv").read_text() == unbroken


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to whole process groups")
def test_an_interrupted_search_reports_and_goes_on(tmp_path, unbroken):
    folder = tmp_path / "breast_cancer"
    process = start(tmp_path)
    wait_for_units(process, folder / "study.db", 3)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out.rstrip().endswith("interrupted; the same command goes on")
    assert json.loads((folder / "results.json").read_text())["status"] == "interrupted"
    assert main(command(tmp_path)) == 0
    assert (folder / "trials.csv").read_text() == unbroken


def diverging(tmp_path, rates):
    study = tmp_path / "study.yaml"
    study.write_text(
        "version: 1\nname: diverging\n"
        "data: {sklearn: breast_cancer, minority: malignant, split: {validation: 0.2}}\n"
        "model: {units: 8}\n"
        "training:\n  epochs: 2\n  optimizer: sgd\n"
        f"  learning_rate: {{choice: {rates}}}\n"
        "search: {algorithm: grid, trials: 10}\n"
        "evaluation: {confirm: 0, baselines: false}\n"
    )
    return main(["run", str(study), "--runs-dir", str(tmp_path / "runs")])


def test_a_trial_that_diverges_is_marked_and_never_wins(tmp_path, capsys):
    assert diverging(tmp_path, "[1.0e30, 1.0e29, 1.0e28, 0.1]") == 0
    content = json.loads((tmp_path / "runs" / "diverging" / "results.json").read_text())
    assert content["trials"]["failed"] == 3
    assert content["trials"]["failures"] == {"non-finite loss": 3}
    assert content["best"]["hyperparameters"]["training.learning_rate"] == 0.1
    assert "4 of 10 trials: search space exhausted" in capsys.readouterr().out


def test_when_all_trials_fail_the_reason_and_a_hint_are_given(tmp_path, capsys):
    assert diverging(tmp_path, "[1.0e30, 1.0e29]") == 1
    error = capsys.readouterr().err
    assert "all 2 trials failed: non-finite loss; scale the features or lower" in error
    assert "Traceback" not in error
    assert (
        json.loads((tmp_path / "runs" / "diverging" / "results.json").read_text())["best"] is None
    )


FAULTY = """
import keras
from tuner import ACTIVATIONS, Float


@ACTIVATIONS.register("silent", at=Float(0.0, 1.0, default=0.0, ge=0.0))
def silent(at):
    if at > 0.5:
        raise ValueError
    return keras.layers.ReLU()


@ACTIVATIONS.register("unsaved")
def unsaved():
    return keras.layers.Lambda(lambda x: x)
"""


def faulty(tmp_path, monkeypatch, activation):
    (tmp_path / "faulty_entries.py").write_text(FAULTY)
    monkeypatch.syspath_prepend(str(tmp_path))
    study = tmp_path / "study.yaml"
    study.write_text(
        "version: 1\nname: faulty\n"
        "data: {sklearn: breast_cancer, split: {validation: 0.2}}\n"
        f"model: {{layers: 1, units: 4, activation: {activation}}}\n"
        "training: {epochs: 1}\nsearch: {algorithm: grid, trials: 5}\n"
        "evaluation: {confirm: 0, baselines: false}\n"
    )
    sys.modules.pop("faulty_entries", None)
    runs = str(tmp_path / "runs")
    return main(["run", str(study), "--runs-dir", runs, "--import", "faulty_entries"])


def test_an_entry_that_raises_fails_its_trial_only(tmp_path, monkeypatch, registries):
    assert faulty(tmp_path, monkeypatch, "{silent: {at: {choice: [0.0, 0.9]}}}") == 0
    content = json.loads((tmp_path / "runs" / "faulty" / "results.json").read_text())
    assert content["trials"]["failures"] == {"ValueError": 1}


def test_a_winner_that_cannot_be_saved_costs_no_trial(tmp_path, monkeypatch, registries, capsys):
    assert faulty(tmp_path, monkeypatch, "[relu, unsaved]") in (0, 1)
    folder = tmp_path / "runs" / "faulty"
    content = json.loads((folder / "results.json").read_text())
    assert content["trials"]["finished"] == 2
    assert (folder / "trials.csv").is_file()
    if content["best"]["hyperparameters"]["model.activation"] == "unsaved":
        assert "the winner could not be made" in capsys.readouterr().err


def test_a_winner_that_fails_gives_way_to_the_next(tmp_path, monkeypatch, registries):
    from tuner.evaluate import winner
    from tuner.training.unit import TrainingFailed

    trained = winner.train_unit

    def first_fails(*arguments):
        monkeypatch.setattr(winner, "train_unit", trained)
        raise TrainingFailed("non-finite loss in epoch 1")

    monkeypatch.setattr(winner, "train_unit", first_fails)
    assert faulty(tmp_path, monkeypatch, "[relu, elu]") == 0
    content = json.loads((tmp_path / "runs" / "faulty" / "results.json").read_text())
    best, second = content["leaders"]
    assert content["best"]["trial"] == second["trial"]
    assert f"trial {best['trial']} was ranked before" in content["warnings"][-1]


def test_an_interruption_while_the_winner_is_trained_reports(tmp_path, monkeypatch, registries):
    from tuner.evaluate import winner

    trained = winner.train_unit

    def pressed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(winner, "train_unit", pressed)
    assert faulty(tmp_path, monkeypatch, "[relu, elu]") == 130
    results = tmp_path / "runs" / "faulty" / "results.json"
    content = json.loads(results.read_text())
    assert (content["status"], content["best"]["test"]) == ("interrupted", None)
    monkeypatch.setattr(winner, "train_unit", trained)
    registries()
    assert faulty(tmp_path, monkeypatch, "[relu, elu]") == 0
    assert json.loads(results.read_text())["best"]["test"]


def test_a_refused_study_changes_no_file(tmp_path, monkeypatch, registries, capsys):
    assert faulty(tmp_path, monkeypatch, "[relu, elu]") == 0
    folder = tmp_path / "runs" / "faulty"
    (folder / "results.json").unlink()
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    registries()
    assert faulty(tmp_path, monkeypatch, "[relu, swish]") == 2
    change = "(model.activation: {choice: [relu, elu]} → {choice: [relu, swish]}, and trial 1 has"
    assert change in capsys.readouterr().err
    after = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert after == before


def test_test_rows_that_cannot_be_predicted_are_told_and_choose_no_other_winner(
    tmp_path, monkeypatch, registries, capsys
):
    from tuner import ending
    from tuner.training.unit import TrainingFailed

    def fails(*arguments):
        raise TrainingFailed("non-finite predictions")

    monkeypatch.setattr(ending, "predict", fails)
    assert faulty(tmp_path, monkeypatch, "[relu, elu]") == 1
    content = json.loads((tmp_path / "runs" / "faulty" / "results.json").read_text())
    assert content["best"]["trial"] == content["leaders"][0]["trial"]
    assert content["best"]["test"] is None
    [line] = capsys.readouterr().err.strip().splitlines()
    assert "predictions of test rows are not finite" in line
