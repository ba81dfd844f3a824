"""Progress of a running study, in the terminal or in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rich.console import Console

from tuner.data.findings import counted
from tuner.report.lines import ENDINGS
from tuner.report.live import LiveLines, Stage
from tuner.report.prose import print_prose
from tuner.report.time_left import TimeLeft
from tuner.search.observer import Observer
from tuner.search.records import TrialRecord

__all__ = ["ConsoleObserver"]

_EVERY = 30.0
"""Seconds between two lines of a log on what has no trials."""


class ConsoleObserver(Observer):
    """A few live lines on a terminal; one line for each trial where output goes to a file.

    Args:
        console: Where to print.
        warned: Where to tell of workers that died; None: there too.
        clock: Seconds from anywhere; for tests.
    """

    def __init__(
        self,
        console: Console,
        warned: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.console, self._warned = console, warned or console
        self.best: float | None = None
        self.asked = self.done = 0
        self._clock, self._lines = clock, LiveLines(console)
        self._left = TimeLeft(0, clock=clock)
        self._name, self._things = "", "network"
        self._reached = 0
        self._due = 0.0
        self._running: dict[int, tuple[int, int]] = {}
        self._best_trial: int | None = None

    # The search

    def search_begins(
        self, asked: int, done: int, best: float | None = None, seconds_left: float | None = None
    ) -> None:
        self.asked, self.done, self.best = asked, done, best
        self._left = TimeLeft(asked, done, seconds_left, self._clock)
        if done:
            self._say(f"going on after {counted(done, 'trial')} of an earlier run")
        self._lines.show(self._search)

    def trial_begins(self, number: int) -> None:
        self._running[number] = 0, 0

    def unit_ends(self, number: int, done: int, units: int) -> None:
        self._running[number] = done, units
        self._measure()

    def trial_ends(self, record: TrialRecord) -> None:
        self.done += 1
        self._running.pop(record.number, None)
        self._measure()
        better = self.best is None or (record.score or 0.0) > self.best
        if record.score is not None and not record.collapsed and better:
            self.best, self._best_trial = record.score, record.number
        if self._lines.possible:
            if record.score is None:
                self._say(f"trial {record.number} {_outcome(record)}")
            self._lines.refresh()
        else:
            line = f"{self.done} of {self.asked}, trial {record.number}: {_outcome(record)}"
            self._say(_joined(line, self._best(), str(self._left)))

    def search_ends(self, reason: str) -> None:
        self._lines.hide()
        text = ENDINGS[reason]
        if reason == "exhausted":
            text = f"{self.done} of {self.asked} trials: {text} ({self.done} configurations in all)"
        self._say(f"search ended: {text}")

    def _measure(self) -> None:
        parts = (done / units for done, units in list(self._running.values()) if units)
        self._left.reach(self.done + sum(parts))

    def _search(self) -> Stage:
        begun = sum(done / units for done, units in list(self._running.values()) if units)
        told = _joined(f"{self.done} of {counted(self.asked, 'trial')}", str(self._left))
        running = [_begun(number, *units) for number, units in sorted(self._running.items())]
        below = (f"running: {', '.join(running)}" if running else "", self._best())
        return Stage("search", self.done + begun, self.asked, told, below)

    def _best(self) -> str:
        if self.best is None:
            return "best so far none yet"
        where = f" (trial {self._best_trial})" if self._best_trial is not None else ""
        return f"best so far {self.best:.3f}{where * self._lines.possible}"

    # What comes after it

    def confirmation_begins(self, trials: int, networks: int) -> None:
        best = f"the best {trials} trials" if trials > 1 else "the best trial"
        told = f"training {best} again, with other seeds and folds"
        self._begin("confirmation", f"{told} ({counted(networks, 'network')})", networks)

    def comparison_begins(self, factors: Sequence[str], networks: int) -> None:
        told = f"comparing {' and '.join(factors)} on the same folds"
        self._begin("comparison", f"{told} ({counted(networks, 'network')})", networks)

    def random_search_begins(self, configurations: int, networks: int) -> None:
        told = f"training {counted(configurations, 'random configuration')} to compare with"
        self._begin("random search", f"{told} ({counted(networks, 'network')})", networks)

    def winner_begins(self, record: TrialRecord) -> None:
        told = f"training the winner, trial {record.number}, once more for each fold"
        self._begin("winner", told, 1)

    def baselines_begin(self, count: int) -> None:
        told = f"fitting {counted(count, 'simple model')} on the same splits"
        self._begin("simple models", told, count, "simple model")

    def networks_go_on(self, done: int, networks: int) -> None:
        self._left.total = networks
        self._reached = done
        self._left.reach(done)
        self._lines.refresh()
        if not self._lines.possible and self._clock() >= self._due and done < networks:
            self._due = self._clock() + _EVERY
            self._say(_joined(f"{self._name}: {self._counted()}", str(self._left)))

    def networks_end(self) -> None:
        self._lines.hide()

    def worker_died(self, story: str) -> None:
        print_prose(self._warned, story)

    def close(self) -> None:
        self._lines.hide()

    def _begin(self, name: str, told: str, total: int, things: str = "network") -> None:
        self._say(told)
        self._name, self._things, self._reached = name, things, 0
        self._left = TimeLeft(total, clock=self._clock)
        self._due = self._clock() + _EVERY
        self._lines.show(self._stage)

    def _stage(self) -> Stage:
        told = _joined(self._counted(), str(self._left))
        return Stage(self._name, self._reached, self._left.total, told)

    def _counted(self) -> str:
        return f"{self._reached} of {counted(int(self._left.total), self._things)}"

    def _say(self, text: str) -> None:
        print_prose(self.console, text)


def _joined(*parts: str) -> str:
    return ", ".join(filter(None, parts))


def _begun(number: int, done: int, units: int) -> str:
    return f"trial {number} ({done} of {units})" if units else f"trial {number}"


def _outcome(record: TrialRecord) -> str:
    if record.score is None:
        return f"{record.state}: {record.reason}"
    return f"{record.score:.3f}{' (collapsed)' * record.collapsed}"
