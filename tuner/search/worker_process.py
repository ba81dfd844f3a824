"""A worker process as the search sees it: started, asked, and replaced when it dies or grows."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import IO, Any, Protocol

from tuner.errors import InputError, MinorityTunerError
from tuner.search.growth import Growth
from tuner.search.messages import (
    Begin,
    Broke,
    Done,
    Epoch,
    Failed,
    GoesOn,
    Pipe,
    Ready,
    Refused,
    WasPruned,
)
from tuner.search.python_process import last_words, new_python
from tuner.search.trainer import GoesOn as Decision
from tuner.search.trainer import Trainer, UnitTask
from tuner.training.reporting import Pruned
from tuner.training.unit import TrainingFailed, UnitResult

__all__ = [
    "TRIES",
    "Process",
    "Start",
    "UnitBroke",
    "Worker",
    "WorkerProcess",
    "WorkerTrainer",
    "new_worker",
]

TRIES = 3
"""Workers that may die of one unit before its trial fails."""

_GRACE = 5.0
"""Seconds in which a worker that is not needed any more ends by itself."""


class UnitBroke(Exception):
    """Training raised what it should not have, in another process.

    Args:
        reason: Kind and first line of the error.
        traceback: All of it.
    """

    def __init__(self, reason: str, traceback: str) -> None:
        super().__init__(reason)
        self.traceback = traceback


class Worker(Protocol):
    """A process at the other end of a pipe."""

    pipe: Pipe

    def last_words(self) -> str:
        """How it died, in a line, and what it said last in the lines after that."""

    def kill(self) -> None:
        """Ends it at once."""

    def close(self) -> None:
        """Lets it end."""


class Process(AbstractContextManager[Any], Protocol):
    """A process of the system, whichever way it was started; its block lets go of it."""

    pid: int

    def wait(self, timeout: float | None = None) -> int | None:
        """Its exit status; see `subprocess.Popen`. None where nobody knows."""

    def kill(self) -> None:
        """Ends it at once."""


Start = Callable[[Mapping[str, str], int, int, int], Process]
"""Starts a process with an environment, and with standard input, output and error."""

new_worker: Start = partial(new_python, "tuner.search.worker")
"""Starts a worker as a new Python."""


class WorkerProcess:
    """Another process that runs `tuner.search.worker`.

    Args:
        environment: Its environment variables.
        start: Starts it; `new_worker`, or the `fork` of a nursery.

    Raises:
        OSError: The system starts no process.
        MinorityTunerError: Others that `start` raises.
    """

    def __init__(self, environment: Mapping[str, str], start: Start) -> None:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        self._incoming: IO[bytes] = os.fdopen(ours_in, "rb")
        self.pipe = Pipe(self._incoming, os.fdopen(ours_out, "wb"))
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close
        try:
            self._process = start(environment, theirs_in, theirs_out, self._said.fileno())
        except BaseException:
            self._close_ours()
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)

    @property
    def pid(self) -> int:
        """Its number in the system."""
        return self._process.pid

    def last_words(self) -> str:
        """How it died, in a line, and what it said last in the lines after that."""
        return last_words(self._ended(), self._said)

    def kill(self) -> None:
        """Ends it at once."""
        self._process.kill()

    def close(self) -> None:
        """Lets it end, and waits until it has."""
        with self._process:
            self.pipe.close()
            self._ended()
        self._close_ours()

    def _close_ours(self) -> None:
        self.pipe.close()
        self._incoming.close()
        self._said.close()

    def _ended(self) -> int | None:
        """Its exit status, also of one that does not end by itself."""
        try:
            return self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


class WorkerTrainer(Trainer):
    """Trains in a worker process, and in a new one where that dies or its memory has grown.

    Args:
        start: Starts a worker.
        begin: What workers are told first.
        tell: Takes a line about a worker that died.
    """

    def __init__(
        self,
        start: Callable[[], Worker],
        begin: Begin,
        tell: Callable[[str], object],
    ) -> None:
        self._start, self._begin = start, begin
        self._tell = tell
        self._stopped = self._ready = self._outgrown = False
        self._growth = Growth()
        self._worker = self._started()

    def train(self, task: UnitTask, goes_on: Decision | None = None) -> UnitResult:
        """Trains a unit; see `Trainer`.

        Raises:
            UnitBroke: Training raised something that it should not have.
            MinorityTunerError: No worker can be started, or something that every unit would meet.
            KeyboardInterrupt: It was stopped.
        """
        began = False
        for tried in range(1, TRIES + 1):
            try:
                return self._asked(task, goes_on)
            except EOFError:
                if self._stopped:
                    raise KeyboardInterrupt from None
                began, how = began or self._ready, self._worker.last_words()
                if tried == TRIES and not began:
                    raise MinorityTunerError(f"no worker process can start: {how}") from None
                self._tell(f"a worker died in trial {task.trial}, and a new one starts: {how}")
                self._replace()
        died = f"the process that trained it died {TRIES} times ({how.splitlines()[0]})"
        raise TrainingFailed(f"{died}; most often memory runs out")

    def stop(self) -> None:
        """Ends the training, and the process with it."""
        self._stopped = True
        self._worker.kill()

    def close(self) -> None:
        """Lets the worker end."""
        self._worker.close()

    def _started(self) -> Worker:
        try:
            worker = self._start()
        except OSError as error:
            raise MinorityTunerError(f"no worker process can start: {error.strerror}") from None
        with contextlib.suppress(EOFError):  # it is dead already, and the first task will tell
            worker.pipe.send(self._begin)
        return worker

    def _replace(self) -> None:
        self._worker.close()
        self._ready = self._outgrown = False
        self._growth = Growth()
        self._worker = self._started()
        if self._stopped:  # while it was started
            self._worker.kill()

    def _asked(self, task: UnitTask, goes_on: Decision | None) -> UnitResult:
        if self._outgrown:
            self._replace()
        if not self._ready:
            self._wait_until_ready()
        pipe = self._worker.pipe
        pipe.send((task, goes_on is not None))
        while isinstance(answer := pipe.receive(), Epoch):
            assert goes_on is not None
            pipe.send(GoesOn(self._decided(goes_on, answer)))
        if isinstance(answer, Done):
            self._outgrown = self._growth.outgrown(answer.resident)
        return _result(answer)

    def _decided(self, goes_on: Decision, report: Epoch) -> bool:
        try:
            return goes_on(report.epoch, report.value)
        except BaseException:
            # The worker waits for an answer, and would take the next task for it.
            with contextlib.suppress(EOFError):
                self._worker.pipe.send(GoesOn(False))
                self._worker.pipe.receive()
            raise

    def _wait_until_ready(self) -> None:
        answer = self._worker.pipe.receive()
        if not isinstance(answer, Ready):
            _result(answer)
        self._ready = True


def _result(answer: Any) -> UnitResult:
    """What a training ended with, returned or raised."""
    match answer:
        case Done(result, _):
            return result
        case WasPruned(epoch):
            raise Pruned(epoch)
        case Failed(reason):
            raise TrainingFailed(reason)
        case Broke(reason, traceback):
            raise UnitBroke(reason, traceback)
        case Refused(message, of_input):
            raise InputError(message) if of_input else MinorityTunerError(message)
    raise AssertionError(answer)
