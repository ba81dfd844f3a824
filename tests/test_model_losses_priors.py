"""The prior that a trained network's probabilities belong to, where the truth is known."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize
from scipy.special import log_softmax, logit, softmax
from scipy.stats import norm

from tuner.errors import InputError
from tuner.model.losses import LOSSES, effective_prior, make_loss, output_bias
from tuner.spaces import Chosen

GRID = np.linspace(-8, 9, 600)
PROBLEMS = {2: ([900, 100], [0.0, 1.5]), 3: ([800, 150, 50], [0.0, 1.5, 3.0])}
KNOWN = [
    Chosen("crossentropy", {"label_smoothing": 0.0}),
    Chosen("focal", {"gamma": 0.0, "alpha": 0.9}),
    Chosen("class_balanced", {"beta": 0.0}),
    Chosen("class_balanced", {"beta": 0.99}),
    Chosen("class_balanced", {"beta": 0.9999}),
    Chosen("logit_adjusted", {"tau": 0.5}),
    Chosen("logit_adjusted", {"tau": 1.0}),
    Chosen("logit_adjusted", {"tau": 1.6}),
]
UNKNOWN = [
    Chosen("crossentropy", {"label_smoothing": 0.1}),
    Chosen("focal", {"gamma": 2.0, "alpha": 0.5}),
    Chosen("ldam", {"max_margin": 0.5, "scale": 1.0, "reweight_after": 1.0}),
    Chosen("ldam", {"max_margin": 0.5, "scale": 1.0, "reweight_after": 0.0}),
]


def spelled(chosen):
    return f"{chosen.name}{list(chosen.parameters.values())}"


def exact(chosen, counts):
    """The loss in float64, adapted."""
    loss = make_loss(chosen, len(counts), len(counts) - 1)
    config = {**loss.get_config(), "dtype": "float64", "reduction": "sum", "counts": counts}
    return type(loss).from_config(config)


def gaussians(classes):
    """Shares, density of each class, and true posterior over the grid; all have variance 1."""
    counts, means = PROBLEMS[classes]
    shares = np.asarray(counts) / np.sum(counts)
    density = norm.pdf(GRID[:, None] - np.asarray(means))
    joint = density * shares
    return counts, joint, joint / joint.sum(axis=1, keepdims=True)


def trained(chosen, classes):
    """Probabilities over the grid of the linear model that has the least expected loss.

    For Gaussians of one variance the posterior under any prior is a linear model's.
    """
    counts, joint, _ = gaussians(classes)
    loss = exact(chosen, counts)
    units = 1 if classes == 2 else classes
    x = tf.constant(np.stack([np.ones_like(GRID), GRID], axis=1))
    rows = tf.repeat(x, classes, axis=0)
    y, weights = np.tile(np.arange(classes), len(GRID)), np.ravel(joint / joint.sum())

    def output(z):
        return keras.activations.sigmoid(z) if units == 1 else keras.activations.softmax(z)

    def objective(theta):
        w = tf.constant(theta.reshape(2, units))
        with tf.GradientTape() as tape:
            tape.watch(w)
            value = loss(y, output(rows @ w), weights)
        return float(value), np.ravel(tape.gradient(value, w))

    found = minimize(objective, np.zeros(2 * units), jac=True, tol=1e-9)
    q = np.asarray(output(x @ found.x.reshape(2, units)))
    return np.hstack([1 - q, q]) if units == 1 else q


def corrected(q, counts, prior):
    """Probabilities mapped from one prior back to the shares of the training rows."""
    shares = np.asarray(counts) / np.sum(counts)
    return softmax(np.log(np.maximum(q, 1e-300)) + np.log(shares) - np.log(prior), axis=1)


@pytest.mark.parametrize("chosen", KNOWN, ids=spelled)
@pytest.mark.parametrize("classes", [2, 3])
def test_correcting_the_prior_gives_back_the_true_posterior(chosen, classes):
    counts, _, posterior = gaussians(classes)
    prior = effective_prior(chosen, counts)
    assert prior.sum() == pytest.approx(1.0)
    q = trained(chosen, classes)
    # Where the data is; far out a linear model's error is not what is tested.
    inside = (GRID > -3) & (GRID < 6)
    np.testing.assert_allclose(corrected(q, counts, prior)[inside], posterior[inside], atol=2e-4)
    moved = np.abs(prior - np.asarray(counts) / np.sum(counts)).max()
    error = np.abs(q - posterior)[inside].max()
    assert (error > 0.05) == (moved > 0.01)


def least(chosen, counts, posterior):
    """The logit at which the expected loss at one x is least."""
    loss = exact(chosen, counts)

    def slope(z):
        at = tf.constant([[z], [z]], "float64")
        with tf.GradientTape() as tape:
            tape.watch(at)
            value = loss([0, 1], keras.activations.sigmoid(at), [1 - posterior, posterior])
        return float(tf.reduce_sum(tape.gradient(value, at)))

    return brentq(slope, -30, 30, xtol=1e-10)


def shifts(chosen):
    counts = [900, 100]
    return [least(chosen, counts, p) - logit(p) for p in (0.1, 0.3, 0.5, 0.9)]


@pytest.mark.parametrize("chosen", KNOWN, ids=spelled)
def test_a_loss_with_a_prior_shifts_every_logit_alike(chosen):
    prior = effective_prior(chosen, [900, 100])
    np.testing.assert_allclose(shifts(chosen), logit(prior[1]) - logit(0.1), atol=1e-7)


@pytest.mark.parametrize("chosen", UNKNOWN, ids=spelled)
def test_a_loss_without_a_prior_does_not(chosen):
    assert effective_prior(chosen, [900, 100]) is None
    assert np.ptp(shifts(chosen)) > 0.05


def test_soft_f1_has_no_prior():
    assert effective_prior(Chosen("soft_f1"), [900, 100]) is None


def test_an_entry_that_declares_nothing_has_no_prior(registries):
    @LOSSES.register("own")
    def own(*, classes, minority):
        """One's own."""

    assert effective_prior(Chosen("own"), [9, 1]) is None


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (KNOWN[0], [0.9, 0.1]),
        (KNOWN[1], [0.5, 0.5]),
        (KNOWN[6], [0.5, 0.5]),
        (Chosen("logit_adjusted", {"tau": 2.0}), [0.1, 0.9]),
    ],
    ids=str,
)
def test_priors_by_hand(chosen, expected):
    np.testing.assert_allclose(effective_prior(chosen, [900, 100]), expected)


def test_the_minority_need_not_be_the_last():
    prior = effective_prior(KNOWN[1], [100, 900], minority=0)
    np.testing.assert_allclose(prior, [0.5, 0.5])


def test_a_class_without_rows_has_no_prior():
    with pytest.raises(InputError, match="class 1 has 0 training rows"):
        effective_prior(KNOWN[0], [5, 0])


@settings(max_examples=40, deadline=None)
@given(counts=st.lists(st.integers(1, 10**6), min_size=2, max_size=6))
def test_with_weights_of_zero_the_network_predicts_the_prior(counts):
    bias = output_bias(counts)
    shares = np.asarray(counts) / np.sum(counts)
    units = 1 if len(counts) == 2 else len(counts)
    assert bias.shape == (units,)
    logits = np.r_[0.0, bias] if units == 1 else bias
    np.testing.assert_allclose(softmax(logits), shares, rtol=1e-9)


@pytest.mark.parametrize("counts", [[900, 100], [10, 90], [800, 150, 50]])
def test_a_keras_layer_starts_at_the_prior(counts):
    units, last = (1, "sigmoid") if len(counts) == 2 else (len(counts), "softmax")
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(units, last, kernel_initializer="zeros")]
    )
    model.layers[-1].bias.assign(output_bias(counts))
    shares = np.asarray(counts) / np.sum(counts)
    got = np.asarray(model(np.random.default_rng(0).normal(size=(2, 3))))
    expected = shares[1:] if units == 1 else shares
    np.testing.assert_allclose(got, [expected, expected], rtol=1e-5)


def test_a_start_at_the_effective_prior_has_no_pull_on_the_bias():
    counts = [800, 150, 50]
    for chosen in KNOWN:
        loss = exact(chosen, counts)
        bias = tf.constant(output_bias(effective_prior(chosen, counts))[None])
        with tf.GradientTape() as tape:
            tape.watch(bias)
            q = keras.activations.softmax(tf.repeat(bias, 3, axis=0))
            value = loss([0, 1, 2], q, np.asarray(counts) / 1000)
        np.testing.assert_allclose(tape.gradient(value, bias), np.zeros((1, 3)), atol=1e-9)


@pytest.mark.parametrize("counts", [[5], [5, 0], [5, float("inf")], [[5, 5]]])
def test_counts_without_a_prior_give_no_bias(counts):
    with pytest.raises(InputError):
        output_bias(counts)


def test_a_prior_of_the_largest_adjustment_is_a_share():
    prior = effective_prior(Chosen("logit_adjusted", {"tau": 10.0}), [10**9, 1])
    assert np.isfinite(prior).all()
    assert (prior > 0).all()
    assert LOSSES["logit_adjusted"].spaces["tau"].refusal(500.0)


def test_log_prior_is_normalised():
    bias = output_bias([2, 3, 5])
    np.testing.assert_allclose(bias, log_softmax(bias))
