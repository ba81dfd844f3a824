"""Rows as one network is trained on them: weights, counts and priors after resampling."""

import keras
import keras_tuner
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner import RESAMPLERS, ImbalancedHyperModel, InputError
from tuner.data.resamplers import Layout, Resampled, ResamplingFailed, draw_epoch
from tuner.data.resamplers.copies import Unchanged
from tuner.model.epoch_batches import EpochBatches

Y = np.repeat([0, 1], [160, 40])
X = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32) + 0.8 * Y[:, None]


def prepared(imbalance, y=Y, x=X, weights=None, classes=2, seed=0):
    hypermodel = ImbalancedHyperModel((3,), classes, imbalance=imbalance)
    configuration = hypermodel.configure(keras_tuner.HyperParameters())
    layout = Layout.of_numbers(3)
    return hypermodel.training_rows(
        configuration, x.astype(np.float32), y, weights, layout=layout, seed=seed
    )


SECTIONS = [
    {},
    {"class_weight": "balanced"},
    {"class_weight": "balanced", "resampling": {"random_over": {"ratio": 0.5}}},
    {"class_weight": "balanced", "resampling": {"balanced_batches": {"ratio": 0.6}}},
    {"class_weight": {"power": {"exponent": 0.5}}, "resampling": "random_under"},
    {"resampling": {"smote": {"ratio": 0.8}}},
    {"loss": "logit_adjusted"},
]


@pytest.mark.parametrize("section", SECTIONS, ids=str)
def test_the_mean_weight_of_what_is_drawn_is_one(section):
    rows = prepared(section)
    assert rows.weights.dtype == np.float32
    assert np.average(rows.mean_weights) == pytest.approx(1.0, rel=1e-6)
    assert rows.counts.sum() == pytest.approx(len(rows.y))


@pytest.mark.parametrize("resampling", ["random_over", "smote", "balanced_batches", "random_under"])
def test_balanced_weights_after_resampling_to_balance_are_declared_equal_to_none(resampling):
    with_weights = prepared({"class_weight": "balanced", "resampling": resampling})
    without = prepared({"resampling": resampling})
    np.testing.assert_allclose(with_weights.weights, 1.0, rtol=1e-6)
    np.testing.assert_array_equal(with_weights.x, without.x)
    np.testing.assert_allclose(with_weights.trained_prior, without.trained_prior)


def test_balanced_weights_make_up_for_what_resampling_leaves():
    rows = prepared({"class_weight": "balanced", "resampling": {"random_over": {"ratio": 0.5}}})
    assert rows.counts.tolist() == [160, 80]
    np.testing.assert_allclose(rows.trained_prior, [0.5, 0.5], rtol=1e-6)
    np.testing.assert_allclose(rows.true_prior, [0.8, 0.2])


@pytest.mark.parametrize(
    ("section", "trained"),
    [
        ({}, [0.8, 0.2]),
        ({"class_weight": "balanced"}, [0.5, 0.5]),
        ({"class_weight": {"minority": {"weight": 8.0}}}, [1 / 3, 2 / 3]),
        ({"resampling": {"random_over": {"ratio": 0.5}}}, [2 / 3, 1 / 3]),
        ({"resampling": {"balanced_batches": {"ratio": 0.5}}}, [2 / 3, 1 / 3]),
        ({"loss": {"logit_adjusted": {"tau": 1.0}}}, [0.5, 0.5]),
        ({"loss": {"logit_adjusted": {"tau": 0.5}}}, [2 / 3, 1 / 3]),
        ({"loss": "logit_adjusted", "resampling": {"random_over": {"ratio": 0.5}}}, [0.5, 0.5]),
        ({"loss": {"focal": {"gamma": 2.0}}}, None),
        ({"loss": {"crossentropy": {"label_smoothing": 0.1}}}, None),
        ({"loss": "soft_f1"}, None),
        ({"loss": "ldam"}, None),
    ],
)
def test_the_prior_that_a_network_is_trained_for(section, trained):
    rows = prepared(section)
    np.testing.assert_allclose(rows.true_prior, [0.8, 0.2])
    if trained is None:
        assert rows.trained_prior is None
    else:
        np.testing.assert_allclose(rows.trained_prior, trained, rtol=1e-6)


def test_row_weights_are_part_of_the_true_prior_and_not_corrected():
    own = np.where(Y == 1, 2.0, 1.0) * np.random.default_rng(1).uniform(0.5, 1.5, 200)
    mass = np.bincount(Y, own) / own.sum()
    rows = prepared({}, weights=own)
    np.testing.assert_allclose(rows.true_prior, mass)
    np.testing.assert_allclose(rows.trained_prior, mass, rtol=1e-6)
    balanced = prepared({"class_weight": "balanced"}, weights=own)
    ratio = balanced.trained_prior / balanced.true_prior
    assert ratio[1] / ratio[0] == pytest.approx(4.0, rel=1e-6)  # 160 rows against 40


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(3, 60), min_size=2, max_size=4),
    st.sampled_from(["none", "random_over", "random_under", "balanced_batches"]),
    st.sampled_from(["none", "balanced", {"power": {"exponent": 0.3}}]),
)
def test_seen_and_trained_priors_agree_where_the_loss_is_crossentropy(counts, resampling, weight):
    y = np.repeat(np.arange(len(counts)), counts)
    rows = prepared(
        {"resampling": resampling, "class_weight": weight},
        y,
        np.zeros((len(y), 3)),
        classes=len(counts),
    )
    np.testing.assert_allclose(rows.seen_prior, rows.trained_prior)
    mass = np.bincount(rows.y, rows.mean_weights, len(counts))
    np.testing.assert_allclose(rows.seen_prior, mass / mass.sum(), rtol=1e-5)


@pytest.mark.parametrize(
    ("y", "weights", "fragment"),
    [
        (np.zeros(200, int), None, "class '1' has 0 training rows"),
        (Y, np.where(Y == 1, 0.0, 1.0), "class '1' has no training row with a weight above 0"),
        (Y, np.zeros(200), "class '0' has no training row with a weight above 0"),
        (np.full(200, 2), None, "one code from 0 to 1"),
    ],
)
def test_a_class_that_is_not_there_is_an_error(y, weights, fragment):
    with pytest.raises(InputError, match=fragment):
        prepared({}, y, weights=weights)


def test_a_class_of_which_resampling_leaves_no_weight_fails_its_trial_alone():
    own = np.where((Y == 1) | (np.arange(200) == 0), 1.0, 0.0)  # one of 160 rows weighs anything
    with pytest.raises(ResamplingFailed) as caught:
        prepared({"resampling": "random_under"}, weights=own)
    told = "random_under left no row with a weight above 0 of class '0'"
    assert str(caught.value) == told
    assert prepared({"resampling": "none"}, weights=own).trained_prior[0] == pytest.approx(1 / 41)


def test_a_class_that_a_resampler_takes_away_fails_its_trial_alone(registries):
    class Forgetful(Unchanged):
        def __call__(self, task):
            return Resampled.taken(task, np.flatnonzero(task.y == 0))

    @RESAMPLERS.register("forgetful")
    def forgetful():
        return Forgetful()

    with pytest.raises(ResamplingFailed, match="forgetful left no row of class '1'"):
        prepared({"resampling": "forgetful"})


@pytest.mark.parametrize("name", list(RESAMPLERS))
def test_the_given_rows_are_not_changed(name):
    x, y = X.copy(), Y.copy()
    prepared({"resampling": name}, y, x)
    assert np.array_equal(x, X)
    assert np.array_equal(y, Y)


def test_batches_follow_the_drawn_order_anew_in_each_epoch():
    rows = prepared({"resampling": {"balanced_batches": {"ratio": 0.5}}})
    batches = EpochBatches(rows, 64, seed=3, epoch=5)
    for epoch in (5, 6):
        batches.on_epoch_begin()
        given = [batches[index] for index in range(len(batches))]
        x, y, weights = (np.concatenate(part) for part in zip(*given, strict=True))
        order = draw_epoch(Y, 0.5, 3, epoch)
        assert [len(batch[1]) for batch in given] == [64, 64, 64, 8]
        np.testing.assert_array_equal(y, Y[order])
        np.testing.assert_array_equal(x, rows.x[order])
        np.testing.assert_array_equal(weights, rows.weights[order])


def test_fit_goes_through_the_epochs_from_the_first_on():
    rows = prepared({"resampling": {"balanced_batches": {"ratio": 1.0}}})
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(batches[batch][0])

    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(inputs))
    model.compile(loss="binary_crossentropy", metrics=["accuracy"])
    batches = EpochBatches(rows, 50, 0)
    model.fit(batches, epochs=3, verbose=0, shuffle=False, callbacks=[Watch()])
    for epoch in range(3):
        order = draw_epoch(Y, 1.0, 0, epoch)
        np.testing.assert_array_equal(np.concatenate(seen[4 * epoch :][:4]), rows.x[order])
