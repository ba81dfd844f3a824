"""Networks that are trained on pixels are those that are trained on their numbers."""

from collections import OrderedDict
from types import SimpleNamespace

import keras_tuner
import numpy as np
import pytest
import tensorflow as tf

from tuner import ImbalancedHyperModel
from tuner.data.preprocessing import ImageScaler, PixelRows
from tuner.training import best_weights
from tuner.training.engine import train_unit
from tuner.training.fused import compilations, fit
from tuner.training.fused.placing import in_parts, placed
from tuner.training.unit import LabelledRows

SHAPE = (6, 5)
EACH = {"flip": "both", "rotation": 0.1, "zoom": 0.2, "noise": 0.1, "minority": 2.0}


def pixels(rows, seed, dtype=np.uint8, scaler=None):
    """Rows of pixels, and the same as numbers."""
    rng = np.random.default_rng(seed)
    y = (np.arange(rows) % 4 == 0).astype(np.int64)
    most = np.iinfo(dtype).max
    x = rng.integers(0, most // 2, (rows, *SHAPE)) + y[:, None, None] * (most // 3)
    scaler = scaler or ImageScaler(0.4 * most + 0.123, 0.2 * most)
    one = PixelRows(x.astype(dtype), np.arange(rows), scaler)
    return LabelledRows(one, y), LabelledRows(np.asarray(one), y)


def hypermodel(augmentation=EACH, resampling="none", kind="keras", family="conv"):
    own = {"filters": 2, "units": 3} if family == "conv" else {"units": 3}
    training = {"epochs": 3, "batch_size": 32, "learning_rate": 0.01, "augmentation": augmentation}
    return ImbalancedHyperModel(
        SHAPE,
        model={"family": family, "activation": "swish", **own},
        imbalance={"resampling": resampling},
        training={"engine": kind, **training},
    )


def configured(one):
    return one.configure(keras_tuner.HyperParameters())


@pytest.fixture(autouse=True)
def apart(monkeypatch):
    """No function is kept from another test."""
    monkeypatch.setattr(compilations, "_kept", OrderedDict())


def both(dtype=np.uint8, **settings):
    """A unit of pixels and one of their numbers: results, and weights."""
    one = hypermodel(**settings)
    units = []
    for train, validation in zip(pixels(90, 0, dtype), pixels(40, 1, dtype), strict=True):
        result, model = train_unit(one, configured(one), train, validation, 11)
        units.append((result, model.get_weights()))
    return units


@pytest.mark.parametrize(
    ("resampling", "augmentation"), [("random_over", {}), ("none", EACH), ("balanced_batches", {})]
)
def test_by_keras_they_are_equal_to_the_last_bit(resampling, augmentation):
    (one, weights), (other, expected) = both(resampling=resampling, augmentation=augmentation)
    assert one.engine.name == "keras"
    for this, that in zip(weights, expected, strict=True):
        assert np.array_equal(this, that)
    assert np.array_equal(one.probabilities, other.probabilities)
    assert one.health == other.health
    assert one.history == other.history


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    ("resampling", "family", "augmentation"),
    [("none", "conv", {}), ("random_over", "conv", {}), ("balanced_batches", "dense", {})],
)
def test_by_the_fused_engine_they_are_equal_to_rounding(dtype, resampling, family, augmentation):
    settings = {"family": family, "resampling": resampling, "augmentation": augmentation}
    (one, weights), (other, expected) = both(dtype, kind="fused", **settings)
    assert one.engine.name == "fused"
    for this, that in zip(weights, expected, strict=True):
        np.testing.assert_allclose(this, that, rtol=0, atol=2e-6)
    np.testing.assert_allclose(one.probabilities, other.probabilities, rtol=0, atol=1e-6)
    assert one.history["loss"] == pytest.approx(other.history["loss"], abs=1e-6)


def test_augmented_pixels_are_float32_from_the_start_and_equal_to_the_last_bit():
    (one, weights), (other, expected) = both(kind="fused", augmentation=EACH)
    for this, that in zip(weights, expected, strict=True):
        assert np.array_equal(this, that)  # validation rows alone are pixels
    np.testing.assert_allclose(one.probabilities, other.probabilities, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("centre", [0.0, 83.2178, 171.999, 40000.37])
@pytest.mark.parametrize("scale", [0.3, 51.7, 9000.0])
def test_the_graph_standardises_to_rounding_far_from_zero_too(dtype, centre, scale):
    rows, _ = pixels(20, 3, dtype, ImageScaler(centre, scale))
    there = placed(rows.x, 24)
    assert there.values.dtype == dtype
    got = np.asarray(tf.function(there.numbers)(there.values))[:20]
    np.testing.assert_allclose(got, np.asarray(rows.x), rtol=3e-7, atol=1e-7 / min(scale, 1.0))


def test_numbers_are_placed_as_they_are():
    x = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    there = placed(x, 24)
    assert there.numbers(there.values) is there.values
    assert np.array_equal(there.values[:20], x)


@pytest.mark.parametrize("parts", [7, 1000])
def test_parts_hold_the_rows_in_order(parts):
    rows, numbers = pixels(140, 2)
    there, expected = in_parts(rows.x, parts), in_parts(numbers.x, parts)
    shape = (21, 7, *SHAPE) if parts == 7 else (1, 144, *SHAPE)
    assert there.values.shape == expected.values.shape == shape
    for one in (there, expected):
        flat = np.asarray(one.numbers(one.values)).reshape(-1, *SHAPE)
        np.testing.assert_allclose(flat[:140], numbers.x, rtol=1e-6, atol=1e-6)


def test_other_numbers_compile_nothing_anew(monkeypatch):
    kept = compilations._kept
    one = hypermodel(kind="fused", augmentation={})
    for scaler in (ImageScaler(100.0, 50.0), ImageScaler(3.7, 900.0)):
        rows = [pixels(90, 0, scaler=scaler)[0], pixels(40, 1, scaler=scaler)[0]]
        train_unit(one, configured(one), *rows, 11)
    [function] = kept.values()
    assert len(function._traced) == 1
    rows = [pixels(90, 0)[1], pixels(40, 1)[1]]
    train_unit(one, configured(one), *rows, 11)
    assert len(function._traced) == 2  # float32 is another type


def test_validation_rows_are_never_all_numbers_at_once(monkeypatch):
    train, validation = pixels(90, 0)[0], pixels(40, 1)[0]
    longest, original = [], ImageScaler.transform

    def watching(scaler, features, columns=()):
        longest.append(len(features))
        return original(scaler, features, columns)

    monkeypatch.setattr(ImageScaler, "transform", watching)
    for module in (best_weights, fit):
        monkeypatch.setattr(module, "rows_predicted", lambda model: 16)
    monkeypatch.setattr("tuner.training.engine.fixed_batch", _small_batch)
    one = hypermodel(kind="fused", augmentation={})
    train_unit(one, configured(one), train, validation, 11)
    assert longest
    assert max(longest) <= 16


def _small_batch(train, weights, minority, seed, **_):
    rows = np.arange(8)
    return LabelledRows(np.asarray(train.x[rows]), train.y[rows], np.ones(8))


def test_rows_are_placed_as_pixels_and_a_part_of_them_copies_none():
    rows = SimpleNamespace(x=pixels(90, 0)[0].x)
    assert placed(rows.x, 96).values.dtype == tf.uint8
    assert rows.x[::2].pictures is rows.x.pictures
