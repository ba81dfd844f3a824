"""A nursery that is a fork of its search, so that workers have what was replaced there too."""

import importlib
import os
import signal
import subprocess
import sys

_FILES = 256
"""More than a run has open."""


class ForkedPython:
    """What `new_python` returns, as far as a nursery uses it.

    It forks, so it must be called before the search has threads or a database: SQLite's connections
    and the locks of other threads do not bear it. `Nursery.warm` is.
    """

    def __init__(self, module, environment, stdin, stdout, stderr):
        self.pid = os.fork()
        if not self.pid:
            self._run(module, (stdin, stdout, stderr))
        self._status = None

    def _run(self, module, streams):
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            for place, end in enumerate(streams):
                os.dup2(end, place)
            os.closerange(3, _FILES)
            # The search may have redirected its own.
            sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__
            importlib.import_module(module).main()
        finally:
            os._exit(70)

    def poll(self):
        if self._status is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            self._status = os.waitstatus_to_exitcode(status) if done else None
        return self._status

    def wait(self, timeout=None):
        if timeout is not None and self.poll() is None:
            raise subprocess.TimeoutExpired("python", timeout)
        if self._status is None:
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._status

    def kill(self):
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
