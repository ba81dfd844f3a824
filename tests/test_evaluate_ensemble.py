"""The networks of the folds, averaged in one model."""

import keras
import numpy as np
import pytest

from tuner.evaluate.ensemble import average, mean_threshold


def network(outputs, seed):
    keras.utils.set_random_seed(seed)
    last = "sigmoid" if outputs == 1 else "softmax"
    inputs = keras.Input((3,))
    hidden = keras.layers.PReLU()(keras.layers.Dense(5, "tanh")(inputs))
    return keras.Model(inputs, keras.layers.Dense(outputs, activation=last)(hidden))


def logits(p):
    return np.log(p) if p.shape[1] > 1 else np.log(p / (1 - p))


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("count", [1, 3])
def test_logits_are_averaged_in_a_model_of_stock_layers(tmp_path, outputs, count):
    x = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
    networks = [network(outputs, seed) for seed in range(count)]
    mean = np.mean([logits(np.asarray(net(x), dtype=np.float64)) for net in networks], axis=0)
    expected = 1 / (1 + np.exp(-mean)) if outputs == 1 else np.exp(mean)
    expected = expected if outputs == 1 else expected / expected.sum(axis=1, keepdims=True)
    model = average([(net.get_config(), net.get_weights()) for net in networks])
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(loaded(x), expected, atol=1e-6)


def test_each_network_votes_with_the_distance_from_its_own_threshold():
    assert mean_threshold([0.5, 0.5]) == pytest.approx(0.5)
    assert mean_threshold([0.9, 0.5]) == pytest.approx(0.75)
    assert 0 < mean_threshold([0.0, 0.0]) < 1e-6
