"""Bins of rows by their probability, which make up the calibration error."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.metrics.calibration import expected_calibration_error
from tuner.metrics.reliability_bins import Bin, reliability_bins

ROWS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]) | st.floats(0, 1)),
    min_size=1,
    max_size=200,
)


@given(ROWS, st.integers(1, 20))
@settings(deadline=None)
def test_bins_make_up_the_calibration_error(rows, most):
    actual, told = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    bins = reliability_bins(actual, told, most)
    assert sum(one.rows for one in bins) == len(rows)
    assert len(bins) <= most
    error = sum(one.rows * abs(one.told - one.found) for one in bins) / len(rows)
    assert error == pytest.approx(expected_calibration_error(actual, told, most), abs=1e-12)


def test_bins_hold_equally_many_rows_in_the_order_of_probability():
    told = np.arange(20) / 20
    actual = np.arange(20) % 2 == 0  # 10 minority rows make two bins
    assert reliability_bins(actual, told) == [
        Bin(10, pytest.approx(0.225), 0.5),
        Bin(10, pytest.approx(0.725), 0.5),
    ]


def test_rows_of_one_probability_are_one_bin():
    [only] = reliability_bins(np.arange(40) % 4 == 0, np.full(40, 0.125))
    assert only == Bin(40, 0.125, 0.25)
