"""RReLU and Swish with a learned beta: randomness, betas, saving; what a network learned."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit

from tuner.model.learned_activations import check_rrelu, learned_parameters, rrelu_slope
from tuner.model.learned_layers import RReLU, SwishBeta
from tuner.spaces import Alternative, Choice, Fixed, Float

X = np.linspace(-6, 6, 25)


def small_net(layer, width=9):
    inputs = keras.Input((width,))
    return keras.Model(inputs, keras.layers.Dense(1)(layer(keras.layers.Dense(width)(inputs))))


def test_swish_with_beta_1_is_silu():
    x = tf.constant(X[None], "float32")
    np.testing.assert_allclose(SwishBeta()(x), keras.activations.silu(x), rtol=1e-6)


def test_models_load_where_the_layers_are_imported(tmp_path):
    x = np.random.default_rng(0).normal(size=(4, 9)).astype("float32")
    np.save(tmp_path / "x.npy", x)
    layers = [RReLU(0.1, 0.3), SwishBeta(0.5), SwishBeta(2.0, shared=True)]
    for index, layer in enumerate(layers):
        model = small_net(layer)
        model.set_weights([weights + 0.1 for weights in model.get_weights()])
        model.save(tmp_path / f"{index}.keras")
        np.save(tmp_path / f"{index}.npy", model(x))
    code = f"""
import keras, numpy as np, tuner.model.learned_layers
x = np.load("x.npy")
for index in range({len(layers)}):
    got = keras.models.load_model(f"{{index}}.keras")(x)
    np.testing.assert_allclose(got, np.load(f"{{index}}.npy"), atol=1e-6)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_slopes_are_drawn_for_every_unit_of_every_row_in_training():
    layer = RReLU(0.1, 0.4, seed=3)
    x = np.full((200, 50), -1.0, "float32")
    first, second = (-np.asarray(layer(x, training=True)) for _ in range(2))
    assert len(np.unique(first)) > 9_900  # float32 holds a few twice
    assert not np.array_equal(first, second)
    assert first.min() >= 0.1
    assert first.max() <= 0.4
    spread = 0.3 / np.sqrt(12)  # of an even distribution
    assert first.mean() == pytest.approx(0.25, abs=5 * spread / 100)
    assert first.std() == pytest.approx(spread, rel=0.02)
    positive = layer(-x, training=True)
    np.testing.assert_array_equal(positive, -x)


def test_random_slopes_repeat_with_their_seed():
    x = np.full((3, 4), -1.0, "float32")
    np.testing.assert_array_equal(
        *(RReLU(seed=7)(x, training=True) for _ in range(2)),
    )
    drawn = []
    for _ in range(2):
        keras.utils.set_random_seed(1)
        drawn.append(np.asarray(RReLU()(x, training=True)))
    np.testing.assert_array_equal(*drawn)


def test_fit_draws_slopes_and_predict_does_not():
    one = keras.layers.Dense(50, kernel_initializer="identity")
    model = keras.Sequential([keras.Input((50,)), one, RReLU(0.1, 0.4)])
    model.compile("sgd", "mse")
    x = np.full((4, 50), -1.0, "float32")
    np.testing.assert_allclose(model.predict(x, verbose=0), np.full((4, 50), -0.25), rtol=1e-6)
    # With the mean slope the loss is 0; the variance of the drawn ones is 0.3 ** 2 / 12.
    y = np.full((4, 50), -0.25)
    assert model.test_on_batch(x, y) == pytest.approx(0.0, abs=1e-12)
    assert model.train_on_batch(x, y) == pytest.approx(0.0075, rel=0.3)


def test_the_square_of_the_reckoned_slope_is_the_mean_square():
    slopes = np.random.default_rng(0).uniform(0.1, 0.4, 400_000)
    assert rrelu_slope(0.1, 0.4) ** 2 == pytest.approx(np.mean(slopes**2), rel=5e-3)
    assert rrelu_slope(0.2, 0.2) == pytest.approx(0.2)


@pytest.mark.parametrize(("lower", "upper"), [(0.4, 0.1), (-0.1, 0.2), (0.1, float("inf"))])
def test_slopes_in_the_wrong_order_are_refused(lower, upper):
    with pytest.raises(ValueError, match="expected 0 <= lower <= upper, got lower"):
        RReLU(lower, upper)
    with pytest.raises(ValueError, match="expected 0 <= lower"):
        RReLU(float("nan"), 0.3)


@pytest.mark.parametrize(
    ("lower", "upper", "fits"),
    [
        (Fixed(0.1), Fixed(0.3), True),
        (Fixed(0.3), Fixed(0.3), True),
        (Fixed(0.4), Fixed(0.3), False),
        (Float(0.0, 0.2), Float(0.2, 0.5), True),
        (Float(0.0, 0.3), Float(0.2, 0.5), False),
        (Choice((0.3, 0.1)), Fixed(0.2), False),
        (Fixed(0.2), Choice((0.5, 0.3)), True),
    ],
)
def test_ranges_of_slopes_may_meet_but_not_overlap(lower, upper, fits):
    problems = check_rrelu(Alternative("rrelu", {"lower": lower, "upper": upper}))
    assert not problems if fits else [p.path for p in problems] == [("lower",)]


def test_overlapping_slopes_are_told_with_their_ends():
    spaces = {"lower": Float(0.0, 0.3), "upper": Float(0.2, 0.5)}
    [problem] = check_rrelu(Alternative("rrelu", spaces))
    assert "got lower up to 0.3 and upper from 0.2" in problem.message


@pytest.mark.parametrize(
    ("shape", "shared", "betas"),
    [((16,), False, 16), ((16,), True, 1), ((28, 28, 8), False, 8), ((28, 28, 8), True, 1),
     ((None, None, 8), False, 8), ((None,), True, 1)],
)  # fmt: skip
def test_betas_are_counted(shape, shared, betas):
    layer = SwishBeta(0.5, shared)
    layer.build((None, *shape))
    assert layer.count_params() == betas
    np.testing.assert_array_equal(np.ravel(layer.get_weights()[0]), np.full(betas, 0.5))


def test_a_beta_for_each_channel_needs_their_number():
    with pytest.raises(ValueError, match="set shared to True"):
        SwishBeta().build((None, None))


@pytest.mark.parametrize("shared", [False, True])
def test_beta_learns_by_its_derivative(shared):
    layer = SwishBeta(0.7, shared)
    x = np.random.default_rng(0).normal(size=(5, 3))
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(layer(x.astype("float32")))
    gate = expit(0.7 * x)
    expected = x**2 * gate * (1 - gate)
    expected = expected.sum() if shared else expected.sum(axis=0)
    np.testing.assert_allclose(tape.gradient(y, layer.beta.value), expected, rtol=1e-5)


def test_each_channel_uses_its_own_beta():
    layer = SwishBeta()
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")
    layer.build(x.shape)
    layer.set_weights([np.array([0.0, 1.0, 5.0])])
    expected = x * expit(np.array([0.0, 1.0, 5.0]) * x)
    np.testing.assert_allclose(layer(x), expected, atol=1e-6)


def with_learned_layers():
    inputs = keras.Input((3,))
    x = keras.layers.PReLU(name="slopes")(inputs)
    x = keras.layers.ReLU()(x)
    x = keras.layers.Dense(100)(x)
    x = SwishBeta(name="betas")(x)
    inner = keras.Sequential([keras.Input((100,)), SwishBeta(2.0, shared=True, name="one")])
    inner.name = "inner"
    model = keras.Model(inputs, inner(x))
    model.get_layer("slopes").set_weights([np.array([0.1, -0.2, 0.4], "float32")])
    model.get_layer("betas").set_weights([np.linspace(0, 1, 100)])
    return model


def test_learned_parameters_are_told_by_layer():
    slopes, betas, one = learned_parameters(with_learned_layers())
    assert (slopes["layer"], slopes["kind"], slopes["count"]) == ("slopes", "prelu slope", 3)
    np.testing.assert_allclose(slopes["values"], [0.1, -0.2, 0.4], rtol=1e-6)
    assert slopes["mean"] == pytest.approx(0.1)
    assert (slopes["min"], slopes["max"]) == (pytest.approx(-0.2), pytest.approx(0.4))
    assert (betas["layer"], betas["kind"], betas["count"]) == ("betas", "swish beta", 100)
    np.testing.assert_allclose(betas["values"], np.linspace(0, 1, 100)[:64], rtol=1e-6)
    assert (betas["mean"], betas["max"]) == (pytest.approx(0.5), 1.0)
    assert (one["layer"], one["count"], one["values"]) == ("inner/one", 1, [2.0])


def test_learned_parameters_are_plain_values():
    told = learned_parameters(with_learned_layers())
    assert json.loads(json.dumps(told)) == told


def test_a_network_that_learns_no_slopes_has_none():
    assert learned_parameters(small_net(RReLU())) == []
