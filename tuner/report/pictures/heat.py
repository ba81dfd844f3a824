"""A picture beside the same picture with a map over it."""

from __future__ import annotations

import base64
import io
from typing import Any

import matplotlib.axes
import matplotlib.figure
import matplotlib.patches
import numpy as np
from numpy.typing import NDArray

__all__ = ["displayed", "heat_picture"]

_HEAT = (1.0, 0.35, 0.0)
_BOX = "#00e5ff"
_STRONGEST = 0.65
"""How opaque the hottest place is; the picture must show through it."""

_SIDE, _DPI = 2.0, 96
_CUT = (0.5, 99.5)
"""Percentiles of a picture that become black and white: single bright pixels must not dim it."""


def heat_picture(
    picture: NDArray[Any], heat: NDArray[np.float64], box: NDArray[np.float64] | None
) -> str:
    """A PNG in a data address: the picture, and the same with its map.

    Args:
        picture: Shape ``(height, width)`` or ``(height, width, channels)``, in any numbers.
        heat: Shape ``(height, width)``, not negative; the largest value has the strongest colour.
        box: Upper left corner, width and height as shares of the picture; None or NaN for none.
    """
    height, width = picture.shape[:2]
    across = _SIDE * np.clip(width / height, 0.5, 2)
    size = (2 * across, _SIDE)
    figure = matplotlib.figure.Figure(figsize=size, facecolor="none")
    plain, with_heat = figure.subplots(1, 2)
    figure.subplots_adjust(0, 0, 1, 1, wspace=0.02)
    for axes in (plain, with_heat):
        axes.imshow(displayed(picture), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axes.set_axis_off()
        _outline(axes, box, (height, width))
    with_heat.imshow(_coloured(heat), interpolation="nearest")
    return _png(figure)


def displayed(picture: NDArray[Any]) -> NDArray[np.float64]:
    """A picture between 0 and 1: in colour with three channels, else the mean of its channels.

    Colours of bytes are shown as they are, other numbers between their outermost half per cents.

    Args:
        picture: Shape ``(height, width)`` or ``(height, width, channels)``.

    Returns:
        Shape ``(height, width)`` or ``(height, width, 3)``.

    Example:
        >>> float(displayed(np.linspace(10, 30, 1001).reshape(7, 143)).max())
        1.0
    """
    numbers = picture.astype(np.float64)
    if numbers.ndim == 3 and numbers.shape[2] != 3:
        numbers = numbers.mean(axis=2)
    if picture.dtype == np.uint8 and numbers.ndim == 3:
        return numbers / 255
    low, high = np.percentile(numbers, _CUT)
    shown: NDArray[np.float64] = np.clip((numbers - low) / (high - low or 1.0), 0, 1)
    return shown


def _coloured(heat: NDArray[np.float64]) -> NDArray[np.float64]:
    """One colour, the more opaque the hotter; shape ``(height, width, 4)``."""
    share = heat / (heat.max() or 1.0)
    return np.dstack([np.broadcast_to(_HEAT, (*heat.shape, 3)), _STRONGEST * share])


def _outline(
    axes: matplotlib.axes.Axes, box: NDArray[np.float64] | None, size: tuple[int, int]
) -> None:
    if box is None or not np.isfinite(box).all():
        return
    height, width = size
    x, y, across, down = box * (width, height, width, height)
    # The middle of the first pixel is at 0.
    axes.add_patch(
        matplotlib.patches.Rectangle(
            (x - 0.5, y - 0.5), across, down, fill=False, edgecolor=_BOX, linewidth=1
        )
    )


def _png(figure: matplotlib.figure.Figure) -> str:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=_DPI, metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode("ascii")
