"""Boxes around what matters in a picture: they are looked at after training, never learned from."""

from __future__ import annotations

import hashlib
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from tuner.errors import InputError

__all__ = ["BoxFormat", "Boxes", "box_format_of", "boxed", "boxes_told", "checked_boxes"]

BoxFormat: TypeAlias = Literal["xywh", "cxcywh"]
"""Whether the first two numbers of a box are its upper left corner or its centre."""

Boxes: TypeAlias = NDArray[np.float64]

_ROUNDED = 0.01
"""Boxes are often written with two digits; one that reaches so far beyond the edge is cut off."""


def box_format_of(given: bool, box_format: BoxFormat | None) -> BoxFormat:
    """How boxes are written, the corner unless said.

    Args:
        given: Whether there are boxes.
        box_format: What is said of them.

    Raises:
        InputError: Something is said of boxes, and there are none; or it is no format.
    """
    if box_format is not None and box_format not in get_args(BoxFormat):
        known = ", ".join(get_args(BoxFormat))
        raise InputError(f"expected one of {known}; got '{box_format}'", ("box_format",))
    if box_format is not None and not given:
        raise InputError(
            "box_format says how boxes are written, and there are none; name them in 'boxes'",
            ("box_format",),
        )
    return box_format or "xywh"


def checked_boxes(
    boxes: Any, shape: tuple[int, ...], box_format: BoxFormat, first_row: int = 0
) -> Boxes:
    """One box a row by its upper left corner, cut off at the edges of the picture.

    Args:
        boxes: Shape ``(rows, 4)``: x and y, then width and height, all as shares of the picture's
            width or height. A row of NaN, or a box without area, is a picture without a box.
        shape: Of the features.
        box_format: What x and y are.
        first_row: Number of the first row as people count.

    Returns:
        Shape ``(rows, 4)``; a row of NaN where there is no box.

    Raises:
        InputError: The rows are no pictures, boxes have another shape, or one of them does not lie
            in its picture.

    Example:
        >>> checked_boxes([[0.5, 0.5, 0.2, 0.4], [0, 0, 0, 0]], (2, 8, 8), "cxcywh").tolist()
        [[0.4, 0.3, 0.2, 0.4], [nan, nan, nan, nan]]
    """
    if len(shape) < 3:
        raise InputError("boxes belong to pictures, and the rows are those of a table", ("boxes",))
    given = np.asarray(boxes)
    if given.dtype.kind not in "fiu" or given.shape != (shape[0], 4):
        raise InputError(
            f"boxes must be numbers of shape ({shape[0]}, 4), x, y, width and height for each row; "
            f"got {given.dtype} {given.shape}",
            ("boxes",),
        )
    numbers = given.astype(np.float64)
    corners = numbers.copy()
    if box_format == "cxcywh":
        corners[:, :2] -= numbers[:, 2:] / 2
    none = np.isnan(numbers).all(axis=1) | ((numbers >= 0).all(axis=1) & _empty(numbers))
    inside = (corners >= -_ROUNDED) & (corners <= 1 + _ROUNDED)
    inside[:, 2:] &= (corners[:, 2:] >= 0) & (corners[:, :2] + corners[:, 2:] <= 1 + _ROUNDED)
    bad = np.flatnonzero(~none & ~inside.all(axis=1))
    if bad.size:
        raise _outside(given[bad[0]], int(bad[0]) + first_row, len(bad), box_format)
    corners[none] = np.nan
    return _cut_off(corners)


def _empty(numbers: Boxes) -> NDArray[np.bool_]:
    empty: NDArray[np.bool_] = (numbers[:, 2:] == 0).any(axis=1)
    return empty


def _cut_off(corners: Boxes) -> Boxes:
    low = np.clip(corners[:, :2], 0, 1)
    high = np.clip(corners[:, :2] + corners[:, 2:], 0, 1)
    # Numbers of float32 and their sums are off in digits that nobody wrote.
    return np.round(np.concatenate([low, high - low], axis=1), 6)


def _outside(box: NDArray[Any], row: int, count: int, box_format: BoxFormat) -> InputError:
    spelled = ", ".join(f"{number:g}" for number in box.tolist())
    others = "" if count == 1 else f" (and {count - 1} more)"
    first, other, meaning = (
        ("upper left corner", "cxcywh", "the centre")
        if box_format == "xywh"
        else ("centre", "xywh", "the upper left corner")
    )
    return InputError(
        f"the box of row {row} is [{spelled}]{others}; expected {first}, width and height as shares"
        f" of the picture, all of it within 0 to 1, or NaN for none; where x and y are {meaning}, "
        f"set box_format: {other}",
        ("boxes",),
    )


def boxed(boxes: Boxes) -> NDArray[np.bool_]:
    """Which rows have a box, of boxes as `checked_boxes` returns them."""
    return np.isfinite(boxes[:, 0])


def boxes_told(boxes: Boxes | None) -> dict[str, Any] | None:
    """How many rows have a box and which boxes these are, for ``results.json``."""
    if boxes is None:
        return None
    digest = hashlib.sha256(np.ascontiguousarray(boxes).data.cast("B")).hexdigest()
    return {"rows": int(boxed(boxes).sum()), "fingerprint": digest}
