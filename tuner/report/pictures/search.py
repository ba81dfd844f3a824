"""Pictures of a search: scores by trial, by option, and against what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.axes
import matplotlib.figure
import matplotlib.ticker
import numpy as np

from tuner.report.pictures.style import BLUE, FRAME, GREY, RED, canvas, grown, styled
from tuner.search.records import TrialRecord

__all__ = ["scores_by_option", "search_history", "trade_off"]


@styled
def search_history(records: Sequence[TrialRecord], metric: str) -> matplotlib.figure.Figure:
    """The score of each trial, and the best so far of those that did not collapse.

    Args:
        records: All trials; one of them has a score, at least.
        metric: What was maximised.
    """
    scored = [record for record in records if record.score is not None]
    sound = [record for record in scored if not record.collapsed]
    figure, axes = canvas()
    _dots(axes, [record for record in scored if record.collapsed], "x", GREY, "collapsed")
    _dots(axes, sound, "o", BLUE, "trial")
    if sound:
        best = np.maximum.accumulate([record.score or 0.0 for record in sound])
        numbers = [record.number for record in sound]
        axes.step(numbers, best, where="post", color=RED, label="best so far")
    figure.legend(loc="outside upper center", ncols=3)
    axes.locator_params(axis="x", integer=True, min_n_ticks=1)
    low = min([0.0, *(record.score or 0.0 for record in scored)])
    axes.set(xlabel="trial", xlim=(-0.5, scored[-1].number + 0.5))
    axes.set(ylabel=f"validation {metric}", ylim=(low - 0.02, 1.02))
    axes.grid(axis="y", color=FRAME, linewidth=0.6)
    return figure


def _dots(
    axes: matplotlib.axes.Axes,
    records: Sequence[TrialRecord],
    mark: str,
    color: str,
    label: str,
    across: str = "number",
) -> None:
    if records:
        points = [(getattr(record, across), record.score) for record in records]
        axes.plot(*zip(*points, strict=True), mark, color=color, label=label)


@styled
def trade_off(
    records: Sequence[TrialRecord],
    pareto: Sequence[Mapping[str, Any]],
    objective: Mapping[str, Any],
) -> matplotlib.figure.Figure:
    """The score of each trial by what it is traded against, and the best that both can be.

    Args:
        records: All trials.
        pareto: The trade-offs of ``results.json``, one at least.
        objective: Its objective.
    """
    scored = [record for record in records if record.against is not None]
    figure, axes = canvas()
    kinds = {"collapsed": ("x", True), "trial": ("o", False)}
    for label, (mark, collapsed) in kinds.items():
        own = [record for record in scored if record.collapsed is collapsed]
        _dots(axes, own, mark, GREY, label, "against")
    fewer = objective["against"] == "parameters"
    places, scores = zip(*((row["against"], row["score"]) for row in pareto), strict=True)
    # Between two of them, what is reached is the lower score.
    axes.step(places, scores, "o-", where="pre", color=RED, label="best of both")
    if fewer:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 3), numticks=5))
        axes.xaxis.set_major_formatter(lambda number, _: f"{number:,.0f}")
        axes.xaxis.set_minor_locator(matplotlib.ticker.NullLocator())
    figure.legend(loc="outside upper center", ncols=3)
    axes.set(xlabel="parameters" if fewer else f"validation {objective['against']}")
    axes.set(ylabel=f"validation {objective['metric']}")
    return figure


@styled
def scores_by_option(
    scores: Mapping[str, Sequence[float]], metric: str
) -> matplotlib.figure.Figure:
    """A line of dots for each option, one for each trial that had it, and a mark at their median.

    Args:
        scores: Of the trials that had an option, by its name; the first on top.
        metric: What they are.
    """
    figure, axes = canvas(grown(scores))
    for row, own in enumerate(scores.values()):
        if own:
            axes.plot(own, _spread(own, row), "o", color=BLUE, alpha=0.6, markeredgewidth=0)
            axes.plot([np.median(own)] * 2, [row - 0.33, row + 0.33], color=RED, linewidth=2)
    axes.set_yticks(range(len(scores)), list(scores))
    axes.set(ylim=(len(scores) - 0.5, -0.5), xlabel=f"validation {metric}")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=FRAME, linewidth=0.6)
    return figure


def _spread(own: Sequence[float], row: int) -> list[float]:
    """Heights that keep dots of near values apart, the same in every drawing."""
    steps = (0.0, -0.18, 0.18, -0.09, 0.09)
    order = np.argsort(np.argsort(own, kind="stable"), kind="stable")
    return [row + steps[place % len(steps)] for place in order.tolist()]
