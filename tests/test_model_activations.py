"""Activations: values, gradients, initial weights, and models that load elsewhere.

What holds for every entry is checked by the shipped checks, in test_testing.py.
"""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit
from scipy.stats import norm

from tuner.evaluate.ensemble import average
from tuner.model.activations import ACTIVATIONS, he, kernel_initializer, make_activation
from tuner.model.learned_layers import SwishBeta
from tuner.spaces import Chosen, Float

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


def swish(beta=1.0):
    def slope(x):
        gate = expit(beta * x)
        return gate + beta * x * gate * (1 - gate)

    return lambda x: x * expit(beta * x), slope


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
    ("prelu", {"alpha_initializer": 0.0, "shared": False}, leaky(0.0)),
    ("prelu", {"alpha_initializer": 0.25, "shared": False}, leaky(0.25)),
    ("prelu", {"alpha_initializer": 0.4, "shared": True}, leaky(0.4)),
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
    ("rrelu", {"lower": 0.1, "upper": 0.3}, leaky(0.2)),
    ("rrelu", {"lower": 0.25, "upper": 0.25}, leaky(0.25)),
    ("rrelu", {"lower": 0.0, "upper": 0.5}, leaky(0.25)),
    ("swish_beta", {"beta_initializer": 1.0, "shared": False}, swish()),
    ("swish_beta", {"beta_initializer": 2.0, "shared": False}, swish(2.0)),
    ("swish_beta", {"beta_initializer": 0.25, "shared": True}, swish(0.25)),
    ("swish_beta", {"beta_initializer": 0.0, "shared": True}, swish(0.0)),
    ("by_depth", {"first": "elu", "middle": "relu", "last": "swish"}, elu(1.0)),
    ("by_depth", {"first": "leaky_relu", "middle": "elu", "last": "elu"}, leaky(0.01)),
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
    outputs = keras.layers.Dense(1, activation="sigmoid")(make_activation(chosen)(hidden))
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
        (
            "rrelu",
            {"lower": 1 / 8, "upper": 1 / 3},
            [-0.458333, -0.229167, -0.114583, 0, 0.5, 1, 2],
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


def flat_layers(model):
    for layer in model.layers:
        yield from flat_layers(layer) if isinstance(layer, keras.Model) else [layer]


def is_stock(layer):
    return type(layer).__module__.split(".")[0] == "keras"


def saved_by(name, parameters):
    """A network of the entry as it is, and as an exported one; only what needs none of our layers.

    Keras has no layer that learns the beta of `SwishBeta` or works with one for each channel, so
    that a network with it loads only where ours is imported.
    """
    model = small_net(name, parameters)
    exported = average([(model.get_config(), model.get_weights())])
    stock = [one for one in (model, exported) if all(map(is_stock, flat_layers(one)))]
    learns_beta = any(isinstance(layer, SwishBeta) for layer in flat_layers(model))
    assert learns_beta or exported in stock
    return model, stock


def test_models_load_where_this_package_is_absent(tmp_path):
    x = np.random.default_rng(0).normal(size=(4, 9)).astype("float32")
    np.save(tmp_path / "x.npy", x)
    count = 0
    for name, parameters, _ in TABLE:
        model, stock = saved_by(name, parameters)
        for one in stock:
            one.save(tmp_path / f"{count}.keras")
            np.save(tmp_path / f"{count}.npy", model(x))
            count += 1
    assert count > len(TABLE)
    code = f"""
import sys, keras, numpy as np
x = np.load("x.npy")
for index in range({count}):
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
    ("shape", "positions", "shared", "axes", "slopes"),
    [
        ((16,), None, False, None, 16),
        ((28, 28, 8), (1, 2), False, [1, 2], 8),
        ((None, None, 8), (1, 2), False, [1, 2], 8),
        ((16,), None, True, [1], 1),
        ((28, 8), (1,), True, [1, 2], 1),
        ((28, 28, 8), (1, 2), True, [1, 2, 3], 1),
        ((None, None, 8), (1, 2), True, [1, 2, 3], 1),
    ],
)
def test_learned_slopes_are_counted(shape, positions, shared, axes, slopes):
    chosen = Chosen("prelu", {"alpha_initializer": 0.25, "shared": shared})
    layer = make_activation(chosen, positions)
    layer.build((None, *shape))
    assert layer.shared_axes == axes
    assert layer.count_params() == slopes
    np.testing.assert_array_equal(layer.get_weights()[0].ravel(), np.full(slopes, 0.25))


HE, GLOROT = 2 / 400, 2 / (400 + 100)


@pytest.mark.parametrize(
    ("name", "parameters", "variance"),
    [
        ("relu", {}, HE),
        ("leaky_relu", {"negative_slope": 0.5}, HE / 1.25),
        ("prelu", {"alpha_initializer": 1.0, "shared": False}, HE / 2),
        ("rrelu", {"lower": 0.0, "upper": 1.5}, HE / 1.75),
        ("selu", {}, 1 / 400),
        ("elu", {"alpha": 2.0}, GLOROT),
        ("swish", {}, GLOROT),
        ("gelu", {}, GLOROT),
        ("mish", {}, GLOROT),
        ("celu", {"alpha": 2.0}, GLOROT),
        ("swish_beta", {"beta_initializer": 2.0, "shared": False}, GLOROT),
        ("by_depth", {"first": "selu", "middle": "relu", "last": "relu"}, 1 / 400),
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


def product(a, b):
    return a * b


@pytest.mark.parametrize(("slope", "scale"), [(1.0, 1.0), ("b", 0.2), (product, 0.4)])
def test_a_slope_is_a_number_a_parameter_or_a_function_of_them(registries, slope, scale):
    spaces = {"a": Float(0.0, 1.0), "b": Float(0.0, 5.0)}
    ACTIVATIONS.register("slanted", **spaces)(he(slope=slope)(product))
    initializer = kernel_initializer(Chosen("slanted", {"a": 2 / 3, "b": 3.0}))
    assert initializer.scale == pytest.approx(scale)
