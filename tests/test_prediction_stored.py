"""A winner is read back from its folder, or refused in one line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import pytest
from winners import exported, frame, network, pictures, table, winner_of

import tuner
from tuner.errors import InputError
from tuner.metrics.calibration import Platt
from tuner.model.learned_layers import RReLU, SwishBeta
from tuner.prediction.stored import Stored
from tuner.report.best import needed_imports


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "scans"
    return exported(folder, table(), calibration=Platt(2.0, -0.5), group=(None, 0.3))


@pytest.fixture
def copy(run, tmp_path):
    return Path(shutil.copytree(run, tmp_path / "scans"))


def refusal(path):
    with pytest.raises(InputError) as caught:
        tuner.load_model(path)
    [problem] = caught.value.problems
    return str(problem)


@pytest.mark.parametrize("inner", ["", "best_model"])
def test_the_winner_comes_back_as_it_was(run, inner):
    predictor = tuner.load_model(str(run / inner))
    dataset = table()
    one = winner_of(dataset, predictor.model, calibration=Platt(2.0, -0.5))
    assert predictor.preprocessor == one.preprocessor
    assert (predictor.threshold, predictor.calibration) == (0.45, Platt(2.0, -0.5))
    assert (predictor.group.places, predictor.group.threshold) == (None, 0.3)
    assert predictor.classes == ("well", "ill")
    assert isinstance(predictor, tuner.Predictor)


@pytest.mark.parametrize(("places", "group"), [(1, 1), (2, 2), (None, None)])
def test_rules_for_groups_come_back(tmp_path, places, group):
    predictor = tuner.load_model(exported(tmp_path / "r", table(), group=(places, 0.3)))
    assert predictor.group.places == group


def test_what_loading_needs_is_all_in_one_folder(run, tmp_path):
    elsewhere = shutil.copytree(run / "best_model", tmp_path / "elsewhere")
    (elsewhere / "model_card.md").unlink()
    assert tuner.load_model(elsewhere).predict(frame()).shape == (40,)


def test_layers_of_ours_are_registered_without_an_import(tmp_path):
    both = keras.Sequential([SwishBeta(), RReLU()])
    run = exported(tmp_path / "r", pictures(), network((6, 5), activation=both))
    code = f"""
import tuner
predictor = tuner.load_model({str(run)!r})
print(*(type(layer).__name__ for layer in predictor.model.layers[-2].layers))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "SwishBeta RReLU"


@keras.saving.register_keras_serializable(package="someone")
class Own(keras.layers.Layer):
    def call(self, rows):
        return rows


def test_a_module_of_ones_own_must_have_been_imported(tmp_path, monkeypatch):
    run = exported(tmp_path / "r", pictures(), network((6, 5), activation=Own()))
    assert tuner.load_model(run).model is not None
    decision = json.loads((run / "best_model" / "decision.json").read_text())
    assert decision["needs_import"] == [__name__]
    monkeypatch.delitem(sys.modules, __name__)
    assert refusal(run) == (
        f"the model holds parts of the module '{__name__}'; import it first (--import {__name__})"
    )


@keras.saving.register_keras_serializable(package="someone")
def own_activation(rows):
    return keras.ops.relu(rows)


@keras.saving.register_keras_serializable(package="someone")
class OwnInitializer(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return keras.ops.ones(shape, dtype)


@pytest.mark.parametrize(
    ("layer", "missed"),
    [
        (keras.layers.Activation(own_activation), "function 'someone>own_activation'"),
        (keras.layers.PReLU(OwnInitializer()), "initializer 'OwnInitializer'"),
        (keras.layers.PReLU("zeros", own_activation), "regularizer 'someone>own_activation'"),
        (keras.Sequential([keras.layers.TimeDistributed(Own())]), "class 'Own'"),
    ],
)
def test_all_that_is_registered_names_its_module(layer, missed, tmp_path, monkeypatch):
    network = keras.Sequential([keras.Input((2, 3)), layer])
    assert needed_imports(network) == [__name__]
    path = tmp_path / "model.keras"
    network.save(path)
    for name in ("own_activation", "OwnInitializer", "Own"):
        monkeypatch.delitem(keras.saving.get_custom_objects(), f"someone>{name}")
    with pytest.raises(InputError) as caught:
        Stored(tmp_path, None, {"needs_import": []})._network()
    assert str(caught.value) == (
        f"{path} holds the {missed}, which Keras does not know; import the module that registers "
        "it first (--import MODULE)"
    )


class TestNoWinner:
    def test_there_is_no_folder(self, tmp_path):
        assert "does not exist; give a run folder" in refusal(tmp_path / "none")
        (tmp_path / "file").touch()
        assert "is a file; give a run folder" in refusal(tmp_path / "file")

    def test_a_folder_of_something_else(self, tmp_path):
        assert "is no run folder: it has no best_model" in refusal(tmp_path)

    @pytest.mark.parametrize("left", ["study.yaml", "study.db"])
    def test_a_run_that_has_not_ended(self, tmp_path, left):
        (tmp_path / left).touch()
        assert "has no winner yet, since its run has not ended; go on with it" in refusal(tmp_path)

    def test_a_winner_that_was_not_scored(self, copy):
        """The card is written when the test rows have been scored."""
        (copy / "best_model" / "model_card.md").unlink()
        assert "has no winner yet" in refusal(copy)

    @pytest.mark.parametrize("name", ["model.keras", "preprocessing.json", "decision.json"])
    def test_a_file_is_missing(self, copy, name):
        (copy / "best_model" / name).unlink()
        assert f"best_model has no {name}; run the study again" in refusal(copy)

    @pytest.mark.parametrize("name", ["preprocessing.json", "decision.json"])
    @pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[1]", b"null"])
    def test_a_file_is_damaged(self, copy, name, content):
        (copy / "best_model" / name).write_bytes(content)
        told = refusal(copy)
        assert name in told
        assert told.endswith("run the study again, which makes the winner anew and trains no trial")

    @pytest.mark.parametrize("length", [0, 100, 5000])
    def test_the_network_is_cut_off(self, copy, length):
        file = copy / "best_model" / "model.keras"
        file.write_bytes(file.read_bytes()[:length])
        assert "model.keras is damaged or cut off (" in refusal(copy)

    def test_a_byte_of_the_network_is_another(self, copy):
        file = copy / "best_model" / "model.keras"
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 0xFF
        file.write_bytes(content)
        assert "model.keras" in refusal(copy)

    def test_a_key_is_missing(self, copy):
        file = copy / "best_model" / "decision.json"
        decision = json.loads(file.read_text())
        del decision["threshold"]
        file.write_text(json.dumps(decision))
        assert "decision.json is damaged (it lacks threshold)" in refusal(copy)

    def test_a_file_of_an_earlier_version(self, copy):
        file = copy / "best_model" / "decision.json"
        decision = json.loads(file.read_text())
        del decision["version"]
        file.write_text(json.dumps(decision))
        assert "was written by another version of minority-tuner" in refusal(copy)


@pytest.mark.parametrize("name", ["model.keras", "preprocessing.json"])
def test_parts_of_two_winners_do_not_pass_for_one(copy, tmp_path, name):
    """As after a crash between the writing of two files."""
    other = table(("well", "hurt", "ill")) if name != "model.keras" else table()
    width = winner_of(other).model.input_shape[1:]
    later = exported(tmp_path / "later", other, network(width, seed=1))
    if name == "preprocessing.json":
        changed = json.loads((copy / "best_model" / name).read_text())
        changed["columns"][1]["centre"] += 1
        (copy / "best_model" / name).write_text(json.dumps(changed))
    else:
        shutil.copy(later / "best_model" / name, copy / "best_model" / name)
    told = refusal(copy)
    assert f"{name} is not the " in told
    assert "decision.json belongs to" in told
