"""Labels, weights and official parts: every type a source may hold, and what is told of faults."""

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.data.dataset import as_text
from tuner.data.roles import checked_labels, checked_parts, checked_weights, code_labels
from tuner.errors import InputError


def told(function, *arguments, **named):
    with pytest.raises(InputError) as caught:
        function(*arguments, **named)
    [problem] = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (np.array(["b", "a", "b"]), ["b", "a", "b"]),
        (np.array([b"b\xc3\xa9", b"a"]), ["bé", "a"]),
        (np.array([b"\xe9", b"a"]), ["\\xe9", "a"]),
        (np.array([True, False]), ["True", "False"]),
        (np.array([3, -1], dtype=np.int8), ["3", "-1"]),
        (np.array([2**63 + 1, 0], dtype=np.uint64), ["9223372036854775809", "0"]),
        (np.array([2.0, -1.0]), ["2", "-1"]),
        (np.array([2.0, 0.5]), ["2.0", "0.5"]),
        (np.array([0.1, 0.2], dtype=np.float32), ["0.1", "0.2"]),
        (np.array([0.5, 2.0], dtype=np.float16), ["0.5", "2.0"]),
        (np.array([1e300, 1.0]), ["1e+300", "1.0"]),
        (np.array(["2020-01-02", "2021-03-04"], dtype="M8[D]"), ["2020-01-02", "2021-03-04"]),
        (np.array(["2020-01-02", "2021-03-04"], dtype="M8[ns]"), ["2020-01-02", "2021-03-04"]),
        (np.array([5, 7], dtype="m8[s]"), ["5 seconds", "7 seconds"]),
        (np.array(["a", 1, 2.0, 2.5, True], dtype=object), ["a", "1", "2", "2.5", "True"]),
        (np.array([b"a", "b"], dtype=object), ["a", "b"]),
        (np.array([datetime.date(2020, 1, 2), "x"], dtype=object), ["2020-01-02", "x"]),
        (pd.Series(["yes", "no"], dtype="string"), ["yes", "no"]),
        (pd.Series(["yes", "no"], dtype="category"), ["yes", "no"]),
        (pd.Series([1, 0], dtype="Int64"), ["1", "0"]),
    ],
)
def test_labels_of_any_type_are_spelled_as_people_write_them(values, texts):
    found = checked_labels(values, "label", len(texts))
    assert found.tolist() == texts
    assert found.dtype.kind == "U"


@pytest.mark.parametrize(
    "values",
    [
        np.array(["a", ""]),
        np.array([b"a", b""]),
        np.array([1.0, np.nan]),
        np.array([1.0, np.inf]),
        np.array(["a", None], dtype=object),
        np.array(["a", np.nan], dtype=object),
        np.array([1, np.float32("nan")], dtype=object),
        np.array(["2020-01-02", "NaT"], dtype="M8[ns]"),
        np.array([1, "NaT"], dtype="m8[s]"),
        pd.Series(["a", pd.NA], dtype="string"),
        pd.Series([1, None], dtype="Int64"),
        pd.Series(["a", None], dtype="category"),
    ],
)
def test_a_missing_label_is_told_with_its_row(values):
    problem = told(checked_labels, values, "label", 2, 1)
    assert problem.message.startswith("the label of row 2 is missing or no name (")
    assert "\n" not in problem.message


@pytest.mark.parametrize(
    ("values", "rows", "fragment"),
    [
        (np.array("a"), 1, "labels must have shape (rows,) and hold some, got shape ()"),
        (np.empty(0), 0, "labels must have shape (rows,) and hold some, got shape (0,)"),
        (np.eye(2), 2, "got shape (2, 2)"),
        (np.arange(3), 4, "4 rows of features but 3 labels"),
    ],
)
def test_labels_of_another_shape_are_told(values, rows, fragment):
    assert fragment in told(checked_labels, values, "label", rows).message


@given(st.lists(st.integers(-3, 3) | st.sampled_from([0.5, "a", "", True]), max_size=8))
def test_the_text_of_many_is_the_text_of_each(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    assert as_text(array).tolist() == [as_text(array[i : i + 1])[0] for i in range(len(values))]


NAMES = np.repeat(["10", "2", "x"], [5, 3, 4])


def test_the_rarest_class_comes_last_and_others_are_sorted():
    classes, codes = code_labels(NAMES, None, None)
    assert classes == ("10", "x", "2")
    assert [classes[code] for code in codes] == NAMES.tolist()
    assert code_labels(NAMES, "10", None)[0] == ("2", "x", "10")


@pytest.mark.parametrize(
    ("minority", "one", "classes"),
    [
        (None, "2", ("rest", "2")),
        (None, "10", ("rest", "10")),
        ("rest", "10", ("10", "rest")),
        ("10", "10", ("rest", "10")),
    ],
)
def test_one_class_stands_against_all_others(minority, one, classes):
    found, codes = code_labels(NAMES, minority, one)
    assert found == classes
    assert ((codes == found.index(one)) == (one == NAMES)).all()


def test_a_class_named_rest_may_stand_against_all_others():
    labels = np.array(["rest", "work", "play", "work"])
    classes, codes = code_labels(labels, None, "rest")
    assert classes == ("all others", "rest")
    assert codes.tolist() == [1, 0, 0, 0]
    joined, codes = code_labels(labels, None, "work")
    assert joined == ("rest", "work")
    assert codes.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("labels", "minority", "one", "fragment", "path"),
    [
        (["a", "a"], None, None, "all 2 rows are of class 'a'; two classes are needed", ()),
        (["a", "b"], None, None, "classes 'a', 'b' are equally rare (1 row)", ("minority",)),
        (
            ["ill", "Ill ", "well", "well"],
            None,
            None,
            "say which is the minority, or write 'Ill ', 'ill' alike if they are the same: they"
            " differ in blanks, case",
            ("minority",),
        ),
        (["aaa", "x"], "aab", None, "no row of class 'aab'; did you mean 'aaa'?", ("minority",)),
        (["a", "b"], None, "c", "no row of class 'c'; known: a, b", ("one_vs_rest",)),
        (["a", "b"], "b", "a", "no row of class 'b'; known: a, rest", ("minority",)),
        (["a", "a"], None, "a", "all 2 rows are of class 'a'", ()),
    ],
)
def test_a_wrong_class_is_told(labels, minority, one, fragment, path):
    problem = told(code_labels, np.array(labels), minority, one)
    assert fragment in problem.message
    assert problem.path == path


CODES = np.array([0, 0, 1])


@pytest.mark.parametrize(
    "weights",
    [
        np.array([1, 0, 2]),
        np.array([1.0, 0.0, 2.0], dtype=np.float32),
        np.array(["1", "0", "2"]),
        np.array([1, "0", 2.0], dtype=object),
        [1, 0, 2],
        pd.Series([1, 0, 2], dtype="Int64"),
    ],
)
def test_weights_of_any_type_become_numbers(weights):
    found = checked_weights(weights, 3, CODES, ("a", "b"))
    assert found.dtype == np.float64
    assert found.tolist() == [1, 0, 2]


@pytest.mark.parametrize(
    ("weights", "fragment"),
    [
        (np.array([1.0, -2.0, 1.0]), "the weight of row 2 is '-2.0'; expected a finite number"),
        (np.array([1.0, 1.0, np.nan]), "the weight of row 3 is 'nan'"),
        (np.array([np.inf, 1.0, 1.0]), "the weight of row 1 is 'inf'"),
        (np.array(["1", "heavy", "1"]), "the weight of row 2 is 'heavy'"),
        (np.array([1, None, 1], dtype=object), "the weight of row 2 is 'None'"),
        (pd.Series([1, 1, None], dtype="Int64"), "the weight of row 3 is 'nan'"),
        (np.ones((3, 1)), "3 rows of features but weights of shape (3, 1)"),
        (np.ones(2), "3 rows of features but weights of shape (2,)"),
        (3.0, "weights of shape ()"),
        (np.array([1.0, 1.0, 0.0]), "all rows of class 'b' have weight 0"),
        (np.array([0.0, 0.0, 1.0]), "all rows of class 'a' have weight 0"),
    ],
)
def test_a_wrong_weight_is_told_with_its_row(weights, fragment):
    problem = told(checked_weights, weights, 3, CODES, ("a", "b"), 1)
    assert fragment in problem.message
    assert problem.path == ("weight",)


@pytest.mark.parametrize(
    ("spelled", "part"),
    [
        ("train", "train"),
        ("Training", "train"),
        (" TRAIN ", "train"),
        ("val", "validation"),
        ("valid", "validation"),
        ("dev", "validation"),
        ("Validation", "validation"),
        ("TESTING", "test"),
    ],
)
def test_official_parts_are_known_by_the_words_that_sources_use(spelled, part):
    parts = checked_parts(np.array([spelled, "train", "test"]), 3)
    assert parts.tolist() == [part, "train", "test"]


@pytest.mark.parametrize(
    ("parts", "fragment"),
    [
        (["train", "test", "holdout", "0"], "unknown part '0', 'holdout' of the official split; "),
        (["train", "val", "val", "train"], "no test rows; it has 'train', 'val'"),
        (["val", "test", "test", "test"], "no train rows; it has 'test', 'val'"),
        (["train", "test", "", "test"], "unknown part '' of the official split"),
    ],
)
def test_wrong_official_parts_are_told(parts, fragment):
    problem = told(checked_parts, np.array(parts), 4)
    assert fragment in problem.message
    assert problem.path == ("official_split",)


def test_official_parts_of_another_length_are_told():
    problem = told(checked_parts, np.array(["train", "test"]), 3)
    assert "3 rows of features but official parts of shape (2,)" in problem.message


@pytest.mark.parametrize("count", [2, 16, 17, 40])
def test_few_and_many_classes_are_coded_alike(count):
    labels = np.random.default_rng(0).integers(0, count, 900).astype(np.str_)
    labels[:count] = np.arange(count).astype(np.str_)
    classes, codes = code_labels(labels, "1", None)
    assert classes == (*sorted(set(labels) - {"1"}), "1")
    assert np.array_equal(np.asarray(classes)[codes], labels)
