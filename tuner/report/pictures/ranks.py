"""The critical-difference picture (Demsar, 2006, Journal of Machine Learning Research 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.figure

from tuner.report.comparison import value_name
from tuner.report.pictures.style import BLUE, GREY, canvas, styled

__all__ = ["critical_difference"]


@styled
def critical_difference(one: Mapping[str, Any]) -> matplotlib.figure.Figure:
    """Mean ranks on a line, and a bar over values that were not told apart.

    Args:
        one: An entry of the section ``comparison`` of ``results.json``.
    """
    rows = sorted(one["values"], key=lambda row: row["rank"])
    bars = [[row["rank"] for row in rows if row["value"] in run] for run in one["not_told_apart"]]
    count = len(rows)
    figure, axes = canvas(1.0 + 0.12 * len(bars) + 0.24 * ((count + 1) // 2))
    axes.set(xlim=(0.4, count + 0.6), xticks=range(1, count + 1))
    axes.xaxis.tick_top()
    axes.set_xlabel("mean rank, the best on the left")
    axes.xaxis.set_label_position("top")
    axes.spines["top"].set_visible(True)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_yticks([])
    for place, run in enumerate(bars):
        depth = -0.35 - 0.45 * place
        axes.plot([min(run) - 0.05, max(run) + 0.05], [depth] * 2, color=BLUE, linewidth=4)
    below = -0.4 - 0.45 * len(bars)
    for place, row in enumerate(rows):
        name, rank = value_name(row["value"]), row["rank"]
        left = place < (count + 1) // 2
        depth = below - 0.75 * (place if left else count - 1 - place) - 0.4
        end = 0.5 if left else count + 0.5
        axes.plot([rank, rank, end], [0, depth, depth], color=GREY, linewidth=1)
        text = f"{name} ({rank:.2f})"
        axes.text(end, depth, text, ha="left" if left else "right", va="bottom")
    axes.set_ylim(below - 0.75 * ((count + 1) // 2) - 0.2, 0)
    return figure
