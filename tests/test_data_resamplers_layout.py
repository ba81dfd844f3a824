"""Rows with categories: blocks become codes and back, and new rows have existing categories."""

from pathlib import Path

import imblearn.over_sampling
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.data import LOADERS, Column, assemble, fit_preprocessor
from tuner.data.preprocessing import TablePreprocessor
from tuner.data.resamplers import layout_of, resample
from tuner.errors import InputError
from tuner.spaces import Chosen
from tuner.study import PreprocessingSection

CASE = Path(__file__).parent / "cases" / "23_smote_categorical"
COLOURS, CODES = ("blue", "green", "red"), ("1", "2", "3")
SMOTE = Chosen("smote", {"ratio": 1.0, "k_neighbors": 5})


def case(file):
    """Preprocessed rows of a case, with codes of its categories as they stand in the source."""
    options = {"target": "label", "categories": ["colour", "code"]}
    raw = LOADERS["csv"](options, location=file, folder=CASE)
    dataset = assemble(raw, "t", minority="1")
    every = np.arange(len(dataset))
    preprocessor = fit_preprocessor(dataset, every, PreprocessingSection())
    x = preprocessor.transform(dataset.features, dataset.columns)
    return dataset, x, layout_of(preprocessor)


def mixed():
    """A number with missing values, a category of which one value has no column, a number."""
    columns = (Column("age"), Column("site", ("x", "y", "z", "rare")), Column("dose"))
    rng = np.random.default_rng(0)
    age = np.where(rng.random(60) < 0.2, np.nan, rng.normal(size=60))
    site = rng.integers(0, 3, 60).astype(float)
    features = np.column_stack([age, site, rng.normal(size=60)])
    preprocessor = TablePreprocessor.fit(features, columns, impute="median")
    features[:4, 1] = 3  # unknown to the preprocessor: zeros everywhere
    return preprocessor.transform(features, columns), layout_of(preprocessor)


def test_columns_are_numbers_or_blocks_of_zeros_and_ones():
    x, layout = mixed()
    found = [(block.name, block.start, block.stop, block.category) for block in layout.blocks]
    assert found == [
        ("age", 0, 1, False),
        ("age is missing", 1, 2, True),
        ("site", 2, 5, True),
        ("dose", 5, 6, False),
    ]
    assert layout.width == x.shape[1]
    assert layout.numbers == [0, 5]


def test_images_have_no_layout():
    dataset = assemble(LOADERS["images"]({}, location="images", folder=CASE.parent / IMAGES), "t")
    preprocessor = fit_preprocessor(dataset, np.arange(len(dataset)), PreprocessingSection())
    assert layout_of(preprocessor) is None


IMAGES = "24_smote_images"


def test_a_block_of_zeros_is_a_code_of_its_own():
    x, layout = mixed()
    collapsed = layout.collapse(x)
    assert collapsed.shape == (60, 4)
    np.testing.assert_array_equal(collapsed[:4, 3], 0)
    np.testing.assert_array_equal(collapsed[4:, 3], x[4:, 2:5].argmax(axis=1) + 1)
    np.testing.assert_array_equal(collapsed[:, 2], x[:, 1])
    np.testing.assert_array_equal(layout.expand(collapsed), x)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 5)), min_size=1, max_size=6),
    st.integers(0, 99),
)
def test_what_was_collapsed_expands_to_the_same_rows(kinds, seed):
    rng = np.random.default_rng(seed)
    columns, fitted = [], []
    for at, (category, size) in enumerate(kinds):
        texts = tuple(f"t{code}" for code in range(size + 1))
        columns.append(Column(f"c{at}", texts if category else None))
        values = np.tile(np.arange(size + 1.0), 12)[:12] if category else rng.normal(size=12)
        fitted.append(values)
    features = np.column_stack(fitted)
    preprocessor = TablePreprocessor.fit(features, columns)
    x = preprocessor.transform(features, tuple(columns))
    layout = layout_of(preprocessor)
    assert layout.width == x.shape[1]
    np.testing.assert_array_equal(layout.expand(layout.collapse(x)), x)


def source_codes(dataset, name):
    """Codes of a category column that stand in sorted order of their texts."""
    [at] = [number for number, column in enumerate(dataset.columns) if column.name == name]
    texts = np.asarray(dataset.columns[at].categories)[dataset.features[:, at].astype(int)]
    return np.unique(texts, return_inverse=True)[1]


def test_new_rows_of_mixed_columns_are_those_of_smotenc():
    dataset, x, layout = case("data.csv")
    [size] = layout.numbers
    plain = np.column_stack(
        [x[:, size], source_codes(dataset, "colour"), source_codes(dataset, "code")]
    ).astype(np.float32)
    sampler = imblearn.over_sampling.SMOTENC([1, 2], random_state=3)
    expected, _ = sampler.fit_resample(plain, dataset.labels)
    done = resample(SMOTE, x, dataset.labels, None, layout, dataset.classes, 3)
    got = layout.collapse(done.x)
    np.testing.assert_array_equal(got - [0, 1, 1], expected)
    assert (done.origin < 0).sum() == len(expected) - len(x) > 0


def test_new_rows_of_categories_alone_are_those_of_smoten():
    dataset, x, layout = case("allcat.csv")
    plain = np.column_stack([source_codes(dataset, name) for name in ("colour", "code")])
    sampler = imblearn.over_sampling.SMOTEN(random_state=3)
    expected, _ = sampler.fit_resample(plain, dataset.labels)
    done = resample(SMOTE, x, dataset.labels, None, layout, dataset.classes, 3)
    np.testing.assert_array_equal(layout.collapse(done.x) - 1, expected)
    assert (done.origin < 0).sum() == len(expected) - len(x) > 0


@pytest.mark.parametrize("file", ["data.csv", "allcat.csv"])
def test_a_new_row_has_one_existing_category_of_each_column(file):
    dataset, x, layout = case(file)
    done = resample(SMOTE, x, dataset.labels, None, layout, dataset.classes, 0)
    new = done.x[done.origin < 0]
    for block, texts in zip(layout.categories, (COLOURS, CODES), strict=True):
        assert block.stop - block.start == len(texts)
        ones = new[:, block.start : block.stop]
        assert set(np.unique(ones)) <= {0, 1}
        np.testing.assert_array_equal(ones.sum(axis=1), 1)


def test_a_new_row_has_a_combination_of_zeros_where_training_rows_have_it():
    x, layout = mixed()
    y = np.zeros(60, dtype=np.int64)
    y[:8] = 1
    chosen = Chosen("smote", {"ratio": 1.0, "k_neighbors": 2})
    done = resample(chosen, x, y, None, layout, ("a", "b"), 0)
    new = done.x[done.origin < 0]
    seen = {tuple(row) for row in x[y == 1][:, 2:5]}
    assert {tuple(row) for row in new[:, 2:5]} <= seen
    assert (0, 0, 0) in seen
    assert set(np.unique(new[:, 1])) <= {0, 1}


@pytest.mark.parametrize(
    "name", ["borderline_smote", "svm_smote", "adasyn", "smote_tomek", "smote_enn"]
)
def test_a_sampler_for_numbers_refuses_categories_and_names_them(name):
    dataset, x, layout = case("data.csv")
    chosen = Chosen(name, {"ratio": 1.0, "k_neighbors": 3})
    with pytest.raises(InputError) as caught:
        resample(chosen, x, dataset.labels, None, layout, dataset.classes, 0)
    assert "categories ('colour', 'code')" in str(caught.value)
    assert "use smote, which takes them, or random oversampling" in str(caught.value)
