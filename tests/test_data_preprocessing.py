"""Scaling is learned from training rows alone."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import StandardScaler

from tuner.data import RawData, Standardizer, assemble, make_splits
from tuner.search.tuner import scaled_rows
from tuner.study import SplitSection

TABLE = np.random.default_rng(0).normal([3, -2, 1e4], [1, 20, 300], (200, 3)).astype(np.float32)


def test_a_table_is_scaled_like_scikit_learn():
    ours = Standardizer.fit(TABLE).transform(TABLE)
    theirs = StandardScaler().fit_transform(TABLE.astype(np.float64))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("constant", [7.0, 0.0, 0.1, -1e6, 1e-20])
def test_a_constant_column_is_not_blown_up(constant):
    rows = np.full((120, 1), constant, dtype=np.float32)
    scaler = Standardizer.fit(rows)
    np.testing.assert_allclose(scaler.transform(rows), 0.0, atol=1e-6 * abs(constant))
    shifted = scaler.transform(np.float32([[constant + 0.1]]))
    assert abs(shifted[0, 0]) < 0.2


def test_images_have_one_mean_and_one_scale():
    images = np.random.default_rng(0).normal(5, 2, (50, 4, 4)).astype(np.float32)
    images[:, 0, 0] = 5.0
    scaler = Standardizer.fit(images)
    assert scaler.mean.shape == scaler.scale.shape == ()
    assert scaler.transform(images).std() == pytest.approx(1.0, abs=1e-5)


def test_saved_numbers_are_exact():
    scaler = Standardizer.fit(TABLE)
    again = Standardizer.from_json(json.loads(json.dumps(scaler.to_json())))
    assert np.array_equal(again.transform(TABLE), scaler.transform(TABLE))


def test_other_rows_have_no_influence_on_training_rows():
    labels = np.repeat(["a", "b"], [150, 50])
    data = assemble(RawData(TABLE, labels), "t")
    splits = make_splits(data, SplitSection(), 0)
    for fold in splits.folds:
        garbage = TABLE.copy()
        garbage[splits.test] = 1e9
        garbage[fold.validation] = -1e9
        spoiled = assemble(RawData(garbage, labels), "t")
        train, _ = scaled_rows(data, fold)
        assert np.array_equal(scaled_rows(spoiled, fold)[0].x, train.x)


def test_the_reported_constant_column_keeps_its_unit():
    path = Path(__file__).parent / "cases/39_constant_column/data.csv"
    rows = np.loadtxt(path, delimiter=",", skiprows=1, usecols=(0, 5), dtype=np.float32)
    scaler = Standardizer.fit(rows)
    assert scaler.scale[1] == 1.0
    probe = scaler.transform(np.float32([[0.0, 7.0], [0.0, 7.1]]))[:, 1]
    np.testing.assert_allclose(probe, [0.0, 0.1], atol=1e-6)


finite = st.floats(-(2.0**60), 2.0**60, width=32)


@given(arrays(np.float32, (7, 3), elements=finite))
def test_any_table_is_scaled_to_finite_numbers_and_restored_from_json(rows):
    scaler = Standardizer.fit(rows)
    scaled = scaler.transform(rows)
    assert scaled.dtype == np.float32
    assert np.isfinite(scaled).all()
    assert (scaler.scale > 0).all()
    again = Standardizer.from_json(json.loads(json.dumps(scaler.to_json())))
    assert np.array_equal(again.mean, scaler.mean)
    assert np.array_equal(again.scale, scaler.scale)


def test_scaled_images_keep_what_they_show():
    images = np.random.default_rng(0).normal(5, 2, (50, 4, 4)).astype(np.float32)
    scaler = Standardizer.fit(images)
    mean, scale = images.mean(dtype=np.float64), images.std(dtype=np.float64)
    np.testing.assert_allclose(scaler.transform(images), (images - mean) / scale, atol=1e-5)
    restored = Standardizer.from_json(json.loads(json.dumps(scaler.to_json())))
    assert restored.mean.shape == ()


def test_new_rows_are_scaled_by_what_was_learned():
    train, later = TABLE[:150], TABLE[150:] * 100
    ours = Standardizer.fit(train).transform(later)
    theirs = StandardScaler().fit(train.astype(np.float64)).transform(later.astype(np.float64))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
