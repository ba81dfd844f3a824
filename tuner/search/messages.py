"""What a search and its worker processes say to each other, over pipes.

A search sends `Begin`, then one `UnitTask` after another. A worker answers `Begin` with `Ready`,
and a task with any number of `Epoch`, each of which is answered by `GoesOn`, and one of the rest.
"""

from __future__ import annotations

import contextlib
import pickle
import threading
from dataclasses import dataclass
from typing import IO, Any

from tuner.training.unit import UnitResult

__all__ = [
    "Begin",
    "Broke",
    "Done",
    "Epoch",
    "Failed",
    "GoesOn",
    "Pipe",
    "Ready",
    "Refused",
    "WasPruned",
]


@dataclass(frozen=True)
class Begin:
    """What a worker is for.

    Attributes:
        modules: What it imports first, for entries of the person's own.
        job: Path of the file that `tuner.search.job` wrote.
        threads: Threads that one operation of TensorFlow uses.
    """

    modules: tuple[str, ...]
    job: str
    threads: int = 1


@dataclass(frozen=True)
class Ready:
    """The worker takes tasks."""


@dataclass(frozen=True)
class Epoch:
    """The best value so far after an epoch, from 1; the worker waits for an answer."""

    epoch: int
    value: float


@dataclass(frozen=True)
class GoesOn:
    """Whether training goes on."""

    goes_on: bool


@dataclass(frozen=True)
class Done:
    """The unit is trained.

    Attributes:
        result: What came out.
        resident: Bytes that the worker holds; None where the system does not say.
    """

    result: UnitResult
    resident: int | None = None


@dataclass(frozen=True)
class WasPruned:
    """Training ended after an epoch, as it was told to."""

    epoch: int


@dataclass(frozen=True)
class Failed:
    """This configuration cannot be trained: `TrainingFailed`."""

    reason: str


@dataclass(frozen=True)
class Broke:
    """Something else was raised, a fault in the person's own code or in ours."""

    reason: str
    traceback: str


@dataclass(frozen=True)
class Refused:
    """A `MinorityTunerError`, which every further unit would meet too.

    Attributes:
        message: Of the error.
        of_input: Whether it was an `InputError`.
    """

    message: str
    of_input: bool = False


class Pipe:
    """Sends and receives messages; any thread may send.

    Args:
        incoming: Opened for reading bytes.
        outgoing: Opened for writing bytes.
    """

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes]) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        self._sending = threading.Lock()

    def send(self, message: Any) -> None:
        """Sends a message.

        Raises:
            EOFError: The other side is gone.
        """
        with self._sending:
            try:
                pickle.dump(message, self._outgoing, protocol=5)
                self._outgoing.flush()
            except OSError as error:
                raise EOFError from error

    def receive(self) -> Any:
        """The next message.

        Raises:
            EOFError: The other side is gone.
        """
        try:
            return pickle.load(self._incoming)
        except (pickle.UnpicklingError, OSError) as error:  # it died within a message
            raise EOFError from error

    def close(self) -> None:
        """Says that nothing more will be sent."""
        with contextlib.suppress(OSError):  # what was not sent yet cannot be any more
            self._outgoing.close()
