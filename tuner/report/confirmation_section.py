"""What the best trials reached when they were trained again, in ``results.json``."""

from __future__ import annotations

from typing import Any

from tuner.search.confirm import Confirmation
from tuner.search.run import SearchResult
from tuner.study import Study

__all__ = ["confirmation_section", "confirmed_scores"]


def confirmation_section(study: Study, search: SearchResult) -> dict[str, Any] | None:
    """The confirmed trials, the best of the search first; None where there are none."""
    if not search.confirmed:
        return None
    scores = {record.number: record.score for record in search.records}
    return {
        "repeats": study.evaluation.repeats,
        "trials": [{**_told(one), "validation": scores[one.trial]} for one in search.confirmed],
    }


def _told(one: Confirmation) -> dict[str, Any]:
    known = {"trial": one.trial, "score": one.score, "scores": one.scores or None}
    return {**known, "collapsed": one.collapsed, "reason": one.reason}


def confirmed_scores(search: SearchResult, number: int) -> dict[str, Any] | None:
    """All scores of a confirmed trial; None where it was not confirmed."""
    scores = {one.trial: one.scores for one in search.confirmed}
    return scores.get(number) or None
