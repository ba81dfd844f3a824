"""Category columns: one-hot as scikit-learn encodes them, whatever the code book."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import OneHotEncoder

from tuner.data import Column
from tuner.data.preprocessing import TablePreprocessor
from tuner.errors import InputError

CITIES = ("amsterdam", "berlin", "cairo", "delhi", "essen", "faro", "giza")


def categories(codes, texts=CITIES, most=30):
    columns = (Column("city", texts),)
    return TablePreprocessor.fit(np.asarray(codes, float)[:, None], columns, max_categories=most)


def encoded(preprocessor, codes, texts=CITIES):
    rows = np.asarray(codes, dtype=float)[:, None]
    return preprocessor.transform(rows, (Column("city", texts),))


@settings(max_examples=80, deadline=None)
@given(
    train=st.lists(st.integers(0, 6), min_size=4, max_size=40),
    later=st.lists(st.integers(0, 6), min_size=1, max_size=10),
    most=st.integers(2, 7),
)
def test_categories_are_encoded_like_scikit_learns(train, later, most):
    texts = np.array(CITIES)
    counts = np.unique(train, return_counts=True)[1]
    # scikit-learn keeps a column free for rare categories even where there are none.
    fits = len(counts) == most and counts.min() >= 2
    judge = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=2,
        max_categories=most + fits,
        sparse_output=False,
    ).fit(texts[train][:, None])
    if judge.get_feature_names_out().size < 2:
        with pytest.raises(InputError, match="every feature column is constant"):
            categories(train, most=most)
        return
    ours = categories(train, most=most)
    names = judge.get_feature_names_out(["city"]).tolist()
    spelled = [name.replace("city_", "city = ") for name in names]
    assert list(ours.outputs) == [name.replace("infrequent_sklearn", "(other)") for name in spelled]
    assert np.array_equal(encoded(ours, train), judge.transform(texts[train][:, None]))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Found unknown categories")
        assert np.array_equal(encoded(ours, later), judge.transform(texts[later][:, None]))


def test_names_of_columns_say_what_they_are():
    ours = categories([0, 0, 0, 1, 1, 2, 3])
    assert ours.outputs == ("city = amsterdam", "city = berlin", "city = (other)")
    assert encoded(ours, [0, 1, 2, 3, 4]).tolist() == [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
        [0, 0, 1],
        [0, 0, 1],
    ]


def test_a_category_that_nothing_was_learned_about_is_zero_everywhere():
    ours = categories([0, 0, 1, 1])
    assert ours.outputs == ("city = amsterdam", "city = berlin")
    assert encoded(ours, [4, 0]).tolist() == [[0, 0], [1, 0]]


def test_of_equally_frequent_categories_as_many_are_kept_as_there_may_be():
    ours = categories([0, 0, 1, 1, 2, 2, 3, 3], most=3)
    assert ours.outputs == ("city = cairo", "city = delhi", "city = (other)")
    assert categories([0, 0, 1, 1, 2, 2], most=3).outputs[-1] == "city = cairo"


def test_a_missing_category_is_a_category():
    ours = categories([0, 0, np.nan, np.nan, 1, 1])
    assert ours.outputs == ("city = (missing)", "city = amsterdam", "city = berlin")
    assert encoded(ours, [np.nan, 1, 0, 4]).tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0], [0] * 3]
    rare = categories([0, 0, np.nan, 1, 1])
    assert encoded(rare, [np.nan, 4]).tolist() == [[0, 0, 1], [0, 0, 1]]
    never = categories([0, 0, 1, 1])
    assert encoded(never, [np.nan]).tolist() == [[0, 0]]


def test_a_text_for_missing_is_the_same_as_a_missing_value():
    texts = ("(missing)", "a")
    ours = categories([0, 1, 1, np.nan], texts)
    assert ours.outputs == ("city = (missing)", "city = a")
    assert encoded(ours, [0, np.nan, 1], texts).tolist() == [[1, 0], [1, 0], [0, 1]]


def test_categories_keep_their_text_in_another_code_book():
    ours = categories([0, 0, 1, 1, 2])
    other = ("cairo", "zagreb", "berlin", "amsterdam")
    there = encoded(ours, [3, 2, 0, 1, np.nan], other)
    assert np.array_equal(there, encoded(ours, [0, 1, 2, 5, np.nan]))


def test_codes_may_be_whole_numbers():
    columns = (Column("a", ("n", "y")), Column("b", ("u", "v")))
    codes = np.array([[0, 1], [0, 1], [1, 0], [1, 0]], dtype=np.int16)
    ours = TablePreprocessor.fit(codes, columns)
    assert ours.transform(codes, columns).tolist() == [[1, 0, 0, 1]] * 2 + [[0, 1, 1, 0]] * 2
