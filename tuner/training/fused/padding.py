"""Arrays are filled up to few lengths, so that folds and batch sizes share a compilation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["batches_of", "filled", "padded_length"]


def padded_length(length: int, parts: int = 8, least: int = 1) -> int:
    """The next of the lengths that there are, `parts` of them between one power of two and two.

    Example:
        >>> [padded_length(length) for length in (5, 17, 100, 5500)]
        [5, 18, 104, 5632]
    """
    length = max(length, least)
    grain = max(1, (1 << (length - 1).bit_length() >> 1) // parts)
    return -(-length // grain) * grain


def filled(rows: NDArray[Any], length: int, value: Any = 0) -> NDArray[Any]:
    """The rows, and so many more of one value that there are `length`."""
    more = np.full((length - len(rows), *rows.shape[1:]), value, rows.dtype)
    return np.concatenate([rows, more])


def batches_of(order: NDArray[np.int64], batch_size: int) -> tuple[NDArray[np.int32], int]:
    """An epoch's rows as batches of one length; -1 fills up.

    Args:
        order: Row numbers, shape ``(rows,)``.
        batch_size: Rows of a batch; the last may have fewer.

    Returns:
        Row numbers, shape ``(batches, length)``, and the number of batches that hold any.
    """
    count = -(-len(order) // batch_size)
    size = min(batch_size, len(order))
    whole = filled(order.astype(np.int32), count * size if count == 1 else count * batch_size, -1)
    table = whole.reshape(count, -1)
    wide = np.full((padded_length(count), padded_length(size, parts=2)), -1, np.int32)
    wide[:count, : table.shape[1]] = table
    return wide, count
