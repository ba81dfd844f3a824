"""Training health against formulas, plain gradients, and the theory of nets that die at birth."""

import json
import random

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from tuner import ACTIVATIONS, ImbalancedHyperModel
from tuner.metrics.collapse import is_collapsed
from tuner.training.health import Health, HealthLedger, LayerHealth, probe
from tuner.training.health_batch import fixed_batch
from tuner.training.health_passes import hidden_activations
from tuner.training.health_units import constant_units, flat_units
from tuner.training.unit import LabelledRows

LOSS = keras.losses.BinaryCrossentropy()
relaxed = settings(max_examples=60, deadline=None)


def built(activation="relu", inputs=(5,), classes=2, seed=0, **model):
    keras.utils.set_random_seed(seed)
    section = {"layers": 2, "units": 6, "activation": activation, **model}
    hypermodel = ImbalancedHyperModel(inputs, classes, model=section)
    return hypermodel.build(keras_tuner.HyperParameters())


def batch_of(rows=40, inputs=(5,), classes=2, seed=0, positive=False):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, *inputs)).astype(np.float32)
    return LabelledRows(np.abs(x) if positive else x, np.arange(rows) % 8 % classes)


def dense(model, position):
    return [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)][position]


# Units


def test_a_dead_unit_gives_the_same_to_every_row():
    rows = np.array([[0, -1, 7, 0, 1.0], [0, -1, 7, 0, 2], [0, -1, 7, 3, 3]])
    assert constant_units(rows).tolist() == [True, True, True, False, False]


def test_a_fading_unit_is_dead_when_the_layer_cannot_tell():
    fading = np.array([[-6e-9, 1.0], [-2e-9, 2.0]])  # GELU far below zero, beside a living unit
    assert constant_units(fading).tolist() == [True, False]
    assert constant_units(1e-9 * np.array([[1.0, 3.0], [2.0, 5.0]])).tolist() == [False, False]


def test_a_channel_is_dead_when_it_is_so_in_every_place():
    maps = np.zeros((2, 3, 3, 2))
    maps[1, 2, 0, 1] = 1.0
    assert constant_units(maps).tolist() == [True, False]
    assert flat_units(maps).tolist() == [True, False]


@relaxed
@given(seed=st.integers(0, 10**6), scale=st.sampled_from([1e-6, 1.0, 1e6]))
def test_units_are_judged_alike_in_every_order_of_rows_and_at_every_scale(seed, scale):
    rng = np.random.default_rng(seed)
    values = np.maximum(rng.normal(size=(6, 20)), 0).astype(np.float32)
    dead = (values == 0).all(axis=0)
    assert np.array_equal(constant_units(rng.permutation(values) * np.float32(scale)), dead)


# The batch


@relaxed
@given(
    rows=st.integers(1, 600), rare=st.integers(0, 600), size=st.integers(1, 300), seed=st.integers()
)
def test_the_batch_holds_the_rows_it_promises(rows, rare, size, seed):
    y = (np.arange(rows) < rare).astype(np.int64)
    train = LabelledRows(np.arange(rows, dtype=np.float32)[:, None], y)
    weights = np.where(y == 1, 3.0, 0.5)
    batch = fixed_batch(train, weights, 1, abs(seed), size=size, minority_rows=10)
    drawn = batch.x[:, 0].astype(int)
    assert len(drawn) == min(size, rows)
    assert (np.diff(drawn) > 0).all()
    assert np.array_equal(batch.y, y[drawn])
    assert batch.y.sum() >= min(y.sum(), 10, max(1, size // 8))
    if len(drawn) > 1 and 0 < 2 * y.sum() <= rows:
        assert set(batch.y.tolist()) == {0, 1}
    again = fixed_batch(train, weights, 1, abs(seed), size=size, minority_rows=10)
    assert np.array_equal(again.x, batch.x)
    for side in (0, 1):
        if (batch.y == side).any():
            # A side's mean weight in the batch, over all rows, is what it is in the training rows.
            share = batch.weights[batch.y == side].sum() / len(drawn)
            assert share == pytest.approx(weights[y == side].sum() / rows)


def test_another_seed_draws_other_rows():
    train = batch_of(2000)
    first, second = (fixed_batch(train, np.ones(2000), 1, seed).x for seed in (0, 1))
    assert first.shape == second.shape == (256, 5)
    assert not np.array_equal(first, second)


# Layers


@pytest.mark.parametrize("extras", [{}, {"dropout": 0.3, "batch_normalization": True}])
@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_every_activation_is_found_and_measured(name, extras):
    model, batch = built(name, **extras), batch_of()
    layers = hidden_activations(model)
    assert len(layers) == 2
    health = probe(model, batch, LOSS)
    for layer, found in zip(layers, health.layers, strict=True):
        told = keras.Model(model.input, layer.output)(batch.x, training=False)
        assert found.mean == pytest.approx(float(np.mean(told)), abs=1e-6)
        assert found.spread == pytest.approx(float(np.std(told)), rel=1e-5)
        assert 0 <= found.dead <= 1
        assert 0 <= found.saturated <= 1
    assert not health.collapsed
    assert len(health.gradient_norms) == 3


def test_an_activation_of_ones_own_is_found(registries):
    @ACTIVATIONS.register("sine")
    def sine():
        """Sine."""
        return keras.layers.Activation(keras.ops.sin)

    health = probe(built("sine"), batch_of(), LOSS)
    assert [0 < layer.spread < 1 for layer in health.layers] == [True, True]


def test_branches_pooling_and_activations_inside_layers_are_told_apart():
    inputs = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(3, 3, padding="same")(inputs)
    x = keras.layers.ReLU(name="first")(keras.layers.BatchNormalization()(x))
    branch = keras.layers.Conv2D(3, 3, padding="same")(x)
    x = keras.layers.ReLU(name="second")(keras.layers.Add()([x, branch]))
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dense(4, activation="tanh")(x)
    x = keras.layers.Dense(4)(keras.layers.Dropout(0.5)(x))
    x = keras.layers.Dense(1)(keras.layers.ReLU(name="third")(x))
    model = keras.Model(inputs, keras.layers.Activation("sigmoid")(x))
    assert [layer.name for layer in hidden_activations(model)] == ["first", "second", "third"]
    health = probe(model, batch_of(inputs=(8, 8, 1)), LOSS)
    assert len(health.gradient_norms) == 5


@pytest.mark.parametrize(
    ("activation", "dead", "saturated"),
    [
        ("relu", 0.5, 0.5),
        ({"prelu": {"alpha_initializer": 0.0}}, 0.5, 0.5),
        ("swish", 0.5, 0.5),  # -40 * sigmoid(-40) is 2e-16
        ("gelu", 0.5, 0.5),
        ("elu", 0.5, 0.5),  # -1 in float32
        ("celu", 0.5, 0.5),
        ({"leaky_relu": {"negative_slope": 0.01}}, 0.0, 0.0),
    ],
)
def test_units_pushed_far_below_zero_are_counted(activation, dead, saturated):
    model = built(activation, layers=1)
    dense(model, 0).bias.assign([-60.0] * 3 + [0.0] * 3)
    [layer] = probe(model, batch_of(), LOSS).layers
    assert (layer.dead, layer.saturated) == (dead, saturated)


def test_a_saturated_unit_need_not_be_dead():
    model = built("elu", layers=1)
    dense(model, 0).bias.assign([-9.0] * 2 + [0.0] * 4)
    dense(model, 0).kernel.assign(0.3 * np.asarray(dense(model, 0).kernel))
    [layer] = probe(model, batch_of(), LOSS).layers
    assert (layer.dead, layer.saturated) == (0.0, pytest.approx(2 / 6))


def test_units_that_hear_only_dead_ones_are_dead_and_not_saturated():
    model = built({"leaky_relu": {"negative_slope": 0.1}})
    dense(model, 0).kernel.assign(np.zeros((5, 6)))
    first, second = probe(model, batch_of(), LOSS).layers
    assert (first.dead, second.dead, second.saturated) == (1.0, 1.0, 0.0)


# Gradients


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("extras", [{}, {"batch_normalization": True, "dropout": 0.4, "l2": 0.1}])
def test_gradients_are_those_of_a_plain_tape(classes, extras):
    model, batch = built("elu", classes=classes, **extras), batch_of(classes=classes)
    loss = LOSS if classes == 2 else keras.losses.SparseCategoricalCrossentropy()
    weights = np.random.default_rng(3).uniform(0.5, 4, size=40).astype(np.float32)
    health = probe(model, batch, loss, weights)

    def gradients(mask):
        with tf.GradientTape() as tape:
            value = loss(batch.y[:, None], model(batch.x), sample_weight=weights * mask)
        return [np.asarray(g) for g in tape.gradient(value, model.trainable_variables)]

    def norm(arrays):
        return np.sqrt(sum((array**2).sum() for array in arrays))

    kernels = [dense(model, position).kernel for position in range(3)]
    whole = gradients(np.ones(40))
    expected = [
        norm([gradient])
        for variable, gradient in zip(model.trainable_variables, whole, strict=True)
        if any(variable is kernel for kernel in kernels)
    ]
    assert health.gradient_norms == pytest.approx(expected, rel=1e-4)
    assert health.first_to_last == pytest.approx(expected[0] / expected[-1], rel=1e-4)
    rare = batch.y == classes - 1
    minority, rest = norm(gradients(rare)), norm(gradients(~rare))
    assert health.minority_gradient == pytest.approx(minority / (minority + rest), rel=1e-4)


def test_heavier_minority_rows_take_a_larger_share():
    model, batch = built(), batch_of()
    shares = [
        probe(model, batch, LOSS, np.where(batch.y == 1, weight, 1.0)).minority_gradient
        for weight in (0.0, 1.0, 10.0, 1e6)
    ]
    assert shares[0] == 0.0
    assert shares == sorted(set(shares))
    assert shares[-1] > 0.999


def test_the_rows_own_weights_count_unless_others_are_given():
    model, batch = built(), batch_of()
    weights = np.where(batch.y == 1, 5.0, 1.0)
    own = LabelledRows(batch.x, batch.y, weights)
    assert probe(model, own, LOSS) == probe(model, batch, LOSS, weights)
    assert probe(model, own, LOSS, np.ones(40)) == probe(model, batch, LOSS)


def test_a_loss_that_is_no_sum_over_rows_is_divided_all_the_same():
    class SoftF1(keras.losses.Loss):
        def __call__(self, y_true, y_pred, sample_weight=None):
            y = keras.ops.cast(y_true, "float32")
            hits = keras.ops.sum(y * y_pred)
            return 1 - 2 * hits / (keras.ops.sum(y) + keras.ops.sum(y_pred))

    model, batch = built(), batch_of()
    health = probe(model, batch, SoftF1())
    assert 0.05 < health.minority_gradient < 0.95
    with tf.GradientTape() as tape:
        value = SoftF1()(batch.y[:, None], model(batch.x))
    kernel = tape.gradient(value, dense(model, 0).kernel.value)
    assert health.gradient_norms[0] == pytest.approx(float(tf.norm(kernel)), rel=1e-4)


def test_rows_that_are_surely_wrong_still_have_a_gradient():
    model, batch = built(), batch_of()
    dense(model, -1).bias.assign([-200.0])
    health = probe(model, batch, LOSS)
    assert health.minority_gradient > 0.99
    assert min(health.gradient_norms) > 1e-3


def test_frozen_kernels_have_no_norm():
    model = built()
    dense(model, 0).trainable = False
    assert len(probe(model, batch_of(), LOSS).gradient_norms) == 2


def test_a_loss_without_the_output_is_refused():
    class Nothing(keras.losses.Loss):
        def __call__(self, y_true, y_pred, sample_weight=None):
            return keras.ops.zeros(())

    with pytest.raises(ValueError, match="does not depend on the output"):
        probe(built(), batch_of(), Nothing())


# Collapse


@pytest.mark.parametrize(
    ("probabilities", "collapsed"),
    [
        ([[0.02], [0.02], [0.02]], True),
        ([[0.02], [0.02 + 1e-8], [0.02]], True),
        ([[0.02], [0.03], [0.02]], False),
        ([[1e-9], [3e-9], [2e-9]], False),  # far below 0.5, and still in an order
        ([[0.0], [0.0]], True),
        ([[1.0], [1.0]], True),
        ([[0.97, 0.03], [0.97, 0.03]], True),
        ([[6e-8, 1 - 6e-8], [1.2e-7, 1 - 1.2e-7]], True),
        ([[0.5, 0.48, 0.02], [0.5, 0.47, 0.03]], False),
        ([[0.5, 0.48, 0.02], [0.5, 0.48, 0.02]], True),
    ],
)
def test_collapse_is_one_answer_to_every_row(probabilities, collapsed):
    assert is_collapsed(np.array(probabilities, dtype=np.float32)) is collapsed


def test_a_signal_too_faint_for_the_output_is_a_collapse_without_dead_units():
    model = built({"leaky_relu": {"negative_slope": 0.1}})
    dense(model, 1).kernel.assign(1e-9 * np.asarray(dense(model, 1).kernel))
    health = probe(model, batch_of(), LOSS)
    assert health.collapsed
    assert not health.dead_layer
    assert max(health.gradient_norms) > 0


def test_calling_all_rows_the_majority_is_no_collapse():
    model = built()
    dense(model, -1).bias.assign([-9.0])
    health = probe(model, batch_of(), LOSS)
    assert health.one_class
    assert not health.collapsed


@pytest.mark.parametrize("classes", [2, 3])
def test_a_layer_without_a_living_unit_is_a_collapse(classes):
    model = built(classes=classes)
    dense(model, 1).bias.assign([-100.0] * 6)
    loss = LOSS if classes == 2 else keras.losses.SparseCategoricalCrossentropy()
    health = probe(model, batch_of(classes=classes), loss)
    assert health.layers[1].dead == 1.0
    assert health.dead_layer
    assert health.collapsed
    assert health.one_class
    assert health.gradient_norms == (0.0, 0.0, 0.0)
    assert health.first_to_last == 0.0
    assert health.minority_gradient > 0  # the bias of the output still learns


# What is left behind


def everything(model):
    values = [np.asarray(variable).copy() for variable in model.variables]
    values += [np.asarray(variable).copy() for variable in model.optimizer.variables]
    return [*values, *np.random.get_state()[1:3], np.array(random.getstate()[1])]


@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("activation", ["prelu", "celu", "rrelu"])
def test_a_probe_leaves_every_bit_as_it_was(activation, trained):
    model = built(activation, dropout=0.3, batch_normalization=True)
    batch = batch_of()
    if trained:
        model.fit(batch.x, batch.y, epochs=1, verbose=0)
    before = everything(model)
    probe(model, batch, LOSS)
    after = everything(model)
    assert len(before) == len(after) > 20
    for was, is_now in zip(before, after, strict=True):
        assert np.array_equal(was, is_now)


@pytest.mark.parametrize("activation", ["relu", "rrelu"])
def test_training_goes_on_as_if_nobody_had_looked(activation):
    batch, results = batch_of(), []
    for looked in (False, True):
        model = built(activation, dropout=0.3, batch_normalization=True)
        if looked:
            probe(model, batch, LOSS)
        model.fit(batch.x, batch.y, epochs=2, verbose=0)
        results.append(model.get_weights())
    for plain, watched in zip(*results, strict=True):
        assert np.array_equal(plain, watched)


def test_a_probe_is_repeatable():
    model, batch = built(dropout=0.5), batch_of()
    assert probe(model, batch, LOSS) == probe(model, batch, LOSS)


# JSON


def test_a_ledger_is_plain_json():
    start = probe(built(seed=0), batch_of(), LOSS)
    end = probe(built(seed=1), batch_of(), LOSS)
    told = HealthLedger(start, end).to_json()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["start"] != told["end"]
    assert told["start"]["first_to_last"] == start.first_to_last
    assert [layer["dead"] for layer in told["end"]["layers"]] == [x.dead for x in end.layers]


@pytest.mark.parametrize("norms", [(), (0.0, 0.0), (2.0, 0.0), (0.0, 3.0), (3e38, 1e-45)])
def test_the_first_to_last_ratio_is_always_a_number(norms):
    health = Health((LayerHealth(0, 0, 0, 1),), norms, 0.5, False, False)
    assert np.isfinite(health.to_json()["first_to_last"])


def test_numbers_beyond_float32_are_told_as_none():
    model = built()
    dense(model, 0).kernel.assign(np.full((5, 6), 1e38))
    told = json.dumps(probe(model, batch_of(), LOSS).to_json(), allow_nan=False)
    assert "null" in told


# Theory: Lu et al. (2019), "Dying ReLU and initialization"

SHAPES = [(2, 3), (3, 5), (4, 10)]


def born_dead(units, layers):
    """Chance that a ReLU net with zero biases and symmetric weights is dead for positive 1-D input.

    Dead means that the net is one constant. A layer whose inputs are positive, and not all zero,
    has all its N units at zero with chance 2 ** -N, and then nothing after it depends on the input.
    """
    return 1 - (1 - 0.5**units) ** layers


def assert_within_sampling_error(dead, nets, chance):
    low, high = binom.interval(0.999, nets, chance)
    assert low <= dead <= high, f"{dead} of {nets} dead, expected {low} to {high}"


@pytest.mark.parametrize(("units", "layers"), SHAPES)
def test_the_measure_of_dead_units_counts_as_theory_says(units, layers):
    rng, nets = np.random.default_rng(units), 20_000
    h = np.linspace(0.1, 2, 7)[:, None, None]
    h = np.broadcast_to(h, (7, nets, 1))
    for _ in range(layers):
        weights = rng.normal(size=(nets, h.shape[-1], units))
        h = np.maximum(np.einsum("rni,niu->rnu", h, weights), 0)
    dead = constant_units(h.reshape(7, -1)).reshape(nets, units).all(axis=1)
    assert_within_sampling_error(dead.sum(), nets, born_dead(units, layers))


@pytest.mark.parametrize(("units", "layers"), SHAPES)
def test_the_ledger_counts_nets_dead_at_birth_as_theory_says(units, layers):
    nets, batch = 80, batch_of(rows=16, inputs=(1,), positive=True)
    shape = {"inputs": (1,), "units": units, "layers": layers}
    rectified, leaky = built("relu", **shape), built("leaky_relu", **shape)
    rng, dead = np.random.default_rng(units), 0
    for _ in range(nets):
        # Biases start at zero; only the kernels are drawn anew.
        drawn = [w if w.ndim == 1 else rng.normal(size=w.shape) for w in rectified.get_weights()]
        rectified.set_weights(drawn)
        health = probe(rectified, batch, LOSS)
        if health.dead_layer:
            assert health.collapsed
            assert health.layers[-1].dead == 1.0
        dead += health.dead_layer
        leaky.set_weights(drawn)
        assert not probe(leaky, batch, LOSS).dead_layer
    assert_within_sampling_error(dead, nets, born_dead(units, layers))


def test_networks_as_the_hypermodel_builds_them_die_as_theory_says():
    nets, batch = 40, batch_of(rows=16, inputs=(1,), positive=True)
    shape = {"inputs": (1,), "units": 2, "layers": 3}
    born = [probe(built(seed=seed, **shape), batch, LOSS) for seed in range(nets)]
    assert_within_sampling_error(sum(health.dead_layer for health in born), nets, born_dead(2, 3))
    assert_within_sampling_error(sum(health.collapsed for health in born), nets, born_dead(2, 3))
    for seed in range(5):
        health = probe(built("leaky_relu", seed=seed, **shape), batch, LOSS)
        assert not health.dead_layer
        assert not health.collapsed
