"""Right and wrong: the confusion matrix, precision and recall, the threshold, all scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from tuner.report.curves import Curves
from tuner.report.levels import group_sentence, things
from tuner.report.pictures.decision import precision_recall, probability_histogram
from tuner.report.pictures.svg import svg
from tuner.report.scores import networks_line, shown_scores
from tuner.report.sections.section import Section, sentence

__all__ = ["decisions"]


def decisions(content: Mapping[str, Any], curves: Curves) -> Section | None:
    """The section; None without a test score."""
    best = content["best"]
    if not (best and best["test"]):
        return None
    return Section(
        "decisions",
        "Right and wrong",
        {
            "matrix": _matrix(content),
            "score_names": shown_scores(content),
            "networks": sentence(networks_line(best)),
            "group_sentence": group_sentence(content),
            "things": things(content),
            **(_pictures(content, curves.test) if curves.test else {}),
        },
    )


def _matrix(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each true class its name and cells; a cell has its count and its share of the row."""
    names = list(content["data"]["classes"])
    return [
        {
            "name": name,
            "cells": [
                {"count": count, "share": count / (sum(row) or 1), "right": at == place}
                for at, count in enumerate(row)
            ],
        }
        for place, (name, row) in enumerate(
            zip(names, content["best"]["test"]["confusion"], strict=True)
        )
    ]


def _pictures(content: Mapping[str, Any], test: Mapping[str, Any]) -> dict[str, Markup]:
    best, minority = content["best"], content["data"]["minority"]
    curve = precision_recall(test["curve"], test["chance"], best)
    own = best["test"]
    told = (
        f"Precision against recall. At the threshold {best['threshold']:.3g} the recall is "
        f"{own['recall']:.2f} and the precision {own['precision']:.2f}. Average precision "
        f"{own['pr_auc']:.2f}, by chance {test['chance']:.2f}."
    )
    spread = probability_histogram(test["histogram"], minority, best["threshold"])
    return {
        "curve": svg(curve, "curve", told),
        "spread": svg(spread, "spread", _spread_told(test["histogram"], minority)),
    }


def _spread_told(counts: Mapping[str, Any], minority: str) -> str:
    low, high = {}, {}
    for kind, own in counts.items():
        total = sum(own) or 1
        half = len(own) // 2
        low[kind], high[kind] = sum(own[:half]) / total, sum(own[half:]) / total
    return (
        f"Histogram of probabilities. Of '{minority}', {100 * high['minority']:.0f} % have 0.5 or "
        f"more; of all others, {100 * low['others']:.0f} % have less than 0.5."
    )
