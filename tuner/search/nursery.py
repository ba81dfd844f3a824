"""Where workers come from: forks of one process that has imported all that they need.

TensorFlow takes seconds to import, and a process that has imported it must not be forked once it
has threads or has used TensorFlow, as the search and the program that calls it may have. So a
Python of its own imports it and does nothing else but fork; see `tuner.search.nursery_process`.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import IO

from tuner.errors import MinorityTunerError
from tuner.search.nursery_process import NUMBER
from tuner.search.python_process import last_words, new_python
from tuner.search.workers import environment

__all__ = ["FORKS", "Forked", "Nursery"]

FORKS = sys.platform == "linux"
"""Whether workers are forks. The frameworks of macOS do not bear it, and Windows has none."""


class Forked:
    """A process that the nursery forked; it is used as a `subprocess.Popen` is.

    Args:
        line: Tells its number, then its exit status. Ours when both it and the nursery are gone.

    Raises:
        EOFError: The nursery is gone, and has forked nothing.
        OSError: The system starts no process.
    """

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._status: int | None = None
        told = _received(line)
        if told is None:
            raise EOFError
        if told < 0:
            raise OSError(-told, os.strerror(-told))
        self.pid = told

    def wait(self, timeout: float | None = None) -> int | None:
        """Its exit status, once it has ended; None where the nursery died before it.

        Raises:
            subprocess.TimeoutExpired: It has not ended in so many seconds.
        """
        if not self._told(timeout):
            raise subprocess.TimeoutExpired("worker", timeout or 0.0)
        if self._line.fileno() >= 0:  # else it was asked before, and its block has ended
            self._status = _received(self._line, socket.MSG_PEEK)
        return self._status

    def kill(self) -> None:
        """Ends it at once, unless it has ended: its number may be another's then."""
        if not self._told(0.0):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def _told(self, timeout: float | None) -> bool:
        """Whether it has ended, or does in so many seconds."""
        number = self._line.fileno()
        if number < 0:  # its block has ended, and it before that
            return True
        poll = select.poll()
        poll.register(number, select.POLLIN)
        return bool(poll.poll(None if timeout is None else 1000 * timeout))

    def __enter__(self) -> Forked:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._line.close()


class Nursery:
    """Forks workers from one process, which starts when it is first needed; safe from any thread.

    It ends with its block, or with this process, however that ends. Where it dies itself, the
    workers stay and the next one comes from a new one.

    Args:
        threads: Threads of one operation in a worker, which libraries read when they are imported.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Nursery:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def warm(self) -> None:
        """Starts to import, so that a worker is there at once when it is asked for.

        The environment variables of this process hold as they are now. Nothing happens where
        workers are no forks.
        """
        if FORKS:
            # What stands against it is told when a worker is asked for.
            with self._lock, contextlib.suppress(OSError):
                self._begin()

    def fork(self, environment: Mapping[str, str], stdin: int, stdout: int, stderr: int) -> Forked:
        """Starts a worker; see `new_python` for the arguments.

        Raises:
            MinorityTunerError: What workers need cannot be imported.
            OSError: The system starts no process.
        """
        request = json.dumps([dict(environment), [str(place) for place in sys.path]]).encode()
        with self._lock:
            for _ in range(2):  # it may have died since, most often for lack of memory
                self._begin()
                try:
                    return self._asked(request, (stdin, stdout, stderr))
                except EOFError:
                    words = self._ended()
                except BaseException:  # nobody knows how much of the request it has read
                    self._ended()
                    raise
        raise MinorityTunerError(f"no worker process can start: {words}")

    def close(self) -> None:
        """Ends the process; its workers end by themselves when their input does."""
        with self._lock:
            if self._process:
                self._ended()

    def _begin(self) -> None:
        if self._process:
            if self._process.poll() is None:
                return
            self._ended()
        said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by _ended
        line, theirs = socket.socketpair()
        own = environment(0, self._threads, os.environ, ())
        with theirs:
            try:
                self._process = new_python(
                    "tuner.search.nursery_process",
                    own,
                    theirs.fileno(),
                    said.fileno(),
                    said.fileno(),
                )
            except BaseException:
                said.close()
                line.close()
                raise
        self._line, self._said = line, said

    def _asked(self, request: bytes, ends: tuple[int, ...]) -> Forked:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                size = NUMBER.pack(len(request))
                socket.send_fds(self._line, [size], [*ends, theirs.fileno()])
                self._line.sendall(request)
            return Forked(ours)
        except (BrokenPipeError, ConnectionResetError) as error:
            ours.close()
            raise EOFError from error
        except BaseException:
            ours.close()
            raise

    def _ended(self) -> str:
        """Ends the process, and returns its last words."""
        process, self._process = self._process, None
        assert process
        process.kill()
        words = last_words(process.wait(), self._said)
        self._line.close()
        self._said.close()
        return words


def _received(line: socket.socket, flags: int = 0) -> int | None:
    """A number; None where nobody is left who could tell one."""
    try:
        told = line.recv(NUMBER.size, flags)
    except ConnectionResetError:
        return None
    return int(NUMBER.unpack(told)[0]) if told else None
