"""What is told of data: one fault or one oddity, for people and programs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from tuner.errors import Path, Problem, format_path

__all__ = ["AGAIN", "Finding", "counted", "errors_of", "shortened"]

AGAIN = "get it again, or remove it"
"""What to do with a file of which nothing can be read."""

_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """One thing found in the data.

    Attributes:
        level: ``error``: nothing can be trained; ``warning``: the score may not mean what it seems.
        code: What kind of thing, for programs; words joined by hyphens.
        message: What was found where, and what to do; one line.
        path: Keys of the study that it is about.
    """

    level: Literal["error", "warning"]
    code: str
    message: str
    path: Path = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "level": self.level,
            "code": self.code,
            "message": self.message,
            "key": format_path(self.path),
        }


def errors_of(problems: Iterable[Problem], code: str = "input") -> list[Finding]:
    """Problems as findings; the place in the file becomes part of the message."""
    return [Finding("error", code, str(problem), problem.path) for problem in problems]


def shortened(names: Iterable[Any], most: int = _SHOWN) -> str:
    """The first few names or row numbers, and how many more there are.

    Example:
        >>> shortened(["a", "b", "c"], 2)
        "'a', 'b' and 1 more"
    """
    listed = [str(name) if isinstance(name, int) else f"'{name}'" for name in names]
    rest = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {rest} more" if rest > 0 else "")


def counted(number: int, what: str) -> str:
    """A number and its noun.

    Example:
        >>> counted(1, "row"), counted(2, "row")
        ('1 row', '2 rows')
    """
    return f"{number} {what}{'s' if number != 1 else ''}"
