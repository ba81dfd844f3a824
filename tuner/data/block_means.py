"""Smaller pictures: the means of blocks of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["block_means", "block_size"]


def block_size(shape: tuple[int, ...], side: int) -> tuple[int, int]:
    """Height and width of a block, so that there are at most ``side × side`` of them.

    Args:
        shape: ``(rows, height, width[, channels])``.
        side: Blocks that an edge is divided into at most.

    Example:
        >>> block_size((9, 100, 30), 32)
        (4, 1)
    """
    height, width = shape[1:3]
    return -(-height // side), -(-width // side)


def block_means(images: NDArray[Any], side: int) -> NDArray[np.float64]:
    """Means of blocks in one line; rows and columns of pixels that fill no block are left.

    Args:
        images: Shape ``(rows, height, width[, channels])``.
        side: Blocks that an edge is divided into at most.

    Returns:
        Shape ``(rows, blocks · channels)``.
    """
    count, height, width = images.shape[:3]
    down, right = block_size(images.shape, side)
    rows, columns = height // down, width // right
    cut = images[:, : rows * down, : columns * right].reshape(count, rows, down, columns, right, -1)
    means: NDArray[np.float64] = cut.mean(axis=(2, 4), dtype=np.float64).reshape(count, -1)
    return means
