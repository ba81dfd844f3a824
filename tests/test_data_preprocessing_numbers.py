"""Number columns: scikit-learn's numbers, and no blow-up of constants."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import RobustScaler, StandardScaler

from tuner.data import number_columns
from tuner.data.preprocessing import TablePreprocessor
from tuner.data.preprocessing.scaling import centre_and_scale
from tuner.errors import InputError

TABLE = np.random.default_rng(0).normal([3, -2, 1e4], [1, 20, 300], (200, 3))


XYZ = number_columns("xyz")


def table(features=TABLE, columns=XYZ, **options):
    return TablePreprocessor.fit(features, columns, **options)


def close(ours, theirs):
    """Equal but for the rounding to float32."""
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, rtol=2e-7, atol=1e-7)


def with_gaps(seed=0, rows=200):
    rng = np.random.default_rng(seed)
    gaps = rng.normal([3, -2, 1e4], [1, 20, 300], (rows, 3))
    gaps[rng.random(gaps.shape) < [0.2, 0.05, 0.0]] = np.nan
    return gaps


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("scaling", "judge"), [("standard", StandardScaler()), ("robust", RobustScaler())]
)
def test_numbers_are_scaled_like_scikit_learns(scaling, judge, dtype):
    train, later = TABLE[:150].astype(dtype), TABLE[150:].astype(dtype) * 100
    ours = table(train, scaling=scaling)
    judge.fit(train.astype(np.float64))
    assert [part.name for part in ours.parts] == ["x", "y", "z"]
    assert ours.outputs == ("x", "y", "z")
    for rows in (train, later):
        theirs = judge.transform(rows.astype(np.float64))
        np.testing.assert_allclose(ours.transform(rows, XYZ), theirs, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("impute", ["median", "mean"])
@pytest.mark.parametrize(
    ("scaling", "judge"), [("standard", StandardScaler()), ("robust", RobustScaler())]
)
def test_missing_numbers_are_filled_and_marked_like_scikit_learns(impute, scaling, judge):
    train, later = with_gaps(0), with_gaps(1)
    ours = table(train, impute=impute, scaling=scaling)
    assert ours.outputs == ("x", "x is missing", "y", "y is missing", "z")
    filler = SimpleImputer(strategy=impute, add_indicator=True).fit(train)
    judge.fit(filler.transform(train)[:, :3])
    for rows in (train, later):
        filled = filler.transform(rows)
        theirs = np.column_stack([judge.transform(filled[:, :3]), filled[:, 3:]])
        close(ours.transform(rows, XYZ), theirs[:, [0, 3, 1, 4, 2]])


def test_a_value_that_is_missing_later_only_is_filled_where_the_study_says_so():
    hole = np.array([[np.nan, 0.0, 0.0]])
    filled = table(impute="median").transform(hole, XYZ)
    assert filled.shape == (1, 3)
    np.testing.assert_allclose(
        filled[0, 0], (np.median(TABLE[:, 0]) - TABLE[:, 0].mean()) / TABLE[:, 0].std(), rtol=1e-6
    )
    with pytest.raises(InputError, match="column 'x' has missing values; training allowed none"):
        table().transform(hole, XYZ)


def test_missing_training_values_need_something_that_stands_for_them():
    with pytest.raises(InputError, match="column 'x' has missing values; set"):
        table(with_gaps())


def test_a_constant_column_with_gaps_tells_only_which_values_were_missing():
    values = np.where(np.arange(10) < 3, np.nan, 0.1)[:, None]
    for impute in ("median", "mean"):
        ours = table(values, number_columns("x"), impute=impute)
        assert ours.outputs == ("x", "x is missing")
        scaled = ours.transform(values, number_columns("x"))
        np.testing.assert_allclose(scaled[:, 0], 0, atol=1e-15)
        assert scaled[:, 1].tolist() == [1] * 3 + [0] * 7
    gone = np.column_stack([TABLE[:, 0], np.full(200, np.nan)])
    assert table(gone, number_columns("xy"), impute="mean").dropped == ("y",)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("constant", [7.0, 0.1, -1e6, 1e-20, 123456.789])
def test_values_that_differ_by_rounding_are_not_blown_up(constant, dtype):
    values = np.full((120, 1), constant, dtype=dtype)
    values[0] = np.nextafter(values[0], np.inf, dtype=dtype)
    ours = table(values, number_columns("x"))
    later = np.vstack([values, values[:1] + dtype(0.1)])
    scaled = ours.transform(later, number_columns("x"))
    assert np.abs(scaled[:-1]).max() <= 1e-6 * max(1, abs(constant))
    assert abs(scaled[-1, 0]) < 0.2


def test_robust_scaling_of_mostly_equal_values_uses_their_deviation():
    values = np.r_[np.zeros(90), np.arange(10)]
    assert centre_and_scale(values, "robust") == (0.0, pytest.approx(values.std()))
    assert centre_and_scale(np.arange(5), "robust") == (2.0, 2.0)


finite = st.floats(-(2.0**60), 2.0**60, width=32)


@settings(deadline=None)
@given(arrays(np.float32, (7, 3), elements=finite), st.sampled_from(["standard", "robust"]))
def test_any_table_is_scaled_to_finite_numbers(rows, scaling):
    varying = [not (rows[:, column] == rows[0, column]).all() for column in range(3)]
    if not any(varying):
        with pytest.raises(InputError, match="every feature column is constant"):
            table(rows, scaling=scaling)
        return
    ours = table(rows, scaling=scaling)
    assert [part.name for part in ours.parts] == [
        n for n, v in zip("xyz", varying, strict=True) if v
    ]
    assert np.isfinite(ours.transform(rows, XYZ)).all()
    assert all(part.scale > 0 for part in ours.parts)
