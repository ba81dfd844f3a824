"""Progress of a running search, in the terminal or in a log."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from tuner.data.findings import counted
from tuner.report.lines import ENDINGS
from tuner.search.observer import Observer
from tuner.search.records import TrialRecord

__all__ = ["ConsoleObserver", "duration"]


class ConsoleObserver(Observer):
    """Live progress on a terminal; one line for each trial where output goes to a file.

    Args:
        console: Where to print.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.best: float | None = None
        self.asked = self.done = 0
        self._started = time.monotonic()
        self._limit: float | None = None
        self._here = 0
        self._running: dict[int, float] = {}
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[info]}"),
        )
        self.progress = Progress(*columns, console=console, transient=True)
        self._task: TaskID | None = None

    def search_begins(
        self, asked: int, done: int, best: float | None = None, seconds_left: float | None = None
    ) -> None:
        self.asked, self.done, self.best = asked, done, best
        self._started, self._limit = time.monotonic(), seconds_left
        if done:
            self.console.print(f"going on after {done} trials of an earlier run")
        self._task = self.progress.add_task("search", total=asked, completed=done, info="")
        if self.console.is_terminal:
            self.progress.start()

    def trial_begins(self, number: int) -> None:
        self._running[number] = 0.0
        self._show_running()

    def unit_ends(self, number: int, done: int, units: int) -> None:
        self._running[number] = done / units
        self._show_running()

    def trial_ends(self, record: TrialRecord) -> None:
        self.done += 1
        self._here += 1
        self._running.pop(record.number, None)
        if record.score is not None and not record.collapsed:
            self.best = record.score if self.best is None else max(self.best, record.score)
        line = f"{self.done} of {self.asked}, trial {record.number}: {_outcome(record)}"
        if not self.console.is_terminal:
            self.console.print(f"{line}, {self._info()}", soft_wrap=True)
        elif record.score is None:
            self.console.print(f"trial {record.number} {_outcome(record)}")
        if self._running:
            self._show_running()
        else:
            self._show(f"trial {self.done} of {self.asked}", self.done)

    def search_ends(self, reason: str) -> None:
        if self.console.is_terminal:
            self.progress.stop()
        if self._task is not None:
            self.progress.remove_task(self._task)
            self._task = None
        text = ENDINGS[reason]
        if reason == "exhausted":
            text = f"{self.done} of {self.asked} trials: {text} ({self.done} configurations in all)"
        self.console.print(f"search ended: {text}")

    def winner_begins(self, record: TrialRecord) -> None:
        self.console.print(f"training the winner, trial {record.number}, once more for each fold")

    def confirmation_begins(self, trials: int, networks: int) -> None:
        best = f"the best {trials} trials" if trials > 1 else "the best trial"
        self._tell(f"training {best} again, with other seeds and folds", networks)
        self._count("confirmation", networks)

    def comparison_begins(self, factors: Sequence[str], networks: int) -> None:
        told = (
            f"comparing {' and '.join(factors)} on the same folds ({counted(networks, 'network')})"
        )
        self.console.print(told, soft_wrap=True)
        self._count("comparison", networks)

    def random_search_begins(self, configurations: int, networks: int) -> None:
        drawn = counted(configurations, "random configuration")
        self._tell(f"training {drawn} to compare with", networks)
        self._count("random search", networks)

    def networks_go_on(self, done: int, networks: int) -> None:
        if self._task is not None:
            self.progress.update(self._task, completed=done, info=f"{done} of {networks} networks")

    def networks_end(self) -> None:
        if self.console.is_terminal:
            self.progress.stop()
        if self._task is not None:
            self.progress.remove_task(self._task)
            self._task = None

    def baselines_begin(self, count: int) -> None:
        self.console.print(f"fitting {counted(count, 'simple model')} on the same splits")

    def worker_died(self, story: str) -> None:
        self.console.print(story, soft_wrap=True)

    def _tell(self, what: str, networks: int) -> None:
        self.console.print(f"{what} ({counted(networks, 'network')})", soft_wrap=True)

    def _count(self, description: str, networks: int) -> None:
        self._task = self.progress.add_task(description, total=networks, info="")
        if self.console.is_terminal:
            self.progress.start()

    def _show_running(self) -> None:
        first, last = self.done + 1, min(self.done + len(self._running), self.asked)
        named = f"trials {first}-{last}" if last > first else f"trial {min(first, self.asked)}"
        self._show(f"{named} of {self.asked}", self.done + sum(self._running.values()))

    def _show(self, description: str, completed: float) -> None:
        if self._task is not None:
            self.progress.update(
                self._task, description=description, completed=completed, info=self._info()
            )

    def _info(self) -> str:
        best = "none yet" if self.best is None else f"{self.best:.3f}"
        left = ""
        if self._here:
            spent = time.monotonic() - self._started
            seconds = spent / self._here * max(0, self.asked - self.done)
            if self._limit is not None:
                seconds = min(seconds, max(0.0, self._limit - spent))
            left = f", about {duration(seconds)} left"
        return f"best so far {best}{left}"


def _outcome(record: TrialRecord) -> str:
    if record.score is None:
        return f"{record.state}: {record.reason}"
    return f"{record.score:.3f}{' (collapsed)' * record.collapsed}"


def duration(seconds: float) -> str:
    """A time as people say it.

    Example:
        >>> duration(100)
        '2 min'
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
