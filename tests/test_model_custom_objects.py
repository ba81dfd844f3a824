"""A network that is saved as a whole loads wherever the hypermodel is imported."""

import subprocess
import sys

import keras_tuner
import numpy as np
import pytest

from tuner import LOSSES, ImbalancedHyperModel
from tuner.model import custom_objects

X = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)
Y = np.array([0, 0, 0, 1])


def network(loss):
    sections = {"model": {"layers": 3, "units": 4}, "imbalance": {"loss": loss}}
    sections["model"]["activation"] = {"by_depth": {"first": "rrelu", "last": "swish_beta"}}
    return ImbalancedHyperModel((3,), **sections).build(keras_tuner.HyperParameters())


@pytest.mark.parametrize("loss", list(LOSSES))
def test_all_that_a_compiled_network_holds_of_ours_is_listed(loss):
    model = network(loss)
    kinds = {type(one) for one in (model.loss, *model.layers)}
    ours = {kind.__name__ for kind in kinds if kind.__module__.startswith("tuner.")}
    assert {"RReLU", "SwishBeta", type(model.loss).__name__} == ours <= {*custom_objects.__all__}


def test_saved_networks_load_in_another_process(tmp_path):
    expected = {}
    for loss in LOSSES:
        model = network(loss)
        model.loss.adapt([3, 1])
        model.save(tmp_path / f"{loss}.keras")
        expected[loss] = model.evaluate(X, Y, verbose=0)
    code = f"""
import keras, numpy as np
from tuner import ImbalancedHyperModel
x, y = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3), np.array([0, 0, 0, 1])
for loss, expected in {expected!r}.items():
    got = keras.models.load_model(f"{{loss}}.keras").evaluate(x, y, verbose=0)
    np.testing.assert_allclose(got, expected, rtol=1e-5)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
