"""Pixels stay whole numbers until a network takes them, and are then what they always were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.data import RawData, assemble, fit_preprocessor
from tuner.data.augmentation import Augmentation, augmented
from tuner.data.preprocessing import ImageScaler, PixelRows, are_pixels, network_rows
from tuner.data.resamplers import resample
from tuner.spaces import Chosen
from tuner.study import PreprocessingSection

SCALER = ImageScaler(83.21, 51.7)
PICTURES = np.random.default_rng(0).integers(0, 256, (30, 5, 4), dtype=np.uint8)
ROWS = PixelRows(PICTURES, np.arange(2, 30), SCALER)


def dataset(features):
    return assemble(RawData(features, np.where(np.arange(len(features)) % 4, "a", "b")), "t")


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 3)])
def test_numbers_are_those_of_the_scaler_to_the_last_bit(dtype, shape):
    features = np.random.default_rng(1).integers(0, 251, (30, *shape)).astype(dtype)
    data, rows = dataset(features), np.arange(0, 30, 2)
    scaler = fit_preprocessor(data, rows, PreprocessingSection())
    given = network_rows(data, rows, scaler)
    assert isinstance(given, PixelRows)
    assert given.pictures is data.features  # not copied
    assert np.asarray(given).dtype == np.float32
    assert np.array_equal(given, scaler.transform(data.features[rows]))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint32", ">u2"])
def test_other_pictures_become_float32_at_once(dtype):
    data, rows = dataset(PICTURES.astype(dtype)), np.arange(10)
    scaler = fit_preprocessor(data, rows, PreprocessingSection())
    given = network_rows(data, rows, scaler)
    assert isinstance(given, np.ndarray)
    assert given.dtype == np.float32


def test_a_table_of_small_whole_numbers_holds_no_pixels():
    data = dataset(PICTURES[:, 0])
    assert not are_pixels(data.features)
    scaler = fit_preprocessor(data, np.arange(20), PreprocessingSection())
    assert isinstance(network_rows(data, np.arange(3), scaler), np.ndarray)


@given(st.lists(st.lists(st.integers(0, 27), min_size=1), min_size=1, max_size=3))
def test_rows_of_rows_are_those_of_an_array(choices):
    whole, rows = np.asarray(ROWS), ROWS
    for choice in choices:
        which = np.array(choice) % len(rows)
        whole, rows = whole[which], rows[which]
    assert rows.shape == whole.shape
    assert len(rows) == len(whole)
    assert np.array_equal(rows, whole)


def test_slices_and_masks_take_rows():
    whole = np.asarray(ROWS)
    assert np.array_equal(ROWS[3:9], whole[3:9])
    assert np.array_equal(ROWS[whole[:, 0, 0] > 0], whole[whole[:, 0, 0] > 0])
    assert np.asarray(ROWS, np.float64).dtype == np.float64


@pytest.mark.parametrize("writeable", [True, False])
def test_pixels_are_filled_up(writeable):
    pictures = PICTURES.copy()
    pictures.flags.writeable = writeable  # a worker maps a file that it cannot write to
    full = PixelRows(pictures, np.array([4, 4, 0]), SCALER).filled(5)
    assert full.dtype == np.uint8
    assert np.array_equal(full[:3], PICTURES[[4, 4, 0]])
    assert not full[3:].any()


@pytest.mark.parametrize("name", ["none", "random_over", "random_under", "balanced_batches"])
def test_they_are_resampled_as_their_numbers_are(name):
    y = (np.arange(len(ROWS)) % 4 == 0).astype(np.int64)
    parameters = {} if name == "none" else {"ratio": 0.8}
    done, expected = (
        resample(Chosen(name, parameters), x, y, None, None, "ab", 3)
        for x in (ROWS, np.asarray(ROWS))
    )
    assert isinstance(done.x, PixelRows)
    assert np.array_equal(done.x, expected.x)
    assert np.array_equal(done.y, expected.y)


def test_they_are_augmented_as_their_numbers_are():
    rare = np.arange(len(ROWS)) % 3 == 0
    wanted = Augmentation(flip="both", rotation=0.1, contrast=0.2, noise=0.1, minority=2.0)
    room = np.full((40, 5, 4), 7, np.float32)
    done, expected = (
        augmented(x, rare, wanted, seed=1, epoch=2, into=into)
        for x, into in ((ROWS, room), (np.asarray(ROWS), None))
    )
    assert done is room
    assert np.array_equal(done[: len(ROWS)], expected)
    assert (done[len(ROWS) :] == 7).all()
    assert augmented(ROWS, rare, None, seed=1, epoch=2) is ROWS
