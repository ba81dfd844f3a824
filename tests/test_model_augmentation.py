"""Networks are trained on augmented pictures, by both engines alike, and judged by none."""

from collections import OrderedDict

import keras
import keras_tuner
import numpy as np
import pytest

from tuner import ImbalancedHyperModel, InputError
from tuner.data.augmentation import Augmentation, augmented
from tuner.data.resamplers import draw_epoch
from tuner.model import epoch_batches, epoch_rows
from tuner.model.epoch_batches import EpochBatches
from tuner.training import best_weights, engine
from tuner.training.engine import train_unit
from tuner.training.fused import compilations
from tuner.training.fused.fit import FusedRun
from tuner.training.unit import LabelledRows

SHAPE, EPOCHS, SEED = (6, 5), 3, 11
EACH = {"flip": "both", "rotation": 0.1, "zoom": 0.2, "noise": 0.1, "minority": 2.0}
WANTED = Augmentation(**EACH)


def labelled(rows, seed):
    rng = np.random.default_rng(seed)
    y = (np.arange(rows) % 4 == 0).astype(np.int64)
    x = rng.normal(size=(rows, *SHAPE)) + y[:, None, None]
    return LabelledRows(x.astype(np.float32), y)


TRAIN, VALIDATION = labelled(90, 0), labelled(40, 1)


def hypermodel(augmentation=EACH, resampling="none", kind="keras", shape=SHAPE, family="conv"):
    own = {"filters": 2, "units": 3} if family == "conv" else {"units": 3}
    return ImbalancedHyperModel(
        shape,
        model={"family": family, "activation": "swish", **own},
        imbalance={"resampling": resampling},
        training={
            "engine": kind,
            "epochs": EPOCHS,
            "batch_size": 32,
            "learning_rate": 0.01,
            "augmentation": augmentation,
        },
    )


def configured(one):
    return one.configure(keras_tuner.HyperParameters())


def trained(train=TRAIN, validation=VALIDATION, seed=SEED, **settings):
    one = hypermodel(**settings)
    return train_unit(one, configured(one), train, validation, seed)


def batches_by_keras(monkeypatch):
    """Rows of the epochs that Keras trains on, in order."""
    seen, original = [], EpochBatches.__getitem__

    class Watched(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(original(self.batches, batch))

    fit = keras.Model.fit

    def watching(model, x, *arguments, callbacks, **settings):
        watch = Watched()
        watch.batches = x
        return fit(model, x, *arguments, callbacks=[*callbacks, watch], **settings)

    monkeypatch.setattr(keras.Model, "fit", watching)
    return seen


def batches_by_fused(monkeypatch):
    """The same of the fused engine, by what it was given."""
    seen, original = [], FusedRun.epoch

    def watching(run, order, batch_size, seed, mixing=None):
        x, *others = (run._still[name] for name in ("x", "y", "weights"))
        still = [np.asarray(one) for one in (x.numbers(x.values), *others)]
        for at in range(0, len(order), batch_size):
            rows = order[at : at + batch_size]
            seen.append(tuple(one[rows] for one in still))
        return original(run, order, batch_size, seed, mixing)

    monkeypatch.setattr(FusedRun, "epoch", watching)
    return seen


@pytest.mark.parametrize("resampling", ["none", "random_over", "balanced_batches"])
def test_both_engines_train_on_the_same_pictures_in_the_same_order(monkeypatch, resampling):
    by_keras, by_fused = batches_by_keras(monkeypatch), batches_by_fused(monkeypatch)
    one, by_first = trained(kind="keras", resampling=resampling)
    other, by_second = trained(kind="fused", resampling=resampling)
    assert (one.engine.name, other.engine.name) == ("keras", "fused")
    assert len(by_keras) == len(by_fused) >= EPOCHS * 3
    for these, those in zip(by_keras, by_fused, strict=True):
        for part, same in zip(these, those, strict=True):
            np.testing.assert_array_equal(part, same)
    for weights, same in zip(by_first.get_weights(), by_second.get_weights(), strict=True):
        np.testing.assert_allclose(weights, same, atol=1e-5)
    np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-5)


def test_every_epoch_has_other_pictures_of_the_same_rows(monkeypatch):
    seen = batches_by_keras(monkeypatch)
    trained()
    epochs = [
        [np.concatenate(part) for part in zip(*seen[at : at + 3], strict=True)]
        for at in range(0, len(seen), 3)
    ]
    assert len(epochs) == EPOCHS
    for number, (x, y, _) in enumerate(epochs):
        order = np.random.default_rng([SEED, number]).permutation(len(TRAIN.y))
        expected = augmented(TRAIN.x, TRAIN.y == 1, WANTED, seed=SEED, epoch=number)
        np.testing.assert_array_equal(x, expected[order])
        np.testing.assert_array_equal(y, TRAIN.y[order])
    different = {row.tobytes() for x, _, _ in epochs for row in x}
    assert len(different) == EPOCHS * len(TRAIN.y)


def test_a_row_that_is_drawn_several_times_is_another_picture_each_time():
    one = hypermodel(resampling="balanced_batches")
    rows = one.training_rows(configured(one), TRAIN.x, TRAIN.y, layout=None, seed=SEED)
    of_epoch = epoch_rows.epoch_rows(rows, SEED, 2)
    drawn = draw_epoch(TRAIN.y, 1.0, SEED, 2)
    assert len(np.unique(drawn)) < len(drawn)
    np.testing.assert_array_equal(of_epoch.y, TRAIN.y[drawn])
    assert len({row.tobytes() for row in of_epoch.x}) == len(drawn)


@pytest.mark.parametrize("kind", ["keras", "fused"])
def test_no_validation_row_is_changed_and_no_training_row_that_was_given(monkeypatch, kind):
    predicted, before = [], (TRAIN.x.tobytes(), VALIDATION.x.tobytes())
    for module in (best_weights, engine):
        original = module.predict

        def watching(model, x, original=original):
            predicted.append(x.tobytes())
            return original(model, x)

        monkeypatch.setattr(module, "predict", watching)
    trained(kind=kind)
    assert (TRAIN.x.tobytes(), VALIDATION.x.tobytes()) == before
    assert set(predicted) == {before[1]}


@pytest.mark.parametrize("kind", ["keras", "fused"])
def test_a_unit_repeats_itself_whatever_was_trained_before_it(kind):
    first = trained(kind=kind)[0]
    trained(kind=kind, seed=5)
    again = trained(kind=kind)[0]
    np.testing.assert_array_equal(first.probabilities, again.probabilities)
    assert first.health == again.health
    assert not np.array_equal(first.probabilities, trained(kind=kind, seed=5)[0].probabilities)


def test_health_is_measured_on_pictures_as_they_are():
    plain = {"resampling": "none", "kind": "fused"}
    one, other = (trained(**plain, augmentation=given)[0] for given in (EACH, {}))
    assert one.health["start"] == other.health["start"]


@pytest.mark.parametrize("kind", ["keras", "fused"])
def test_without_augmentation_nothing_is_made(monkeypatch, kind):
    def made(*arguments, **settings):
        raise AssertionError("rows were augmented")

    monkeypatch.setattr(epoch_rows, "augmented", made)
    neutral = trained(augmentation={"flip": "none", "rotation": 0, "minority": 1}, kind=kind)[0]
    assert np.array_equal(
        neutral.probabilities, trained(augmentation={}, kind=kind)[0].probabilities
    )
    one = hypermodel(augmentation={"rotation": {"choice": [0.0, 0.1]}})
    rows = one.training_rows(configured(one), TRAIN.x, TRAIN.y, layout=None, seed=SEED)
    assert epoch_rows.epoch_rows(rows, SEED, 0).x is rows.x


def test_a_network_shares_its_compiled_function_with_one_that_is_not_augmented(monkeypatch):
    kept = OrderedDict()
    monkeypatch.setattr(compilations, "_kept", kept)
    for augmentation in ({}, EACH, {"noise": 0.2}):
        trained(kind="fused", augmentation=augmentation)
    [function] = kept.values()
    assert len(function._traced) == 1


def test_stock_fit_augments_what_it_trains_on_alone(monkeypatch):
    seen = batches_by_keras(monkeypatch)
    one = hypermodel()
    hp = keras_tuner.HyperParameters()
    model = one.build(hp)
    own = (VALIDATION.x, VALIDATION.y)
    one.fit(hp, model, TRAIN.x, TRAIN.y, validation_data=own, verbose=0, callbacks=[])
    x = np.concatenate([batch[0] for batch in seen])
    assert len(x) == EPOCHS * len(TRAIN.y)
    assert {row.tobytes() for row in x} & {row.tobytes() for row in TRAIN.x} == set()
    with pytest.raises(InputError, match="validation_split would score augmented rows"):
        one.fit(hp, model, TRAIN.x, TRAIN.y, validation_split=0.2)


def test_an_epoch_is_made_once(monkeypatch):
    made, original = [], epoch_batches.epoch_rows

    def counting(rows, seed, epoch):
        made.append(epoch)
        return original(rows, seed, epoch)

    monkeypatch.setattr(epoch_batches, "epoch_rows", counting)
    trained()
    assert made == list(range(EPOCHS))


def test_a_table_is_refused_with_other_problems():
    with pytest.raises(InputError) as caught:
        hypermodel(shape=(6,))
    assert "model.family: 'conv' takes images" in str(caught.value)
    assert "training.augmentation: changes images" in str(caught.value)
    assert "the rows are those of a table" in str(caught.value)


def test_nothing_is_augmented_unless_a_study_says_so():
    one = ImbalancedHyperModel(SHAPE)
    hp = keras_tuner.HyperParameters()
    assert one.configure(hp).augmentation == {}
    assert not [space.name for space in hp.space if "augmentation" in space.name]


def test_a_configuration_has_what_was_searched_and_what_was_not():
    one = hypermodel({"rotation": {"float": [0.0, 0.2], "default": 0.1}, "flip": "vertical"})
    hp = keras_tuner.HyperParameters()
    flat = one.configure(hp).flat()
    own = {key.rpartition(".")[2]: flat[key] for key in flat if "augmentation" in key}
    assert own["flip"] == "vertical"
    assert own["rotation"] == 0.1
    assert own["noise"] == 0.0
    assert [space.name for space in hp.space] == ["training.augmentation.rotation"]
