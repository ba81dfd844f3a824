"""Scans from their files to a report, and a new scan through what was exported."""

import json

import keras
import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset

from tuner.cli import main
from tuner.data import load_data, make_splits, preprocessor_from_json
from tuner.data.volumes.nifti import volume_slices
from tuner.study import load_study

nib = pytest.importorskip("nibabel")

STUDY = """\
version: 1
name: scans
data: {{{loader}: scans, size: [12, 10], keep: [0.1, 0.9], split: {{test: 0.25, validation: 0.25}}}}
model: {{family: conv, blocks: {{int: [1, 2]}}, filters: 4, units: 8, activation: [relu, prelu]}}
imbalance: {{class_weight: balanced}}
training: {{epochs: 3}}
search: {{algorithm: random, trials: 2}}
evaluation: {{confirm: 0, baselines: false}}
"""


def body(subject, ill):
    """Voxels to the right, to the front and to the head; a lesion is a bright cube."""
    voxels = np.random.default_rng(subject).normal(100, 20, (10, 12, 6))
    if ill:
        voxels[3:6, 4:7] += 300
    return voxels.astype(np.int16)


def save_nifti(path, voxels, subject):
    # Every other scan is stored as an LPS system would do it.
    flip = subject % 2 == 1
    affine = np.diag([-1.0, -1, 1, 1]) if flip else np.eye(4)
    nib.save(nib.Nifti1Image(voxels[::-1, ::-1] if flip else voxels, affine), f"{path}.nii.gz")


def save_dicom(path, voxels, subject):
    path.mkdir()
    for height in range(voxels.shape[2]):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = pydicom.uid.MRImageStorage
        meta.MediaStorageSOPInstanceUID = f"1.2.{subject}.{height}"
        meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        data = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
        data.PatientID, data.SeriesInstanceUID = path.name, f"1.2.{subject}"
        # DICOM's axes run to the left and to the back.
        data.ImageOrientationPatient, data.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, height]
        data.Rows, data.Columns = voxels.shape[1], voxels.shape[0]
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
        data.PixelData = np.ascontiguousarray(voxels[::-1, ::-1, height].T).tobytes()
        data["PixelData"].VR = "OW"
        data.save_as(path / f"{height}.dcm", enforce_file_format=True)


def make_study(folder, loader):
    for subject in range(18):
        label = "lesion" if subject < 6 else "healthy"
        (folder / "scans" / label).mkdir(parents=True, exist_ok=True)
        save = save_nifti if loader == "nifti" else save_dicom
        save(folder / "scans" / label / f"sub-{subject:02}", body(subject, subject < 6), subject)
    path = folder / "study.yaml"
    path.write_text(STUDY.format(loader=loader), encoding="utf-8")
    return path


def test_both_kinds_of_files_hold_the_same_pictures(tmp_path):
    found = []
    for loader in ("nifti", "dicom"):
        (tmp_path / loader).mkdir()
        found.append(load_data(load_study(make_study(tmp_path / loader, loader))))
    one, other = found
    assert one.fingerprint == other.fingerprint
    assert [finding.code for finding in one.findings] == ["mixed-orientation"]
    assert other.findings == ()


@pytest.mark.slow
@pytest.mark.parametrize("loader", ["nifti", "dicom"])
def test_a_study_of_scans_keeps_subjects_together_and_reads_new_ones(tmp_path, loader):
    path = make_study(tmp_path, loader)
    assert main(["run", str(path), "--runs-dir", str(tmp_path / "runs")]) == 0
    folder = tmp_path / "runs" / "scans"
    content = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    data = content["data"]
    assert (data["shape"], data["groups"], data["images"]["dtype"]) == ([12, 10], 18, "float32")
    assert sum(data["splits"][part]["groups"] for part in ("test", "development")) == 18
    assert content["trials"]["finished"] == 2

    study = load_study(path)
    dataset = load_data(study)
    assert data["fingerprint"] == dataset.fingerprint
    splits = make_splits(dataset, study.data.split, study.seed)
    sides = [set(dataset.groups[rows]) for rows in (splits.test, splits.development)]
    assert sides[0].isdisjoint(sides[1])

    model = keras.models.load_model(folder / "best_model" / "model.keras")
    saved = json.loads((folder / "best_model" / "preprocessing.json").read_text(encoding="utf-8"))
    rows = dataset.groups == "sub-03"
    pictures = dataset.features[rows]
    if loader == "nifti":
        new = tmp_path / "new"
        save_nifti(new, body(3, True), 4)  # the same body, stored in the other way
        pictures = volume_slices(tmp_path / "new.nii.gz", saved["reading"])
        np.testing.assert_array_equal(pictures, dataset.features[rows])
    said = model.predict(preprocessor_from_json(saved).transform(pictures, ()), verbose=0)
    assert said.shape == (rows.sum(), 1)
    assert np.isfinite(said).all()
