"""The fused engine trains published architectures as Keras does."""

from collections import OrderedDict
from types import SimpleNamespace

import keras
import keras_tuner
import numpy as np
import pytest

from tuner import ImbalancedHyperModel
from tuner.model.backbones.architectures import ARCHITECTURES
from tuner.training.fused import compilations
from tuner.training.fused.compilations import Plan
from tuner.training.fused.fit import FusedRun
from tuner.training.fused.structure import CannotFuse, structure_of

ROWS, BATCH = 20, 32
"""One batch, filled up to 24 rows. A second step would begin with the rounding of the first, of
which normalisation over few rows makes so much that two runs of Keras itself part."""

RATE = 1e-6

SMALLEST = "MobileNetV3Small"


@pytest.fixture(autouse=True)
def apart(monkeypatch):
    """No function is kept from another test."""
    monkeypatch.setattr(compilations, "_kept", OrderedDict())


def some_rows():
    rng = np.random.default_rng(4)
    y = (np.arange(ROWS) % 5 == 0).astype(np.int64)
    x = rng.normal(size=(ROWS, 32, 32)) + 0.5 * y[:, None, None]
    weights = rng.uniform(0.2, 3.0, ROWS).astype(np.float32)
    return SimpleNamespace(x=x.astype(np.float32), y=y, weights=weights)


def built(architecture, rows, **model):
    hypermodel = ImbalancedHyperModel(
        (32, 32),
        model={"family": "backbone", "architecture": architecture, "units": 5, **model},
        imbalance={"class_weight": "none"},
        training={"learning_rate": RATE, "optimizer": "sgd"},
    )
    keras.utils.set_random_seed(5)
    network = hypermodel.build_configuration(hypermodel.configure(keras_tuner.HyperParameters()))
    network.loss.adapt(np.bincount(rows.y))
    for layer in network.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0  # two engines drop by other numbers
    return network


def order():
    return np.random.default_rng(0).permutation(ROWS)


def fused(network, rows):
    run = FusedRun(network, Plan(network), rows, rows.x)
    loss = run.epoch(order(), BATCH, np.array([0, 1], np.int32))
    run.set_weights(run.get_weights())
    return network.get_weights(), loss, run.predicted_outputs


def by_keras(network, rows):
    network.run_eagerly = True
    total = 0.0
    for at in range(0, ROWS, BATCH):
        taken = order()[at : at + BATCH]
        network.reset_metrics()
        told = network.train_on_batch(
            rows.x[taken], rows.y[taken], sample_weight=rows.weights[taken]
        )
        total += float(told[0]) * len(taken)
    return network.get_weights(), total / ROWS, np.asarray(network(rows.x, training=False))


def moved(weights, before):
    return np.concatenate(
        [np.ravel(one - other) for one, other in zip(weights, before, strict=True)]
    )


def assert_equal(architecture, **model):
    rows = some_rows()
    before = built(architecture, rows, **model).get_weights()
    weights, loss, outputs = fused(built(architecture, rows, **model), rows)
    expected, keras_loss, keras_outputs = by_keras(built(architecture, rows, **model), rows)
    step, keras_step = moved(weights, before), moved(expected, before)
    assert np.linalg.norm(keras_step) > 0
    assert np.linalg.norm(step - keras_step) < 1e-3 * np.linalg.norm(keras_step)
    assert loss == pytest.approx(keras_loss, rel=1e-4)
    np.testing.assert_allclose(outputs, keras_outputs, atol=1e-4)


@pytest.mark.slow
def test_steps_are_those_of_train_on_batch():
    assert_equal("MobileNetV2")


@pytest.mark.exhaustive
@pytest.mark.parametrize("architecture", [name for name in ARCHITECTURES if name != "MobileNetV2"])
def test_all_steps_are_those_of_train_on_batch(architecture):
    assert_equal(architecture)


@pytest.mark.exhaustive
def test_steps_of_the_last_stages_are_those_of_train_on_batch(tmp_path):
    from tuner.model.backbones.architectures import applied

    path = tmp_path / "net.weights.h5"
    applied(SMALLEST, keras.Input((32, 32, 3))).save_weights(path)
    assert_equal(SMALLEST, weights=str(path), trainable_stages=1, activation="prelu")


@pytest.mark.parametrize("architecture", [SMALLEST])
def test_a_network_that_is_kept_has_a_function_of_its_own(architecture):
    network = built(architecture, some_rows())
    whole = structure_of(network).key
    assert structure_of(built(architecture, some_rows())).key == whole
    for layer in network.layers[:40]:
        layer.trainable = False
    kept = structure_of(network)
    assert kept.key != whole
    twins = kept.build()
    assert [tuple(one.shape) for one in twins.trainable_variables] == [
        tuple(one.shape) for one in network.trainable_variables
    ]


def test_an_operation_that_it_does_not_know_is_a_reason():
    inputs = keras.Input((4,))
    out = keras.layers.Dense(1)(keras.ops.sin(inputs))
    with pytest.raises(CannotFuse, match="it does not know the operation Sin"):
        structure_of(keras.Model(inputs, out))


def test_kept_functions_take_a_gigabyte_together(monkeypatch):
    networks = [SimpleNamespace(size=size) for size in (600, 500, 300)]
    monkeypatch.setattr(compilations, "_BYTES", 1000)
    for number, network in enumerate(networks):
        plan = object.__new__(Plan)
        plan.key = str(number)
        monkeypatch.setattr(Plan, "_new", lambda self, made=network: made)
        plan.compiled()
    assert list(compilations._kept) == ["1", "2"]
