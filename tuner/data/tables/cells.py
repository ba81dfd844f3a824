"""What the text of one cell is: a number, nothing, or a word."""

from __future__ import annotations

import math
import re

__all__ = ["MISSING", "as_number", "is_date", "is_missing", "looks_numeric"]

MISSING = frozenset(
    {"", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "null", "NULL", "Null", "None"}
)
"""Texts that mean a missing value. ``.`` and ``?`` do so only where a study says it."""

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?inf(?:inity)?", re.ASCII)
_INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
_SPELLED = re.compile(
    r"\(?[+\-−]?\s*[$€£¥]?\s*[+\-−]?"
    r"(?:\d{1,3}(?:[.,\s'’_]\d{3})+(?:[.,]\d*)?|\d+(?:[.,]\d*)?|[.,]\d+)"
    r"(?:[eE][+-]?\d+|[dD][+-]\d+)?\s*[%‰$€£¥]?\)?"
    r"|[+-]?0[xX][0-9a-fA-F]+"
)
_DATE = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})(?:[T ]\d{1,2}:\d{2}.*)?"
    r"|\d{1,3}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s*[AaPp][Mm])?"
)


def as_number(text: str, decimal: str = ".") -> float | None:
    """The number that a text is, or None where it is none.

    Args:
        text: Content of a cell; blanks around it do not count.
        decimal: The decimal mark.

    Example:
        >>> as_number("-1.5e3"), as_number("1,5", ","), as_number("1,5")
        (-1500.0, 1.5, None)
    """
    text = text.strip()
    if decimal != ".":
        if "." in text:
            return None
        text = text.replace(decimal, ".")
    if _INFINITE.fullmatch(text):
        return -math.inf if text[0] == "-" else math.inf
    return float(text) if _NUMBER.fullmatch(text) else None


def is_missing(text: str, missing: frozenset[str]) -> bool:
    """Whether a text means that there is no value."""
    return text in missing or text.strip() in missing


def looks_numeric(text: str) -> bool:
    """Whether people read a number in a text, although it may be written in another way.

    Example:
        >>> [looks_numeric(text) for text in ("1.234,56", "12 %", "$5", "0x1F", "B12", "10-20")]
        [True, True, True, True, False, False]
    """
    return _SPELLED.fullmatch(text.strip()) is not None


def is_date(text: str) -> bool:
    """Whether a text is a date, a time of day, or both."""
    return _DATE.fullmatch(text.strip()) is not None
