"""What a search tells while it runs; the console listens."""

from __future__ import annotations

from collections.abc import Sequence

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
        """The search is over; see `SearchResult.stopped`."""

    def confirmation_begins(self, trials: int, networks: int) -> None:
        """The best `trials` are trained again, `networks` in all."""

    def comparison_begins(self, factors: Sequence[str], networks: int) -> None:
        """The values of `factors` are compared, for which `networks` in all are trained."""

    def random_search_begins(self, configurations: int, networks: int) -> None:
        """Of `configurations` drawn at random, `networks` in all are trained."""

    def networks_go_on(self, done: int, networks: int) -> None:
        """`done` of what was begun last, a confirmation or a comparison, need no more training."""

    def networks_end(self) -> None:
        """They are trained, or something has ended that."""

    def worker_died(self, story: str) -> None:
        """A worker process died, how in the first line, its last words in the others."""

    def winner_begins(self, record: TrialRecord) -> None:
        """The best configuration is trained again, for the test rows."""

    def baselines_begin(self, count: int) -> None:
        """So many simple models are fitted beside the winner."""
