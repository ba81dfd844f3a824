"""The time that a search has taken, from what its trials say of themselves."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["covered"]


def covered(intervals: Iterable[tuple[float, float]]) -> float:
    """Seconds that are covered by at least one interval.

    Trials that ran side by side count once, and what lies between two runs not at all.

    Args:
        intervals: Beginning and end of each, in seconds from anywhere.

    Example:
        >>> covered([(0.0, 2.0), (1.0, 3.0), (10.0, 11.0)])
        4.0
    """
    total, until = 0.0, float("-inf")
    for begins, ends in sorted(intervals):
        total += max(0.0, ends - max(begins, until))
        until = max(until, ends)
    return total
