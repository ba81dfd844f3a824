"""Pictures are mirrored, moved, and given another contrast, each by numbers of its own.

All that moves pixels between places is one affine map, so that they are interpolated once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tuner.lazy import LazyModule

if TYPE_CHECKING:
    import keras
else:
    keras = LazyModule("keras")

__all__ = ["Numbers", "Pixels", "affine_maps", "contrasted", "mirrored", "moved"]

Pixels: TypeAlias = NDArray[np.float32]
Numbers: TypeAlias = NDArray[np.float64]


def affine_maps(
    turns: Numbers, scales: Numbers, down: Numbers, right: Numbers, size: tuple[int, int]
) -> Pixels:
    """Where each pixel of the result lies in its picture, as Keras's ``affine_transform`` takes it.

    Args:
        turns: Anticlockwise as one looks at the picture, radians, shape ``(rows,)``.
        scales: Side of what is shown, as a share of the picture's.
        down, right: What the picture is moved by, pixels.
        size: Height and width.

    Returns:
        Shape ``(rows, 8)``.
    """
    middle_y, middle_x = (size[0] - 1) / 2, (size[1] - 1) / 2
    cosine, sine = scales * np.cos(turns), scales * np.sin(turns)
    from_x, from_y = middle_x + right, middle_y + down
    zero = np.zeros_like(turns)
    x = (cosine, -sine, middle_x - cosine * from_x + sine * from_y)
    y = (sine, cosine, middle_y - sine * from_x - cosine * from_y)
    return np.stack([*x, *y, zero, zero], axis=1).astype(np.float32)


def mirrored(pictures: Pixels, rows: NDArray[np.bool_], axis: int) -> Pixels:
    """Those of the pictures, shape ``(rows, height, width, channels)``, mirrored along an axis."""
    return np.where(rows[:, None, None, None], np.flip(pictures, axis), pictures)


def moved(pictures: Pixels, maps: Pixels) -> Pixels:
    """Pictures by their `affine_maps`; from outside comes what is like the nearest pixel.

    Args:
        pictures: Shape ``(rows, height, width, channels)``.
        maps: Shape ``(rows, 8)``.

    Example:
        >>> one, zero = np.ones(1), np.zeros(1)
        >>> x = np.array([[1, 2, 3]], np.float32)
        >>> moved(x[None, ..., None], affine_maps(zero, one, zero, one, x.shape))[0, ..., 0]
        array([[1., 1., 2.]], dtype=float32)
    """
    # On the processor, whatever the network is trained on, so that all machines see the same.
    with keras.device("cpu"):
        moved = keras.ops.image.affine_transform(
            pictures,
            maps,
            interpolation="bilinear",
            fill_mode="nearest",
            data_format="channels_last",
        )
    return np.asarray(moved)


def contrasted(pictures: Pixels, factors: Numbers) -> Pixels:
    """Differences from the mean of each picture's channels, times a number of the picture."""
    mean = pictures.mean((1, 2), keepdims=True)
    done: Pixels = (pictures - mean) * factors[:, None, None, None].astype(np.float32) + mean
    return done
