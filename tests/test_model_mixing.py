"""Networks learn mixed pictures of two labels, by both engines alike."""

from collections import OrderedDict

import keras
import keras_tuner
import numpy as np
import pytest

from tuner import ImbalancedHyperModel, InputError
from tuner.cli import main
from tuner.data.preprocessing import ImageScaler, PixelRows
from tuner.model.epoch_batches import EpochBatches
from tuner.model.epoch_rows import epoch_rows
from tuner.model.losses import LOSSES, belongs_to_batch, make_loss
from tuner.spaces import Chosen
from tuner.training.engine import train_unit
from tuner.training.fused import compilations
from tuner.training.unit import LabelledRows

SHAPE, SEED = (6, 5), 11
BOTH = {"mixup": 0.4, "cutmix": 1.0}
BY_ROW = [name for name in LOSSES if not belongs_to_batch(name)]


def labelled(rows, seed):
    rng = np.random.default_rng(seed)
    y = (np.arange(rows) % 4 == 0).astype(np.int64)
    x = rng.normal(size=(rows, *SHAPE)) + y[:, None, None]
    return LabelledRows(x.astype(np.float32), y)


TRAIN, VALIDATION = labelled(90, 0), labelled(40, 1)


def hypermodel(augmentation, kind="fused", loss="crossentropy", family="dense", **more):
    own = {"filters": 2, "units": 3} if family == "conv" else {"units": 3, "layers": 2}
    training = {"epochs": 2, "batch_size": 32, "learning_rate": 0.01}
    return ImbalancedHyperModel(
        SHAPE,
        model={"family": family, "activation": "swish", **own, **more.pop("model", {})},
        imbalance={"loss": loss, **more},
        training={**training, "engine": kind, "augmentation": augmentation},
    )


def configured(one):
    return one.configure(keras_tuner.HyperParameters())


def trained(augmentation=BOTH, train=TRAIN, seed=SEED, **settings):
    one = hypermodel(augmentation, **settings)
    return train_unit(one, configured(one), train, VALIDATION, seed)


@pytest.fixture(autouse=True)
def graph(monkeypatch):
    """Not compiled by XLA, which takes seconds each time; nothing is kept from another test."""
    monkeypatch.setattr(compilations, "worth_compiling", lambda model: False)
    monkeypatch.setattr(compilations, "_kept", OrderedDict())


def logs_of(p):
    return np.log(np.stack([1 - p, p], axis=1))


def test_two_labels_are_the_crossentropy_of_a_soft_label():
    rng = np.random.default_rng(0)
    p, share, y = rng.uniform(0.01, 0.99, 40), rng.random(40), rng.integers(0, 2, (40, 2))
    weights = rng.uniform(0.2, 3.0, 40)
    soft = share[:, None] * np.eye(2)[y[:, 0]] + (1 - share[:, None]) * np.eye(2)[y[:, 1]]
    expected = np.mean(weights * -np.sum(soft * logs_of(p), axis=1))
    both = (np.stack([share, 1 - share], axis=1) * weights[:, None]).astype(np.float32)
    loss = make_loss(Chosen("crossentropy", {"label_smoothing": 0.0}), 2, 1)
    assert float(loss(y, p[:, None].astype(np.float32), both)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", BY_ROW)
@pytest.mark.parametrize("classes", [2, 4])
def test_every_loss_of_rows_is_the_sum_over_labels_by_their_weights(name, classes):
    rng = np.random.default_rng(1)
    values = {key: space.default for key, space in LOSSES[name].spaces.items()}
    loss = make_loss(Chosen(name, values), classes, classes - 1)
    loss.adapt(np.arange(classes, 0, -1) * 10)
    y = rng.integers(0, classes, (30, 2))
    p = rng.dirichlet(np.ones(classes), 30).astype(np.float32)
    p = p[:, 1:] if classes == 2 else p
    weights = rng.random((30, 2)).astype(np.float32)
    single = [float(loss(y[:, at], p, weights[:, at])) for at in (0, 1)]
    assert float(loss(y, p, weights)) == pytest.approx(sum(single), rel=1e-6)
    # A row whose labels are one is the row of that label.
    twice, halves = np.repeat(y[:, :1], 2, axis=1), weights[:, :1] * np.float32([[0.3, 0.7]])
    assert float(loss(twice, p, halves)) == pytest.approx(single[0], rel=1e-5)


def assert_alike(one, other, atol=1e-5):
    (first, by_first), (second, by_second) = one, other
    for weights, same in zip(by_first.get_weights(), by_second.get_weights(), strict=True):
        np.testing.assert_allclose(weights, same, atol=atol)
    np.testing.assert_allclose(first.probabilities, second.probabilities, atol=atol)
    assert first.history["loss"] == pytest.approx(second.history["loss"], rel=1e-5)


@pytest.mark.parametrize("loss", BY_ROW)
def test_both_engines_give_the_same_weights_for_every_loss(loss):
    more = {"class_weight": "balanced"} if loss == "crossentropy" else {}
    one, other = (trained(kind=kind, loss=loss, **more) for kind in ("fused", "keras"))
    assert (one[0].engine.name, other[0].engine.name) == ("fused", "keras")
    assert_alike(one, other)


NORMALISED = {"normalization": "batch", "blocks": 1}


@pytest.mark.parametrize(
    ("augmentation", "resampling", "model"),
    [
        ({"mixup": 0.3}, "balanced_batches", {}),
        ({"cutmix": 1.0}, "random_over", NORMALISED),
        ({**BOTH, "translation": 0.1, "noise": 0.1, "minority": 2.0}, "balanced_batches", {}),
    ],
)
def test_with_convolutions_other_changes_and_drawn_rows_too(augmentation, resampling, model):
    given = {"family": "conv", "resampling": resampling, "model": model}
    assert_alike(*(trained(augmentation, kind=kind, **given) for kind in ("fused", "keras")))


def test_pixels_are_mixed_where_they_are_taken():
    rng = np.random.default_rng(2)
    pictures = rng.integers(0, 256, (90, *SHAPE), dtype=np.uint8)
    rows = PixelRows(pictures, np.arange(90), ImageScaler(127.3, 73.2))
    kinds = [LabelledRows(x, TRAIN.y) for x in (rows, np.asarray(rows))]
    assert_alike(*(trained(train=train, family="conv") for train in kinds), atol=2e-6)
    one = hypermodel(BOTH)
    prepared = one.training_rows(configured(one), rows, TRAIN.y, layout=None, seed=SEED)
    assert isinstance(epoch_rows(prepared, SEED, 1).x, PixelRows)


@pytest.mark.parametrize("pixels", [False, True])
def test_compiled_by_xla_it_is_the_same(pixels, monkeypatch):
    pictures = np.random.default_rng(2).integers(0, 65536, (90, *SHAPE), dtype=np.uint16)
    rows = PixelRows(pictures, np.arange(90), ImageScaler(32000.7, 19000.0))
    train = LabelledRows(rows, TRAIN.y) if pixels else TRAIN
    one = trained(train=train)
    monkeypatch.setattr(compilations, "worth_compiling", lambda model: True)
    monkeypatch.setattr(compilations, "_kept", OrderedDict())
    assert_alike(one, trained(train=train))


@pytest.mark.parametrize("kind", ["keras", "fused"])
def test_a_strength_of_0_is_bit_for_bit_no_mixing(kind):
    off, none = (trained(given, kind=kind)[0] for given in ({"mixup": 0.0, "cutmix": 0}, {}))
    np.testing.assert_array_equal(off.probabilities, none.probabilities)
    flips = {"flip": "both"}
    with_flips = [trained({**flips, **given}, kind=kind)[0] for given in ({"mixup": 0.0}, {})]
    np.testing.assert_array_equal(*(result.probabilities for result in with_flips))


def test_a_batch_holds_what_the_loss_needs():
    one = hypermodel(BOTH)
    rows = one.training_rows(configured(one), TRAIN.x, TRAIN.y, layout=None, seed=SEED)
    x, y, weights = EpochBatches(rows, 32, SEED)[1]
    of_epoch = epoch_rows(rows, SEED, 0)
    own = of_epoch.order[32:64]
    other = of_epoch.order[of_epoch.mixing.partners[32:64]]
    shares = of_epoch.mixing.shares[32:64]
    assert x.shape == (32, *SHAPE)
    assert x.dtype == weights.dtype == np.float32
    np.testing.assert_array_equal(y, np.stack([TRAIN.y[own], TRAIN.y[other]], axis=1))
    expected = np.stack([shares * rows.weights[own], (1 - shares) * rows.weights[other]], axis=1)
    np.testing.assert_allclose(weights, expected, rtol=1e-6)


def test_the_weight_of_each_class_stays_over_the_epochs():
    one = hypermodel(BOTH, class_weight="balanced", resampling={"random_over": {"ratio": 0.6}})
    rows = one.training_rows(configured(one), TRAIN.x, TRAIN.y, layout=None, seed=SEED)
    masses = []
    for epoch in range(400):
        of_epoch = epoch_rows(rows, SEED, epoch)
        own, mixing = of_epoch.order, of_epoch.mixing
        both = np.asarray(mixing.weights(rows.weights[own], rows.weights[own[mixing.partners]]))
        labels = np.stack([rows.y[own], rows.y[own[mixing.partners]]], axis=1)
        masses.append(np.bincount(labels.ravel(), both.ravel()))
    shares = np.mean(masses, axis=0) / np.sum(np.mean(masses, axis=0))
    assert shares == pytest.approx(rows.seen_prior, abs=0.01)


def test_networks_that_are_mixed_share_a_function_whatever_their_alphas():
    for given in ({"mixup": 0.2}, {"mixup": 1.0}, {"cutmix": 1.0}, BOTH):
        trained(given)
    [function] = compilations._kept.values()
    assert len(function._traced) == 1
    trained({})
    assert len(function._traced) == 2


def test_a_unit_repeats_itself_and_mixing_matters():
    one, again, plain = trained()[0], trained()[0], trained({})[0]
    np.testing.assert_array_equal(one.probabilities, again.probabilities)
    assert one.priors == plain.priors
    assert one.health["start"] == plain.health["start"]
    assert not np.allclose(one.probabilities, plain.probabilities, atol=1e-3)


def test_stock_fit_mixes_and_scores_rows_as_they_are():
    one = hypermodel(BOTH)
    hp = keras_tuner.HyperParameters()
    model = one.build(hp)
    own = (VALIDATION.x, VALIDATION.y)
    history = one.fit(hp, model, TRAIN.x, TRAIN.y, validation_data=own, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    probabilities = np.asarray(keras.ops.convert_to_tensor(model(VALIDATION.x)))[:, 0]
    called, actual = probabilities >= 0.5, VALIDATION.y == 1
    total = called.sum() + actual.sum()
    expected = 2 * (called & actual).sum() / total
    assert history["val_minority_f1"][-1] == pytest.approx(expected)


def test_a_loss_of_batches_is_refused_before_anything_is_trained(tmp_path, capsys):
    with pytest.raises(InputError, match="'soft_f1' belongs to a batch and gives no loss"):
        hypermodel(BOTH, loss="soft_f1")
    hypermodel({"flip": "both"}, loss="soft_f1")
    given = ["imbalance.loss=[crossentropy, soft_f1]", "training.augmentation={mixup: 0.2}"]
    settings = [part for one in given for part in ("--set", one)]
    assert main(["run", "digits_eight", "--runs-dir", str(tmp_path), *settings]) == 2
    told = capsys.readouterr().err
    assert "imbalance.loss[1].soft_f1: 'soft_f1' belongs to a batch" in told
    assert "Traceback" not in told
    assert not list(tmp_path.iterdir())
