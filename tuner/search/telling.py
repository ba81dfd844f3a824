"""What many threads, and other machines, do is told to one observer, one thing at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from tuner.search.observer import Observer
from tuner.search.records import TrialRecord

__all__ = ["Telling"]


class Telling:
    """Tells an observer of the trials of a search, each end once; safe to use from many threads.

    Args:
        observer: Hears of every step.
        known: Trials that had ended before.
    """

    def __init__(self, observer: Observer, known: Iterable[TrialRecord] = ()) -> None:
        self._observer = observer
        self._lock = threading.Lock()
        self._told = {record.number for record in known}

    def begins(self, number: int) -> None:
        """A trial starts here."""
        with self._lock:
            self._observer.trial_begins(number)

    def unit_ends(self, number: int, done: int, units: int) -> None:
        """A unit of a trial is trained."""
        with self._lock:
            self._observer.unit_ends(number, done, units)

    def ends(self, records: Iterable[TrialRecord]) -> None:
        """Tells of those that have ended, here or elsewhere, unless they were told of before."""
        with self._lock:
            for record in records:
                if record.state != "running" and record.number not in self._told:
                    self._told.add(record.number)
                    self._observer.trial_ends(record)

    def confirmation_begins(self, trials: int, networks: int) -> None:
        """The best trials are trained again."""
        with self._lock:
            self._observer.confirmation_begins(trials, networks)

    def comparison_begins(self, factors: Sequence[str], networks: int) -> None:
        """Values are compared."""
        with self._lock:
            self._observer.comparison_begins(factors, networks)

    def random_search_begins(self, configurations: int, networks: int) -> None:
        """Random configurations are trained."""
        with self._lock:
            self._observer.random_search_begins(configurations, networks)

    def networks_go_on(self, done: int, networks: int) -> None:
        """One more of the networks of a confirmation or comparison is trained."""
        with self._lock:
            self._observer.networks_go_on(done, networks)

    def networks_end(self) -> None:
        """They are trained, or something has ended that."""
        with self._lock:
            self._observer.networks_end()

    def worker_died(self, story: str) -> None:
        """A worker process died."""
        with self._lock:
            self._observer.worker_died(story)
