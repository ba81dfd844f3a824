"""Errors, sorted by who must act on them.

`InputError` is for the person who wrote the study, the data or the call: it carries every problem
found, each with its place, and ends the program with status 2 before anything is trained.
`NoTrialSucceeded` ends it with status 1. Anything else is a fault of this package.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

__all__ = [
    "InputError",
    "MinorityTunerError",
    "NoTrialSucceeded",
    "Path",
    "Problem",
    "brief",
    "did_you_mean",
    "format_path",
    "reason_of",
    "told",
]

Path = tuple[str | int, ...]

_REASON = 160
"""Letters of another program's text; some quote what they could not read."""

_LISTED = 40
"""Names that a message lists at most; a table may have thousands of columns."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and where.

    Attributes:
        message: What was expected, what was got, what to do; one line.
        path: Keys and list positions that lead to the value in the study file.
        file: The file to open; empty when the value came from Python.
        line: Line in the file, from 1; 0 when unknown.
        column: Column in the line, from 1; 0 when unknown.
    """

    message: str
    path: Path = ()
    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        place = ":".join(
            [self.file] * bool(self.file) + [str(n) for n in (self.line, self.column) if n]
        )
        return ": ".join(part for part in (place, format_path(self.path), self.message) if part)

    def under(self, *prefix: str | int) -> Problem:
        """The same problem, seen from a level further out."""
        return replace(self, path=(*prefix, *self.path))


class MinorityTunerError(Exception):
    """Base of all errors that are told to a person in one line each.

    Attributes:
        exit_status: With which the program ends.
        content: What ``results.json`` holds, where the run came so far; else None.
    """

    exit_status = 1
    content: Mapping[str, Any] | None = None


class InputError(MinorityTunerError):
    """The study, the data or the call is wrong; nothing was trained.

    Args:
        problems: Everything found, in the order of the file; a plain text is one problem.
    """

    exit_status = 2

    def __init__(self, problems: str | Problem | Iterable[Problem], path: Path = ()) -> None:
        if isinstance(problems, str):
            problems = Problem(problems, path)
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))


class NoTrialSucceeded(MinorityTunerError):
    """Every trial of the search failed, so there is no best configuration."""


def brief(error: BaseException) -> str:
    """The kind of an error and the first line of its text, which may be missing."""
    lines = str(error).strip().splitlines()
    return ": ".join([type(error).__name__, *lines[:1]])


def reason_of(error: BaseException, most: int = _REASON) -> str:
    """Why something cannot be read, as a decoder says it: in one line, and not without end.

    Example:
        >>> reason_of(ValueError("bad header\\n in line 3")), reason_of(EOFError())
        ('bad header in line 3', 'EOFError')
    """
    text = " ".join("".join(c if c.isprintable() else " " for c in str(error)).split())
    return (text[:most] + "…" if len(text) > most else text) or type(error).__name__


def told(error: BaseException) -> str:
    """What another person's code raised, in one line, with the line of their file."""
    text = " ".join(str(error).split()) or "no message"
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f" (line {frame.tb_lineno} of {frame.tb_frame.f_code.co_filename})" if frame else ""
    return f"{type(error).__name__}: {text}{'' if isinstance(error, SyntaxError) else where}"


def format_path(path: Path) -> str:
    """Spells a path as people write it: ``model.activation[1].elu``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Ends a message about an unknown word with the nearest known one, else with known ones."""
    names = sorted(set(known))
    near = difflib.get_close_matches(word, names, n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"known: {', '.join(names[:_LISTED])}{more}" if names else "none is known"
