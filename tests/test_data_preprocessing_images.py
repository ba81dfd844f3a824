"""Images: one centre and one scale for all pixels, at full depth."""

import json

import numpy as np
import pytest
from PIL import Image
from sklearn.preprocessing import RobustScaler, StandardScaler

from tuner.data import LOADERS, assemble, fit_preprocessor, preprocessor_from_json
from tuner.data.images import read_images
from tuner.data.preprocessing import ImageScaler
from tuner.study import PreprocessingSection


@pytest.mark.parametrize("scaling", ["standard", "robust"])
@pytest.mark.parametrize(
    "images",
    [
        np.random.default_rng(0).integers(0, 256, (40, 5, 5), dtype=np.uint8),
        np.random.default_rng(1).integers(0, 65536, (40, 5, 5, 3), dtype=np.uint16),
        np.random.default_rng(2).normal(5, 2, (40, 4, 4)).astype(np.float32),
    ],
)
def test_images_are_scaled_by_one_centre_and_one_scale(images, scaling):
    scaler = ImageScaler.fit(images[:30], scaling, {})
    exact = images.astype(np.float64)
    judge = RobustScaler() if scaling == "robust" else StandardScaler()
    judge.fit(exact[:30].reshape(-1, 1))
    theirs = judge.transform(exact.reshape(-1, 1)).reshape(images.shape)
    np.testing.assert_allclose(scaler.transform(images), theirs, rtol=2e-6, atol=1e-6)
    as_floats = ImageScaler.fit(exact[:30], scaling, {})
    np.testing.assert_allclose(
        [scaler.centre, scaler.scale], [as_floats.centre, as_floats.scale], rtol=1e-6
    )


def test_equal_images_keep_their_unit():
    scaler = ImageScaler.fit(np.full((3, 2, 2), 200, dtype=np.uint8), "standard", {})
    assert (scaler.centre, scaler.scale) == (200.0, 1.0)


def test_many_images_are_scaled_in_pieces(monkeypatch):
    monkeypatch.setattr("tuner.data.preprocessing.images._PIECE", 7 * 16)
    monkeypatch.setattr("tuner.data.preprocessing.scaling._PIECE", 100)
    images = np.random.default_rng(0).integers(0, 256, (50, 4, 4), dtype=np.uint8)
    scaler = ImageScaler.fit(images, "standard", {})
    np.testing.assert_allclose(scaler.scale, images.astype(float).std(), rtol=1e-12)
    whole = (images - images.mean()) / images.astype(float).std()
    np.testing.assert_allclose(scaler.transform(images), whole, rtol=2e-6, atol=1e-6)


def test_facts_for_people_are_not_saved():
    scaler = ImageScaler.fit(np.eye(4).reshape(1, 4, 4), "standard", {"size": 4, "found": {"L": 1}})
    assert scaler.to_json()["reading"] == {"size": 4}


def test_new_files_become_the_numbers_that_were_trained_on(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 65536, (24, 6, 9), dtype=np.uint16)
    for number, picture in enumerate(pixels):
        path = tmp_path / "images" / ("rare" if number % 3 else "common") / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    options = {"channels": 3, "size": (4, 5)}
    raw = LOADERS["images"](options, location="images", folder=tmp_path)
    dataset = assemble(raw, "pictures", "common")
    rows = np.arange(0, 24, 2)
    fitted = fit_preprocessor(dataset, rows, PreprocessingSection())
    loaded = preprocessor_from_json(json.loads(json.dumps(fitted.to_json())))
    assert isinstance(loaded, ImageScaler)
    files = sorted((tmp_path / "images").rglob("*.png"))
    new = loaded.transform(read_images(files, loaded.reading))
    np.testing.assert_array_equal(new, fitted.transform(dataset.features))
