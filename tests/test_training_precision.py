"""Hidden layers may compute in bfloat16; weights, output and what is told stay float32."""

from collections import OrderedDict
from types import SimpleNamespace

import keras
import keras_tuner
import numpy as np
import pytest

from tuner import ImbalancedHyperModel, InputError
from tuner.evaluate.attention.grad_cam import heat_of, with_feature_map
from tuner.evaluate.ensemble import average, logit_networks, single_networks
from tuner.metrics.scores import average_precision
from tuner.model.precision import computing_in
from tuner.training.engine import train_unit
from tuner.training.fused import compilations
from tuner.training.fused.compilations import Plan
from tuner.training.fused.fit import FusedRun
from tuner.training.unit import LabelledRows

ROWS, BATCH = 44, 16
MIXED = "mixed_bfloat16"
STEP = 2.0**-8
"""The relative rounding of bfloat16."""

NETWORKS = {
    "dense": ((6,), {"units": 8, "layers": 2, "batch_normalization": True}),
    "conv": ((8, 8), {"family": "conv", "filters": 4, "units": 6, "normalization": "batch"}),
}
ACTIVATIONS = [
    "relu",
    "prelu",
    "elu",
    "celu",
    "swish_beta",
    {"rrelu": {"lower": 0.2, "upper": 0.2}},
]


@pytest.fixture(autouse=True)
def graph(monkeypatch):
    """Not compiled by XLA, which takes seconds each time; no function of another test is kept."""
    monkeypatch.setattr(compilations, "worth_compiling", lambda model: False)
    monkeypatch.setattr(compilations, "_kept", OrderedDict())


def some_rows(shape, rows=ROWS):
    rng = np.random.default_rng(4)
    y = (np.arange(rows) % 5 == 0).astype(np.int64)
    x = rng.normal(size=(rows, *shape)) + 1.5 * y.reshape(-1, *[1] * len(shape))
    weights = rng.uniform(0.2, 3.0, rows).astype(np.float32)
    return SimpleNamespace(x=x.astype(np.float32), y=y, weights=weights)


def hypermodel(name, precision=MIXED, **settings):
    shape, model = NETWORKS[name]
    training = {"precision": precision, "learning_rate": 0.03, "optimizer": "sgd"}
    return ImbalancedHyperModel(
        shape,
        model={**model, "activation": settings.pop("activation", "relu")},
        imbalance={"class_weight": "none"},
        training={**training, **settings},
    )


def built(name, precision=MIXED, **settings):
    one = hypermodel(name, precision, **settings)
    keras.utils.set_random_seed(5)
    network = one.build_configuration(one.configure(keras_tuner.HyperParameters()))
    network.loss.adapt([ROWS - 9, 9])
    return network


@pytest.mark.parametrize("name", list(NETWORKS))
def test_weights_and_output_stay_float32(name):
    network = built(name)
    assert {layer.compute_dtype for layer in network.layers[1:-1]} == {"bfloat16"}
    assert {variable.dtype for variable in network.variables} == {"float32"}
    assert network.layers[-1].compute_dtype == network.output.dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"
    plain = built(name, "float32")
    assert {layer.compute_dtype for layer in plain.layers} == {"float32"}
    for one, other in zip(network.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_policy_of_the_program_stays_its_own():
    with computing_in(MIXED):
        assert built("dense", "float32").layers[1].compute_dtype == "float32"
        assert keras.config.dtype_policy().name == MIXED
    with pytest.raises(ZeroDivisionError), computing_in(MIXED):
        raise ZeroDivisionError
    assert keras.config.dtype_policy().name == "float32"


def test_both_precisions_have_functions_of_their_own():
    assert Plan(built("dense")).key != Plan(built("dense", "float32")).key


def fused(network, rows):
    run = FusedRun(network, Plan(network), rows, rows.x)
    order = np.random.default_rng(0).permutation(ROWS)
    loss = run.epoch(order, BATCH, np.array([0, 1], np.int32))
    run.set_weights(run.get_weights())
    return network.get_weights(), loss, run.predicted_outputs


def by_keras(network, rows):
    network.run_eagerly = True
    order, total = np.random.default_rng(0).permutation(ROWS), 0.0
    for at in range(0, ROWS, BATCH):
        taken = order[at : at + BATCH]
        network.reset_metrics()
        told = network.train_on_batch(
            rows.x[taken], rows.y[taken], sample_weight=rows.weights[taken]
        )
        total += float(told[0]) * len(taken)
    return network.get_weights(), total / ROWS, np.asarray(network(rows.x, training=False))


@pytest.mark.parametrize("name", list(NETWORKS))
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_both_engines_train_to_the_same_weights(name, activation):
    rows = some_rows(NETWORKS[name][0])
    before = built(name, activation=activation).get_weights()
    weights, loss, outputs = fused(built(name, activation=activation), rows)
    expected, keras_loss, keras_outputs = by_keras(built(name, activation=activation), rows)
    steps = [
        np.concatenate([np.ravel(one - start) for one, start in zip(after, before, strict=True)])
        for after in (weights, expected)
    ]
    size = np.linalg.norm(steps[1])
    assert size > 0.1
    assert np.linalg.norm(steps[0] - steps[1]) < 10 * STEP * size
    assert loss == pytest.approx(keras_loss, rel=4 * STEP)
    np.testing.assert_allclose(outputs, keras_outputs, atol=10 * STEP)
    assert outputs.dtype == np.float32


def test_maps_of_where_a_network_looks_are_nearly_those_of_float32():
    rows = some_rows((8, 8))
    maps = []
    for precision in (MIXED, "float32"):
        network = built("conv", precision)
        whole = average([(network.get_config(), network.get_weights())])
        [member] = logit_networks(whole)
        maps.append(heat_of(with_feature_map(member), rows.x))
    assert maps[1].max() > 0
    np.testing.assert_allclose(maps[0], maps[1], atol=10 * STEP * maps[1].max())


@pytest.mark.parametrize(
    ("name", "shape", "model"),
    [
        ("dense", (6,), {"dropout": 0.5}),
        ("conv", (8, 8), {"dropout": 0.5, "residual": True, "stochastic_depth": 0.5}),
    ],
)
def test_what_is_dropped_trains_in_bfloat16_as_well(name, shape, model, monkeypatch):
    rows, own = some_rows(shape), NETWORKS[name][1]
    monkeypatch.setitem(NETWORKS, name, (shape, {**own, **model}))
    before = built(name).get_weights()
    weights, loss, outputs = fused(built(name), rows)
    assert np.isfinite(loss)
    assert np.isfinite(outputs).all()
    moved = [np.abs(one - other).max() for one, other in zip(weights, before, strict=True)]
    assert min(moved[:2]) > 0
    monkeypatch.setitem(NETWORKS, name, (shape, {**own, **model, "dropout": 0.0}))
    whole, _, _ = fused(built(name), rows)
    assert not np.allclose(whole[0], weights[0])


@pytest.mark.slow
def test_functions_compiled_by_xla_train_as_keras_does(monkeypatch):
    monkeypatch.setattr(compilations, "worth_compiling", lambda model: True)
    rows = some_rows((6,))
    weights, loss, outputs = fused(built("dense"), rows)
    expected, keras_loss, keras_outputs = by_keras(built("dense"), rows)
    for one, other in zip(weights, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=10 * STEP)
    assert loss == pytest.approx(keras_loss, rel=4 * STEP)
    np.testing.assert_allclose(outputs, keras_outputs, atol=10 * STEP)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["fused", "keras"])
@pytest.mark.parametrize("name", list(NETWORKS))
def test_a_simple_set_is_learned_and_the_model_predicts_the_same_once_loaded(
    name, engine, tmp_path
):
    rows = some_rows(NETWORKS[name][0], 300)
    one = hypermodel(name, engine=engine, epochs=8, optimizer="adam", batch_size=32)
    configuration = one.configure(keras_tuner.HyperParameters())
    train, validation = (
        LabelledRows(rows.x[part], rows.y[part]) for part in (slice(200), slice(200, 300))
    )
    result, network = train_unit(one, configuration, train, validation, 0)
    assert result.engine.name == engine
    assert result.probabilities.dtype == np.float32
    assert average_precision(validation.y == 1, result.probabilities[:, 1]) > 0.9
    layers = result.health["end"]["layers"]
    assert layers
    assert all(layer["spread"] > 0 for layer in layers)
    whole = average([(network.get_config(), network.get_weights())] * 2)
    whole.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(validation.x), whole(validation.x))
    np.testing.assert_allclose(loaded(validation.x)[:, 0], result.probabilities[:, 1], atol=1e-6)
    [first, _] = single_networks(loaded)
    np.testing.assert_allclose(first(validation.x), loaded(validation.x), atol=1e-6)
    [member, *_] = [layer for layer in loaded.layers if isinstance(layer, keras.Model)]
    assert {layer.compute_dtype for layer in member.layers[1:-1]} == {"bfloat16"}


@pytest.mark.parametrize("given", ["float16", "bfloat16", {"choice": ["float32", MIXED]}])
def test_it_is_one_of_two_and_not_searched(given):
    with pytest.raises(InputError, match=r"training\.precision: input should be 'float32' or"):
        hypermodel("dense", given)
