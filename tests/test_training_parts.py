"""Networks predict few large rows at once, or many small ones."""

import pytest

from tuner.training.parts import part_rows


@pytest.mark.parametrize(
    ("shape", "rows"),
    [((1,), 8192), ((256,), 8192), ((28, 28), 2674), ((96, 96, 3), 75), ((4096, 4096), 16)],
)
def test_a_part_has_fewer_rows_of_larger_pictures(shape, rows):
    assert part_rows(shape) == rows
