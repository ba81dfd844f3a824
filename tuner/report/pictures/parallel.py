"""Parallel coordinates: a line for each trial through all places that were searched.

Places lie one below the other, so that there is room for their names, and for many of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.axes
import matplotlib.figure
import numpy as np

from tuner.report.pictures.bars import shortened
from tuner.report.pictures.style import FRAME, GREY, INK, STEPS, canvas, cut, styled
from tuner.search.records import TrialRecord
from tuner.spaces import Value

__all__ = ["Axis", "axes_of", "parallel_coordinates", "score_steps"]

_NOT_ACTIVE = 1.07
"""Where a line goes whose trial has no value: to the right of all that have one."""

_NAMED = 24
"""Options that are written at most; of more, every second, third, and so on."""

_LONGEST = 44
"""Letters for which there is room beside an axis; more would push it out of the picture."""

_WIDE = 0.0195
"""Width of a letter as a share of an axis."""


@dataclass(frozen=True)
class Axis:
    """A place that was searched.

    Attributes:
        name: Of the place.
        at: From a value to where it lies between 0 and 1.
        marks: What is written at which place.
    """

    name: str
    at: Callable[[Value], float]
    marks: tuple[tuple[float, str], ...]


def axes_of(spaces: Mapping[str, Any], records: Sequence[TrialRecord]) -> list[Axis]:
    """The places that differ between trials, in their order.

    Args:
        spaces: As in the ``identity`` of ``results.json``: each place with its ``space``.
        records: Trials whose lines are drawn.
    """
    known = dict.fromkeys(name for record in records for name in record.values)
    # A parameter of an entry stands after its place there.
    names = [*(name for name in spaces if name in known), *(known.keys() - spaces.keys())]
    return [_axis(name, spaces.get(name, {}).get("space"), records) for name in names]


def _axis(name: str, space: Any, records: Sequence[TrialRecord]) -> Axis:
    values = [record.values[name] for record in records if name in record.values]
    if isinstance(space, dict) and "choice" not in space:
        numbers = np.array([*space.get("float", ()), *space.get("int", ()), *values], float)
        low, high = float(numbers.min()), float(numbers.max())
        return _of_numbers(name, low, high, bool(space["log"]), whole="int" in space)
    options = list(space["choice"]) if isinstance(space, dict) else []
    # A trial of before the space changed may have what it no longer holds.
    known = {repr(option): option for option in [*options, *values]}
    return _of_options(name, list(known.values()))


def _of_numbers(name: str, low: float, high: float, log: bool, whole: bool = False) -> Axis:
    scale: Callable[[float], float] = np.log if log else float
    first, width = scale(low), (scale(high) - scale(low)) or 1.0
    middle = float(np.sqrt(low * high)) if log else (low + high) / 2
    told = [low, high] if low == high or (whole and middle % 1) else [low, middle, high]
    written = dict.fromkeys(told)
    marks = tuple((float((scale(x) - first) / width), f"{x:.4g}") for x in written)
    return Axis(name, lambda value: float((scale(float(value)) - first) / width), marks)


def _of_options(name: str, options: Sequence[Value]) -> Axis:
    places = np.linspace(0, 1, len(options)) if len(options) > 1 else [0.5]
    at = dict(zip(map(repr, options), map(float, places), strict=True))
    step = -(-len(options) // _NAMED)
    marks = tuple((at[repr(option)], _spelled(option)) for option in options[::step])
    return Axis(name, lambda value: at[repr(value)], marks)


def _spelled(option: Value) -> str:
    if isinstance(option, bool):
        return str(option).lower()
    return f"{option:.3g}" if isinstance(option, float) else cut(str(option), _LONGEST)


def score_steps(scores: Sequence[float]) -> list[int]:
    """From 0 to 4 by where a score lies between the lowest and the highest."""
    low, high = min(scores), max(scores)
    width = (high - low) or 1.0
    return [min(int(len(STEPS) * (score - low) / width), len(STEPS) - 1) for score in scores]


@styled
def parallel_coordinates(
    axes: Sequence[Axis], records: Sequence[TrialRecord], metric: str, best: int
) -> matplotlib.figure.Figure:
    """A line for each trial from the first place down to its score, in the colour of that.

    Args:
        axes: See `axes_of`, one at least.
        records: Trials with a score.
        metric: What the score is.
        best: The trial whose line is drawn thick, over all others.
    """
    scores = [record.score or 0.0 for record in records]
    rows = [*axes, _of_numbers(f"validation {metric}", min(scores), max(scores), log=False)]
    levels = [_levels(axis.marks) for axis in rows]
    heights = [0.7 + 0.19 * (max(own) if own else 0) for own in levels]
    down = np.concatenate([[0], np.cumsum(heights[:-1])])
    figure, drawn = canvas(0.45 + float(sum(heights)) * 0.8)
    across = np.array([_across(rows, record) for record in records])
    steps = score_steps(scores)
    for step, colour in enumerate(STEPS):
        own = [place for place, one in enumerate(steps) if one == step]
        _lines(drawn, across[own], down, colour, 0.9, 0.75)
    _lines(drawn, across[[record.number == best for record in records]], down, INK, 2.2, 1.0)
    for axis, at, own in zip(rows, down, levels, strict=True):
        _write(drawn, axis, float(at), own)
    if np.isclose(across, _NOT_ACTIVE).any():
        drawn.text(_NOT_ACTIVE, -0.1, "not used", ha="center", va="bottom", color=GREY)
    drawn.set(xlim=(-0.03, 1.14), ylim=(float(down[-1]) + heights[-1] * 0.7, -0.42))
    drawn.set_axis_off()
    return figure


def _across(rows: Sequence[Axis], record: TrialRecord) -> list[float]:
    *places, score = rows
    own = [
        axis.at(record.values[axis.name]) if axis.name in record.values else _NOT_ACTIVE
        for axis in places
    ]
    return [*own, score.at(record.score or 0.0)]


def _lines(
    drawn: matplotlib.axes.Axes, across: Any, down: Any, colour: str, width: float, opaque: float
) -> None:
    """Many lines as one, with gaps: a page of 500 trials must stay small."""
    if not len(across):
        return
    gap = np.full((len(across), 1), np.nan)
    x = np.hstack([across, gap]).ravel()
    y = np.tile(np.append(down, np.nan), len(across))
    drawn.plot(x, y, color=colour, linewidth=width, alpha=opaque)


def _levels(marks: Sequence[tuple[float, str]]) -> list[int]:
    """How far below its axis each text stands, so that none covers another."""
    ends: list[float] = []
    levels = []
    for at, text in marks:
        start, end = _extent(at, text)
        level = next((n for n, last in enumerate(ends) if last < start), len(ends))
        ends[level : level + 1] = [end]
        levels.append(level)
    return levels


def _extent(at: float, text: str) -> tuple[float, float]:
    width = _WIDE * (len(text) + 1.5)
    start = min(max(at - width / 2, -0.03), 1.03 - width)
    return start, start + width


def _write(drawn: matplotlib.axes.Axes, axis: Axis, at: float, levels: Sequence[int]) -> None:
    drawn.plot([0, 1], [at, at], color=FRAME, linewidth=1, zorder=0)
    name = shortened(axis.name, _LONGEST)
    drawn.text(0, at - 0.1, name, ha="left", va="bottom", fontweight="bold")
    for (place, text), level in zip(axis.marks, levels, strict=True):
        start, end = _extent(place, text)
        drawn.plot(place, at, "|", color=GREY, markersize=6)
        drawn.text((start + end) / 2, at + 0.1 + 0.19 * level, text, ha="center", va="top")
