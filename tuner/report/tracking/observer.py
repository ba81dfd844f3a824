"""Tells a tracker of a run from a thread of its own, so that it holds up and costs nothing."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tuner.errors import brief
from tuner.report.tracking.tracker import Tracker
from tuner.search.learning import LearningCurve
from tuner.search.observer import Observer, ReadCurves
from tuner.search.records import TrialRecord

__all__ = ["TrackingObserver"]

_PATIENCE = 60.0
"""Seconds that the end of a run waits for a tracker that does not get on."""

_HASTE = 5.0
"""Seconds that it waits in all where the run was interrupted: a person wants it to end."""

_SILENCE = 1.0
"""Seconds after which it says what it waits for."""


class TrackingObserver(Observer):
    """Hears of trials and of the end of the run, and has them written one after another.

    A tracker that fails is told of once and hears no more; the run goes on. What it has missed it
    gets when the study is run again.

    Args:
        tracker: Writes them.
        tell: Takes the one line of a tracker that fails, and that it is waited for.
        patience: Seconds that `close` waits for a tracker that does not get on.
        haste: Seconds that it waits in all where the run did not come to its end.
    """

    def __init__(
        self,
        tracker: Tracker,
        tell: Callable[[str], object],
        patience: float = _PATIENCE,
        haste: float = _HASTE,
    ) -> None:
        self._tracker, self._tell = tracker, tell
        self._patience, self._haste = patience, haste
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        # A server that does not answer must not keep Python from ending.
        self._thread = threading.Thread(target=self._run, name=tracker.name, daemon=True)
        self._read: ReadCurves = lambda number: ()
        self._waiting: list[TrialRecord] = []
        self._known: set[int] | None = None
        self._problem = ""
        self._told = self._whole = self._finished = False
        self._moved = time.monotonic()

    def store_opens(self, ended: Sequence[TrialRecord], curves: ReadCurves) -> None:
        """Opens the tracker's run, and has it written what it lacks of earlier runs."""
        self._read = curves
        self._waiting = list(ended)
        self._work.put(self._begin)
        self._thread.start()

    def unit_ends(self, number: int, done: int, units: int) -> None:
        """Has what waits written, and tells of a failure that was found meanwhile."""
        self._go_on()

    def trial_ends(self, record: TrialRecord) -> None:
        """Has a trial written, unless the tracker knows it."""
        self._waiting.append(record)
        self._go_on()

    def networks_go_on(self, done: int, networks: int) -> None:
        """As where a unit ends."""
        self._go_on()

    def search_ends(self, reason: str) -> None:
        """Has all trials written, of which nothing can be read when the store is closed."""
        self._hand_over()

    def report_written(self, content: Mapping[str, Any], folder: Path) -> None:
        """Has the end of the run written."""
        self._whole = content["status"] != "interrupted"
        self._work.put(partial(self._finish, content, folder))

    def close(self) -> None:
        """Waits until all is written, as long as the tracker gets on.

        Where the run was interrupted, or something else has ended it, it waits some seconds at
        most. Ctrl-C ends the waiting, and not what comes after it.
        """
        if not self._thread.ident:  # the search did not come so far
            return
        self._work.put(self._stop)
        self._work.put(None)
        try:
            self._wait()
        except KeyboardInterrupt:
            self._problem = self._problem or "Ctrl-C ended the waiting for it"
        self._complain()

    def _wait(self) -> None:
        name, told = self._tracker.name, False
        began = self._moved = time.monotonic()
        while self._thread.is_alive() and not self._problem:
            self._thread.join(0.05)
            now = time.monotonic()
            if now - began > _SILENCE and not told and self._thread.is_alive():
                told = True
                self._tell(f"waiting for {name} …; Ctrl-C goes on without it")
            if not self._whole and now - began > self._haste:
                self._give_up(f"not done {self._haste:g} seconds after the end of the run")
            elif now - self._moved > self._patience:
                self._give_up(f"no answer for {self._patience:g} seconds")

    def _give_up(self, reason: str) -> None:
        if self._thread.is_alive():
            self._problem = self._problem or reason

    def _go_on(self) -> None:
        # Few trials of a long search may be lacking; reading all would hold up its resumption.
        if self._known is not None:
            self._hand_over()
        self._complain()

    def _hand_over(self) -> None:
        """Reads curves here and not in the thread, which may be behind when the store is closed."""
        waiting, self._waiting = self._waiting, []
        for record in waiting:
            if self._problem:
                return
            if record.number not in (self._known or ()):
                self._work.put(partial(self._trial, record, self._curves(record.number)))

    def _curves(self, number: int) -> Sequence[LearningCurve]:
        try:
            return tuple(self._read(number))
        except Exception as error:
            self._fail(error)
            return ()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            if not self._problem:
                try:
                    work()
                except Exception as error:
                    self._fail(error)
            self._moved = time.monotonic()

    def _begin(self) -> None:
        self._known = self._tracker.begin()

    def _trial(self, record: TrialRecord, curves: Sequence[LearningCurve]) -> None:
        if record.number not in (self._known or ()):
            self._tracker.trial(record, curves)

    def _finish(self, content: Mapping[str, Any], folder: Path) -> None:
        self._tracker.finish(content, folder)
        self._finished = True

    def _stop(self) -> None:
        if not self._finished:
            self._tracker.stop()

    def _fail(self, error: Exception) -> None:
        self._problem = self._problem or brief(error)

    def _complain(self) -> None:
        if self._problem and not self._told:
            self._told = True
            self._tell(
                f"warning: {self._tracker.name} hears no more of this run ({self._problem}); no "
                "result is lost, and the same command writes what it lacks"
            )
