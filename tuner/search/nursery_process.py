"""The process that workers are forked from: it imports what they need, and forks when asked to.

The search is at the other end of standard input, a socket. A request is the length of a text, with
four files: standard input, output and error of the worker, and a line on which its number and later
its exit status are told. The text is JSON: its environment and its `sys.path`.

Forking is safe as long as no lock is held by a thread that the child does not have. No operation of
TensorFlow runs here, so that none of its threads has started. Two libraries start threads when they
are imported: OpenBLAS, where it may use more than one, and the jemalloc of pyarrow. Both ask the
system (`pthread_atfork`) to be told of a fork: the first ends its threads before and the second
holds its locks over it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
from typing import NamedTuple

__all__ = ["NUMBER", "main"]

NUMBER = struct.Struct("=i")
"""How numbers are told: the length of a request, that of a process, and an exit status."""


class _Request(NamedTuple):
    environment: dict[str, str]
    path: list[str]
    streams: list[int]
    line: socket.socket


def main() -> None:
    """Forks workers for the search at the other end of standard input, until that is gone."""
    search = socket.socket(fileno=os.dup(0))
    from tuner.search import worker  # noqa: F401 - with all that it imports

    gc.collect()
    gc.freeze()  # what a collection looks at would be copied for each worker
    bell, ringer = socket.socketpair()
    for end in (bell, ringer):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # one that is ignored rings no bell
    signal.set_wakeup_fd(ringer.fileno(), warn_on_full_buffer=False)
    lines: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([search, bell], [], [])
        if bell in ready:
            bell.recv(4096)
            _tell_ended(lines)
        if search in ready:
            request = _received(search)
            if request is None:
                os._exit(0)
            _fork(request, lines, (search, bell, ringer))


def _received(search: socket.socket) -> _Request | None:
    """The next request; None where the search is gone."""
    with contextlib.suppress(ConnectionResetError):
        head, ends, _, _ = socket.recv_fds(search, NUMBER.size, 4)
        if head:
            [size] = NUMBER.unpack(head)
            text = search.recv(size, socket.MSG_WAITALL)
            if len(text) == size:
                environment, path = json.loads(text)
                return _Request(environment, path, ends[:3], socket.socket(fileno=ends[3]))
    return None


def _fork(
    request: _Request, lines: dict[int, socket.socket], own: tuple[socket.socket, ...]
) -> None:
    try:
        number = os.fork()
    except OSError as error:
        _tell(request.line, -(error.errno or 0))
        request.line.close()
    else:
        if not number:
            _work(request, (*own, *lines.values()))
        lines[number] = request.line
        _tell(request.line, number)
    for end in request.streams:
        os.close(end)


def _work(request: _Request, foreign: tuple[socket.socket, ...]) -> None:
    """Becomes the worker, and never returns.

    Its own line stays open, so that the search can tell a worker that has ended from one whose
    nursery has.
    """
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for place, end in enumerate(request.streams):
            os.dup2(end, place)
            os.close(end)
        for other in foreign:
            other.close()
        os.environ.clear()
        os.environ.update(request.environment)
        sys.path[:] = request.path
        from tuner.search import worker

        worker.main()
    finally:
        os._exit(1)


def _tell_ended(lines: dict[int, socket.socket]) -> None:
    """Tells the exit status of each worker that has ended."""
    with contextlib.suppress(ChildProcessError):  # there is none
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            with lines.pop(ended[0]) as line:
                _tell(line, os.waitstatus_to_exitcode(ended[1]))


def _tell(line: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # the search does not ask any more
        line.send(NUMBER.pack(number))
