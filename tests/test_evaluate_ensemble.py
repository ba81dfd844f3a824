"""The networks of the folds, averaged in one model."""

import keras
import numpy as np
import pytest

from tuner.evaluate.ensemble import average, mean_threshold, single_networks
from tuner.model.activations import make_activation
from tuner.model.learned_activations import learned_parameters
from tuner.spaces import Chosen


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


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("count", [1, 12])
def test_the_networks_of_an_average_can_be_asked_alone(tmp_path, outputs, count):
    x = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
    networks = [network(outputs, seed) for seed in range(count)]
    model = average([(net.get_config(), net.get_weights()) for net in networks])
    model.save(tmp_path / "m.keras")
    alone = single_networks(keras.models.load_model(tmp_path / "m.keras"))
    assert len(alone) == count
    for one, net in zip(alone, networks, strict=True):
        np.testing.assert_allclose(one(x), net(x), atol=1e-6)


def trained(model, seed):
    """What `average` takes of a network, with weights as training could leave them."""
    rng = np.random.default_rng(seed)
    weights = [0.5 * rng.normal(size=value.shape) for value in model.get_weights()]
    return model.get_config(), weights


def network_with(name, **parameters):
    inputs = keras.Input((3,))
    x = keras.layers.Dropout(0.5)(keras.layers.Dense(5)(inputs))
    x = make_activation(Chosen(name, parameters))(x)
    return keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(x))


def test_random_slopes_are_exported_as_their_mean():
    x = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
    network = network_with("rrelu", lower=0.1, upper=0.4)
    config, weights = trained(network, 0)
    network.set_weights(weights)
    model = average([(config, weights)])
    np.testing.assert_allclose(model(x), network(x), atol=1e-6)
    [slopes] = [
        layer.negative_slope
        for layer in model.get_layer("fold_0").layers
        if isinstance(layer, keras.layers.LeakyReLU)
    ]
    assert slopes == 0.25


@pytest.mark.parametrize(
    ("name", "parameters", "kind", "place"),
    [
        ("prelu", {"alpha_initializer": 0.25, "shared": False}, "prelu slope", 2),
        ("prelu", {"alpha_initializer": 0.25, "shared": True}, "prelu slope", 2),
        ("swish_beta", {"beta_initializer": 1.0, "shared": False}, "swish beta", 2),
        ("swish_beta", {"beta_initializer": 1.0, "shared": True}, "swish beta", 2),
    ],
)
def test_what_each_network_learned_is_told_of_their_average(name, parameters, kind, place):
    networks = [trained(network_with(name, **parameters), seed) for seed in range(3)]
    told = learned_parameters(average(networks))
    assert [one["layer"].split("/")[0] for one in told] == ["fold_0", "fold_1", "fold_2"]
    assert {one["kind"] for one in told} == {kind}
    for one, (_, weights) in zip(told, networks, strict=True):
        np.testing.assert_allclose(one["values"], weights[place].reshape(-1), rtol=1e-6)
        assert one["count"] == (1 if parameters["shared"] else 5)


def test_each_network_votes_with_the_distance_from_its_own_threshold():
    assert mean_threshold([0.5, 0.5]) == pytest.approx(0.5)
    assert mean_threshold([0.9, 0.5]) == pytest.approx(0.75)
    assert 0 < mean_threshold([0.0, 0.0]) < 1e-6
