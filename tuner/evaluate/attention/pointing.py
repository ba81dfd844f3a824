"""How maps lie to boxes that people drew: heat within them, and the pointing game."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.boxes import Boxes

__all__ = ["Measured", "Pointing", "heat_in_boxes", "hottest", "measured", "pointing"]

Map = NDArray[np.float64]


def heat_in_boxes(heat: Map, boxes: Boxes) -> NDArray[np.float64]:
    """The sum of a map within boxes; a pixel that a box cuts counts with the part inside.

    Args:
        heat: Shape ``(height, width)``.
        boxes: Upper left corner, width and height as shares of the picture, shape ``(boxes, 4)``.

    Returns:
        Shape ``(boxes,)``.

    Example:
        >>> heat_in_boxes(np.full((2, 2), 0.25), np.array([[0.25, 0, 0.5, 1]]))
        array([0.5])
    """
    height, width = heat.shape
    # The sum of all that lies above and left of a point is linear within each pixel.
    sums = np.zeros((height + 1, width + 1))
    sums[1:, 1:] = heat.cumsum(axis=0).cumsum(axis=1)
    left, top = boxes[:, 0] * width, boxes[:, 1] * height
    right, bottom = left + boxes[:, 2] * width, top + boxes[:, 3] * height
    within: NDArray[np.float64] = (
        _at(sums, bottom, right)
        - _at(sums, top, right)
        - _at(sums, bottom, left)
        + _at(sums, top, left)
    )
    return within


def _at(sums: Map, down: NDArray[Any], across: NDArray[Any]) -> NDArray[Any]:
    """Sums between the corners of pixels, by bilinear interpolation."""
    row = np.clip(np.floor(down).astype(int), 0, len(sums) - 2)
    column = np.clip(np.floor(across).astype(int), 0, sums.shape[1] - 2)
    below, beside = np.clip(down - row, 0, 1), np.clip(across - column, 0, 1)
    upper = sums[row, column] * (1 - beside) + sums[row, column + 1] * beside
    lower = sums[row + 1, column] * (1 - beside) + sums[row + 1, column + 1] * beside
    mixed: NDArray[Any] = upper * (1 - below) + lower * below
    return mixed


def hottest(heat: Map) -> Map:
    """All heat at the largest value of a map, in equal parts where several pixels share it."""
    at = heat == heat.max()
    spread: Map = at / at.sum()
    return spread


@dataclass(frozen=True)
class Measured:
    """What one map has to do with the box of its picture.

    Attributes:
        heat: Share of the heat within the box.
        hit: The part of the hottest pixel that lies within the box, 0 or 1 but at its edge.
        heat_of_others: As `heat`, in the boxes of other pictures, on average; None without any.
        hit_of_others: As `hit`, in the boxes of other pictures.
    """

    heat: float
    hit: float
    heat_of_others: float | None
    hit_of_others: float | None


def measured(heat: Map, box: NDArray[np.float64], others: Boxes) -> Measured:
    """Measures one map.

    Args:
        heat: Shape ``(height, width)``, with a sum of 1.
        box: Of its picture, shape ``(4,)``.
        others: Boxes of other pictures, shape ``(boxes, 4)``.
    """
    top = hottest(heat)
    [own], [hit] = heat_in_boxes(heat, box[None]), heat_in_boxes(top, box[None])
    return Measured(
        float(own),
        float(hit),
        float(heat_in_boxes(heat, others).mean()) if len(others) else None,
        float(heat_in_boxes(top, others).mean()) if len(others) else None,
    )


@dataclass(frozen=True)
class Pointing:
    """Means over pictures with a box and a map.

    Attributes:
        rows: How many these are.
        groups: How many groups they belong to; None where there are no groups.
        box: Mean share of the picture that the box takes: what a map has that looks everywhere,
            and how often a random pixel hits. None without rows, as are the following.
        heat: Mean share of the heat within the box.
        hits: Share of maps whose hottest pixel lies within the box (Zhang et al., 2016), without
            the margin that the paper grants.
        heat_of_others: As `heat`, within the boxes of pictures of other groups, on average: what
            maps have that look where boxes mostly lie, and not where this one does.
        hits_of_others: As `hits`, of these boxes.
        without_box: Pictures that were left out since they have no box.
        without_map: Pictures that were left out since their map is 0 everywhere.
    """

    rows: int
    groups: int | None
    box: float | None
    heat: float | None
    hits: float | None
    heat_of_others: float | None
    hits_of_others: float | None
    without_box: int
    without_map: int


def pointing(
    found: Sequence[Measured | None], boxes: Boxes, groups: NDArray[Any] | None
) -> Pointing:
    """Sums up what was measured.

    Args:
        found: For each picture; None where its map is 0 everywhere or it has no box.
        boxes: Their boxes, shape ``(rows, 4)``, NaN where there is none.
        groups: Their groups.
    """
    has_box = np.isfinite(boxes[:, 0])
    counted = np.array([one is not None for one in found], dtype=bool)
    known = [one for one in found if one is not None]
    return Pointing(
        rows=len(known),
        groups=None if groups is None else len(np.unique(groups[counted])),
        box=_mean((boxes[counted, 2] * boxes[counted, 3]).tolist()),
        heat=_mean([one.heat for one in known]),
        hits=_mean([one.hit for one in known]),
        heat_of_others=_mean([one.heat_of_others for one in known]),
        hits_of_others=_mean([one.hit_of_others for one in known]),
        without_box=int((~has_box).sum()),
        without_map=int((has_box & ~counted).sum()),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
