"""Activations: scores by activation, what they learned, and how healthy training was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from tuner.report.curves import Curves
from tuner.report.learned import learned_places
from tuner.report.pictures.bars import learned_ranges
from tuner.report.pictures.search import scores_by_option
from tuner.report.pictures.svg import svg
from tuner.report.sections.section import Section
from tuner.report.winner_health import winner_health

__all__ = ["activations"]

_PLACE = "model.activation"


def activations(content: Mapping[str, Any], curves: Curves) -> Section | None:
    """The section; None where nothing was measured and nothing learned."""
    best, health = content["best"], content["health"]
    learned = learned_places(best["learned"]) if best else []
    parts = {
        "scores": _scores(content, curves),
        "learned": learned,
        "learned_pictures": _learned(learned),
        "measured": _measured(health),
        "winner": winner_health(best["health"]) if best and best["health"] else None,
    }
    return Section("activations", "Activations", parts) if any(parts.values()) else None


def _measured(health: Mapping[str, Any]) -> bool:
    known = any(row["minority_gradient"] is not None for row in health["by_activation"])
    return known or bool(health["collapsed"])


def _scores(content: Mapping[str, Any], curves: Curves) -> Markup | None:
    """Dots by activation, where several were tried; the best on top."""
    scores: dict[str, list[float]] = {}
    for record in curves.records:
        if record.score is not None and not record.collapsed and _PLACE in record.values:
            scores.setdefault(str(record.values[_PLACE]), []).append(record.score)
    if len(scores) < 2:
        return None
    ordered = dict(sorted(scores.items(), key=lambda item: -max(item[1])))
    best = ", ".join(f"{name} {max(own):.3f} ({len(own)} trials)" for name, own in ordered.items())
    told = f"Validation {content['objective']['metric']} of each trial; the best by activation: "
    drawn = scores_by_option(ordered, content["objective"]["metric"])
    return svg(drawn, "by-activation", f"{told}{best}.")


def _learned(learned: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A picture for each kind of parameter."""
    pictures: list[dict[str, Any]] = []
    for kind in dict.fromkeys(place["kind"] for place in learned):
        own = [place for place in learned if place["kind"] == kind]
        named = "; ".join(
            f"{place['layer']} {place['mean']:.3g} ({place['min']:.3g} to {place['max']:.3g})"
            for place in own[:12]
        )
        name = f"learned-{len(pictures)}"
        drawn = svg(learned_ranges(own), name, f"Mean {kind} by layer, and its range: {named}.")
        pictures.append({"kind": kind, "picture": drawn})
    return pictures
