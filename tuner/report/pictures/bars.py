"""Pictures with a line for each thing: importance, simple models, what activations learned."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.figure
import numpy as np

from tuner.report.pictures.style import BLUE, FRAME, GREY, INK, RED, canvas, grown, styled

__all__ = ["importance_bars", "learned_ranges", "scores_with_intervals", "shortened"]


@styled
def importance_bars(rows: Sequence[Mapping[str, Any]]) -> matplotlib.figure.Figure:
    """The share of each place with its spread, and what chance gives; the first on top.

    Args:
        rows: The ``places`` of ``importance`` in ``results.json``, one at least.
    """
    figure, axes = canvas(grown(rows, 0.3, 1.0))
    at = np.arange(len(rows))
    share, low, high, chance = (
        np.array([row[name] for row in rows]) for name in ("share", "low", "high", "chance")
    )
    colors = [BLUE if row["share"] > row["chance"] else GREY for row in rows]
    axes.barh(at, share, color=colors, height=0.6)
    axes.hlines(at, low, high, color=INK, linewidth=1, label="5 to 95 % of resamples")
    axes.plot(chance, at, "|", color=RED, markersize=10, markeredgewidth=2, label="chance")
    axes.set_yticks(at, [shortened(row["place"]) for row in rows])
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.set(xlabel="share of what places explain alone", xlim=(0, 1.02))
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def shortened(place: str, most: int = 26) -> str:
    """The end of a long name, which tells places apart; the table beside it has all of it."""
    if len(place) <= most:
        return place
    last = place
    while len(last) > most and "." in last:
        last = last.partition(".")[2]
    return f"…{last[-most:]}"


@styled
def scores_with_intervals(
    rows: Sequence[tuple[str, float, Sequence[float], bool]],
) -> matplotlib.figure.Figure:
    """Test F1 and interval of each model or run, in the order of the rows.

    Args:
        rows: For each its name, score, the ends of its interval, and whether it stands out.
    """
    figure, axes = canvas(grown(rows, 0.34))
    for at, (_, score, (low, high), own) in enumerate(rows):
        colour = RED if own else BLUE
        axes.hlines(at, low, high, color=colour, linewidth=2.5 if own else 1.5)
        axes.plot(score, at, "o", color=colour, markersize=7 if own else 5)
    axes.set_yticks(range(len(rows)), [textwrap.fill(name, 24) for name, *_ in rows])
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlim=(0, 1.02), xlabel="test F1 with 95 % interval")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=FRAME, linewidth=0.6)
    return figure


@styled
def learned_ranges(places: Sequence[Mapping[str, Any]]) -> matplotlib.figure.Figure:
    """From the smallest to the largest learned value of each layer, and their mean.

    Args:
        places: See `tuner.report.learned.learned_places`, one at least.
    """
    figure, axes = canvas(grown(places))
    for at, place in enumerate(places):
        axes.hlines(at, place["min"], place["max"], color=BLUE, linewidth=2)
        axes.plot(place["mean"], at, "o", color=RED, markersize=6)
    axes.set_yticks(range(len(places)), [shortened(place["layer"]) for place in places])
    axes.set(ylim=(len(places) - 0.5, -0.5), xlabel="smallest, mean and largest value")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=FRAME, linewidth=0.6)
    return figure
