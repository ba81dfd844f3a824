"""Arrays and frames from Python: rows that belong together, and names that may be numbers."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from tuner import from_arrays, from_frame
from tuner.errors import InputError

X = np.arange(16.0).reshape(8, 2)
Y = np.array([0, 0, 0, 0, 0, 1, 0, 1])


def problem_of(make, *values, **options):
    with pytest.raises(InputError) as caught:
        make(*values, **options)
    [problem] = caught.value.problems
    assert "\n" not in problem.message
    return str(problem)


def test_pandas_rows_in_another_order_are_refused_and_in_the_same_taken():
    frame, labels = pd.DataFrame(X, columns=["a", "b"]), pd.Series(Y)
    shuffled = labels.sample(frac=1, random_state=0)
    assert "the indexes of features and labels differ" in problem_of(from_arrays, frame, shuffled)
    told = problem_of(from_arrays, X, labels, shuffled.astype(str))
    assert "the indexes of labels and group differ" in told
    data = from_arrays(frame.loc[shuffled.index], shuffled)
    assert data.features[:, 0].tolist() == [2.0 * row for row in shuffled.index]
    assert data.labels.tolist() == Y[shuffled.index].tolist()
    assert [column.name for column in data.columns] == ["a", "b"]
    assert len(from_arrays(X, shuffled)) == 8
    names = pd.Series(["no", "yes"], index=["n", "y"])
    assert from_arrays(frame, labels, class_names=names).classes == ("no", "yes")


@pytest.mark.parametrize(
    ("features", "told"),
    [
        (None, "features must be an array with one entry a row, got NoneType"),
        (3, "features must be an array with one entry a row, got int"),
        (sparse.csr_array(X), "features must be an array with one entry a row, got csr_array"),
        ([[1, 2], [3]], "features is no array: its rows differ in length"),
        (np.ma.masked_array(X, X > 9), "features has masked values, which would count; fill"),
        (X[:0], "features has no rows"),
        (X[:3], "arrays differ in rows: features has 3, labels has 8"),
    ],
)
def test_what_is_no_array_of_rows_is_refused(features, told):
    assert told in problem_of(from_arrays, features, Y)


def test_a_masked_array_without_a_mask_is_an_array():
    assert np.array_equal(from_arrays(np.ma.masked_array(X), Y).features, X)


@pytest.mark.parametrize(
    ("labels", "minority", "name"),
    [
        (Y, 0, "0"),
        (Y, np.int8(0), "0"),
        (Y * 1.0, 0.0, "0"),
        (Y > 0, False, "False"),
        (Y, "0", "0"),
    ],
)
def test_a_class_is_named_as_labels_spell_it(labels, minority, name):
    assert from_arrays(X, labels, minority=minority).minority == name
    frame = pd.DataFrame(X).assign(label=labels)
    assert from_frame(frame, "label", minority=minority).minority == name


def test_another_way_with_duplicates_is_refused():
    told = problem_of(from_arrays, X, Y, duplicates="dropp")
    assert told == "duplicates: expected one of together, drop, separate; got 'dropp'"


def test_columns_of_a_frame_may_be_named_by_numbers():
    frame = pd.DataFrame({7: Y, 8: X[:, 0], 9: X[:, 1], 10: np.arange(8)})
    data = from_frame(frame, 7, group=10, ignore=[9])
    assert [column.name for column in data.columns] == ["8"]
    assert data.groups.tolist() == list("01234567")
    assert "did you mean '8'?" in problem_of(from_frame, frame, 88)


def test_one_name_in_place_of_a_list_is_one_name():
    frame = pd.DataFrame({"ab": X[:, 0], "a": X[:, 1], "b": X[:, 1], "label": Y})
    assert [column.name for column in from_frame(frame, "label", ignore="ab").columns] == ["a", "b"]


def test_a_frame_is_asked_for():
    told = problem_of(from_frame, X, "label")
    assert told == "expected a pandas DataFrame, got ndarray"
