"""What a loader returned is checked as a whole, and all faults are told together."""

import numpy as np
import pytest

from tuner.data import About, Column, RawData, assemble, number_columns
from tuner.errors import InputError

LABELS = np.array(["a", "a", "a", "b"])
ROWS = np.arange(8.0).reshape(4, 2)


def problems(raw, **options):
    with pytest.raises(InputError) as caught:
        assemble(raw, "t", **options)
    return caught.value.problems


def messages(raw, **options):
    return [problem.message for problem in problems(raw, **options)]


def test_a_data_set_knows_its_classes_and_columns():
    data = assemble(RawData(ROWS, LABELS), "title")
    assert data.about == About("title")
    assert (len(data), data.minority, data.prevalence, data.is_table) == (4, "b", 0.25, True)
    assert data.counts.tolist() == [3, 1]
    assert data.columns == number_columns([0, 1])
    assert data.is_minority().tolist() == [False, False, False, True]
    assert data.is_minority(np.array([3, 0])).tolist() == [True, False]
    assert data.units is data.groups is data.weights is data.parts is None
    images = assemble(RawData(np.zeros((4, 2, 2), np.uint8), LABELS, reading={"size": 2}), "t")
    assert images.columns == ()
    assert not images.is_table
    assert images.reading == {"size": 2}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (np.uint8, np.uint8),
        (np.uint16, np.uint16),
        (np.int64, np.int64),
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.bool_, np.uint8),
        (np.float16, np.float32),
        (np.longdouble, np.float64),
    ],
)
def test_numbers_keep_their_type_where_they_can(given, kept):
    data = assemble(RawData(np.eye(4).astype(given), LABELS), "t")
    assert data.features.dtype == kept
    assert np.array_equal(data.features, np.eye(4))


@pytest.mark.parametrize(
    "features",
    [
        np.array([["1"], ["2"], ["3"], ["4"]]),
        np.ones((4, 1), dtype=complex),
        np.empty((4, 1), dtype=object),
        np.arange(4),
        np.float64(3),
        np.empty((4, 0)),
        np.empty((4, 3, 0)),
    ],
)
def test_features_that_are_no_numbers_are_refused(features):
    [message] = messages(RawData(features, LABELS))
    assert message.startswith(("features must be real numbers, got ", "features must have shape"))


def test_all_faults_are_told_together():
    features = ROWS.copy()
    features[1, 0], features[2, 1] = np.nan, np.inf
    raw = RawData(
        features,
        np.array(["a", "", "b", "b"]),
        np.array([1.0, 2.0, 3.0, np.nan]),
        columns=number_columns("xy"),
        parts=np.array(["train", "test", "rest", "test"]),
        first_row=1,
    )
    assert messages(raw) == [
        "the label of row 2 is missing or no name ('')",
        "the group of row 4 is missing or no name ('nan')",
        "unknown part 'rest' of the official split; known: train, training, validation, val, "
        "valid, dev, test, testing",
        "column 'x' has 1 missing value, first in row 2; fill them in, or set preprocessing.impute",
        "column 'y' has 1 infinite value, first in row 3; correct them, or name the text in "
        "'missing'",
    ]


def test_missing_values_are_allowed_where_they_are_filled():
    features = ROWS.copy()
    features[1:3, 0] = np.nan
    assert np.isnan(assemble(RawData(features, LABELS), "t", impute=True).features).sum() == 2
    features[:, 1] = np.nan
    assert messages(RawData(features, LABELS), impute=True) == [
        "column 1 is empty; name it in 'ignore'"
    ]
    features[0] = [-np.inf, 0]
    assert messages(RawData(features, LABELS), impute=True) == [
        "column 0 has 1 infinite value, first in row 0; correct them, or name the text in 'missing'"
    ]


def test_images_are_never_filled():
    images = np.zeros((4, 2, 3), dtype=np.float32)
    images[2, 1, 0] = np.nan
    images[3] = np.inf
    assert messages(RawData(images, LABELS), impute=True) == [
        "7 feature values are not finite as float32, first in row 2 at [1, 0]; replace them"
    ]


@pytest.mark.parametrize("value", [3.4e38, -3.4e38])
def test_large_values_that_networks_can_hold_are_no_fault(value):
    features = np.full((4, 2), value)
    features[0] = 0
    for kind in (np.float32, np.float64):
        assert len(assemble(RawData(features.astype(kind), LABELS), "t")) == 4
        assert len(assemble(RawData(features[:, None].astype(kind), LABELS), "t")) == 4


@pytest.mark.parametrize("value", [3.5e38, -1.7e308])
def test_values_beyond_what_networks_can_hold_are_refused(value):
    features = np.zeros((4, 2))
    features[1:3, 1] = value
    assert messages(RawData(features, LABELS, first_row=1)) == [
        "column 1 has 2 values beyond ±3.4e+38, more than networks can hold, first in row 2; "
        "correct them, or name the text in 'missing'"
    ]
    [message] = messages(RawData(features[:, None], LABELS))
    start = "2 feature values are not finite as float32, first in row 1 at [0, 1]"
    assert message == f"{start}; replace them"


def test_values_that_cancel_out_are_still_found():
    features = ROWS.copy()
    features[:2, 0] = np.inf, -np.inf
    assert "2 infinite values, first in row 0" in messages(RawData(features, LABELS))[0]


@pytest.mark.parametrize(
    ("columns", "fragment"),
    [
        ("x", "1 names for 2 feature columns"),
        ("xyz", "3 names for 2 feature columns"),
        ("xx", "more than one column is named 'x'"),
    ],
)
def test_names_must_fit_the_columns(columns, fragment):
    assert fragment in messages(RawData(ROWS, LABELS, columns=number_columns(columns)))[0]
    spoiled = np.where(ROWS == 5, np.nan, ROWS)
    found = messages(RawData(spoiled, LABELS, columns=number_columns(columns)))
    assert [fragment in found[0], "missing value" in found[1]] == [True, True]


def test_lengths_must_agree():
    raw = RawData(ROWS, LABELS[:3], np.arange(5), parts=np.array(["train", "test"]))
    assert messages(raw) == [
        "4 rows of features but 3 labels",
        "4 rows of features but 5 groups",
        "4 rows of features but official parts of shape (2,)",
    ]
    [problem] = problems(RawData(ROWS, LABELS, weights=np.ones(3)))
    assert problem.path == ("weight",)


def test_weights_and_parts_are_kept_with_their_rows():
    weights, parts = np.array([1, 2, 3, 4]), np.array(["train", "val", "train", "test"])
    data = assemble(RawData(ROWS, LABELS, weights=weights, parts=parts), "t")
    assert data.weights.tolist() == [1, 2, 3, 4]
    assert data.parts.tolist() == ["train", "validation", "train", "test"]


@pytest.mark.parametrize("parts", [np.array([b"train", b"test"] * 2), np.array([1, 0] * 2)])
def test_parts_of_another_type_are_read_as_text(parts):
    raw = RawData(ROWS, LABELS, parts=parts)
    if parts.dtype.kind == "S":
        assert assemble(raw, "t").parts.tolist() == ["train", "test"] * 2
    else:
        assert "unknown part '0', '1'" in messages(raw)[0]


@pytest.mark.parametrize(
    "change",
    [
        {"features": ROWS[::-1]},
        {"features": ROWS.astype(np.float32)},
        {"features": ROWS.reshape(4, 2, 1)},
        {"labels": np.array(["a", "a", "b", "a"])},
        {"labels": np.array(["c", "c", "c", "b"])},
        {"groups": np.arange(4)},
        {"weights": np.ones(4)},
        {"parts": np.array(["train", "test"] * 2)},
        {"columns": (Column("0"), Column("1", ("a", "b")))},
    ],
)
def test_the_fingerprint_depends_on_all_rows_and_roles(change):
    same = {"features": ROWS, "labels": LABELS}
    first = assemble(RawData(**same), "t", "b").fingerprint
    assert assemble(RawData(**same), "another title", "b").fingerprint == first
    assert assemble(RawData(**{**same, **change}), "t", "b").fingerprint != first


def test_the_fingerprint_does_not_depend_on_how_arrays_lie_in_memory():
    first = assemble(RawData(ROWS, LABELS), "t").fingerprint
    assert assemble(RawData(np.asfortranarray(ROWS), LABELS), "t").fingerprint == first
    wide = np.repeat(ROWS, 2, axis=1)[:, ::2]
    assert assemble(RawData(wide, LABELS), "t").fingerprint == first
