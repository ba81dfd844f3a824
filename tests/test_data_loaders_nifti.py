"""Folders of NIfTI volumes."""

import gzip
import itertools
import re

import nibabel as nib
import numpy as np
import pytest

from tuner.data import LOADERS
from tuner.data.assemble import assemble
from tuner.data.volumes.nifti import volume_slices
from tuner.errors import InputError

SHAPE = (5, 6, 7)
"""Voxels to the right, to the front and to the head."""

ORIGIN = (-40, 25, 13)

CODES = ["".join(code) for axes in itertools.permutations(("RL", "AP", "SI"))
         for code in itertools.product(*axes)]  # fmt: skip
"""All 48 ways in which a file can store its axes."""


def load(folder, **options):
    return LOADERS["nifti"](options, location="scans", folder=folder, progress=lambda *_: None)


def faults(folder, **options):
    with pytest.raises(InputError) as caught:
        load(folder, **options)
    assert all("\n" not in problem.message for problem in caught.value.problems)
    return [problem.message for problem in caught.value.problems]


def volume(seed=0, shape=SHAPE):
    """Voxels whose axes run to the right, to the front and to the head."""
    return np.random.default_rng(seed).integers(-900, 900, shape).astype(np.int16)


def save(folder, name, voxels, code="RAS", spacing=(1.0, 1.0, 1.0), scale=None):
    """Writes a volume with its axes in another order; voxel 0, 0, 0 always lies at `ORIGIN`."""
    stored = voxels.transpose([axis_of(letter) for letter in code])
    affine = np.eye(4)
    affine[:3, :3] = 0
    affine[:3, 3] = ORIGIN
    for number, letter in enumerate(code):
        axis = axis_of(letter)
        affine[axis, number] = spacing[axis]
        if letter in "LPI":
            stored = np.flip(stored, number)
            affine[axis, number] *= -1
            affine[axis, 3] += spacing[axis] * (voxels.shape[axis] - 1)
    image = nib.Nifti1Image(np.ascontiguousarray(stored), affine)
    if scale:
        image.header.set_slope_inter(*scale)
    path = folder / "scans" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(image, path)
    return path


def axis_of(letter):
    return "RAS".index({"L": "R", "P": "A", "I": "S"}.get(letter, letter))


def pair(folder, first=None, second=None, **options):
    save(folder, "a/p1.nii", volume(1) if first is None else first, **options)
    save(folder, "b/p2.nii", volume(2) if second is None else second, **options)


def voxel_at(image, point):
    """Index of the voxel at a place in the world, in millimetres."""
    index = np.linalg.inv(image.affine) @ [*point, 1]
    return tuple(np.rint(index[:3]).astype(int))


@pytest.mark.parametrize("code", CODES)
def test_a_voxel_at_a_known_place_lands_at_the_same_pixel_however_it_is_stored(tmp_path, code):
    pair(tmp_path, code=code)
    right, front, head = 3, 1, 5
    image = nib.load(tmp_path / "scans/a/p1.nii")
    value = image.dataobj[voxel_at(image, np.add(ORIGIN, (right, front, head)))]
    assert value == volume(1)[right, front, head]
    # Rows count down from the top: 5 - 1 to the front, 6 - 5 to the head; columns from the right.
    assert load(tmp_path).features[head, 4, 1] == value
    assert load(tmp_path, orientation="coronal").features[front, 1, 1] == value
    assert load(tmp_path, orientation="sagittal").features[right, 1, 4] == value


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        ("axial", lambda v: np.flip(v, (0, 1)).transpose(2, 1, 0)),
        ("coronal", lambda v: np.flip(v, (0, 2)).transpose(1, 2, 0)),
        ("sagittal", lambda v: np.flip(v, (1, 2)).transpose(0, 2, 1)),
    ],
)
def test_slices_are_stacked_with_the_subject_as_group(tmp_path, orientation, expected):
    pair(tmp_path, code="LIP")
    raw = load(tmp_path, orientation=orientation)
    slices = expected(volume(1))
    assert raw.features.dtype == np.float32
    np.testing.assert_array_equal(raw.features, [*slices, *expected(volume(2))])
    assert raw.labels.tolist() == ["a"] * len(slices) + ["b"] * len(slices)
    assert raw.groups.tolist() == ["p1"] * len(slices) + ["p2"] * len(slices)
    assert raw.reading["orientation"] == orientation
    assert raw.reading["size"] == list(slices.shape[1:])
    assert raw.reading["found"]["volumes"] == 2
    assert raw.reading["found"]["shapes"] == {"5×6×7": 2}
    assert raw.findings == ()


def test_the_intensity_scale_of_the_file_is_applied(tmp_path):
    pair(tmp_path, scale=(0.5, 10.0))
    header = nib.load(tmp_path / "scans/a/p1.nii").dataobj
    assert (header.slope, header.inter) == (0.5, 10.0)
    expected = np.flip(volume(1), (0, 1)).transpose(2, 1, 0) * 0.5 + 10
    np.testing.assert_array_equal(load(tmp_path).features[:7], expected)


def test_an_oblique_volume_counts_as_the_nearest_orientation(tmp_path):
    angle = np.radians(20)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    pair(tmp_path)
    nib.save(nib.Nifti1Image(volume(1), turn), tmp_path / "scans/a/p1.nii")
    expected = np.flip(volume(1), (0, 1)).transpose(2, 1, 0)
    np.testing.assert_array_equal(load(tmp_path).features[:7], expected)


def test_subjects_come_from_names_or_from_a_pattern(tmp_path):
    for name in ("a/sub-01/anat/sub-01_T1w.nii.gz", "a/p7.nii.gz", "b/x_sub-02_y.nii"):
        save(tmp_path, name, volume(shape=(2, 2, 1)))
    assert load(tmp_path).groups.tolist() == ["p7", "sub-01", "sub-02"]
    assert load(tmp_path, group="([0-9]+)").groups.tolist() == ["7", "01", "02"]


def test_a_nested_file_without_a_subject_is_told(tmp_path):
    for name in ("a/p1/T1.nii", "b/p1/T1.nii"):
        save(tmp_path, name, volume())
    [message] = faults(tmp_path)
    assert "the subject of 2 files in nested folders is not clear: 'a/p1/T1.nii'" in message
    assert load(tmp_path, group="^([^/]+)/").groups.tolist() == ["p1"] * 14


def test_a_share_of_each_stack_is_kept(tmp_path):
    pair(tmp_path, volume(1, (3, 3, 10)), volume(2, (3, 3, 1)))
    raw = load(tmp_path, keep=(0.2, 0.8))
    assert raw.labels.tolist() == ["a"] * 6 + ["b"]
    expected = np.flip(volume(1, (3, 3, 10)), (0, 1)).transpose(2, 1, 0)[2:8]
    np.testing.assert_array_equal(raw.features[:6], expected)
    assert raw.reading["keep"] == [0.2, 0.8]
    assert faults(tmp_path, keep=(0.8, 1.0)) == [
        "no slice lies in [0.8, 1.0] of 1 stack: 'b/p2.nii'; widen it"
    ]
    assert "expected two shares" in faults(tmp_path, keep=(0.8, 0.2))[0]


def test_slices_of_other_sizes_are_resized_when_a_size_is_stated(tmp_path):
    pair(tmp_path, np.full((4, 8, 2), 7, np.int16), np.full((6, 3, 1), 9, np.int16))
    [message] = faults(tmp_path)
    assert "8×4 in 1 (first 'a/p1.nii'), 3×6 in 1 (first 'b/p2.nii'); state size" in message
    raw = load(tmp_path, size=(5, 5))
    np.testing.assert_array_equal(raw.features, np.repeat([7, 7, 9], 25).reshape(3, 5, 5))
    assert raw.reading["found"]["resized"] == 2


def test_new_volumes_are_cut_like_those_that_were_trained_on(tmp_path):
    pair(tmp_path, code="PIL")
    raw = load(tmp_path, orientation="sagittal", size=(4, 4), keep=(0.0, 0.5))
    settings = {key: value for key, value in raw.reading.items() if key != "found"}
    np.testing.assert_array_equal(
        volume_slices(tmp_path / "scans/a/p1.nii", settings), raw.features[:3]
    )


def test_unlike_spacings_are_told(tmp_path):
    pair(tmp_path)
    save(tmp_path, "b/p3.nii", volume(3), code="SPL", spacing=(1.05, 1.0, 1.5))
    raw = load(tmp_path)
    finding = raw.findings[-1]
    assert [one.code for one in raw.findings] == ["mixed-orientation", "spacing"]
    assert finding.message.startswith(
        "the distance of slices differs between scans: 1 mm in 'a/p1.nii', 1.5 mm in 'b/p3.nii'"
    )
    assert raw.reading["found"]["spacing"] == {"1×1×1": 2, "1.05×1×1.5": 1}


def test_axes_stored_in_several_ways_are_told_and_brought_to_one(tmp_path):
    for number, code in enumerate(("RAS", "LPS", "RAS", "PSL")):
        save(tmp_path, f"{'ab'[number % 2]}/p{number}.nii", volume(number), code=code)
    raw = load(tmp_path)
    [finding] = raw.findings
    assert (finding.code, finding.path) == ("mixed-orientation", ("data", "nifti"))
    assert finding.message.startswith(
        "scans store their axes in several ways: RAS in 2 (first 'a/p0.nii'), LPS in 1 (first"
        " 'b/p1.nii'), PSL in 1 (first 'b/p3.nii'); all are turned to one view"
    )
    assert raw.reading["found"]["axes"] == {"RAS": 2, "LPS": 1, "PSL": 1}
    expected = [np.flip(volume(seed), (0, 1)).transpose(2, 1, 0) for seed in (0, 2, 1, 3)]
    np.testing.assert_array_equal(raw.features, np.concatenate(expected))


@pytest.mark.parametrize(("degrees", "told"), [(8, []), (12, ["oblique"]), (-40, ["oblique"])])
def test_an_oblique_volume_is_told_with_its_angle(tmp_path, degrees, told):
    pair(tmp_path)
    angle = np.radians(degrees)
    turn = np.diag([2.0, 1, 1, 1])
    turn[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    nib.save(
        nib.Nifti1Image(volume(1), turn @ np.diag([1, 3.0, 1, 1])), tmp_path / "scans/a/p1.nii"
    )
    found = {finding.code: finding.message for finding in load(tmp_path).findings}
    assert [code for code in found if code == "oblique"] == told
    for code in told:
        assert f"1 scan is oblique by more than 10° ({abs(degrees)}° in 'a/p1.nii')" in found[code]


def test_a_volume_of_one_slice_among_others_is_told(tmp_path):
    pair(tmp_path)
    save(tmp_path, "b/p3.nii", volume(3, (5, 6, 1)))
    [finding] = load(tmp_path).findings
    assert (finding.code, finding.path) == ("single-slice", ("data", "nifti"))
    assert "1 scan has one slice only, others up to 7: 'b/p3.nii'" in finding.message
    for name in ("a/p1.nii", "b/p2.nii"):
        save(tmp_path, name, volume(len(name), (5, 6, 1)))
    assert load(tmp_path).findings == ()


@pytest.mark.parametrize(("name", "voxels"), [
    ("b/p3.nii", (volume(3) > 0).astype(np.int16)),
    ("b/p3.nii", np.full(SHAPE, 7, np.int16)),
    ("b/p2_mask.nii", volume(3)),
    ("b/sub-2_dseg.nii.gz", volume(3)),
])  # fmt: skip
def test_a_mask_among_scans_is_told(tmp_path, name, voxels):
    pair(tmp_path)
    save(tmp_path, name, voxels)
    [finding] = load(tmp_path).findings
    assert finding.code == "mask"
    assert (
        f"1 volume looks like a mask, by the name or by two different numbers at most: '{name}'"
        in finding.message
    )


def test_volumes_that_are_all_masks_are_no_oddity(tmp_path):
    pair(tmp_path, *((volume(seed) > 0).astype(np.int16) for seed in (1, 2)))
    assert load(tmp_path).findings == ()


def test_other_units_of_length_are_read_as_millimetres(tmp_path):
    pair(tmp_path)
    for name, unit, step in (("b/p3", "meter", 1e-3), ("b/p4", "micron", 1e3)):
        image = nib.Nifti1Image(volume(3), np.diag([step, step, step, 1]))
        image.header.set_xyzt_units(unit)
        nib.save(image, tmp_path / "scans" / f"{name}.nii")
    raw = load(tmp_path)
    assert raw.findings == ()
    assert raw.reading["found"]["spacing"] == {"1×1×1": 4}


def test_equal_slices_of_two_classes_are_told_by_their_files(tmp_path):
    pair(tmp_path, volume(1), volume(1))
    save(tmp_path, "a/p3.nii", volume(3))
    found = {one.code: one.message for one in assemble(load(tmp_path), "scans").findings}
    assert "7 sets of equal rows with different labels" in found["conflicting-labels"]
    assert "the first is 'a/p1.nii', 'b/p2.nii' of classes" in found["conflicting-labels"]


def test_a_file_that_does_not_say_where_its_axes_point_is_told(tmp_path, capfd):
    pair(tmp_path)
    image = nib.Nifti1Image(volume(2), None)
    nib.save(image, tmp_path / "scans/b/p2.nii")
    [finding] = load(tmp_path).findings
    assert finding.code == "orientation"
    assert (
        "1 volume without a word on where the axes point (sform and qform codes are 0)"
        in finding.message
    )
    assert capfd.readouterr() == ("", "")


def test_one_further_axis_of_length_one_is_no_fault(tmp_path):
    pair(tmp_path)
    nib.save(nib.Nifti1Image(volume(1)[..., None], np.eye(4)), tmp_path / "scans/a/p1.nii")
    nib.save(nib.Nifti1Image(volume(1)[..., 0], np.eye(4)), tmp_path / "scans/a/p0.nii")
    raw = load(tmp_path)
    assert raw.features.shape == (15, 6, 5)
    np.testing.assert_array_equal(raw.features[0], raw.features[1])


def not_finite(path):
    voxels = volume().astype(np.float32)
    voxels[1, 2, 3] = np.nan
    nib.save(nib.Nifti1Image(voxels, np.eye(4)), path)


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-100])


def four_volumes(path):
    nib.save(nib.Nifti1Image(np.zeros((2, 3, 4, 5), np.int16), np.eye(4)), path)


def colours(path):
    voxels = np.zeros((2, 3, 4), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    nib.save(nib.Nifti1Image(voxels, np.eye(4)), path)


def too_large(path):
    nib.save(nib.Nifti1Image(np.full(SHAPE, 1e300), np.eye(4)), path)


def patched(start, values):
    """Overwrites a part of the header."""

    def spoil(path):
        content = bytearray(path.read_bytes())
        content[start : start + len(bytes(values))] = bytes(values)
        path.write_bytes(content)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "fragment"),
    [
        (not_finite, "'b/p2.nii' has 1 voxel not finite as float32, first at [1, 2, 3]"),
        (too_large, "'b/p2.nii' has 210 voxels not finite as float32"),
        (cut_off, "'b/p2.nii' is cut off: its header announces 772 bytes"),
        (patched(42, np.int16([32767] * 3)), "'b/p2.nii' is cut off: its header announces 70,362,"),
        (patched(42, np.int16([-5])), "'b/p2.nii' holds no voxels"),
        (patched(280, np.float32([np.nan] * 12)), "'b/p2.nii' has axes that point nowhere"),
        (four_volumes, "'b/p2.nii' holds several volumes (2×3×4×5); save each as a file"),
        (colours, "'b/p2.nii' holds colours or complex numbers"),
        (lambda path: path.write_text("no scan"), "'b/p2.nii' is no NIfTI file, is damaged"),
        (lambda path: path.write_bytes(b""), "'b/p2.nii' is empty; get it again, or remove it"),
        (patched(280, bytes(48)), "'b/p2.nii' has axes that point nowhere"),
    ],
)
def test_a_fault_of_a_file_is_told_by_name(tmp_path, spoil, fragment, capfd):
    pair(tmp_path)
    spoil(tmp_path / "scans" / "b" / "p2.nii")
    [message] = faults(tmp_path)
    assert fragment in message
    assert str(tmp_path) not in message
    assert capfd.readouterr() == ("", "")


def test_faults_of_compressed_files_are_told(tmp_path):
    first, second, third = (
        save(tmp_path, name, volume(shape=(9, 9, 9)))
        for name in ("a/1.nii.gz", "b/2.nii.gz", "b/3.nii.gz")
    )
    cut_off(first)
    second.write_bytes(b"no gzip file")
    third.write_bytes(gzip.compress(gzip.decompress(third.read_bytes())[:-10]))
    found = faults(tmp_path)
    assert [re.split(r" is | \(", message)[0] for message in found] == ["'b/2.nii.gz'"]
    second.unlink()
    found = faults(tmp_path)
    assert [message.split(" is ")[0] for message in found] == ["'a/1.nii.gz'", "'b/3.nii.gz'"]


def test_a_compressed_file_under_the_name_of_another_is_told_and_the_other_way_round(tmp_path):
    pair(tmp_path)
    save(tmp_path, "b/p3.nii", volume(3)).rename(tmp_path / "scans/b/p3.nii.gz")
    save(tmp_path, "b/p4.nii.gz", volume(4)).rename(tmp_path / "scans/b/p4.nii")
    assert faults(tmp_path) == [
        "'b/p3.nii.gz' is not compressed, as its name says; call it .nii",
        "'b/p4.nii' is compressed, and its name does not say so; call it .nii.gz",
    ]


def test_the_checksum_of_a_compressed_file_counts(tmp_path):
    save(tmp_path, "a/1.nii.gz", volume(shape=(9, 9, 9)))
    path = save(tmp_path, "b/2.nii.gz", volume(shape=(9, 9, 9)))
    content = bytearray(path.read_bytes())
    content[-6] ^= 255
    path.write_bytes(content)
    [message] = faults(tmp_path)
    assert message.startswith("'b/2.nii.gz' is no NIfTI file, is damaged or cut off (CRC check")


def test_a_compressed_file_that_cannot_hold_what_it_announces_is_told(tmp_path):
    save(tmp_path, "a/1.nii.gz", volume())
    path = save(tmp_path, "b/2.nii.gz", volume())
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[42:48] = bytes(np.int16([32767] * 3))
    path.write_bytes(gzip.compress(content))
    [message] = faults(tmp_path, size=(4, 4))
    assert message.startswith("'b/2.nii.gz' is cut off: its header announces 70,362,")


def test_a_file_of_one_slice_says_nothing_of_the_distance_of_slices(tmp_path):
    pair(tmp_path, spacing=(1, 1, 3))
    nib.save(nib.Nifti1Image(volume()[..., 0], np.eye(4)), tmp_path / "scans/b/p2.nii")
    raw = load(tmp_path)
    assert [finding.code for finding in raw.findings] == ["single-slice"]
    assert raw.reading["found"]["spacing"] == {"1×1×3": 1, "1×1×?": 1}


def test_all_faults_of_headers_are_told_at_once(tmp_path):
    pair(tmp_path)
    (tmp_path / "scans" / "c").mkdir()
    four_volumes(tmp_path / "scans" / "a" / "p1.nii")
    colours(tmp_path / "scans" / "b" / "p2.nii")
    found = faults(tmp_path)
    assert "class folder 'c' holds no .nii or .nii.gz files" in found[0]
    assert "holds several volumes" in found[1]
    assert "holds colours" in found[2]


def test_a_missing_package_is_told_with_its_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert faults(tmp_path) == [
        "nifti data needs nibabel; install it with: pip install 'minority-tuner[mri]'"
    ]


def test_a_unit_that_nobody_knows_means_millimetres(tmp_path):
    pair(tmp_path)
    for name, code in (("b/p3", 7), ("b/p4", 0b111000 | 2)):
        image = nib.Nifti1Image(volume(3), np.eye(4))
        image.header["xyzt_units"] = code
        nib.save(image, tmp_path / "scans" / f"{name}.nii")
    assert load(tmp_path).reading["found"]["spacing"] == {"1×1×1": 4}
