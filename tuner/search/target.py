"""A search that ends at a score."""

from __future__ import annotations

from collections.abc import Iterable

from tuner.search.records import TrialRecord

__all__ = ["reached"]


def reached(records: Iterable[TrialRecord], target: float | None) -> bool:
    """Whether a finished trial has at least the target score.

    A collapsed trial does not count: its score is that of calling everything one class.

    Args:
        records: All trials.
        target: The study's ``search.target``; None is never reached.
    """
    if target is None:
        return False
    scores = (record.score for record in records if not record.collapsed)
    return any(score is not None and score >= target for score in scores)
