"""Optuna's dashboard shows the store of a run folder as it is."""

import importlib.util
import json
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from browser import BROWSER, needs_browser

from faults.studies import Runs, quick_training
from tuner.search import trainer
from tuner.training.unit import TrainingFailed, unit_seed

FAILED, STOPPED, TRIALS = 1, 7, 8
SETTINGS = ("training.epochs=2", f"search.trials={TRIALS}", "search.pruner=median")
PROGRAM = Path(sys.executable).parent / "optuna-dashboard"


def of_all_kinds(train_unit):
    """Training in which one trial fails and the curve of one is far below the others."""

    def train(*arguments, **options):
        seed = arguments[4]
        if seed == unit_seed(0, FAILED, 0, 0):
            raise TrainingFailed("non-finite loss in epoch 1")
        result, model = train_unit(*arguments, **options)
        if seed == unit_seed(0, STOPPED, 0, 0):
            result = replace(result, history={"loss": [1.0, 0.9], "val_pr_auc": [0.1, 0.2]})
        return result, model

    return train


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """The store of a run with a failed and a stopped trial."""
    made = Runs(tmp_path_factory.mktemp("dashboard"))
    with quick_training(made.log), pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "train_unit", of_all_kinds(trainer.train_unit))
        content, _ = made(*SETTINGS)
    kinds = {kind: content["trials"][kind] for kind in ("finished", "failed", "stopped")}
    assert kinds == {"finished": TRIALS - 2, "failed": 1, "stopped": 1}
    return made.folder.database


@pytest.fixture(scope="module")
def address(database):
    """Where the dashboard of the run answers."""
    if importlib.util.find_spec("optuna_dashboard") is None:
        pytest.skip("optuna-dashboard is not installed: pip install 'minority-tuner[dashboard]'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(PROGRAM), f"sqlite:///{database}", "--port", str(port), "--quiet"]
    # In a file, since a pipe that nobody reads fills up.
    with (database.parent / "said").open("w+") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        try:
            wait_for(f"http://127.0.0.1:{port}/api/studies", process, said)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def wait_for(url, process, said):
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=30):
                return
        except (urllib.error.URLError, TimeoutError):
            said.seek(0)
            assert process.poll() is None, said.read()
            time.sleep(0.05)
    raise AssertionError("the dashboard did not answer within two minutes")


def fetched(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return json.load(answer)


def shown(url, until):
    """The text of a page once its scripts have put `until` into it."""
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    for seconds in (20, 60):
        dump = [*command, f"--virtual-time-budget={1000 * seconds}", "--dump-dom", url]
        page = subprocess.run(dump, capture_output=True, text=True, check=True, timeout=120).stdout
        bare = re.sub(r"<(style|script).*?</\1>", " ", page, flags=re.DOTALL)
        text = " ".join(unescape(re.sub(r"<[^>]*>", " ", bare)).split())
        if until in text:
            return text
    raise AssertionError(text)


def attributes(trial):
    return {one["key"]: one["value"] for one in trial["user_attrs"]}


def test_the_interface_gives_values_states_curves_and_reasons(database, address):
    before = database.read_bytes()
    [summary] = fetched(f"{address}/api/studies")["study_summaries"]
    assert (summary["study_name"], summary["directions"]) == ("search", ["maximize"])
    trials = fetched(f"{address}/api/studies/{summary['study_id']}?after=0")["trials"]
    assert [trial["number"] for trial in trials] == list(range(TRIALS))
    states = {trial["number"]: trial["state"] for trial in trials}
    assert (states.pop(FAILED), states.pop(STOPPED)) == ("Fail", "Pruned")
    assert set(states.values()) == {"Complete"}
    first = trials[0]
    values = {one["name"]: one["param_external_value"] for one in first["params"]}
    assert values == {
        "model.layers": "2",
        "model.activation": "relu",
        "training.learning_rate": "0.001",
    }
    assert f'"minority_f1": {first["values"][0]}' in attributes(first)["outcome"]
    assert attributes(trials[FAILED])["reason"] == "non-finite loss in epoch 1"
    assert "epoch" in attributes(trials[STOPPED])["reason"]
    curve = trials[STOPPED]["intermediate_values"]
    assert [(one["step"], one["value"]) for one in curve] == [(1, 0.1), (2, 0.2)]
    assert database.read_bytes() == before


@pytest.mark.slow
@needs_browser
def test_the_page_shows_the_study_and_its_trials(database, address):
    before = database.read_bytes()
    text = shown(f"{address}/dashboard/studies/1/trials", f"Trial {TRIALS - 1}")
    assert "search (id=1)" in text
    assert f"{TRIALS} Trials" in text
    assert f"Trial {FAILED} Fail" in text
    assert f"Trial {STOPPED} Pruned" in text
    assert "model.layers 2 model.activation relu training.learning_rate 0.001" in text
    assert '"minority_f1": 0.' in text
    reason = "non-finite loss in epoch 1"
    assert reason in shown(f"{address}/dashboard/studies/1/trials?numbers={FAILED}", reason)
    assert database.read_bytes() == before
