"""Studies whose network is a person's own, from the file to the report."""

import json

import keras
import numpy as np
import own_models as own
import pytest

from tuner import load_model
from tuner.cli import main

DATA = """
import numpy as np

def rows():
    rng = np.random.default_rng(0)
    labels = (np.arange(160) % 4 == 0).astype(int)
    return {"features": rng.normal(size=(160, 3)) + 1.5 * labels[:, None], "labels": labels}
"""

COMPARE = "evaluation={confirm: 0, baselines: false, compare: [model.my_activation], contexts: 2}"


def write(folder, text, name, more=""):
    own.write(folder, text)
    (folder / "rows.py").write_text(DATA, encoding="utf-8")
    (folder / "study.yaml").write_text(
        "version: 1\nname: own\n"
        "data: {python: rows.py:rows, split: {test: 0.25, validation: 0.25}}\n"
        f"model: {{python: net.py:{name}}}\n"
        "training: {epochs: 2}\n"
        "search: {trials: 2, workers: 1, algorithm: random}\n"
        f"evaluation: {{confirm: 0, baselines: false}}\n{more}",
        encoding="utf-8",
    )
    return folder / "study.yaml"


def run(path, *settings):
    more = [part for setting in settings for part in ("--set", setting)]
    return main(["run", str(path), "--runs-dir", str(path.parent / "runs"), *more])


def results(path):
    return json.loads((path.parent / "runs" / "own" / "results.json").read_text())


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A compiled hypermodel with conditions, with a comparison of one of its choices."""
    path = write(tmp_path_factory.mktemp("own"), own.ONE_GRAPH, "Net")
    assert run(path, COMPARE) == 0
    return path


def test_everything_else_of_a_study_works(finished):
    content = results(finished)
    assert content["trials"]["finished"] == 2
    assert content["engine"]["trials"] == {"fused": 2}
    assert content["best"]["hyperparameters"]["model.python"] == "net.py:Net"
    assert content["best"]["needs_import"] == []
    [comparison] = content["comparison"]
    assert comparison["factors"] == ["model.my_activation"]
    assert content["health"]["by_activation"][0]["dead_units"] is not None
    low, high = content["best"]["test"]["ci95"]
    assert low <= content["best"]["test"]["minority_f1"] <= high
    assert "my_activation" in (finished.parent / "runs" / "own" / "report.html").read_text()
    header = (finished.parent / "runs" / "own" / "trials.csv").read_text().splitlines()[0]
    assert "model.rate" in header


def test_the_winner_is_loaded_by_keras_alone(finished):
    model = keras.models.load_model(finished.parent / "runs" / "own" / "best_model" / "model.keras")
    told = model.predict(np.zeros((2, 3)), verbose=0)
    assert told.shape == (2, 1)
    assert np.isfinite(told).all()


def test_a_run_goes_on(finished, capsys):
    assert run(finished, COMPARE, "search.trials=3") == 0
    assert results(finished)["trials"]["finished"] == 3
    assert run(finished, COMPARE, "search.trials=3") == 0
    assert "this study is finished" in capsys.readouterr().out


def test_a_changed_file_is_refused_with_the_two_ways_on(finished, capsys):
    path = finished.parent / "net.py"
    before = path.read_text()
    path.write_text(before + "# another network\n")
    assert run(finished, COMPARE, "search.trials=5") == 2
    error = capsys.readouterr().err
    assert "model.python: net.py:Net (sha256 " in error
    assert "give this study another name, or start over with --fresh" in error
    path.write_text(before)
    assert run(finished, COMPARE, "search.trials=5", "model.arguments={a: 1}") == 2
    assert "cannot be called: got an unexpected keyword argument 'a'" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_goes_on_in_workers_as_it_would_have_in_one_process(finished, tmp_path):
    assert run(finished, COMPARE, "search.trials=4", "search.workers=2") == 0
    other = write(tmp_path, own.ONE_GRAPH, "Net")
    assert run(other, "search.trials=4") == 0
    first, second = (
        (path.parent / "runs" / "own" / "trials.csv").read_text() for path in (finished, other)
    )
    assert first == second


def test_registered_layers_are_named_for_those_who_load_the_winner(tmp_path, capsys):
    path = write(tmp_path, own.REGISTERED, "build", "imbalance: {class_weight: [none, balanced]}\n")
    assert run(path, "search.trials=1") == 0
    assert "trained by Keras: it does not know the layer Scaled" in capsys.readouterr().out
    assert results(path)["best"]["needs_import"] == ["net"]
    card = (tmp_path / "runs" / "own" / "best_model" / "model_card.md").read_text()
    assert "`import net` before" in card
    told = load_model(tmp_path / "runs" / "own").predict(np.zeros((2, 3)))
    assert len(told) == 2


def test_a_fit_of_ones_own_is_run_and_told(tmp_path, capsys):
    path = write(tmp_path, own.OWN_FIT, "Net")
    assert run(path, "search.trials=1") == 0
    assert "trained by Keras: net.py:Net has a fit of its own" in capsys.readouterr().out
    assert "training.batch_size" not in results(path)["best"]["hyperparameters"]


def test_a_trial_that_the_code_fails_is_a_failed_trial(tmp_path, capsys):
    text = """
def build(hp, input_shape):
    width = hp.Int("width", 1, 3)
    if width == 2:
        raise RuntimeError("never two")
    return network(input_shape, 4)
"""
    path = write(tmp_path, text, "build")
    assert run(path, "search={trials: 3, workers: 1, algorithm: grid}") == 0
    content = results(path)
    assert (content["trials"]["finished"], content["trials"]["failed"]) == (2, 1)
    [told] = content["trials"]["failures"]
    assert "RuntimeError: never two (line 17 of" in str(told)


def test_check_tells_what_is_wrong_with_the_code(tmp_path, capsys):
    path = write(tmp_path, "def build(hp):\n    return 1 / 0\n", "build")
    assert main(["check", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"{path}:4:9: model.python: build failed: ZeroDivisionError")
    assert captured.err.count("\n") == 1
    path = write(tmp_path, own.PLAIN, "Net")
    assert main(["check", str(path), "--set", "evaluation.compare=[model.my_activaton]"]) == 2
    assert "did you mean 'model.my_activation'?" in capsys.readouterr().err
    grid = ["--set", "search.algorithm=grid"]
    assert main(["check", str(path), "--no-trial", *grid]) == 2
    assert "model.alpha: a grid search needs a choice" in capsys.readouterr().err
    start = ["--set", "search.start_with=[{model.alpha: 0.5}]"]
    assert main(["check", str(path), "--no-trial", *start]) == 2
    assert "belongs to 'elu', but model.my_activation is 'relu'" in capsys.readouterr().err
