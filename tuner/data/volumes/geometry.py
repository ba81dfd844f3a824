"""Where a DICOM picture lies in the body, and how it is turned to be seen like all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Turn", "View", "view_of"]

_PLANES = ("sagittal", "coronal", "axial")
"""The plane that is crossed by each of DICOM's axes: to the patient's left, back and head."""

_UPWARD = (-1, -1, 1)
"""Which way along each axis stacks are counted; see `tuner.data.volumes.slices`."""

_SHOWN = {"axial": ((0, 1), (1, 1)), "coronal": ((0, 1), (2, -1)), "sagittal": ((1, 1), (2, -1))}
"""Axis and direction of increasing columns, and of increasing rows."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What brings a stored picture to the common view, in this order.

    Attributes:
        exchange: Exchanges rows and columns.
        flip_rows: Turns it upside down.
        flip_columns: Mirrors it.
    """

    exchange: bool = False
    flip_rows: bool = False
    flip_columns: bool = False

    def __call__(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """The turned picture, a view."""
        if self.exchange:
            picture = picture.T
        return picture[:: -1 if self.flip_rows else 1, :: -1 if self.flip_columns else 1]

    def size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Height and width of the turned picture."""
        return (size[1], size[0]) if self.exchange else size


@dataclass(frozen=True, slots=True)
class View:
    """How a picture lies in the body.

    Attributes:
        plane: ``axial``, ``coronal`` or ``sagittal``, whichever is nearest.
        position: Millimetres along the stack.
        turn: What brings it to the common view.
        stored: Where its columns, then its rows increase: ``LP`` for most axial pictures.
        normal: Direction of the stack, of length 1.
        tilt: Degrees between its directions and the nearest axes of the body.
    """

    plane: str
    position: float
    turn: Turn
    stored: str = field(repr=False)
    normal: tuple[float, float, float] = field(repr=False)
    tilt: float = field(repr=False)


def view_of(cosines: Sequence[float], position: Sequence[float]) -> View | None:
    """The view of a stored picture; None where its directions are no directions.

    Args:
        cosines: ``ImageOrientationPatient``: direction of increasing columns, then of rows.
        position: ``ImagePositionPatient``: where the first pixel lies.

    Example:
        >>> view_of([0, 1, 0, 0, 0, -1], [40, 0, 0])
        View(plane='sagittal', position=-40.0, turn=Turn(exchange=False, flip_rows=False, \
flip_columns=False))
    """
    across, down = np.asarray(cosines, dtype=np.float64).reshape(2, 3)
    normal = np.cross(across, down)
    if not np.isfinite(normal).all() or np.linalg.norm(normal) < 0.5:
        return None
    axis = int(np.argmax(np.abs(normal)))
    plane = _PLANES[axis]
    normal = normal / np.linalg.norm(normal) * np.sign(normal[axis]) * _UPWARD[axis]
    (column_axis, column_sign), (row_axis, row_sign) = _SHOWN[plane]
    stored = _letter(across) + _letter(down)
    tilt = max(map(_angle, (across, down, normal)))
    exchange = bool(abs(across[row_axis]) > abs(across[column_axis]))
    if exchange:
        across, down = down, across
    turn = Turn(
        exchange,
        flip_rows=bool(down[row_axis] * row_sign < 0),
        flip_columns=bool(across[column_axis] * column_sign < 0),
    )
    x, y, z = normal.tolist()
    place = float(np.dot(normal, np.asarray(position, dtype=np.float64)))
    return View(plane, place, turn, stored, (x, y, z), tilt)


def _letter(direction: NDArray[np.float64]) -> str:
    """Where a direction points: Left, Right, Posterior, Anterior, Head (S) or feet (I)."""
    axis = int(np.argmax(np.abs(direction)))
    return ("LR", "PA", "SI")[axis][int(direction[axis] < 0)]


def _angle(direction: NDArray[np.float64]) -> float:
    """Degrees between a direction and the nearest axis."""
    nearest = np.abs(direction).max() / np.linalg.norm(direction)
    return float(np.degrees(np.arccos(min(nearest, 1.0))))
