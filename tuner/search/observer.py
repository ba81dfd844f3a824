"""What a search tells while it runs; the console listens."""

from __future__ import annotations

from tuner.search.records import TrialRecord

__all__ = ["Observer"]


class Observer:
    """Hears of every step; does nothing. Subclasses override what they want to hear."""

    def search_begins(
        self, asked: int, done: int, best: float | None = None, seconds_left: float | None = None
    ) -> None:
        """`asked` trials are wanted; `done`, with the `best` score, were tried in earlier runs."""

    def trial_begins(self, number: int) -> None:
        """A trial starts."""

    def unit_ends(self, number: int, done: int, units: int) -> None:
        """`done` of the trial's `units` are trained."""

    def trial_ends(self, record: TrialRecord) -> None:
        """A trial finished or failed."""

    def search_ends(self, reason: str) -> None:
        """The search is over: ``trials``, ``exhausted``, ``time_limit`` or ``interrupted``."""

    def winner_begins(self, record: TrialRecord) -> None:
        """The best configuration is trained again, for the test rows."""
