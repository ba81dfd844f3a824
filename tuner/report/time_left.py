"""How long something will still take, by what it took so far."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["TimeLeft", "duration"]


class TimeLeft:
    """Measures the pace of a piece of work, and counts down between its steps.

    Args:
        total: How many parts there are.
        done: How many of them were there before.
        limit: Seconds after which it ends in any case; None: it has no limit.
        clock: Seconds from anywhere; for tests.
    """

    def __init__(
        self,
        total: float,
        done: float = 0.0,
        limit: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total, self._before, self._limit, self._clock = total, done, limit, clock
        self._done, self._at = done, clock()
        self._started = self._at

    def reach(self, done: float) -> None:
        """So many parts are done now, begun ones in part."""
        if done != self._done:
            self._done, self._at = done, self._clock()

    @property
    def seconds(self) -> float | None:
        """Seconds that are left; None where nothing is known yet.

        All parts are held to take the same time. A limit is known from the start.
        """
        now = self._clock()
        limit = None if self._limit is None else max(0.0, self._limit - (now - self._started))
        here = self._done - self._before
        if here <= 0:
            return limit
        pace = (self._at - self._started) / here
        left = max(0.0, pace * (self.total - self._done) - (now - self._at))
        return left if limit is None else min(left, limit)

    def __str__(self) -> str:
        """``about 2 min left``; empty where nothing is known, or nothing is left."""
        seconds = self.seconds
        if seconds is None or self._done >= self.total:
            return ""
        return f"about {duration(seconds)} left"


def duration(seconds: float) -> str:
    """A time as people say it.

    Example:
        >>> duration(100)
        '2 min'
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
