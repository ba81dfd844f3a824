"""A new Python that runs a module of this package."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import IO

__all__ = ["last_words", "new_python"]

_LINES = 20
"""Last lines of a dead process that are told; a traceback is among them."""

_PROGRAM = """\
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the search decides
sys.path[:] = {path!r}
from {module} import main
main()
"""


def new_python(
    module: str, environment: Mapping[str, str], stdin: int, stdout: int, stderr: int
) -> subprocess.Popen[bytes]:
    """Starts a Python that calls the `main` of a module; Ctrl-C does not end it.

    Args:
        module: Its full name.
        environment: Environment variables.
        stdin: File descriptor for its standard input; it has no other files than these three.
        stdout: For its standard output.
        stderr: For its standard error.

    Raises:
        OSError: The system starts no process.
    """
    program = _PROGRAM.format(path=[str(place) for place in sys.path], module=module)
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env=dict(environment),
    )


def last_words(status: int | None, said: IO[bytes]) -> str:
    """How a process died, in a line, and what it said last in the lines after that.

    Args:
        status: Its exit status; that of a signal is negative. None where nobody knows.
        said: What it wrote to standard error.
    """
    if status is None:
        how = "ended with the process that it was forked from, or after it"
    elif status < 0:
        how = f"killed by signal {-status}"
    else:
        how = f"ended with status {status}"
    said.seek(0)
    lines = said.read().decode(errors="replace").strip().splitlines()
    return "\n".join([how, *(f"  {line}" for line in lines[-_LINES:])])
