"""The fused engine trains convolutions to the weights that Keras trains them to."""

import json
from collections import OrderedDict
from types import SimpleNamespace

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf

from tuner import ImbalancedHyperModel
from tuner.cli import main
from tuner.training.fused import compilations
from tuner.training.fused.compilations import Plan, worth_compiling
from tuner.training.fused.fit import FusedRun
from tuner.training.fused.step import Step, tracing
from tuner.training.fused.twins import MaskedNormalization

ROWS, BATCH = 44, 16
"""The last batch holds 12 rows and 4 that fill it up."""


def some_rows(shape):
    rng = np.random.default_rng(4)
    y = (np.arange(ROWS) % 5 == 0).astype(np.int64)
    x = rng.normal(size=(ROWS, *shape)) + 0.5 * y.reshape(-1, *[1] * len(shape))
    weights = rng.uniform(0.2, 3.0, ROWS).astype(np.float32)
    return SimpleNamespace(x=x.astype(np.float32), y=y, weights=weights)


def built(rows, activation="relu", optimizer="adam", **model):
    hypermodel = ImbalancedHyperModel(
        rows.x.shape[1:],
        model={"family": "conv", "filters": 4, "units": 5, "activation": activation, **model},
        imbalance={"class_weight": "none"},
        training={"learning_rate": 0.03, "optimizer": optimizer},
    )
    keras.utils.set_random_seed(5)
    network = hypermodel.build_configuration(hypermodel.configure(keras_tuner.HyperParameters()))
    network.loss.adapt(np.bincount(rows.y))
    return network


def order():
    return np.random.default_rng(0).permutation(ROWS)


def fused(network, rows, batch=BATCH):
    """Weights, loss and outputs after an epoch."""
    run = FusedRun(network, Plan(network), rows, rows.x)
    loss = run.epoch(order(), batch, np.array([0, 1], np.int32))
    run.set_weights(run.get_weights())
    return network.get_weights(), loss, run.predicted_outputs


def by_keras(network, rows, batch=BATCH):
    """The same by ``train_on_batch``."""
    network.run_eagerly = True
    total = 0.0
    for at in range(0, ROWS, batch):
        taken = order()[at : at + batch]
        network.reset_metrics()
        told = network.train_on_batch(
            rows.x[taken], rows.y[taken], sample_weight=rows.weights[taken]
        )
        total += float(told[0]) * len(taken)
    return network.get_weights(), total / ROWS, np.asarray(network(rows.x, training=False))


def statistics(network):
    """Moving means and variances, one after the other."""
    kept = keras.layers.BatchNormalization
    layers = [layer for layer in network.layers if isinstance(layer, kept)]
    return [
        np.asarray(one) for layer in layers for one in (layer.moving_mean, layer.moving_variance)
    ]


@pytest.fixture(autouse=True)
def apart(monkeypatch):
    """No function is kept from another test."""
    monkeypatch.setattr(compilations, "_kept", OrderedDict())


# Normalisation of the next layer takes out what shifts ELU's outputs above zero, so that the
# gradient of such a shift is rounding alone, which Adam would make a step of.
NARROW = {"activation": "elu", "normalization": "batch", "filters": 1, "units": 1}


@pytest.mark.parametrize(
    ("shape", "model"),
    [
        ((9, 7), {"activation": "prelu"}),
        ((8, 8, 3), {"activation": "swish", "normalization": "batch"}),
        ((6, 6), {"activation": {"prelu": {"shared": True}}, "blocks": 3, "kernel_size": 5}),
        ((6, 6), {"activation": "swish_beta", "l2": 0.01}),
        ((4, 4), {**NARROW, "optimizer": "sgd"}),
        (
            (6, 6),
            {
                "normalization": "group",
                "residual": True,
                "convolutions": 2,
                "strides": 2,
                "optimizer": "sgd",
            },
        ),
        ((6, 6), {"activation": "prelu", "residual": True, "pooling": "max"}),
    ],
)
def test_weights_are_those_of_train_on_batch(shape, model):
    rows = some_rows(shape)
    weights, loss, outputs = fused(built(rows, **model), rows)
    expected = by_keras(built(rows, **model), rows)
    for one, other in zip(weights, expected[0], strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)
    assert loss == pytest.approx(expected[1], rel=1e-5)
    np.testing.assert_allclose(outputs, expected[2], rtol=0, atol=1e-5)


def test_every_weight_has_learned():
    rows = some_rows((9, 7))
    before = built(rows, "prelu").get_weights()
    for one, other in zip(fused(built(rows, "prelu"), rows)[0], before, strict=True):
        assert (one != other).any()


def test_rows_that_fill_up_do_not_count_in_the_statistics_of_images():
    # One batch: its statistics are the only ones, and 44 rows are filled up to 48.
    rows = some_rows((6, 6, 2))
    network = built(rows, "relu", normalization="batch", blocks=1)
    first = keras.Model(network.input, network.layers[1].output)
    sums = np.asarray(first(rows.x))
    fused(network, rows, batch=ROWS)
    mean, variance, *_ = statistics(network)
    share = 1 - 0.99  # of the batch, in Keras's moving statistics
    np.testing.assert_allclose(mean, share * sums.mean(axis=(0, 1, 2)), atol=1e-6)
    np.testing.assert_allclose(variance, 0.99 + share * sums.var(axis=(0, 1, 2)), rtol=1e-5)


@pytest.mark.parametrize(("axis", "shape"), [(-1, (6, 3)), (-1, (6, 4, 5, 3)), (1, (6, 3, 5))])
def test_statistics_are_those_of_the_rows_that_are_on_any_axis(axis, shape):
    ours, keras_own = MaskedNormalization(axis=axis), keras.layers.BatchNormalization(axis=axis)
    x = np.random.default_rng(0).normal(2.0, 3.0, shape).astype(np.float32)
    ours.build(shape)
    present = np.array([1, 1, 0, 1, 1, 0], np.float32)
    with tracing(Step([], present=present)):
        got = np.asarray(ours(x, training=True))
    there = present > 0
    np.testing.assert_allclose(got[there], keras_own(x[there], training=True), atol=1e-5)
    for one, other in zip(ours.get_weights(), keras_own.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_what_rows_fill_up_with_is_not_seen():
    # The engine fills a batch up with its first training row; that row may hold anything.
    one, other = some_rows((6, 6)), some_rows((6, 6))
    other.x[0] *= 100.0
    left = order()[order() != 0]
    means = []
    for rows in (one, other):
        network = built(rows, "elu", normalization="batch")
        run = FusedRun(network, Plan(network), rows, rows.x)
        run.epoch(left, BATCH, np.array([0, 1], np.int32))
        run.set_weights(run.get_weights())
        means.append(network.get_weights())
    for first, second in zip(*means, strict=True):
        np.testing.assert_array_equal(first, second)


def test_convolutions_are_not_compiled_for_a_processor(monkeypatch):
    network = built(some_rows((6, 6)))
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: [])
    assert not worth_compiling(network)
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: ["GPU:0"])
    assert worth_compiling(network)


STUDY = """
version: 1
name: pictures
data: {npz: pictures.npz, features: x, target: y, split: {test: 0.25, validation: 0.25}}
model:
  family: conv
  filters: 4
  units: 6
  blocks: {int: [1, 4]}
  normalization: {choice: [none, batch]}
  dropout: {float: [0.0, 0.5]}
  activation: [prelu, swish]
training: {epochs: 2, engine: fused}
search: {algorithm: random, trials: 2}
evaluation: {confirm: 0, baselines: false}
"""


@pytest.mark.slow
def test_a_study_of_images_is_trained_by_the_fused_engine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    y = np.arange(120) % 5 == 0
    x = rng.random((120, 7, 6), np.float32) + y[:, None, None]
    np.savez("pictures.npz", x=x, y=np.where(y, "spot", "none"))
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    assert main(["run", "study.yaml"]) == 0
    content = json.loads((tmp_path / "runs" / "pictures" / "results.json").read_text())
    assert content["trials"]["finished"] == 2
    assert content["engine"] == {"trials": {"fused": 2}, "reasons": {}}
    winner = keras.models.load_model(tmp_path / "runs" / "pictures" / "best_model" / "model.keras")
    assert winner.predict(x[:3], verbose=0).shape == (3, 1)
