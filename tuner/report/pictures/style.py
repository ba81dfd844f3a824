"""How pictures look: colours that the page replaces by its own, and sizes for a telephone."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sized
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

import matplotlib
import matplotlib.axes
import matplotlib.figure
from rich.cells import cell_len, set_cell_size

__all__ = [
    "BLUE",
    "COLOURS",
    "FRAME",
    "GREY",
    "INK",
    "RED",
    "STEPS",
    "STYLE",
    "WIDTH",
    "canvas",
    "cut",
    "grown",
    "styled",
]

INK = "#1d2731"
GREY = "#6b7680"
FRAME = "#cdd4da"
BLUE = "#1f6a94"
RED = "#b8400c"
STEPS = ("#b9c7d1", "#86b4cf", "#4f93bd", "#e08a4f", "#b23a08")
"""From the worst to the best."""

COLOURS = MappingProxyType(
    {
        INK: "ink",
        GREY: "grey",
        FRAME: "frame",
        BLUE: "blue",
        RED: "red",
        **{colour: f"step-{place}" for place, colour in enumerate(STEPS)},
    }
)
"""What the style sheet calls each colour, in light and in dark."""

WIDTH = 4.8
"""Inches. A picture as wide as a telephone there has letters of their size in points."""

STYLE: Mapping[Any, Any] = MappingProxyType(
    {
        "svg.fonttype": "none",  # letters of the page's own fonts
        "svg.hashsalt": "minority-tuner",  # equal pictures are equal files
        "text.parse_math": False,  # names of classes may hold dollars
        "font.size": 9.5,
        "axes.labelsize": 9.5,
        "legend.fontsize": 9.5,
        "legend.frameon": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": GREY,
        "xtick.color": GREY,
        "ytick.color": GREY,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "lines.linewidth": 1.5,
        "lines.markersize": 4.5,
        "hatch.color": GREY,
    }
)

_P = ParamSpec("_P")
_T = TypeVar("_T")


def styled(draw: Callable[_P, _T]) -> Callable[_P, _T]:
    """A function whose drawing has this style, whatever the calling program has set."""

    @functools.wraps(draw)
    def drawn(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        with matplotlib.rc_context(dict(STYLE)):
            return draw(*args, **kwargs)

    return drawn


def canvas(
    height: float = 3.4, width: float = WIDTH
) -> tuple[matplotlib.figure.Figure, matplotlib.axes.Axes]:
    """An empty picture of so many inches."""
    figure = matplotlib.figure.Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def cut(name: str, most: int = 18) -> str:
    """The beginning of a long name, for a legend; the text beside the picture has all of it.

    Args:
        name: Of a class.
        most: How many letters have room; Chinese ones count twice.

    Example:
        >>> cut("well"), cut("squamous_cell_carcinoma")
        ('well', 'squamous_cell_car…')
    """
    return name if cell_len(name) <= most else f"{set_cell_size(name, most - 1).rstrip()}…"


def grown(rows: Sized, each: float = 0.27, rest: float = 0.75) -> float:
    """The height of a picture with a line for each row, in inches."""
    return rest + each * len(rows)
