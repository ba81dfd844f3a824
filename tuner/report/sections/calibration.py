"""Whether the probabilities can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner.report.curves import Curves
from tuner.report.pictures.decision import reliability_diagram
from tuner.report.pictures.svg import svg
from tuner.report.probabilities import calibration_told, chance_error, shares_told
from tuner.report.scores import STAGES
from tuner.report.sections.section import Section

__all__ = ["calibration"]


def calibration(content: Mapping[str, Any], curves: Curves) -> Section | None:
    """The section; None without a test score."""
    best, part = content["best"], content["data"]["splits"]["test"]
    if not (best and best["test"]):
        return None
    picture = None
    if curves.test:
        stages = curves.test["reliability"]
        picture = svg(reliability_diagram(stages), "reliability", _told(stages))
    return Section(
        "calibration",
        "Probabilities",
        {
            "told": f"{shares_told(best, content['data']['minority'])} {calibration_told(best)}",
            "stage_names": STAGES,
            "nothing": {"brier": None, "ece": None},
            "chance": chance_error(part["rows"], part["minority"]),
            "picture": picture,
        },
    )


def _told(stages: Mapping[str, Any]) -> str:
    stage, bins = list(stages.items())[-1]
    named = "; ".join(f"told {one['told']:.3g}, found {one['found']:.3g}" for one in bins)
    return f"Probabilities {STAGES[stage]} against the share of the minority, by bin: {named}."
