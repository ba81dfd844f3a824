"""Pictures of the winner's decisions on the test rows: ranking, probabilities, calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.axes
import matplotlib.figure
import numpy as np

from tuner.report.pictures.style import BLUE, FRAME, GREY, RED, canvas, cut, styled
from tuner.report.scores import STAGES

__all__ = ["precision_recall", "probability_histogram", "reliability_diagram"]

_TICKS = (0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1)
_MARKS = {"as_trained": (GREY, "s"), "corrected": (BLUE, "o"), "calibrated": (RED, "^")}


@styled
def precision_recall(
    curve: Mapping[str, Sequence[float]], chance: float, best: Mapping[str, Any]
) -> matplotlib.figure.Figure:
    """Precision against recall of what is scored, with the winner's threshold on the curve.

    Args:
        curve: ``recall`` and ``precision``, equally many.
        chance: The share of the minority.
        best: The part of ``results.json``; it has a test score.
    """
    test = best["test"]
    figure, axes = canvas()
    _equal_f1(axes, test["minority_f1"])
    axes.step(curve["recall"], curve["precision"], where="post", color=BLUE)
    axes.axhline(chance, color=GREY, linestyle=":", linewidth=1, label="chance")
    label = f"threshold {best['threshold']:.3g}"
    axes.plot(test["recall"], test["precision"], "o", color=RED, markersize=7, label=label)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.03))
    figure.legend(loc="outside upper center", ncols=3, columnspacing=1.2, handlelength=1.4)
    return figure


def _equal_f1(axes: matplotlib.axes.Axes, f1: float) -> None:
    """All pairs of precision and recall with the F1 that was reached."""
    if f1 <= 0:
        return
    recall = np.linspace(f1 / (2 - f1), 1, 60)
    label = f"F1 of {f1:.2f}"
    axes.plot(recall, f1 * recall / (2 * recall - f1), "--", color=GREY, linewidth=1, label=label)


@styled
def probability_histogram(
    counts: Mapping[str, Sequence[int]], minority: str, threshold: float
) -> matplotlib.figure.Figure:
    """How the probabilities of the minority and of all others lie beside the threshold.

    Args:
        counts: Of the ``minority`` and the ``others``, in bins of equal width from 0 to 1.
        minority: The label.
        threshold: From where on a row is called minority.
    """
    figure, axes = canvas()
    edges = np.linspace(0, 1, len(counts["minority"]) + 1)
    # In quotes: matplotlib leaves labels that begin with an underscore out of legends.
    named = f"‘{cut(minority)}’"
    kinds = (("others", "all others", GREY, 0.35), ("minority", named, BLUE, 0.55))
    for kind, label, colour, opaque in kinds:
        share = 100 * np.array(counts[kind]) / max(sum(counts[kind]), 1)
        axes.stairs(share, edges, fill=True, color=colour, alpha=opaque, label=label)
    axes.axvline(threshold, color=RED, linewidth=1.5, label="threshold")
    axes.set(xlabel="probability told", ylabel="% of the class", xlim=(0, 1))
    figure.legend(loc="outside upper center", ncols=3, columnspacing=1.2, handlelength=1.4)
    return figure


@styled
def reliability_diagram(
    stages: Mapping[str, Sequence[Mapping[str, float]]],
) -> matplotlib.figure.Figure:
    """The share of minority rows against the probability that was told, bin by bin.

    Args:
        stages: Before and after each step the bins, each with what was ``told`` and ``found``.
    """
    figure, axes = canvas(3.9)
    for stage, bins in stages.items():
        told, found = [one["told"] for one in bins], [one["found"] for one in bins]
        colour, mark = _MARKS[stage]
        style: dict[str, Any] = {"color": colour, "marker": mark, "linewidth": 1}
        axes.plot(told, found, label=STAGES[stage], **style)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1)
    # A rare class lies in the corner of even axes, and zero has no place on those of logarithms.
    axes.set_xscale("function", functions=(np.sqrt, np.square))
    axes.set_yscale("function", functions=(np.sqrt, np.square))
    axes.set(xlabel="probability told", ylabel="share of the minority class")
    axes.set(xlim=(0, 1), ylim=(0, 1), xticks=_TICKS, yticks=_TICKS)
    for at in (axes.xaxis, axes.yaxis):
        at.set_major_formatter(lambda tick, _: f"{tick:g}")
    axes.grid(color=FRAME, linewidth=0.6)
    figure.legend(loc="outside upper left", ncols=1)
    return figure
