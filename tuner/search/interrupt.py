"""Ctrl-C that is never lost.

Native code and callbacks swallow a `KeyboardInterrupt` now and then. The handler here also notes
that one was asked for, and the search looks at the note between units.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType

__all__ = ["Interrupt", "StopAtOnce"]


class StopAtOnce(KeyboardInterrupt):
    """Ctrl-C was pressed a second time: nothing more is to be done."""


class Interrupt:
    """While its block runs, remembers that Ctrl-C was pressed.

    Outside the main thread, where no handler can be set, it notes nothing.
    """

    def __init__(self) -> None:
        self._asked = self._pressed = False
        self._before: object = None

    def __enter__(self) -> Interrupt:
        current = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is threading.main_thread() and callable(current):
            self._before = current
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)  # type: ignore[arg-type]

    def check(self) -> None:
        """Raises the interruption that was asked for and has not arrived."""
        if self._asked:
            raise KeyboardInterrupt

    def ask(self) -> None:
        """Ends everything as the first Ctrl-C would."""
        self._asked = True

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._pressed:
            raise StopAtOnce
        self._asked = self._pressed = True
        raise KeyboardInterrupt
