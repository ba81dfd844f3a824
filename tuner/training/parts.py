"""How many rows a network predicts at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["part_rows"]

_ROWS = 8192
_LEAST = 16
_NUMBERS = 1 << 21
"""Of the rows of a part; convolutions of 16 channels make 16 times as many in each layer."""


def part_rows(shape: Sequence[int]) -> int:
    """Rows of a part; fewer of large pictures, whose layers would fill the memory.

    Args:
        shape: Shape of one row.

    Example:
        >>> part_rows((30,)), part_rows((64, 64)), part_rows((512, 512, 3))
        (8192, 512, 16)
    """
    fitting = _NUMBERS // max(1, math.prod(shape))
    return min(_ROWS, max(_LEAST, fitting))
