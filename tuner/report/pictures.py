"""The pictures of ``report.html``."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.axes
import matplotlib.figure
import numpy as np
from numpy.typing import NDArray

from tuner.lazy import LazyModule
from tuner.metrics.reliability_bins import reliability_bins
from tuner.report.scores import STAGES
from tuner.search.records import TrialRecord

__all__ = [
    "image",
    "importance_bars",
    "precision_recall",
    "reliability_diagram",
    "search_history",
    "trade_off",
]

sk: Any = LazyModule("sklearn.metrics")

_BLUE, _RED, _GREY = "#2a6f97", "#c1440e", "#888888"
_TICKS = (0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1)
_MARKS = {"as_trained": (_GREY, "s"), "corrected": (_BLUE, "o"), "calibrated": (_RED, "^")}


def precision_recall(
    actual: NDArray[np.bool_], minority: NDArray[Any], best: Mapping[str, Any]
) -> matplotlib.figure.Figure:
    """Precision against recall of the test rows, with the winner's threshold on the curve."""
    precision, recall, _ = sk.precision_recall_curve(actual, minority)
    figure, axes = _empty()
    axes.step(recall, precision, where="post", color=_BLUE)
    axes.axhline(actual.mean(), color=_GREY, linestyle=":", linewidth=1)
    test = best["test"]
    label = f"threshold {best['threshold']:.3g}"
    axes.plot(test["recall"], test["precision"], "o", color=_RED, label=label)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.legend(loc="lower left")
    return figure


def search_history(records: Sequence[TrialRecord], metric: str) -> matplotlib.figure.Figure:
    """The score of each trial, and the best so far of those that did not collapse.

    Args:
        records: All trials; one of them has a score, at least.
        metric: What was maximised.
    """
    scored = [record for record in records if record.score is not None]
    sound = [record for record in scored if not record.collapsed]
    figure, axes = _empty()
    _dots(axes, [record for record in scored if record.collapsed], "x", _GREY, "collapsed")
    _dots(axes, sound, "o", _BLUE, "trial")
    if sound:
        best = np.maximum.accumulate([record.score or 0.0 for record in sound])
        numbers = [record.number for record in sound]
        axes.step(numbers, best, where="post", color=_RED, label="best so far")
    axes.legend(loc="best")
    axes.locator_params(axis="x", integer=True, min_n_ticks=1)
    low = min([0.0, *(record.score or 0.0 for record in scored)])
    axes.set(xlabel="trial", xlim=(-0.5, scored[-1].number + 0.5))
    axes.set(ylabel=f"validation {metric}", ylim=(low - 0.02, 1.02))
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
        axes.plot(*zip(*points, strict=True), mark, color=color, markersize=4, label=label)


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
    figure, axes = _empty()
    kinds = {"collapsed": ("x", True), "trial": ("o", False)}
    for label, (mark, collapsed) in kinds.items():
        own = [record for record in scored if record.collapsed is collapsed]
        _dots(axes, own, mark, _GREY, label, "against")
    fewer = objective["against"] == "parameters"
    places, scores = zip(*((row["against"], row["score"]) for row in pareto), strict=True)
    # Between two of them, what is reached is the lower score.
    axes.step(places, scores, "o-", where="pre", color=_RED, markersize=4, label="best of both")
    if fewer:
        axes.set_xscale("log")
    axes.legend(loc="best")
    axes.set(xlabel="parameters" if fewer else f"validation {objective['against']}")
    axes.set(ylabel=f"validation {objective['metric']}")
    return figure


def reliability_diagram(
    actual: NDArray[np.bool_], stages: Mapping[str, NDArray[Any]]
) -> matplotlib.figure.Figure:
    """The share of minority rows against the probability that was told, bin by bin.

    Args:
        actual: Whether each test row is of the minority class, shape ``(rows,)``.
        stages: The minority's probability before and after each step, each of shape ``(rows,)``.
    """
    figure, axes = _empty()
    for stage, minority in stages.items():
        bins = reliability_bins(actual, minority)
        told, found = [one.told for one in bins], [one.found for one in bins]
        color, mark = _MARKS[stage]
        style: dict[str, Any] = {"color": color, "marker": mark, "markersize": 4, "linewidth": 1}
        axes.plot(told, found, label=STAGES[stage], **style)
    axes.plot([0, 1], [0, 1], color=_GREY, linestyle=":", linewidth=1)
    # A rare class lies in the corner of even axes, and zero has no place on those of logarithms.
    axes.set_xscale("function", functions=(np.sqrt, np.square))
    axes.set_yscale("function", functions=(np.sqrt, np.square))
    axes.set(xlabel="probability told", ylabel="share of the minority class")
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=_TICKS, yticks=_TICKS)
    axes.legend(loc="upper left")
    return figure


def importance_bars(rows: Sequence[Mapping[str, Any]]) -> matplotlib.figure.Figure:
    """The share of each place with its spread, and what chance gives; the first on top.

    Args:
        rows: The ``places`` of ``importance`` in ``results.json``, one at least.
    """
    figure = matplotlib.figure.Figure(figsize=(7, 1.2 + 0.3 * len(rows)), layout="constrained")
    axes = figure.subplots()
    at = np.arange(len(rows))
    share, low, high, chance = (
        np.array([row[name] for row in rows]) for name in ("share", "low", "high", "chance")
    )
    colors = [_BLUE if row["share"] > row["chance"] else _GREY for row in rows]
    axes.barh(at, share, color=colors, height=0.6)
    axes.hlines(at, low, high, color="black", linewidth=1, label="5 to 95 % of resamples")
    axes.plot(chance, at, "|", color=_RED, markersize=10, markeredgewidth=2, label="chance")
    axes.set_yticks(at, [row["place"] for row in rows])
    axes.invert_yaxis()
    axes.set(xlabel="share of what places explain alone", xlim=(0, 1.02))
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def _empty() -> tuple[matplotlib.figure.Figure, matplotlib.axes.Axes]:
    figure = matplotlib.figure.Figure(figsize=(5, 3.6), layout="constrained")
    return figure, figure.subplots()


def image(figure: matplotlib.figure.Figure) -> str:
    """The figure as SVG in a data address, so that the page is one file."""
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(out.getvalue()).decode("ascii")
