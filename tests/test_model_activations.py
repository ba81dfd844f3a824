"""Activations: values, gradients, initial weights, and models that load elsewhere."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit
from scipy.stats import norm

from tuner.model.activations import ACTIVATIONS, kernel_initializer, make_activation
from tuner.spaces import Chosen

GOLDEN_X = np.array([-2, -1, -0.5, 0, 0.5, 1, 2])
X = np.concatenate([GOLDEN_X, np.random.default_rng(0).uniform(-6, 6, 13)])
LAMBDA, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def leaky(slope):
    return lambda x: np.where(x > 0, x, slope * x), lambda x: np.where(x > 0, 1.0, slope)


def elu(alpha, scale=1.0):
    return (
        lambda x: scale * np.where(x > 0, x, alpha * np.expm1(x)),
        lambda x: scale * np.where(x > 0, 1.0, alpha * np.exp(x)),
    )


def celu(alpha):
    return (
        lambda x: np.where(x > 0, x, alpha * np.expm1(x / alpha)),
        lambda x: np.where(x > 0, 1.0, np.exp(x / alpha)),
    )


def swish():
    return lambda x: x * expit(x), lambda x: expit(x) * (1 + x * (1 - expit(x)))


def gelu():
    return lambda x: x * norm.cdf(x), lambda x: norm.cdf(x) + x * norm.pdf(x)


def mish():
    def slope(x):
        gate = np.tanh(np.log1p(np.exp(x)))
        return gate + x * (1 - gate**2) * expit(x)

    return lambda x: x * np.tanh(np.log1p(np.exp(x))), slope


TABLE = [
    ("relu", {}, leaky(0.0)),
    ("leaky_relu", {"negative_slope": 0.01}, leaky(0.01)),
    ("leaky_relu", {"negative_slope": 0.1}, leaky(0.1)),
    ("leaky_relu", {"negative_slope": 0.3}, leaky(0.3)),
    ("prelu", {"alpha_initializer": 0.0}, leaky(0.0)),
    ("prelu", {"alpha_initializer": 0.25}, leaky(0.25)),
    ("elu", {"alpha": 0.3}, elu(0.3)),
    ("elu", {"alpha": 1.0}, elu(1.0)),
    ("elu", {"alpha": 2.0}, elu(2.0)),
    ("swish", {}, swish()),
    ("gelu", {}, gelu()),
    ("selu", {}, elu(SELU_ALPHA, LAMBDA)),
    ("mish", {}, mish()),
    ("celu", {"alpha": 0.5}, celu(0.5)),
    ("celu", {"alpha": 1.0}, celu(1.0)),
    ("celu", {"alpha": 2.0}, celu(2.0)),
]
each = pytest.mark.parametrize(
    ("name", "parameters", "formulas"), TABLE, ids=[f"{n}{list(p.values())}" for n, p, _ in TABLE]
)


def values_and_slopes(name, parameters, x):
    rows = tf.constant(x[None], dtype=tf.float32)
    layer = make_activation(Chosen(name, parameters))
    with tf.GradientTape() as tape:
        tape.watch(rows)
        y = layer(rows)
    return np.asarray(y[0]), np.asarray(tape.gradient(y, rows)[0])


def small_net(name, parameters):
    chosen = Chosen(name, parameters)
    inputs = keras.Input((9,))
    hidden = keras.layers.Dense(9, kernel_initializer=kernel_initializer(chosen))(inputs)
    outputs = keras.layers.Dense(1)(make_activation(chosen)(hidden))
    return keras.Model(inputs, outputs)


def test_the_table_has_a_row_for_each_entry():
    assert {name for name, *_ in TABLE} == set(ACTIVATIONS)


@each
def test_values_are_the_formula(name, parameters, formulas):
    values, _ = values_and_slopes(name, parameters, X)
    np.testing.assert_allclose(values, formulas[0](X), atol=2e-6)


@each
def test_gradients_are_the_derivative(name, parameters, formulas):
    x = X[X != 0]  # some have a kink there
    _, slopes = values_and_slopes(name, parameters, x)
    np.testing.assert_allclose(slopes, formulas[1](x), atol=5e-6)


@pytest.mark.parametrize(
    ("name", "parameters", "values"),
    [
        ("leaky_relu", {"negative_slope": 0.1}, [-0.2, -0.1, -0.05, 0, 0.5, 1, 2]),
        ("leaky_relu", {"negative_slope": 0.3}, [-0.6, -0.3, -0.15, 0, 0.5, 1, 2]),
        (
            "swish",
            {},
            [-0.238406, -0.268941, -0.18877, 0.0, 0.31123, 0.731059, 1.761594],
        ),
    ],
)
def test_values_are_the_published_numbers(name, parameters, values):
    got, _ = values_and_slopes(name, parameters, GOLDEN_X)
    np.testing.assert_allclose(got, values, atol=1e-6)


def test_slopes_of_swish_are_the_published_numbers():
    _, slopes = values_and_slopes("swish", {}, GOLDEN_X)
    golden = [-0.090784, 0.072329, 0.260039, 0.5, 0.739961, 0.927671, 1.090784]
    np.testing.assert_allclose(slopes, golden, atol=1e-6)


@each
def test_one_training_step_is_finite(name, parameters, formulas):
    model = small_net(name, parameters)
    model.compile("adam", "mse")
    before = model.get_weights()
    loss = model.train_on_batch(X[None, :9].astype("float32"), np.ones((1, 1)))
    assert np.isfinite(loss)
    assert all(np.isfinite(weights).all() for weights in model.get_weights())
    assert not np.array_equal(before[0], model.get_weights()[0])


def test_models_load_where_this_package_is_absent(tmp_path):
    x = np.random.default_rng(0).normal(size=(4, 9)).astype("float32")
    np.save(tmp_path / "x.npy", x)
    for index, (name, parameters, _) in enumerate(TABLE):
        model = small_net(name, parameters)
        model.save(tmp_path / f"{index}.keras")
        np.save(tmp_path / f"{index}.npy", model(x))
    code = f"""
import sys, keras, numpy as np
x = np.load("x.npy")
for index in range({len(TABLE)}):
    got = keras.models.load_model(f"{{index}}.keras")(x)
    np.testing.assert_allclose(got, np.load(f"{{index}}.npy"), atol=1e-6)
assert "tuner" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_swish_and_silu_are_one():
    assert ACTIVATIONS["silu"] is ACTIVATIONS["swish"]
    assert "silu" not in list(ACTIVATIONS)


@pytest.mark.parametrize(
    ("shape", "shared_axes", "slopes"),
    [((16,), None, 16), ((28, 28, 8), (1, 2), 8), ((None, None, 8), (1, 2), 8)],
)
def test_learned_slopes_are_counted(shape, shared_axes, slopes):
    layer = make_activation(Chosen("prelu", {"alpha_initializer": 0.25}), shared_axes)
    layer.build((None, *shape))
    assert layer.count_params() == slopes
    np.testing.assert_array_equal(layer.get_weights()[0].ravel(), np.full(slopes, 0.25))


HE, GLOROT = 2 / 400, 2 / (400 + 100)


@pytest.mark.parametrize(
    ("name", "parameters", "variance"),
    [
        ("relu", {}, HE),
        ("leaky_relu", {"negative_slope": 0.5}, HE / 1.25),
        ("prelu", {"alpha_initializer": 1.0}, HE / 2),
        ("selu", {}, 1 / 400),
        ("elu", {"alpha": 2.0}, GLOROT),
        ("swish", {}, GLOROT),
        ("gelu", {}, GLOROT),
        ("mish", {}, GLOROT),
        ("celu", {"alpha": 2.0}, GLOROT),
    ],
)
def test_initial_weights_follow_the_activation(name, parameters, variance):
    keras.utils.set_random_seed(0)
    weights = kernel_initializer(Chosen(name, parameters))((400, 100))
    assert np.var(weights) == pytest.approx(variance, rel=0.03)


@pytest.mark.parametrize("name", ["relu", "selu", "swish"])
def test_a_named_initializer_counts(name):
    named = kernel_initializer(Chosen(name), "lecun_uniform")
    assert isinstance(named, keras.initializers.LecunUniform)
