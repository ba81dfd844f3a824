"""Training goes on in a new process where the memory of the old one has grown.

TensorFlow frees a compiled function but not all that running it has cost, so that a process that
trains networks of ever new architectures grows with their number.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tuner.search.trainer import GoesOn, Trainer, UnitTask
from tuner.training.unit import UnitResult

__all__ = ["Growth", "HandsOver", "resident_bytes"]

_SETTLED = 10
"""Units after which a process holds what all training needs."""

_SHARE = 0.1
"""What it may hold more, as a share of that."""

_LEAST = 100_000_000
"""Bytes more that it may hold in any case; a worker that is a fork holds little of its own."""


class Growth:
    """Tells when a process has outgrown what it held after its first units."""

    def __init__(self) -> None:
        self._units, self._settled = 0, 0

    def outgrown(self, resident: int | None) -> bool:
        """Whether it holds too much after one more unit.

        Args:
            resident: Bytes that it holds; None where nobody knows, which is never too much.
        """
        self._units += 1
        if resident is None:
            return False
        if self._units <= _SETTLED:
            self._settled = resident
        return resident > self._settled + max(_SHARE * self._settled, _LEAST)


class HandsOver(Trainer):
    """Trains here until this process has grown, and by another trainer from then on.

    Args:
        here: Trains in this process.
        elsewhere: Makes a trainer that does not.
        resident: Bytes that this process holds; see `resident_bytes`.
    """

    def __init__(
        self,
        here: Trainer,
        elsewhere: Callable[[], Trainer],
        resident: Callable[[], int | None] | None = None,
    ) -> None:
        self._trainer, self._elsewhere = here, elsewhere
        self._resident = resident or resident_bytes
        self._growth: Growth | None = Growth()

    def train(self, task: UnitTask, goes_on: GoesOn | None = None) -> UnitResult:
        """Trains a unit; see `Trainer`."""
        if self._growth and self._growth.outgrown(self._resident()):
            self._growth, self._trainer = None, self._elsewhere()
        return self._trainer.train(task, goes_on)


def resident_bytes(process: Path = Path("/proc/self")) -> int | None:
    """Memory of this process; None where the system does not say."""
    try:
        pages = int((process / "statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
