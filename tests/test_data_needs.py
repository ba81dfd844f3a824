"""Parts get what they need by moves and exchanges of units."""

import numpy as np
import pytest

from tuner.data.needs import Needs, distance, repaired


def test_a_unit_is_exchanged_where_a_move_would_rob_another_part():
    # The first part lacks class 0; the only unit with it is the second part's only minority unit.
    counts = np.array([[0, 3], [2, 1]])
    needs = Needs(np.array([[1, 1], [0, 1]]))
    parts = repaired(np.array([0, 1]), counts, np.array([[1.0, 2.0], [1.0, 2.0]]), needs)
    assert parts.tolist() == [1, 0]


def test_what_cannot_be_given_to_every_part_is_left():
    counts = np.array([[0, 1], [5, 0]])
    parts = repaired(np.array([0, 1]), counts, np.ones((2, 2)), Needs(np.array([[0, 1], [0, 1]])))
    assert parts.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("having", "lacking", "wishes"),
    [
        ([[2, 1], [2, 1]], (0, 0), [[False, False], [False, False]]),
        ([[2, 2], [2, 0]], (1, 2), [[False, False], [False, True]]),
        ([[4, 1], [0, 1]], (0, 1), [[False, False], [True, False]]),
    ],
)
def test_what_parts_lack_is_counted(having, lacking, wishes):
    needs = Needs(np.array([[0, 1], [0, 1]]), spread=2)
    assert needs.lacking(np.array(having)) == lacking
    assert needs.wishes(np.array(having)).tolist() == wishes


def test_distance_is_relative_to_the_size_of_a_class():
    reached, wanted = np.array([[100, 1], [98, 3]]), np.array([[99.0, 2.0], [99.0, 2.0]])
    assert distance(reached, wanted) == pytest.approx(2 / 198 + 2 / 4)
