"""Layers of ours become layers of Keras in a network that only predicts."""

import copy

import keras
import numpy as np

from tuner.model.learned_layers import RReLU, SwishBeta
from tuner.model.stock_twins import with_stock_twins

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")


def network():
    """An RReLU between other layers, and one inside a model inside it."""
    inner = keras.Sequential([keras.Input((5,)), RReLU(0.0, 0.3, name="deep")], name="inner")
    inputs = keras.Input((3,))
    x = keras.layers.Dense(5)(inputs)
    x = RReLU(0.1, 0.4, name="shallow", dtype="float32")(x)
    x = keras.layers.Dropout(0.3, seed=5)(keras.layers.BatchNormalization()(x))
    x = inner(keras.layers.Dense(5)(x))
    return keras.Model(inputs, SwishBeta(0.7)(x))


def twin_of(model):
    twin = keras.Model.from_config(with_stock_twins(model.get_config()))
    twin.set_weights(model.get_weights())
    return twin


def test_the_twin_predicts_the_same():
    model = network()
    np.testing.assert_array_equal(twin_of(model)(X), model(X))


def test_random_slopes_become_their_mean_in_a_stock_layer_of_the_same_name():
    twin = twin_of(network())
    shallow, deep = twin.get_layer("shallow"), twin.get_layer("inner").get_layer("deep")
    assert (type(shallow), type(deep)) == (keras.layers.LeakyReLU, keras.layers.LeakyReLU)
    assert (shallow.negative_slope, deep.negative_slope) == (0.25, 0.15)


def test_nothing_else_changes():
    model = network()
    config = model.get_config()
    before = copy.deepcopy(config)
    twin = twin_of(model).get_config()
    assert config == before
    assert [layer["name"] for layer in twin["layers"]] == [layer.name for layer in model.layers]
    others = [layer for layer in config["layers"] if layer["name"] not in ("shallow", "inner")]
    assert [layer for layer in twin["layers"] if layer in others] == others
    assert any(
        layer["class_name"] == "Dropout" and layer["config"]["seed"] == 5 for layer in others
    )


def test_without_such_a_layer_a_configuration_stays():
    inputs = keras.Input((3,))
    config = keras.Model(inputs, keras.layers.PReLU()(inputs)).get_config()
    assert with_stock_twins(config) == config
