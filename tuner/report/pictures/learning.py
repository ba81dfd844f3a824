"""How the networks of the best trials learned, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.axes
import matplotlib.figure

from tuner.report.pictures.style import BLUE, FRAME, GREY, RED, WIDTH, styled
from tuner.search.learning import LearningCurve

__all__ = ["learning_curves"]


@styled
def learning_curves(curves: Sequence[LearningCurve], best: int) -> matplotlib.figure.Figure:
    """Loss and validation average precision by epoch, with a dot where weights were kept.

    Args:
        curves: One for each network; one at least.
        best: The trial that is drawn before the others.
    """
    figure = matplotlib.figure.Figure(figsize=(WIDTH, 4.4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    for curve in sorted(curves, key=lambda one: one.trial == best):
        own = curve.trial == best
        _line(above, curve.val_pr_auc, curve.best_epoch, own)
        _line(below, curve.loss, curve.best_epoch, own)
    above.set(ylabel="average precision", ylim=(-0.02, 1.02))
    below.set(ylabel="training loss", xlabel="epoch")
    below.locator_params(axis="x", integer=True, min_n_ticks=1)
    for axes in (above, below):
        axes.grid(axis="y", color=FRAME, linewidth=0.6)
    above.plot([], [], color=BLUE, label=f"trial {best}")
    above.plot([], [], color=GREY, linewidth=0.8, label="next best trials")
    above.plot([], [], "o", color=RED, label="kept")
    figure.legend(loc="outside upper center", ncols=3, columnspacing=1.2)
    return figure


def _line(axes: matplotlib.axes.Axes, values: Sequence[float], kept: int, own: bool) -> None:
    epochs = range(1, len(values) + 1)
    colour, width, opaque = (BLUE, 1.6, 1.0) if own else (GREY, 0.8, 0.55)
    axes.plot(epochs, values, color=colour, linewidth=width, alpha=opaque)
    if own and 1 <= kept <= len(values):
        axes.plot(kept, values[kept - 1], "o", color=RED, markersize=5, zorder=3)
