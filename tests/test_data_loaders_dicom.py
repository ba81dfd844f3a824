"""Folders of DICOM files."""

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    BasicTextSRStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEGLosslessSV1,
    MRImageStorage,
    RLELossless,
    RTDoseStorage,
    SegmentationStorage,
)

from tuner.data import LOADERS
from tuner.errors import InputError

AXIAL = [1, 0, 0, 0, 1, 0]
CORONAL = [1, 0, 0, 0, 0, -1]
SAGITTAL = [0, 1, 0, 0, 0, -1]
SHAPE = (5, 6, 7)
"""Voxels to the patient's left, back and head: DICOM's own axes."""


def load(folder, **options):
    return LOADERS["dicom"](options, location="scans", folder=folder, progress=lambda *_: None)


def faults(folder, **options):
    with pytest.raises(InputError) as caught:
        load(folder, **options)
    assert all("\n" not in problem.message for problem in caught.value.problems)
    return [problem.message for problem in caught.value.problems]


def body(seed=0):
    return np.random.default_rng(seed).integers(0, 4000, SHAPE).astype(np.uint16)


def save(folder, name, stored, cosines=AXIAL, position=(0, 0, 0), **tags):
    """Writes one file; a tag that is None is left out."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = tags.pop("storage", MRImageStorage)
    meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    meta.TransferSyntaxUID = tags.pop("syntax", ExplicitVRLittleEndian)
    data = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    bits = stored.dtype.itemsize * 8
    values = {
        "PatientID": name.split("/")[1],
        "SeriesInstanceUID": "1.2.3",
        "ImageOrientationPatient": cosines,
        "ImagePositionPatient": None if position is None else list(position),
        "PixelSpacing": [1, 1],
        "Rows": stored.shape[-2],
        "Columns": stored.shape[-1],
        "NumberOfFrames": stored.shape[0] if stored.ndim == 3 else None,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": int(stored.dtype.kind == "i"),
        "PixelData": stored.tobytes(),
    } | tags
    for key, value in values.items():
        if value is not None:
            setattr(data, key, value)
    data["PixelData"].VR = "OW"
    path = folder / "scans" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)
    return path


def pair(folder, **tags):
    """Two classes with one slice each."""
    save(folder, "a/p1/1", body()[..., 0], **tags)
    return save(folder, "b/p2/1", body(1)[..., 0], **tags)


def test_slices_are_sorted_by_place_and_grouped_by_patient(tmp_path):
    voxels = body()
    for number, height in enumerate([3, 0, 6, 1, 5, 2, 4]):
        for label, patient in (("a", "p1"), ("b", "p2")):
            save(tmp_path, f"{label}/{patient}/{number}.dcm", voxels[..., height].T,
                 position=(-10, 20, 2.5 * height), InstanceNumber=9 - number)  # fmt: skip
    raw = load(tmp_path)
    assert raw.features.dtype == np.float32
    np.testing.assert_array_equal(raw.features[:7], voxels.transpose(2, 1, 0))
    assert raw.labels.tolist() == ["a"] * 7 + ["b"] * 7
    assert raw.groups.tolist() == ["p1"] * 7 + ["p2"] * 7
    assert raw.reading["size"] == [6, 5]
    assert raw.reading["found"]["shapes"] == {"7×6×5": 2}
    assert raw.reading["found"]["spacing"] == {"2.5×1×1": 2}
    assert raw.findings == ()


# Where the first stored pixel, the columns and the rows of a slice lie, and its numbers.
STORED = {
    "axial": [
        (AXIAL, lambda v, i: v[:, :, i].T),
        ([0, 1, 0, 1, 0, 0], lambda v, i: v[:, :, i]),
        ([-1, 0, 0, 0, -1, 0], lambda v, i: v[::-1, ::-1, i].T),
        ([0, -1, 0, 1, 0, 0], lambda v, i: v[:, ::-1, i]),
    ],
    "coronal": [
        (CORONAL, lambda v, i: v[:, i, ::-1].T),
        ([0, 0, 1, 1, 0, 0], lambda v, i: v[:, i, :]),
        ([-1, 0, 0, 0, 0, 1], lambda v, i: v[::-1, i, :].T),
    ],
    "sagittal": [
        (SAGITTAL, lambda v, i: v[i, :, ::-1].T),
        ([0, 0, -1, 0, -1, 0], lambda v, i: v[i, ::-1, ::-1]),
    ],
}


@pytest.mark.parametrize(
    ("plane", "cosines", "cut"),
    [(plane, *way) for plane, ways in STORED.items() for way in ways],
)
def test_a_voxel_lands_at_the_same_pixel_however_it_is_stored(tmp_path, plane, cosines, cut):
    voxels = body()
    axis = {"axial": 2, "coronal": 1, "sagittal": 0}[plane]
    for number in range(SHAPE[axis]):
        position = np.zeros(3)
        position[axis] = 3.0 * number
        save(tmp_path, f"a/p1/{number}", cut(voxels, number), cosines, position)
    save(tmp_path, "b/p2/0", cut(voxels, 0), cosines)
    slices = load(tmp_path, orientation=plane).features
    left, back, head = 3, 1, 5
    # Up is the front or the head; left is the patient's right or front.
    place = {
        "axial": (head, back, left),
        "coronal": (6 - 1 - back, 7 - 1 - head, left),
        "sagittal": (5 - 1 - left, 7 - 1 - head, back),
    }[plane]
    assert slices[place] == voxels[left, back, head]
    assert slices[: SHAPE[axis]].sum() == voxels.sum()


@pytest.mark.parametrize("orientation", ["axial", "coronal", "sagittal"])
def test_the_same_body_gives_the_same_slices_as_nifti_and_as_dicom(tmp_path, orientation):
    nib = pytest.importorskip("nibabel")
    voxels = body()
    axis = {"axial": 2, "coronal": 1, "sagittal": 0}[orientation]
    cosines, cut = STORED[orientation][0]
    for label in ("a", "b"):
        for number in range(SHAPE[axis]):
            position = np.zeros(3)
            position[axis] = number
            save(tmp_path, f"{label}/p{label}/{number}", cut(voxels, number), cosines, position)
        (tmp_path / "nifti" / label).mkdir(parents=True)
        # NIfTI's first two axes run the other way.
        image = nib.Nifti1Image(voxels, np.diag([-1.0, -1, 1, 1]))
        nib.save(image, tmp_path / "nifti" / label / f"p{label}.nii")
    dicom = load(tmp_path, orientation=orientation)
    nifti = LOADERS["nifti"]({"orientation": orientation}, location="nifti", folder=tmp_path)
    np.testing.assert_array_equal(dicom.features, nifti.features)
    assert dicom.groups.tolist() == nifti.groups.tolist()


def test_the_intensity_scale_is_applied_and_white_is_bright(tmp_path):
    stored = np.array([[0, 1000], [4095, 7]], dtype=np.uint16)
    scale = {"RescaleSlope": 0.5, "RescaleIntercept": -1024}
    save(tmp_path, "a/p1/1", stored, **scale)
    save(tmp_path, "b/p2/1", stored, BitsStored=12, HighBit=11,
         PhotometricInterpretation="MONOCHROME1", **scale)  # fmt: skip
    signed = stored.astype(np.int16) - 2000
    save(tmp_path, "b/p3/1", signed, PhotometricInterpretation="MONOCHROME1")
    raw = load(tmp_path)
    np.testing.assert_array_equal(raw.features[0], stored * 0.5 - 1024)
    np.testing.assert_array_equal(raw.features[1], (4095.0 - stored) * 0.5 - 1024)
    np.testing.assert_array_equal(raw.features[2], -1.0 - signed)


def test_where_small_numbers_mean_white_a_table_is_mirrored_too(tmp_path):
    table = Dataset()
    table.LUTDescriptor = [256, 0, 16]
    table.LUTData = (np.arange(256, dtype=np.uint16) * 10).tobytes()
    table.ModalityLUTType = "US"
    stored = np.array([[0, 255], [3, 100]], dtype=np.uint8)
    tags = {"ModalityLUTSequence": Sequence([table])}
    save(tmp_path, "a/p1/1", stored, **tags)
    save(tmp_path, "b/p2/1", stored, PhotometricInterpretation="MONOCHROME1", **tags)
    raw = load(tmp_path)
    np.testing.assert_array_equal(raw.features[0], stored * 10.0)
    np.testing.assert_array_equal(raw.features[1], 2550 - stored * 10.0)


def test_a_spacing_of_one_number_is_unknown(tmp_path):
    pair(tmp_path, PixelSpacing=[1])
    raw = load(tmp_path)
    assert raw.reading["found"]["spacing"] == {"?×?×?": 2}


def enhanced(folder, name, voxels, **tags):
    """An enhanced file: one frame for each height, in reverse, each with a scale of its own."""
    frames = []
    for height in range(6, -1, -1):
        frame, place, scale = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient = [0, 0, float(height)]
        scale.RescaleSlope, scale.RescaleIntercept, scale.RescaleType = height + 1, -5, "US"
        frame.PlanePositionSequence = Sequence([place])
        frame.PixelValueTransformationSequence = Sequence([scale])
        frames.append(frame)
    shared, plane, measures = Dataset(), Dataset(), Dataset()
    plane.ImageOrientationPatient = AXIAL
    measures.PixelSpacing = [2, 3]
    shared.PlaneOrientationSequence = Sequence([plane])
    shared.PixelMeasuresSequence = Sequence([measures])
    return save(folder, name, voxels.transpose(2, 1, 0)[::-1], None, None, PixelSpacing=None,
                PerFrameFunctionalGroupsSequence=Sequence(frames),
                SharedFunctionalGroupsSequence=Sequence([shared]), **tags)  # fmt: skip


def test_files_of_many_frames_are_taken_apart(tmp_path):
    enhanced(tmp_path, "a/p1/many", body())
    enhanced(tmp_path, "b/p2/many", body(1))
    raw = load(tmp_path)
    scale = np.arange(1, 8)[:, None, None]
    np.testing.assert_array_equal(raw.features[:7], body().transpose(2, 1, 0) * scale - 5.0)
    assert raw.reading["found"]["spacing"] == {"1×2×3": 2}
    np.testing.assert_array_equal(load(tmp_path, keep=(0.3, 0.7)).features[:3], raw.features[2:5])
    for number in range(12):
        enhanced(tmp_path, f"b/p{number}/many", body())
    [message] = faults(tmp_path, keep=(0.0, 0.01))
    assert message.startswith("no slice lies in [0.0, 0.01] of 13 stacks: 'a/p1/many', 'b/p0/many'")


def test_radiographs_are_taken_as_they_are_when_asked_to(tmp_path):
    stored = [body(seed)[..., 0] for seed in range(3)]
    save(tmp_path, "a/p1/x", stored[0], None, None, InstanceNumber=2)
    save(tmp_path, "a/p1/y", stored[1], None, None, InstanceNumber=1)
    save(tmp_path, "b/p2/z", stored[2], None, None)
    [message] = faults(tmp_path)
    assert "3 files without a place in the body" in message
    assert "orientation: stored" in message
    raw = load(tmp_path, orientation="stored")
    np.testing.assert_array_equal(raw.features, [stored[1], stored[0], stored[2]])


def test_files_of_another_plane_are_told(tmp_path):
    pair(tmp_path)
    save(tmp_path, "b/p2/2", body()[..., 0], SAGITTAL)
    [message] = faults(tmp_path)
    assert message.startswith("expected axial slices, but 1 file with sagittal ones: 'b/p2/2'")
    assert len(faults(tmp_path, orientation="coronal")) == 2


def test_an_oblique_slice_counts_as_the_nearest_plane(tmp_path):
    tilted = [1, 0, 0, 0, np.cos(0.4), np.sin(0.4)]
    pair(tmp_path, cosines=tilted)
    np.testing.assert_array_equal(load(tmp_path).features[0], body()[..., 0])


@pytest.mark.parametrize("patient", [None, "", " "])
def test_a_file_that_does_not_say_whom_it_shows_is_told(tmp_path, patient):
    pair(tmp_path)
    save(tmp_path, "b/p3/1", body()[..., 0], PatientID=patient)
    [message] = faults(tmp_path)
    assert message.startswith("no PatientID in 1 file: 'b/p3/1'; state group")
    assert load(tmp_path, group="^(p[0-9])/").groups.tolist() == ["p1", "p2", "p3"]


def test_what_is_no_picture_is_left_out_and_counted(tmp_path):
    pair(tmp_path)
    save(tmp_path, "a/p1/report", body()[..., 0], Rows=None, storage=BasicTextSRStorage)
    save(tmp_path, "a/contents", body()[..., 0], storage="1.2.840.10008.1.3.10", PatientID="x")
    (tmp_path / "scans" / "readme.txt").write_text("hello")
    (tmp_path / "scans" / "DICOMDIR").write_bytes(bytes(128) + b"DICM")  # beside the classes
    raw = load(tmp_path)
    assert len(raw.features) == 2
    [finding] = raw.findings
    assert finding.message.startswith(
        "4 files in scans left out (.txt: 1, DICOM without a picture: 2, without extension: 1)"
    )


def test_patients_that_all_have_one_name_are_told(tmp_path):
    for name in ("a/p1/1", "b/p2/1"):
        save(tmp_path, name, body()[..., 0], PatientID="ANONYMOUS")
    [message] = faults(tmp_path)
    assert message.startswith(
        "all files have PatientID 'ANONYMOUS', so nothing divides them; state"
    )
    assert load(tmp_path, group="^([^/]+)/").groups.tolist() == ["p1", "p2"]


def test_a_class_without_a_picture_is_told(tmp_path):
    pair(tmp_path)
    save(tmp_path, "c/p3/report", body()[..., 0], Rows=None, storage=BasicTextSRStorage)
    assert faults(tmp_path) == ["class folder 'c' holds no DICOM picture; fill or remove it"]


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-10])


def cut_off_in_its_header(path):
    path.write_bytes(path.read_bytes()[:330])


def with_tags(**tags):
    def spoil(path):
        data = pydicom.dcmread(path)
        for key, value in tags.items():
            setattr(data, key, value)
        data.save_as(path)

    return spoil


def without_pixels(path):
    data = pydicom.dcmread(path)
    del data.PixelData
    data.save_as(path)


def too_many_pixels(path):
    data = pydicom.dcmread(path)
    data.PixelData += data.PixelData
    data.save_as(path)


def compressed(path):
    data = pydicom.dcmread(path)
    data.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8\xff\xd9"])
    data["PixelData"].is_undefined_length = True
    data.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    data.save_as(path)


def no_syntax(path):
    data = pydicom.dcmread(path)
    data.file_meta.TransferSyntaxUID = None
    pydicom.dcmwrite(path, data, implicit_vr=False, little_endian=True)


@pytest.mark.parametrize(
    ("spoil", "fragment"),
    [
        (cut_off, "'b/p2/1' is damaged or cut off ("),
        (compressed, "is compressed as 'JPEG Lossless, Non-Hierarchical, First-Order Prediction"),
        (no_syntax, "'b/p2/1' does not say how its pixels are stored (TransferSyntaxUID)"),
        (lambda path: path.with_name("2.dcm").write_text("scan"), "'b/p2/2.dcm' is no DICOM file"),
        (lambda path: path.with_name("2.dcm").touch(), "'b/p2/2.dcm' is empty; get it again"),
        (cut_off_in_its_header, "'b/p2/1' is damaged or cut off (a file of 'MR Image Storage'"),
        (too_many_pixels, "'b/p2/1' holds 2 frames, but its NumberOfFrames is 1"),
        (with_tags(NumberOfFrames=10**8), "'b/p2/1' is cut off or has no pixels: its header ann"),
        (with_tags(Rows=60000, Columns=60000), "announces 7,200,000,000 bytes of them; get it ag"),
        (without_pixels, "'b/p2/1' has a header and no pixels (PixelData); get it again"),
        (with_tags(Rows=0), "'b/p2/1' holds a picture of 0×6 pixels"),
        (with_tags(RescaleSlope=0, RescaleIntercept=0), "'b/p2/1' has RescaleSlope 0"),
        (with_tags(ImageOrientationPatient=[1, 0, 0, 0, 1]), "1 file without a place in the body"),
        (with_tags(ImagePositionPatient=[1, 0]), "1 file without a place in the body"),
        (lambda path: path.unlink(), "class folder 'b' holds no DICOM files"),
    ],
)
def test_a_fault_of_a_file_is_told_by_name(tmp_path, spoil, fragment):
    spoil(pair(tmp_path))
    [message] = faults(tmp_path)
    assert fragment in message
    assert str(tmp_path) not in message


def test_colours_are_told(tmp_path):
    pair(tmp_path)
    save(tmp_path, "b/p2/2", body()[..., 0], PhotometricInterpretation="RGB")
    assert faults(tmp_path) == ["'b/p2/2' holds no grey picture but RGB; convert or remove it"]


@pytest.mark.parametrize("syntax", [RLELossless, DeflatedExplicitVRLittleEndian])
def test_compressions_that_pydicom_undoes_itself_are_read(tmp_path, syntax):
    path = pair(tmp_path)
    data = pydicom.dcmread(path)
    if syntax == RLELossless:
        data.compress(RLELossless, generate_instance_uid=False)
    else:
        data.file_meta.TransferSyntaxUID = syntax
    data.save_as(path)
    np.testing.assert_array_equal(load(tmp_path).features[1], body(1)[..., 0])


def test_slices_of_other_sizes_are_resized_when_a_size_is_stated(tmp_path):
    save(tmp_path, "a/p1/1", np.full((4, 8), 7, np.uint16))
    save(tmp_path, "b/p2/1", np.full((4, 8), 9, np.uint16), [0, 1, 0, 1, 0, 0])
    [message] = faults(tmp_path)
    assert "4×8 in 1 (first 'a/p1/1'), 8×4 in 1 (first 'b/p2/1'); state size" in message
    raw = load(tmp_path, size=(3, 3))
    np.testing.assert_array_equal(raw.features, np.repeat([7, 9], 9).reshape(2, 3, 3))


def test_unlike_spacings_and_repeated_places_are_told(tmp_path):
    pair(tmp_path)
    save(tmp_path, "b/p2/2", body()[..., 0])
    for number in range(2):
        save(tmp_path, f"b/p3/{number}", body()[..., 0], position=(0, 0, number),
             PixelSpacing=[1.2, 1.0])  # fmt: skip
    save(tmp_path, "a/p1/2", body(3)[..., 0], position=(0, 0, 1))
    found = {finding.code: finding.message for finding in load(tmp_path).findings}
    assert list(found) == ["same-place", "spacing"]
    assert found["same-place"].startswith("1 series hold several slices of one place")
    assert "distance of rows differs between scans: 1 mm" in found["spacing"]


def series(folder, name, heights, uid, cosines=AXIAL, **tags):
    """A series of slices of random numbers."""
    for number, height in enumerate(heights):
        pixels = body(hash((name, uid, number)) % 2**32)[..., 0]
        save(folder, f"{name}/{uid}-{number}", pixels, cosines, (0, 0, height),
             SeriesInstanceUID=uid, **tags)  # fmt: skip


def two_series(folder, **tags):
    series(folder, "a/p1", range(5), "1.1", **tags)
    series(folder, "b/p2", range(5), "1.2", **tags)


def findings(folder, **options):
    found = load(folder, **options).findings
    assert {finding.path for finding in found} <= {("data", "dicom")}
    return {finding.code: finding.message for finding in found}


def test_missing_slices_are_told_with_the_widest_gap(tmp_path):
    two_series(tmp_path)
    assert findings(tmp_path) == {}
    series(tmp_path, "b/p3", [0, 2, 4, 6, 9.2, 11], "1.3")
    series(tmp_path, "b/p4", [0, 2, 4, 10, 12], "1.4")
    found = findings(tmp_path)
    assert found.pop("missing-slices") == (
        "slices are missing in 2 series: 'b/p3/1.3-3', 'b/p4/1.4-2'; the widest gap is 6 mm behind"
        " 'b/p4/1.4-2', where others are 2 mm apart"
    )
    assert list(found) == ["spacing"]


def test_series_of_one_subject_in_one_folder_are_told(tmp_path):
    two_series(tmp_path)
    series(tmp_path, "b/p2", range(5), "1.3")
    series(tmp_path, "b/p4/x", range(5), "1.4", PatientID="p4")
    series(tmp_path, "b/p4/y", range(5), "1.5", PatientID="p4")
    raw = load(tmp_path)
    assert raw.reading["found"]["volumes"] == 5
    [finding] = raw.findings
    assert finding.code == "several-series"
    assert finding.message.startswith(
        "1 folder with several series of one subject: 'b/p2'; all are read"
    )


def test_a_series_whose_slices_are_not_parallel_is_told(tmp_path):
    two_series(tmp_path)
    tilted = [1, 0, 0, 0, float(np.cos(0.12)), float(np.sin(0.12))]
    save(tmp_path, "b/p2/x", body(9)[..., 0], tilted, (0, 0, 5), SeriesInstanceUID="1.2")
    found = findings(tmp_path)
    assert found["not-parallel"].startswith(
        "slices of 1 series are not parallel (ImageOrientationPatient differs by more than 5°)"
    )
    assert "'b/p2/1.2-0'" in found["not-parallel"]


def test_series_stored_in_several_ways_are_told_and_brought_to_one(tmp_path):
    two_series(tmp_path)
    series(tmp_path, "b/p3", range(5), "1.3", [-1, 0, 0, 0, -1, 0])
    found = findings(tmp_path)
    assert list(found) == ["mixed-orientation"]
    assert (
        "LP in 2 (first 'a/p1/1.1-0'), RA in 1 (first 'b/p3/1.3-0')" in found["mixed-orientation"]
    )


def test_an_oblique_series_is_told_with_its_angle(tmp_path):
    two_series(tmp_path)
    tilted = [1, 0, 0, 0, float(np.cos(0.4)), float(np.sin(0.4))]
    series(tmp_path, "b/p3", range(5), "1.3", tilted)
    found = findings(tmp_path)
    assert "1 scan is oblique by more than 10° (23° in 'b/p3/1.3-0')" in found["oblique"]


def test_a_series_of_one_slice_among_others_is_told_but_for_radiographs(tmp_path):
    two_series(tmp_path)
    series(tmp_path, "b/p3", [0], "1.3")
    assert (
        "1 scan has one slice only, others up to 5: 'b/p3/1.3-0'"
        in (findings(tmp_path)["single-slice"])
    )
    assert findings(tmp_path, orientation="stored") == {}


def test_files_that_do_not_say_what_their_numbers_mean_are_told_beside_others(tmp_path):
    two_series(tmp_path)
    series(tmp_path, "b/p3", range(2), "1.3", RescaleSlope=2, RescaleIntercept=-5)
    message = findings(tmp_path)["intensity-scale"]
    assert message.startswith("10 files without RescaleSlope, which the others have: 'a/p1/1.1-0'")
    for name, uid in (("a/p1", "1.1"), ("b/p2", "1.2")):
        series(tmp_path, name, range(5), uid, RescaleSlope=1, RescaleIntercept=0)
    assert findings(tmp_path) == {}


def test_series_of_several_modalities_are_told(tmp_path):
    two_series(tmp_path, Modality="MR")
    assert findings(tmp_path) == {}
    series(tmp_path, "b/p3", range(5), "1.3", Modality="CT")
    found = findings(tmp_path)
    assert list(found) == ["mixed-modality"]
    assert "MR (first 'a/p1/1.1-0'), CT (first 'b/p3/1.3-0')" in found["mixed-modality"]


def test_pixels_of_another_length_within_a_series_are_told(tmp_path):
    two_series(tmp_path)
    save(tmp_path, "b/p2/x", body(9)[..., 0], position=(0, 0, 5), SeriesInstanceUID="1.2",
         PixelSpacing=[1.5, 1])  # fmt: skip
    assert (
        "of rows differs between scans: 1 mm in 'a/p1/1.1-0', 1.5 mm in 'b/p2/x'"
        in (findings(tmp_path)["spacing"])
    )


@pytest.mark.parametrize("storage", [SegmentationStorage, RTDoseStorage])
def test_segmentations_and_doses_are_no_scans(tmp_path, storage):
    pair(tmp_path)
    save(tmp_path, "b/p2/other", body(9)[..., 0], storage=storage)
    raw = load(tmp_path)
    assert len(raw.features) == 2
    assert "DICOM without a picture: 1" in raw.findings[0].message


def test_careless_files_are_read_without_a_word(tmp_path, capfd):
    path = pair(tmp_path)
    content = path.read_bytes()
    assert content.count(b"1.2.3\0") == 1
    path.write_bytes(content.replace(b"1.2.3\0", b"1.a.3\0"))  # no valid identifier
    assert len(load(tmp_path).features) == 2
    assert capfd.readouterr() == ("", "")


def test_a_missing_package_is_told_with_its_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert faults(tmp_path) == [
        "dicom data needs pydicom; install it with: pip install 'minority-tuner[mri]'"
    ]
