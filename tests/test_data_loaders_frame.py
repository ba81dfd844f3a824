"""pandas frames, also those that a function of the user returns."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from tuner.data.loaders import load_python
from tuner.data.loaders.frame import raw_from_frame
from tuner.errors import InputError


def column_of(values, **options):
    frame = pd.DataFrame({"f": values})
    raw = raw_from_frame(frame.assign(label=["a"] * len(frame)), "label", **options)
    return raw.columns[0].categories, raw.features[:, 0].tolist()


@pytest.mark.parametrize(
    "values",
    [
        np.array([1, 3], np.uint8),
        np.array([1, 3], np.float16),
        pd.array([1, 3], dtype="Int8"),
        pd.array([1, 3], dtype="Float32"),
        pd.array([1, 3], dtype="int64[pyarrow]"),
        pd.Series([1, Decimal(3)], dtype=object),
        pd.arrays.SparseArray([1.0, 3.0]),
    ],
    ids=lambda values: str(values.dtype),
)
def test_every_type_of_number_is_a_number(values):
    assert column_of(values) == (None, [1.0, 3.0])


@pytest.mark.parametrize(
    "values",
    [
        pd.array([1, None], dtype="Int64"),
        pd.array([1, None], dtype="Float64"),
        pd.array([1, None], dtype="double[pyarrow]"),
        pd.Series([1, None], dtype=object),
        pd.Series([1, pd.NA], dtype=object),
    ],
    ids=lambda values: str(values.dtype),
)
def test_a_missing_number_is_nan(values):
    categories, found = column_of(values)
    assert categories is None
    assert np.array_equal(found, [1.0, np.nan], equal_nan=True)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["u", "s"], ("s", "u")),
        (pd.array(["u", "s"], dtype="string"), ("s", "u")),
        (pd.Series(["u", "s"], dtype=object), ("s", "u")),
        (pd.Categorical(["u", "s"], categories=["u", "t", "s"]), ("s", "u")),
        (pd.Categorical([10, 9]), ("10", "9")),
        (pd.Categorical([1.0, 0.5]), ("0.5", "1")),
        ([True, False], ("False", "True")),
        (pd.array([True, False], dtype="boolean"), ("False", "True")),
        (pd.Series([True, "x"], dtype=object), ("True", "x")),
    ],
)
def test_texts_truth_values_and_categories_are_categories(values, expected):
    categories, codes = column_of(values)
    assert categories == expected
    assert sorted(codes) == [0.0, 1.0]


def test_missing_categories_are_nan():
    for values in (
        ["u", None],
        pd.array([True, None], dtype="boolean"),
        pd.Categorical(["u", None]),
        pd.Series([True, None], dtype=object),
    ):
        categories, codes = column_of(values)
        assert len(categories) == 1
        assert np.array_equal(codes, [0.0, np.nan], equal_nan=True)


def test_anything_can_be_declared_a_category():
    days = pd.to_datetime(["2020-02-01", "2020-01-01"])
    assert column_of(days, categories=["f"])[1] == [1.0, 0.0]
    assert column_of(["1", "2"], categories=["f"]) == (("1", "2"), [0.0, 1.0])
    assert column_of([2.0, 1.5], categories=["f"]) == (("1.5", "2"), [1.0, 0.0])


@pytest.mark.parametrize(
    ("values", "fragment"),
    [
        (pd.to_datetime(["2020-01-01"]), "values of type Timestamp ('2020-01-01 00:00:00')"),
        (pd.Series([{1}]), "values of type set"),
        ([1j], "values of type complex"),
        (["7"], "numbers that are stored as text ('7', first in row 0)"),
        (["2020-01-01"], "holds dates"),
    ],
)
def test_other_columns_are_told(values, fragment):
    with pytest.raises(InputError) as caught:
        column_of(values)
    [problem] = caught.value.problems
    assert "the frame: column 'f' holds" in problem.message
    assert fragment in problem.message


def test_whole_labels_have_no_decimal_point_and_names_may_be_numbers():
    frame = pd.DataFrame({0: [1.0, 2.0], 1: [3.0, 4.0], "g": [2**60 + 1, 7]})
    raw = raw_from_frame(frame, "1", group="g")
    assert raw.labels.tolist() == ["3", "4"]
    assert raw.groups.tolist() == [str(2**60 + 1), "7"]
    assert [column.name for column in raw.columns] == ["0"]


def test_two_columns_of_one_name_are_told():
    frame = pd.DataFrame([[1, 2, "a"]], columns=["f", "f", "label"])
    with pytest.raises(InputError, match="more than one column 'f'"):
        raw_from_frame(frame, "label")


MAKE = """
import numpy as np
import pandas as pd
def frame(n=4):
    values = {"f": range(n), "s": [7] * n, "w": [0.5] * n, "y": ["a", "b"] * (n // 2)}
    return pd.DataFrame(values)
def arrays(**more):
    return {"features": np.ones((4, 2)), "labels": list("abab"), **more}
"""


def made(tmp_path, function, **options):
    (tmp_path / "make.py").write_text(MAKE, encoding="utf-8")
    return load_python(location=f"make.py:{function}", folder=tmp_path, **options)


def test_a_function_may_return_a_frame(tmp_path):
    raw = made(tmp_path, "frame", target="y", group="s", weight="w", arguments={"n": 6})
    assert raw.features[:, 0].tolist() == list(range(6))
    assert raw.groups.tolist() == ["7"] * 6
    assert raw.weights.tolist() == [0.5] * 6
    assert [column.name for column in raw.columns] == ["f"]


def test_a_mapping_may_hold_weights_and_parts(tmp_path):
    more = {"weights": [1, 2, 3, 4], "parts": ["train", "test"] * 2, "groups": [1, 1, 2, 2]}
    raw = made(tmp_path, "arrays", arguments={**more, "feature_names": ["a", "b"]})
    assert raw.weights.tolist() == [1, 2, 3, 4]
    assert raw.parts.tolist() == ["train", "test"] * 2
    assert raw.groups.tolist() == [1, 1, 2, 2]
    assert [column.name for column in raw.columns] == ["a", "b"]


@pytest.mark.parametrize(
    ("function", "options", "path", "fragment"),
    [
        ("frame", {}, ("python",), "returns a frame; name its column with the class as 'target'"),
        ("frame", {"target": "z"}, ("target",), "no column 'z' in the frame of make.py:frame"),
        ("arrays", {"target": "y"}, ("target",), "returns arrays; 'target' names a column"),
        ("arrays", {"arguments": {"weight": 1}}, ("python",), "did you mean 'weights'?"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path, function, options, path, fragment):
    with pytest.raises(InputError) as caught:
        made(tmp_path, function, **options)
    [problem] = caught.value.problems
    assert problem.path == path
    assert fragment in problem.message


@pytest.mark.parametrize("dtype", ["boolean", "bool[pyarrow]", object])
def test_a_missing_truth_value_is_nan(dtype):
    categories, found = column_of(pd.Series([True, None, False], dtype=dtype))
    assert categories == ("False", "True")
    assert np.array_equal(found, [1.0, np.nan, 0.0], equal_nan=True)


def test_bytes_are_the_text_that_they_spell():
    assert column_of(pd.Series(["é".encode(), b"a"], dtype=object))[0] == ("a", "é")
    frame = pd.DataFrame({"f": [1, 2], "label": pd.Series([b"ill", b"well"], dtype=object)})
    assert raw_from_frame(frame, "label").labels.tolist() == ["ill", "well"]


def test_categories_of_short_floats_have_their_own_digits():
    values = np.array([0.1, 2.0, 1e10], np.float32)
    assert column_of(values, categories=["f"])[0] == ("0.1", "10000000000", "2")


@pytest.mark.parametrize("weights", [["1", "2.5"], pd.Categorical([1.0, 2.5]), [1, 2.5]])
def test_weights_are_numbers_in_any_type(weights):
    frame = pd.DataFrame({"f": [1, 2], "w": weights, "label": ["a", "b"]})
    assert raw_from_frame(frame, "label", weight="w").weights.tolist() == [1.0, 2.5]


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        (pd.Categorical(["z", "a"]), "cannot be read as a number ('z' in row 0); correct it"),
        (pd.to_datetime(["2020-01-01"] * 2), "holds values of type Timestamp"),
        ([[1], [2]], "holds values of type list ('[1]'); make numbers of them"),
    ],
)
def test_a_fault_of_weights_is_told_at_their_key(weights, told):
    frame = pd.DataFrame({"f": [1, 2], "w": weights, "label": ["a", "b"]})
    with pytest.raises(InputError) as caught:
        raw_from_frame(frame, "label", weight="w")
    [problem] = caught.value.problems
    assert problem.path == ("weight",)
    assert told in problem.message
    assert "categories" not in problem.message
