"""Exported formats give what ``model.keras`` gives."""

import keras
import numpy as np
import pytest
from winners import exported, network, pictures, table, winner_of

from tuner.cli import main
from tuner.errors import InputError, MinorityTunerError
from tuner.evaluate.ensemble import average
from tuner.model.exported import EXPORTS
from tuner.model.learned_layers import RReLU, SwishBeta
from tuner.prediction.formats import FORMATS, check_formats, export_formats
from tuner.prediction.stored import stored_model


def averaged(shape, activation, outputs=1):
    """Two networks as one, as a winner is."""
    both = [network(shape, outputs, seed, activation()) for seed in (0, 1)]
    return average([(one.get_config(), one.get_weights()) for one in both])


def dense():
    dataset = table(("well", "hurt", "ill"))
    width = winner_of(dataset).model.input_shape[1:]
    return dataset, averaged(width, SwishBeta, 3)


def conv():
    return pictures(), averaged((6, 5), RReLU)


def of_tflite(path, x):
    import tensorflow as tf

    one = tf.lite.Interpreter(str(path))
    given, told = one.get_input_details()[0]["index"], one.get_output_details()[0]["index"]
    one.resize_tensor_input(given, x.shape)
    one.allocate_tensors()
    one.set_tensor(given, x)
    one.invoke()
    return one.get_tensor(told)


def of_onnx(path, x):
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    one = runtime.InferenceSession(path)
    return one.run(None, {one.get_inputs()[0].name: x})[0]


def of_saved_model(path, x):
    import tensorflow as tf

    loaded = tf.saved_model.load(path)
    return loaded.serve(x).numpy()


READERS = {"tflite": of_tflite, "onnx": of_onnx, "saved_model": of_saved_model}


def test_every_format_has_a_reader_here():
    assert set(READERS) == set(FORMATS) == set(EXPORTS)


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated:UserWarning")
@pytest.mark.parametrize("kind", [dense, conv])
def test_what_is_exported_gives_the_same(tmp_path, kind):
    dataset, model = kind()
    run = exported(tmp_path / "r", dataset, model)
    said = []
    written = export_formats(run, ["tflite", "onnx", "saved_model", "tflite"], said.append)
    assert [path.name for path in written] == ["model.tflite", "model.onnx", "saved_model"]
    assert said == [f"exported: {path}" for path in written]
    x = np.random.default_rng(0).normal(size=(9, *model.input_shape[1:])).astype(np.float32)
    expected = np.asarray(model(x))
    for name, path in zip(("tflite", "onnx", "saved_model"), written, strict=True):
        assert READERS[name](path, x) == pytest.approx(expected, abs=1e-5), name
    # Twice, so that what is there is replaced; and nothing half is left.
    export_formats(run, ["saved_model"])
    assert not [path for path in (run / "best_model").iterdir() if path.name.startswith(".")]


def test_exports_of_an_earlier_winner_do_not_stand_beside_a_new_one(tmp_path):
    run = exported(tmp_path / "r", pictures())
    (run / "best_model" / "model.onnx").touch()
    (run / "best_model" / "saved_model").mkdir()
    (run / "best_model" / "saved_model" / "saved_model.pb").touch()
    exported(tmp_path / "r", pictures())
    names = {path.name for path in (run / "best_model").iterdir()}
    assert names == {"model.keras", "preprocessing.json", "decision.json", "model_card.md"}


def test_a_package_that_is_missing_is_told_before_all(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError) as caught:
        check_formats(["tflite", "onnx"])
    message = "--export onnx needs the package tf2onnx; pip install 'minority-tuner[onnx]'"
    assert str(caught.value) == message
    assert main(["run", "no_such_study", "--export", "onnx"]) == 2
    assert capsys.readouterr().err == f"{message}\n"


def test_what_a_format_cannot_hold_is_one_line(tmp_path, monkeypatch):
    run = exported(tmp_path / "r", pictures())

    def fails(*_, **__):
        raise ValueError("no such operation\nand much more")

    monkeypatch.setattr(keras.Model, "export", fails)
    with pytest.raises(MinorityTunerError) as caught:
        export_formats(run, ["onnx"])
    assert str(caught.value) == "--export onnx: ValueError: no such operation"
    names = {path.name for path in stored_model(run).folder.iterdir()}
    assert names == {"model.keras", "preprocessing.json", "decision.json", "model_card.md"}
