"""What a section of the page is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Section", "ended", "sentence"]


@dataclass(frozen=True)
class Section:
    """A section of the page.

    Attributes:
        name: Of its address and of its template.
        title: Its heading.
        given: What its template needs, and the results besides.
    """

    name: str
    title: str
    given: Mapping[str, Any]


def sentence(line: str) -> str:
    """A line of the console as a sentence; empty where it is.

    Example:
        >>> sentence("no place is above chance")
        'No place is above chance.'
    """
    if not line:
        return ""
    return f"{line[0].upper()}{ended(line[1:])}"


def ended(line: str) -> str:
    """A line with a full stop; empty where it is.

    Example:
        >>> ended("pixel_1: is the same in all rows")
        'pixel_1: is the same in all rows.'
    """
    return line if not line or line.endswith((".", "?")) else f"{line}."
