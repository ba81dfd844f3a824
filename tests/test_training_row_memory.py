"""Networks that take much memory for each row are given fewer rows at once."""

import keras
import numpy as np
import pytest

from tuner.training import best_weights
from tuner.training.best_weights import predict
from tuner.training.row_memory import rows_differentiated, rows_predicted


def network(side=64, filters=8):
    inputs = keras.Input((side, side, 1))
    x = keras.layers.Conv2D(filters, 3, padding="same")(inputs)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU()(x))
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))


def test_the_largest_output_decides_what_is_predicted_at_once():
    assert rows_predicted(network()) == 128 * 2**20 // (4 * 64 * 64 * 8)
    assert rows_predicted(keras.Sequential([keras.Input((30,)), keras.layers.Dense(9)])) == 8192


def test_all_outputs_decide_where_there_are_gradients():
    numbers = 64 * 64 * (1 + 8 + 8) + 8 + 1
    assert rows_differentiated(network(), 8192) == 2**30 // (2 * 4 * numbers)


def test_networks_inside_count():
    inner = network()
    inputs = keras.Input((64, 64, 1))
    outer = keras.Model(inputs, inner(inputs))
    assert rows_predicted(outer) == rows_predicted(inner)


def test_one_row_is_always_taken():
    assert rows_predicted(network(2000, 64)) == 1
    assert rows_differentiated(network(2000, 64), 256) == 1


@pytest.mark.parametrize("rows", [1, 3, 20])
def test_predictions_do_not_depend_on_it(rows, monkeypatch):
    model = network(8, 2)
    x = np.random.default_rng(0).normal(size=(20, 8, 8, 1)).astype("float32")
    whole = predict(model, x)
    monkeypatch.setattr(best_weights, "rows_predicted", lambda model: rows)
    np.testing.assert_allclose(predict(model, x), whole, atol=1e-6)
