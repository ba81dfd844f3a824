"""What a check says where it fails: what was expected, what was got, what to do; one line."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tuner.errors import told

__all__ = ["CheckFailed", "checking", "expect"]


class CheckFailed(AssertionError):
    """A check of `tuner.testing` found something; the message says what to do about it."""


def expect(holds: Any, expected: str, got: object, remedy: str) -> None:
    """Fails unless something holds.

    Args:
        holds: True in the sense of Python.
        expected: What should be, such as ``a new layer for each call``.
        got: What is.
        remedy: What to change.

    Raises:
        CheckFailed: It does not hold.

    Example:
        >>> expect(1 < 2, "less than 2", 1, "nothing")
    """
    if not holds:
        raise CheckFailed(f"expected {expected}, got {got}; {remedy}")


def checking(check: Callable[[Any], None]) -> Callable[[Any], None]:
    """Makes a check tell what it is about, and what the checked code itself raised, in one line."""

    @functools.wraps(check)
    def checked(item: Any) -> None:
        try:
            check(item)
        except CheckFailed as failure:
            raise CheckFailed(f"{item}, {check.__name__}: {failure}") from failure.__cause__
        except Exception as error:
            expected = "expected it to run"
            raise CheckFailed(
                f"{item}, {check.__name__}: {expected}, got {told(error)}; mend what raised this"
            ) from error

    return checked
