"""Arrays of pictures: the room for them, and their resizing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tuner.errors import InputError
from tuner.lazy import LazyModule

if TYPE_CHECKING:
    from PIL import Image
else:
    Image = LazyModule("PIL.Image")

__all__ = ["empty_rows", "resized", "size_problem", "spelled_size"]


def empty_rows(shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    """An array that pictures are read into.

    Args:
        shape: ``(rows, height, width[, channels])``.
        dtype: Kind of the numbers.

    Raises:
        InputError: It is more than the memory of this machine.
    """
    try:
        return np.empty(shape, dtype=dtype)
    except (MemoryError, ValueError):
        needed = float(np.prod(shape, dtype=np.float64)) * np.dtype(dtype).itemsize / 2**30
        raise InputError(
            f"{shape[0]} pictures of {spelled_size(shape[1:3])} pixels need {needed:,.0f} GiB, more"
            " than this machine has; give a smaller size",
            ("size",),
        ) from None


def resized(pixels: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """The picture with another height and width, by Pillow's bilinear filter.

    Where the picture shrinks, the filter is widened, so that every pixel has its weight in the
    result. Pictures of another dtype than uint8 are resized as float32; whole numbers are rounded.

    Args:
        pixels: uint8, uint16 or float32, shape ``(height, width)`` or ``(height, width, 3)``.
        size: New height and width.

    Returns:
        The same dtype, shape ``(*size[, 3])``.
    """
    if pixels.shape[:2] == size:
        return pixels
    target = (size[1], size[0])
    filtered = Image.Resampling.BILINEAR
    if pixels.dtype == np.uint8:
        picture = Image.fromarray(np.ascontiguousarray(pixels))
        return np.asarray(picture.resize(target, filtered))
    planes = pixels[..., None] if pixels.ndim == 2 else pixels
    result = np.stack(
        [
            np.asarray(Image.fromarray(plane.astype(np.float32)).resize(target, filtered))
            for plane in np.moveaxis(planes, -1, 0)
        ],
        axis=-1,
    )
    if pixels.dtype.kind == "u":
        result = np.rint(result.clip(0, np.iinfo(pixels.dtype).max)).astype(pixels.dtype)
    return result[..., 0] if pixels.ndim == 2 else result


def spelled_size(size: tuple[int, ...]) -> str:
    """Height and width as people read them.

    Example:
        >>> spelled_size((128, 96))
        '128×96'
    """
    return "×".join(str(side) for side in size)


def size_problem(size: tuple[int, int] | None) -> str:
    """What is wrong with a stated size; empty when nothing is."""
    if size is None or min(size) > 0:
        return ""
    return f"expected [height, width] in pixels, both above 0, got {list(size)}"
