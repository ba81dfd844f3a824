"""All trials: how the search went, how networks learned, and every configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from tuner.report.curves import Curves
from tuner.report.lines import ending_line
from tuner.report.pictures.learning import learning_curves
from tuner.report.pictures.parallel import axes_of, parallel_coordinates
from tuner.report.pictures.search import search_history
from tuner.report.pictures.svg import svg
from tuner.report.sections.section import Section, sentence
from tuner.search.records import TrialRecord

__all__ = ["trials"]


def trials(content: Mapping[str, Any], curves: Curves) -> Section:
    """The section."""
    records = curves.records
    return Section(
        "trials",
        "All trials",
        {
            "records": records,
            "names": list(dict.fromkeys(name for one in records for name in one.values)),
            "ending": sentence(ending_line(content["trials"])),
            "traded": any(one.against is not None for one in records),
            "history": _history(content, curves),
            "learning": _learning(content, curves),
            "parallel": _parallel(content, curves),
        },
    )


def _best(content: Mapping[str, Any]) -> int:
    """The winner; where there is none, the first of the leaders."""
    if content["best"]:
        return int(content["best"]["trial"])
    return int(content["leaders"][0]["trial"]) if content["leaders"] else -1


def _sound(curves: Curves) -> list[TrialRecord]:
    return [one for one in curves.records if one.score is not None and not one.collapsed]


def _history(content: Mapping[str, Any], curves: Curves) -> Markup | None:
    scored = [one for one in curves.records if one.score is not None]
    if not scored:
        return None
    metric, sound = content["objective"]["metric"], _sound(curves)
    told = f"Validation {metric} of {len(scored)} trials in their order."
    if sound:
        top = max(sound, key=lambda one: (one.score or 0.0, -one.number))
        told += f" The best is trial {top.number} with {top.score:.3f}."
    return svg(search_history(curves.records, metric), "history", told)


def _learning(content: Mapping[str, Any], curves: Curves) -> Markup | None:
    known = [one for one in curves.learning if one.loss or one.val_pr_auc]
    if not known:
        return None
    best = _best(content)
    if best not in {one.trial for one in known}:
        best = known[0].trial
    own = [one for one in known if one.trial == best]
    kept = ", ".join(str(one.best_epoch) for one in own)
    reached = ", ".join(
        f"{one.val_pr_auc[one.best_epoch - 1]:.2f}"
        for one in own
        if 1 <= one.best_epoch <= len(one.val_pr_auc)
    )
    told = (
        f"Learning curves of {len(known)} networks. Of trial {best}, weights were kept after epochs"
        f" {kept}, with average precisions of {reached} on validation rows."
    )
    return svg(learning_curves(known, best), "learning", told)


def _parallel(content: Mapping[str, Any], curves: Curves) -> Markup | None:
    sound = _sound(curves)
    axes = axes_of(content.get("identity", {}).get("spaces", {}), sound)
    if len(sound) < 2 or not axes:
        return None
    metric, best = content["objective"]["metric"], _best(content)
    low, high = min(one.score or 0.0 for one in sound), max(one.score or 0.0 for one in sound)
    told = (
        f"{len(sound)} trials as lines through {len(axes)} places to their validation {metric}, "
        f"from {low:.3f} to {high:.3f}; the winner is trial {best}. The table below has all values."
    )
    return svg(parallel_coordinates(axes, sound, metric, best), "parallel", told)
