"""Activations: values, gradients, initial weights, and models that load elsewhere."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import norm

from tuner.model.activations import ACTIVATIONS, kernel_initializer, make_activation
from tuner.spaces import Chosen

X = np.array([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0, -3.7, 0.01, 4.2])
LAMBDA, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def elu(x, alpha):
    return np.where(x > 0, x, alpha * np.expm1(x))


def leaky(x, slope):
    return np.where(x > 0, x, slope * x)


TABLE = [
    ("relu", {}, lambda x: np.maximum(x, 0)),
    ("leaky_relu", {"negative_slope": 0.1}, lambda x: leaky(x, 0.1)),
    ("leaky_relu", {"negative_slope": 0.01}, lambda x: leaky(x, 0.01)),
    ("prelu", {"alpha_initializer": 0.25}, lambda x: leaky(x, 0.25)),
    ("prelu", {"alpha_initializer": 0.0}, lambda x: leaky(x, 0.0)),
    ("elu", {"alpha": 1.0}, lambda x: elu(x, 1.0)),
    ("elu", {"alpha": 0.3}, lambda x: elu(x, 0.3)),
    ("swish", {}, lambda x: x * sigmoid(x)),
    ("gelu", {}, lambda x: x * norm.cdf(x)),
    ("selu", {}, lambda x: LAMBDA * elu(x, SELU_ALPHA)),
    ("mish", {}, lambda x: x * np.tanh(np.log1p(np.exp(x)))),
    ("celu", {"alpha": 1.0}, lambda x: elu(x, 1.0)),
    ("celu", {"alpha": 0.5}, lambda x: np.where(x > 0, x, 0.5 * np.expm1(x / 0.5))),
]
each = pytest.mark.parametrize(
    ("name", "parameters", "function"), TABLE, ids=[f"{n}{list(p.values())}" for n, p, _ in TABLE]
)


def small_net(name, parameters):
    chosen = Chosen(name, parameters)
    inputs = keras.Input((9,))
    hidden = keras.layers.Dense(9, kernel_initializer=kernel_initializer(chosen))(inputs)
    outputs = keras.layers.Dense(1)(make_activation(chosen)(hidden))
    return keras.Model(inputs, outputs)


def test_the_table_has_a_row_for_each_entry():
    assert {name for name, _, _ in TABLE} == set(ACTIVATIONS)


@each
def test_values_are_the_formula(name, parameters, function):
    layer = make_activation(Chosen(name, parameters))
    np.testing.assert_allclose(layer(X[None].astype("float32"))[0], function(X), atol=2e-6)


@each
def test_gradients_are_the_derivative(name, parameters, function):
    layer = make_activation(Chosen(name, parameters))
    x = tf.constant(X[None], dtype=tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    step = 1e-6
    slope = (function(X + step) - function(X - step)) / (2 * step)
    np.testing.assert_allclose(tape.gradient(y, x)[0], slope, atol=2e-5)


@each
def test_one_training_step_is_finite(name, parameters, function):
    model = small_net(name, parameters)
    model.compile("adam", "mse")
    loss = model.train_on_batch(X[None].astype("float32"), np.ones((1, 1)))
    assert np.isfinite(loss)
    assert all(np.isfinite(weights).all() for weights in model.get_weights())


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


@pytest.mark.parametrize(
    ("shape", "shared_axes", "slopes"),
    [((16,), None, 16), ((28, 28, 8), (1, 2), 8), ((None, None, 8), (1, 2), 8)],
)
def test_learned_slopes_are_counted(shape, shared_axes, slopes):
    layer = make_activation(Chosen("prelu", {"alpha_initializer": 0.25}), shared_axes)
    layer.build((None, *shape))
    assert layer.count_params() == slopes


@pytest.mark.parametrize(
    ("name", "parameters", "variance"),
    [
        ("relu", {}, 2 / 400),
        ("leaky_relu", {"negative_slope": 0.5}, 2 / 1.25 / 400),
        ("prelu", {"alpha_initializer": 1.0}, 1 / 400),
        ("selu", {}, 1 / 400),
        ("elu", {"alpha": 1.0}, 2 / 500),
        ("swish", {}, 2 / 500),
    ],
)
def test_initial_weights_follow_the_activation(name, parameters, variance):
    keras.utils.set_random_seed(0)
    weights = kernel_initializer(Chosen(name, parameters))((400, 100))
    assert np.var(weights) == pytest.approx(variance, rel=0.03)


def test_a_named_initializer_counts():
    named = kernel_initializer(Chosen("relu"), "lecun_uniform")
    assert isinstance(named, keras.initializers.LecunUniform)
