"""Whatever bytes of a file are damaged, it is read or refused in lines that a person can read."""

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

from tuner.data import LOADERS
from tuner.errors import InputError

PIXELS = np.random.default_rng(0).integers(0, 250, (9, 8, 3), dtype=np.uint8)


def picture(path):
    Image.fromarray(PIXELS).save(path)


def deep(path):
    Image.fromarray(PIXELS[..., 0].astype(np.uint16) * 200).save(path)


def volume(path):
    nib.save(nib.Nifti1Image(PIXELS.astype(np.int16), np.eye(4)), path)


def slice_of_series(path):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = MRImageStorage, "1.2.3.4"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    data.PatientID, data.SeriesInstanceUID = "p", "1.2.3"
    data.ImageOrientationPatient, data.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, 0]
    data.Rows, data.Columns, data.SamplesPerPixel = 9, 8, 1
    data.PhotometricInterpretation = "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 8, 8, 7, 0
    data.PixelData = PIXELS[..., 0].tobytes()
    data["PixelData"].VR = "OW"
    data.save_as(path, enforce_file_format=True)


def archive(path):
    np.savez_compressed(path, X=PIXELS, y=np.arange(9))


def array(path):
    np.save(path, PIXELS)


KINDS = {
    "x.png": ("images", picture, {"channels": 1, "size": (5, 5)}),
    "x.jpg": ("images", picture, {"channels": 3, "size": (5, 5)}),
    "y.png": ("images", deep, {"channels": 1, "size": (5, 5)}),
    "x.nii": ("nifti", volume, {"size": (5, 5)}),
    "x.nii.gz": ("nifti", volume, {"size": (5, 5)}),
    "x.dcm": ("dicom", slice_of_series, {"size": (5, 5), "group": "(x)"}),
    "x.npz": ("npz", archive, {}),
    "x.npy": ("npy", array, {"target": "y.npy"}),
}


@pytest.mark.parametrize("name", KINDS)
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_damage_is_read_over_or_told(tmp_path, capfd, name, data):
    loader, write, options = KINDS[name]
    sound = tmp_path / f"sound-{name}"
    if not sound.exists():
        write(sound)
        np.save(tmp_path / "y.npy", np.arange(9))
    content = bytearray(sound.read_bytes())
    places = st.integers(0, min(len(content), 700) - 1)
    for at, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=8)):
        content[at] = value
    content = content[: data.draw(st.sampled_from([len(content), len(content) // 2, 40, 1, 0]))]
    location = name
    if loader in ("npz", "npy"):
        (tmp_path / name).write_bytes(content)
    else:
        location = "classes"
        for label, inside in (("a", content), ("b", sound.read_bytes())):
            (tmp_path / location / label).mkdir(parents=True, exist_ok=True)
            (tmp_path / location / label / name).write_bytes(inside)
    try:
        raw = LOADERS[loader](options, location=location, folder=tmp_path)
    except InputError as error:
        for problem in error.problems:
            assert problem.message.isprintable()
            assert len(problem.message) < 500
            assert str(tmp_path) not in problem.message
    else:
        assert len(raw.features) == len(raw.labels)
    assert capfd.readouterr() == ("", "")
