"""Boxes in pictures: how they are written, and that nothing but the report knows them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.data import RawData, assemble, load_data, make_splits
from tuner.data.boxes import boxed, boxes_told, checked_boxes
from tuner.data.memory import from_arrays
from tuner.errors import InputError
from tuner.search.identity import identity
from tuner.search.job import Job, read_job, write_job
from tuner.study import load_study

SHAPE = (2, 8, 8)
NONE = [np.nan] * 4
WHOLE = [0.25, 0.5, 0.5, 0.25]
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 255, (40, 4, 4), dtype=np.uint8)
LABELS = np.repeat(["well", "ill"], [30, 10])
BOXES = np.column_stack([RNG.uniform(0, 0.5, (40, 2)), RNG.uniform(0.1, 0.5, (40, 2))]).round(3)


def told(boxes, box_format="xywh", shape=SHAPE, first_row=0):
    with pytest.raises(InputError) as caught:
        checked_boxes(boxes, shape, box_format, first_row)
    [problem] = caught.value.problems
    assert problem.path == ("boxes",)
    return problem.message


def test_a_centre_becomes_an_upper_left_corner():
    found = checked_boxes([[0.5, 0.6, 0.2, 0.4], WHOLE], SHAPE, "cxcywh")
    np.testing.assert_allclose(found, [[0.4, 0.4, 0.2, 0.4], [0, 0.375, 0.5, 0.25]])


@pytest.mark.parametrize("none", [NONE, [0, 0, 0, 0], [0.5, 0.5, 0, 0.2], [0.5, 0.5, 0.2, 0]])
@pytest.mark.parametrize("box_format", ["xywh", "cxcywh"])
def test_a_box_without_area_is_none(none, box_format):
    found = checked_boxes([none, WHOLE], SHAPE, box_format)
    assert boxed(found).tolist() == [False, True]
    assert np.isnan(found[0]).all()


def test_numbers_of_float32_and_boxes_at_the_edge_are_taken():
    edges = np.array([[0.9, 0.9, 0.1, 0.1], [0, 0, 1, 1]], np.float32)
    np.testing.assert_allclose(checked_boxes(edges, SHAPE, "xywh"), edges, atol=1e-6)
    rounded = checked_boxes([[0.97, 0.5, 0.07, 0.2], WHOLE], SHAPE, "cxcywh")
    assert rounded[0].tolist() == [0.935, 0.4, 0.065, 0.2]


@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=2),
    st.lists(st.floats(0.001, 1), min_size=2, max_size=2),
)
def test_both_formats_say_the_same_of_any_box(corner, size):
    size = np.minimum(size, 1 - np.asarray(corner))
    box = np.array([*corner, *size])
    centred = np.array([*(corner + size / 2), *size])
    first = checked_boxes([box, WHOLE], SHAPE, "xywh")
    second = checked_boxes([centred, WHOLE], SHAPE, "cxcywh")[:1]
    np.testing.assert_allclose(first[:1], second, atol=2e-6)
    known = first[boxed(first)]
    assert (known >= 0).all()
    assert (known[:, :2] + known[:, 2:] <= 1 + 1e-6).all()


@pytest.mark.parametrize(
    "box",
    [
        [0.9, 0.5, 0.2, 0.4],
        [-0.1, 0.5, 0.2, 0.2],
        [0.5, 0.5, -0.2, 0.2],
        [0.5, 0.5, 0.2, np.inf],
        [np.nan, 0.5, 0.2, 0.2],
        [12, 30, 8, 8],
    ],
)
def test_a_box_beyond_its_picture_is_told(box):
    message = told([WHOLE, box], first_row=1)
    assert message.startswith("the box of row 2 is [")
    assert "as shares of the picture, all of it within 0 to 1, or NaN for none" in message


def test_the_other_format_is_suggested_and_all_rows_are_counted():
    message = told([[0.9, 0.5, 0.2, 0.4], [1, 1, 1, 1]])
    assert "(and 1 more)" in message
    assert message.endswith("where x and y are the centre, set box_format: cxcywh")
    assert told([WHOLE, [0, 0, 1, 1]], "cxcywh").endswith("set box_format: xywh")


@pytest.mark.parametrize(
    "boxes", [np.zeros((3, 4)), np.zeros((2, 5)), np.zeros(2), np.full((2, 4), "a")]
)
def test_boxes_of_another_shape_or_type_are_told(boxes):
    got = f"got {boxes.dtype} {boxes.shape}"
    assert (
        told(boxes)
        == f"boxes must be numbers of shape (2, 4), x, y, width and height for each row; {got}"
    )


def test_a_table_has_no_boxes():
    message = told([WHOLE, WHOLE], shape=(2, 8))
    assert message == "boxes belong to pictures, and the rows are those of a table"


def study_of(folder, data):
    path = folder / "study.yaml"
    path.write_text(f"version: 1\nname: boxes\ndata:\n{data}", encoding="utf-8")
    return load_study(path)


def test_every_way_to_give_them_is_the_same(tmp_path):
    centred = BOXES.copy()
    centred[:, :2] += BOXES[:, 2:] / 2
    np.savez(tmp_path / "data.npz", X=IMAGES, y=LABELS, b=centred)
    for name, array in {"X": IMAGES, "y": LABELS, "b": BOXES}.items():
        np.save(tmp_path / f"{name}.npy", array)
    (tmp_path / "own.py").write_text(
        "import numpy as np\ndef rows():\n    with np.load('data.npz') as file:\n"
        "        return dict(features=file['X'], labels=file['y'], boxes=file['b'],"
        " box_format='cxcywh')\n".replace("data.npz", str(tmp_path / "data.npz"))
    )
    archive = load_data(study_of(tmp_path, "  npz: data.npz\n  boxes: b\n  box_format: cxcywh\n"))
    files = load_data(study_of(tmp_path, "  npy: X.npy\n  target: y.npy\n  boxes: b.npy\n"))
    function = load_data(study_of(tmp_path, "  python: own.py:rows\n"))
    memory = from_arrays(IMAGES, LABELS, boxes=centred, box_format="cxcywh")
    for one in (archive, files, function, memory):
        np.testing.assert_allclose(one.boxes, BOXES, atol=1e-6)


def test_boxes_of_official_parts_are_joined_in_their_order(tmp_path):
    arrays = {}
    for part, rows in {"train": slice(0, 20), "test": slice(20, 40)}.items():
        arrays |= {
            f"{part}_x": IMAGES[rows],
            f"{part}_y": np.arange(20) % 2,
            f"{part}_b": BOXES[rows],
        }
    np.savez(tmp_path / "data.npz", **arrays)
    keys = '  features: "*_x"\n  target: "*_y"\n  boxes: "*_b"\n  minority: 1\n'
    data = load_data(study_of(tmp_path, f"  npz: data.npz\n{keys}"))
    np.testing.assert_allclose(data.boxes, BOXES)


def test_faults_are_told_at_their_key(tmp_path):
    np.savez(tmp_path / "data.npz", X=IMAGES, y=LABELS, b=BOXES, short=BOXES[:3], big=BOXES * 9)

    def first(keys):
        with pytest.raises(InputError) as caught:
            load_data(study_of(tmp_path, f"  npz: data.npz\n{keys}"))
        return str(caught.value)

    assert "data.boxes: no array 'c' in data.npz" in first("  boxes: c\n")
    assert "data.boxes: the box of row 0 is [" in first("  boxes: big\n")
    assert "arrays differ in rows: X has 40, y has 40, short has 3" in first("  boxes: short\n")
    assert "there are none; name them in 'boxes'" in first("  box_format: xywh\n")
    assert "data.box_format: " in first("  boxes: b\n  box_format: yolo\n")
    with pytest.raises(InputError, match="expected one of xywh, cxcywh; got 'yolo'"):
        from_arrays(IMAGES, LABELS, boxes=BOXES, box_format="yolo")


def test_rows_that_are_dropped_take_their_boxes_with_them():
    images = IMAGES.copy()
    images[3] = images[1]
    data = assemble(RawData(images, LABELS, boxes=BOXES), "t", duplicates="drop")
    assert len(data) == 39
    np.testing.assert_allclose(data.boxes, np.delete(BOXES, 3, axis=0))


def test_boxes_have_no_say_in_splits_and_in_the_identity_of_a_run(tmp_path):
    np.savez(tmp_path / "data.npz", X=IMAGES, y=LABELS, b=BOXES)
    plain, with_boxes = (
        study_of(tmp_path, f"  npz: data.npz\n{key}") for key in ("", "  boxes: b\n")
    )
    one, other = load_data(plain), load_data(with_boxes)
    assert identity(plain, one) == identity(with_boxes, other)
    splits = [make_splits(data, plain.data.split, 0) for data in (one, other)]
    assert np.array_equal(splits[0].test, splits[1].test)


def test_what_is_told_of_them_changes_with_them():
    data = assemble(RawData(IMAGES, LABELS, boxes=BOXES), "t")
    other = assemble(RawData(IMAGES, LABELS, boxes=np.vstack([NONE, BOXES[1:]])), "t")
    assert boxes_told(None) is None
    first, second = boxes_told(data.boxes), boxes_told(other.boxes)
    assert (first["rows"], second["rows"]) == (40, 39)
    assert first["fingerprint"] != second["fingerprint"]


def test_a_worker_gets_them_as_they_are(tmp_path):
    study = load_study("mri_like")
    data = assemble(RawData(IMAGES, LABELS, boxes=BOXES), "t")
    write_job(Job(study, data, None), tmp_path / "job")
    assert np.array_equal(read_job(tmp_path / "job").dataset.boxes, data.boxes)


def test_boxes_of_real_slices_lie_on_tumours_when_read_by_their_centre(real_data):
    real_data("brain_mri_64.npz")
    data = load_data(load_study("brain_mri"))
    assert boxed(data.boxes).all()
    rows = np.flatnonzero(data.is_minority())
    ratios = []
    for row in rows:
        picture, (x, y, width, height) = data.features[row].astype(float), 64 * data.boxes[row]
        inside = picture[
            round(y) : max(round(y + height), round(y) + 1),
            round(x) : max(round(x + width), round(x) + 1),
        ]
        ratios.append(inside.mean() / picture[picture > 20].mean())
    # A meningioma takes up contrast; read as corners, the same numbers give about 1.
    assert np.mean(ratios) > 1.2


def test_boxes_of_generated_slices_have_the_lesion_in_their_middle():
    data = load_data(load_study("mri_like"))
    assert np.array_equal(boxed(data.boxes), data.is_minority())
    ratios = []
    for row in np.flatnonzero(data.is_minority()):
        x, y, width, height = 32 * data.boxes[row]
        down, across = int(y + height / 2), int(x + width / 2)
        picture = data.features[row]
        brightness = [
            side[down - 1 : down + 2, across - 1 : across + 2].mean()
            for side in (picture, picture[:, ::-1])
        ]
        ratios.append(brightness[0] / brightness[1])
    assert min(ratios) > 1.1
    assert np.mean(ratios) > 1.4
