"""``report.html``: one file that needs nothing else, readable without knowing the program."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import jinja2
import matplotlib.figure
import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Splits
from tuner.lazy import LazyModule
from tuner.report.console import ENDINGS, known_scores, last_line
from tuner.search.records import TrialRecord

__all__ = ["report_page"]

sk: Any = LazyModule("sklearn.metrics")


def report_page(
    content: Mapping[str, Any],
    records: Sequence[TrialRecord],
    dataset: Dataset,
    splits: Splits,
    probabilities: NDArray[np.float32] | None,
) -> str:
    """The page as text.

    Args:
        content: The content of ``results.json``.
        records: All trials by number.
        dataset: Holds the labels of the test rows.
        splits: Says which rows are the test rows.
        probabilities: Of the test rows, or None where there is no winner yet.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tuner.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    best = content["best"]
    tested = bool(best and best["test"])
    curve = None
    if tested and probabilities is not None:
        actual = dataset.is_minority(splits.test)
        curve = _image(_precision_recall(actual, probabilities[:, -1], best))
    names = dict.fromkeys(name for record in records for name in record.values)
    return environment.get_template("report.html").render(
        content=content,
        answer=last_line(content) if tested else "",
        known=known_scores(content["data"]),
        ending=ENDINGS[content["trials"]["ended"]],
        records=records,
        names=list(names),
        curve=curve,
        history=_image(_history(records, content["objective"]["metric"])),
    )


def _precision_recall(
    actual: NDArray[np.bool_], minority: NDArray[Any], best: Mapping[str, Any]
) -> matplotlib.figure.Figure:
    precision, recall, _ = sk.precision_recall_curve(actual, minority)
    figure = matplotlib.figure.Figure(figsize=(5, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.step(recall, precision, where="post", color="#2a6f97")
    axes.axhline(actual.mean(), color="#888888", linestyle=":", linewidth=1)
    test = best["test"]
    label = f"threshold {best['threshold']:.3g}"
    axes.plot(test["recall"], test["precision"], "o", color="#c1440e", label=label)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.legend(loc="lower left")
    return figure


def _history(records: Sequence[TrialRecord], metric: str) -> matplotlib.figure.Figure:
    scored = [(record.number, record.score) for record in records if record.score is not None]
    figure = matplotlib.figure.Figure(figsize=(5, 3.6), layout="constrained")
    axes = figure.subplots()
    if scored:
        numbers, scores = zip(*scored, strict=True)
        axes.plot(numbers, scores, "o", color="#2a6f97", markersize=4, label="trial")
        best = np.maximum.accumulate(np.asarray(scores, dtype=np.float64))
        axes.step(numbers, best, where="post", color="#c1440e", label="best so far")
        axes.legend(loc="lower right")
    low = min([0.0, *(score for _, score in scored)])
    axes.set(xlabel="trial", ylabel=f"validation {metric}", ylim=(low - 0.02, 1.02))
    return figure


def _image(figure: matplotlib.figure.Figure) -> str:
    """The figure as SVG in a data address, so that the page is one file."""
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(out.getvalue()).decode("ascii")
