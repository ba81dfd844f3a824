"""What a search tells while it runs; the console and trackers listen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tuner.search.learning import LearningCurve
from tuner.search.records import TrialRecord

__all__ = ["Observer", "Observers", "ReadCurves"]


ReadCurves = Callable[[int], Sequence[LearningCurve]]
"""Reads the learning curves of a trial's networks, by its number; those not trained miss."""


class Observer:
    """Hears of every step; does nothing. Subclasses override what they want to hear."""

    def store_opens(self, ended: Sequence[TrialRecord], curves: ReadCurves) -> None:
        """The trials that have `ended` in earlier runs; `curves` reads until the search is over."""

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
        """`done` of the networks, or simple models, of what was begun last need no more work."""

    def networks_end(self) -> None:
        """They are trained, or something has ended that."""

    def worker_died(self, story: str) -> None:
        """A worker process died, how in the first line, its last words in the others."""

    def winner_begins(self, record: TrialRecord) -> None:
        """The best configuration is trained again, for the test rows."""

    def baselines_begin(self, count: int) -> None:
        """So many simple models are fitted beside the winner."""

    def report_written(self, content: Mapping[str, Any], folder: Path) -> None:
        """The run has ended or was interrupted; `content` is that of ``results.json``."""

    def close(self) -> None:
        """Nothing more will be heard, whatever ended the run."""


class Observers(Observer):
    """Tells several observers of each step, in their order.

    Args:
        observers: Those that listen.
    """

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def store_opens(self, ended: Sequence[TrialRecord], curves: ReadCurves) -> None:
        """Passed on, as all that follows."""
        for one in self._observers:
            one.store_opens(ended, curves)

    def search_begins(  # noqa: D102
        self, asked: int, done: int, best: float | None = None, seconds_left: float | None = None
    ) -> None:
        for one in self._observers:
            one.search_begins(asked, done, best, seconds_left)

    def trial_begins(self, number: int) -> None:  # noqa: D102
        for one in self._observers:
            one.trial_begins(number)

    def unit_ends(self, number: int, done: int, units: int) -> None:  # noqa: D102
        for one in self._observers:
            one.unit_ends(number, done, units)

    def trial_ends(self, record: TrialRecord) -> None:  # noqa: D102
        for one in self._observers:
            one.trial_ends(record)

    def search_ends(self, reason: str) -> None:  # noqa: D102
        for one in self._observers:
            one.search_ends(reason)

    def confirmation_begins(self, trials: int, networks: int) -> None:  # noqa: D102
        for one in self._observers:
            one.confirmation_begins(trials, networks)

    def comparison_begins(self, factors: Sequence[str], networks: int) -> None:  # noqa: D102
        for one in self._observers:
            one.comparison_begins(factors, networks)

    def random_search_begins(self, configurations: int, networks: int) -> None:  # noqa: D102
        for one in self._observers:
            one.random_search_begins(configurations, networks)

    def networks_go_on(self, done: int, networks: int) -> None:  # noqa: D102
        for one in self._observers:
            one.networks_go_on(done, networks)

    def networks_end(self) -> None:  # noqa: D102
        for one in self._observers:
            one.networks_end()

    def worker_died(self, story: str) -> None:  # noqa: D102
        for one in self._observers:
            one.worker_died(story)

    def winner_begins(self, record: TrialRecord) -> None:  # noqa: D102
        for one in self._observers:
            one.winner_begins(record)

    def baselines_begin(self, count: int) -> None:  # noqa: D102
        for one in self._observers:
            one.baselines_begin(count)

    def report_written(self, content: Mapping[str, Any], folder: Path) -> None:  # noqa: D102
        for one in self._observers:
            one.report_written(content, folder)

    def close(self) -> None:  # noqa: D102
        for one in self._observers:
            one.close()
