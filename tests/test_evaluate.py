"""The averaged winner and the interval of its score."""

import keras
import numpy as np
import pytest

from tuner.evaluate.ensemble import average, mean_threshold
from tuner.evaluate.intervals import f1_interval
from tuner.metrics import minority_f1


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


def simulated(rng, count=120, share=0.3):
    actual = rng.random(count) < share
    return actual, np.where(rng.random(count) < 0.8, actual, ~actual)


def test_an_interval_holds_its_estimate_and_repeats():
    actual, decided = simulated(np.random.default_rng(0))
    low, high = f1_interval(actual, decided, seed=3)
    assert low < minority_f1(actual, decided) < high
    assert f1_interval(actual, decided, seed=3) == (low, high)


@pytest.mark.parametrize(("decided", "expected"), [(True, 1.0), (False, 0.0)])
def test_certain_scores_have_no_width(decided, expected):
    actual = np.arange(50) < 10
    called = actual if decided else np.zeros(50, bool)
    assert f1_interval(actual, called) == (expected, expected)


def test_rows_that_belong_together_widen_the_interval():
    actual, decided = simulated(np.random.default_rng(1), 40)
    actual, decided = np.repeat(actual, 6), np.repeat(decided, 6)
    groups = np.repeat(np.arange(40), 6).astype(str)
    low, high = f1_interval(actual, decided)
    grouped_low, grouped_high = f1_interval(actual, decided, groups)
    assert grouped_high - grouped_low > 1.8 * (high - low)


def test_it_is_the_naive_bootstrap():
    rng = np.random.default_rng(2)
    actual, decided = simulated(rng)
    strata = np.flatnonzero(actual), np.flatnonzero(~actual)
    draws = []
    for _ in range(3000):
        rows = np.concatenate([rng.choice(stratum, len(stratum)) for stratum in strata])
        draws.append(minority_f1(actual[rows], decided[rows]))
    np.testing.assert_allclose(
        f1_interval(actual, decided), np.quantile(draws, [0.025, 0.975]), atol=0.015
    )


def test_it_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    # Of 30 % positives, 80 % right either way: TP .24, FP .14, FN .06.
    truth = 2 * 0.24 / (2 * 0.24 + 0.14 + 0.06)
    covered = 0
    for _ in range(200):
        low, high = f1_interval(*simulated(rng, 200), draws=500)
        covered += low <= truth <= high
    assert 176 <= covered <= 198
