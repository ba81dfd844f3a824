"""How far the reading of data is, for whoever shows it."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Progress", "silent"]


class Progress(Protocol):
    """Called now and then while data is read."""

    def __call__(self, what: str, done: int, total: int) -> None:
        """Tells that `done` of `total` bytes, files or volumes of `what` have been read."""


def silent(what: str, done: int, total: int) -> None:
    """Tells nobody."""
