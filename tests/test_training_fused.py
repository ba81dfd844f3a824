"""The fused engine trains networks to the weights that Keras trains them to."""

from collections import OrderedDict

import keras
import keras_tuner
import numpy as np
import pytest

from tuner import ImbalancedHyperModel
from tuner.model.activations import ACTIVATIONS
from tuner.model.losses import LOSSES
from tuner.spaces import Choice
from tuner.study.sections import TrainingSection
from tuner.training.fused import compilations, fit, twins
from tuner.training.fused.compilations import Plan
from tuner.training.fused.drawing import uniform
from tuner.training.fused.fit import FusedRun
from tuner.training.fused.step import Step, tracing

ROWS, BATCH = 70, 16
OPTIMIZERS = ("adam", "adamw", "nadam", "rmsprop", "sgd")

# Slopes that are drawn must not differ, for two engines draw differently.
SETTINGS = {
    "rrelu": {"lower": 0.2, "upper": 0.2},
    "by_depth": {"first": "leaky_relu", "middle": "selu", "last": "swish_beta"},
    "leaky_relu": {"negative_slope": 0.13},
    "elu": {"alpha": 0.7},
    "celu": {"alpha": 0.6},
}
LOSS_SETTINGS = {
    "crossentropy": {"label_smoothing": 0.1},
    "focal": {"gamma": 1.7, "alpha": 0.8},
    "ldam": {"scale": 3.0, "reweight_after": 0.5},
}


def some_rows(classes=2):
    rng = np.random.default_rng(4)
    y = rng.permutation(np.arange(ROWS) % 7).clip(max=classes - 1)
    x = (rng.normal(size=(ROWS, 4)) + 0.5 * y[:, None]).astype(np.float32)
    return x, y, rng.uniform(0.2, 3.0, ROWS).astype(np.float32)


def built(activation="relu", loss="crossentropy", optimizer="adam", classes=2, **model):
    one = {activation: SETTINGS[activation]} if activation in SETTINGS else activation
    answer = {loss: LOSS_SETTINGS[loss]} if loss in LOSS_SETTINGS else loss
    hypermodel = ImbalancedHyperModel(
        (4,),
        classes,
        model={"layers": 3, "units": 6, "activation": one, **model},
        imbalance={"loss": answer, "class_weight": "none"},
        training={"optimizer": optimizer, "learning_rate": 0.03},
    )
    keras.utils.set_random_seed(5)
    network = hypermodel.build_configuration(hypermodel.configure(keras_tuner.HyperParameters()))
    network.loss.adapt(np.bincount(some_rows(classes)[1]))
    return network


class Rows:
    """What the engine needs of `TrainingRows`."""

    def __init__(self, classes=2):
        self.x, self.y, self.weights = some_rows(classes)


def fused(network, batch=BATCH, epochs=1):
    rows = Rows(network.loss.classes)
    run = FusedRun(network, Plan(network), rows, rows.x)
    losses = []
    for epoch in range(epochs):
        network.loss.begin_epoch(epoch, epochs)
        losses.append(run.epoch(order(epoch), batch, np.array([epoch, 1], np.int32)))
    run.set_weights(run.get_weights())
    return network.get_weights(), losses, run.predicted_outputs


def order(epoch):
    return np.random.default_rng(epoch).permutation(ROWS)


def by_keras(network, batch=BATCH, epochs=1):
    network.run_eagerly = True
    x, y, weights = some_rows(network.loss.classes)
    losses = []
    for epoch in range(epochs):
        network.loss.begin_epoch(epoch, epochs)
        total = 0.0
        for at in range(0, ROWS, batch):
            rows = order(epoch)[at : at + batch]
            network.reset_metrics()
            told = network.train_on_batch(x[rows], y[rows], sample_weight=weights[rows])
            total += float(told[0]) * len(rows)
        losses.append(total / ROWS)
    return network.get_weights(), losses, np.asarray(network(x, training=False))


def assert_equal(make, batch=BATCH, epochs=1, atol=1e-5):
    weights, losses, outputs = fused(make(), batch, epochs)
    expected = by_keras(make(), batch, epochs)
    for one, other in zip(weights, expected[0], strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=atol)
    np.testing.assert_allclose(losses, expected[1], rtol=1e-5)
    np.testing.assert_allclose(outputs, expected[2], rtol=0, atol=atol)


def test_the_optimizers_are_those_of_a_study():
    [space] = [mark.declared for mark in TrainingSection.model_fields["optimizer"].metadata[:1]]
    assert isinstance(space, Choice)
    assert set(space.options) == set(OPTIMIZERS)


PAIRS = [
    (activation, loss, OPTIMIZERS[(row + column) % len(OPTIMIZERS)])
    for row, activation in enumerate(ACTIVATIONS)
    for column, loss in enumerate(LOSSES)
]
"""Every activation with every loss, and each of both with every optimizer."""


@pytest.fixture
def graph(monkeypatch):
    """Not compiled by XLA, which takes seconds each time; the operations are the same."""
    monkeypatch.setattr(compilations, "worth_compiling", lambda model: False)
    monkeypatch.setattr(compilations, "_kept", OrderedDict())


SAMPLE = [*PAIRS[::7], PAIRS[36]]
"""Every activation, loss and optimizer is in some of these."""


@pytest.mark.slow
@pytest.mark.parametrize(("activation", "loss", "optimizer"), SAMPLE)
def test_weights_are_those_of_train_on_batch(activation, loss, optimizer, graph):
    assert_equal(lambda: built(activation, loss, optimizer))


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("activation", "loss", "optimizer"), [pair for pair in PAIRS if pair not in SAMPLE]
)
def test_all_weights_are_those_of_train_on_batch(activation, loss, optimizer, graph):
    assert_equal(lambda: built(activation, loss, optimizer))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loss", "optimizer"), list(zip(LOSSES, [*OPTIMIZERS, "adam"], strict=True))
)
def test_compiled_weights_are_those_of_train_on_batch(loss, optimizer):
    assert_equal(lambda: built("by_depth", loss, optimizer))


def test_every_activation_and_loss_meets_every_optimizer():
    assert {(one, three) for one, _, three in PAIRS} == {
        (one, three) for one in ACTIVATIONS for three in OPTIMIZERS
    }
    assert {(two, three) for _, two, three in PAIRS} == {
        (two, three) for two in LOSSES for three in OPTIMIZERS
    }


@pytest.mark.parametrize(
    "model",
    [{"batch_normalization": True}, {"l2": 0.01}, {"batch_normalization": True, "l2": 0.02}],
)
def test_normalisation_and_penalties_count_the_rows_that_are(model, graph):
    assert_equal(lambda: built("elu", **model))


@pytest.mark.parametrize("batch", [1, 23, 64, 70, 256])
def test_any_batch_size(batch, graph):
    assert_equal(lambda: built("leaky_relu", batch_normalization=batch > 16), batch)


def test_several_classes(graph):
    assert_equal(lambda: built("swish", "logit_adjusted", classes=3))


def test_a_loss_that_changes_on_the_way(graph):
    assert_equal(lambda: built("relu", "ldam"), epochs=2)


def test_validation_rows_in_parts(graph, monkeypatch):
    monkeypatch.setattr(fit, "rows_predicted", lambda model: 32)
    assert_equal(lambda: built("gelu"))


SHARED = [
    ({"activation": "relu"}, {"activation": "leaky_relu"}),
    ({"activation": "elu"}, {"activation": "selu"}),
    ({"dropout": 0.1}, {"dropout": 0.4}),
    ({"l2": 0.001}, {"l2": 0.1}),
]


@pytest.mark.parametrize(("one", "other"), SHARED)
def test_networks_that_differ_in_numbers_share_a_function(one, other):
    assert Plan(built(**one)).key == Plan(built(**other)).key


def test_losses_and_learning_rates_that_differ_in_numbers_share_a_function(monkeypatch):
    before = [Plan(built("relu", loss)).key for loss in LOSSES]
    for loss, changed in {
        "crossentropy": {"label_smoothing": 0.2},
        "focal": {"gamma": 0.5, "alpha": 0.3},
        "ldam": {"scale": 1.0, "max_margin": 0.2, "reweight_after": 0.1},
        "class_balanced": {"beta": 0.9},
        "logit_adjusted": {"tau": 0.3},
    }.items():
        monkeypatch.setitem(LOSS_SETTINGS, loss, changed)
    network = [built("relu", loss) for loss in LOSSES]
    network[0].optimizer.learning_rate = 0.5
    assert [Plan(one).key for one in network] == before
    assert len(set(before)) == len(before)


@pytest.mark.parametrize(
    "changed",
    [
        {"layers": 2},
        {"units": 5},
        {"activation": "elu"},
        {"batch_normalization": True},
        {"dropout": 0.1},
        {"l2": 0.1},
        {"optimizer": "sgd"},
        {"loss": "focal"},
        {"classes": 3},
    ],
)
def test_other_structures_do_not_share(changed):
    assert Plan(built()).key != Plan(built(**changed)).key


def test_what_ran_before_leaves_no_trace(graph):
    alone = fused(built("prelu", dropout=0.3, batch_normalization=True), epochs=3)
    compilations._kept.clear()
    fused(built("prelu", dropout=0.1, batch_normalization=True, optimizer="adam"), 8, epochs=2)
    after = fused(built("prelu", dropout=0.3, batch_normalization=True), epochs=3)
    for one, other in zip(alone[0], after[0], strict=True):
        np.testing.assert_array_equal(one, other)
    assert alone[1] == after[1]


def test_dropout_drops_its_share_and_other_units_each_time(graph):
    one = fused(built(dropout=0.4, units=64), epochs=2)
    assert one[1] != fused(built(dropout=0.4001, units=64), epochs=2)[1]
    share = twins.Share([0])
    drawn = []
    for number in range(3):
        with tracing(Step([0.4], np.ones(100), uniform(5000, (7, number, 0)))):
            drawn.append(np.asarray(share(np.ones((100, 50), np.float32), training=True)))
    assert (drawn[0] != drawn[1]).any()
    assert (drawn[1] != drawn[2]).any()
    for kept in drawn:
        assert set(np.unique(kept)) == {np.float32(0.0), np.float32(1.0) / np.float32(0.6)}
        assert kept.mean() == pytest.approx(1.0, abs=0.05)


def test_every_layer_of_a_step_draws_numbers_of_its_own():
    network = Plan(built("rrelu", dropout=0.5)).compiled()._network
    assert twins.draws_of(network) == 2 * 3 * 6
    assert twins.draws_of(keras.Sequential([keras.Input((4,)), network])) == 2 * 3 * 6
    ones, share = np.ones((50, 6), np.float32), twins.Share([0])
    with tracing(Step([0.5], np.ones(50), uniform(600, (7, 1, 0)))):
        one, other = (np.asarray(share(ones, training=True)) for _ in range(2))
    assert 0.3 < (one != other).mean() < 0.7


def test_a_path_is_left_out_for_whole_rows():
    ones, path = np.ones((2000, 3, 2, 4), np.float32), twins.Path([0])
    with tracing(Step([0.4], np.ones(2000), uniform(2000, (7, 1, 0)))):
        kept = np.asarray(path(ones, training=True))
    assert set(np.unique(kept)) == {np.float32(0.0), np.float32(1.0) / np.float32(0.6)}
    assert (kept == kept[:, :1, :1, :1]).all()
    assert (kept == 0).mean() == pytest.approx(0.4, abs=0.04)
    assert (np.asarray(path(ones)) == 1).all()


def test_drawn_slopes_lie_between_their_ends():
    with tracing(Step([0.1, 0.3], np.ones(50), uniform(1000, (7, 1, 0)))):
        slopes = -np.asarray(twins.Slopes([0, 1])(-np.ones((50, 20), np.float32), training=True))
    assert 0.1 <= slopes.min() < 0.11
    assert 0.29 < slopes.max() < 0.3001


def test_few_functions_are_kept(graph, monkeypatch):
    monkeypatch.setattr(compilations, "KEPT", 2)
    first, second, third = (Plan(built(units=units)) for units in (2, 3, 4))
    one, _ = first.compiled(), second.compiled()
    assert first.compiled() is one
    third.compiled()
    assert list(compilations._kept) == [first.key, third.key]
