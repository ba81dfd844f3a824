"""Names that people read as one."""

from __future__ import annotations

from collections.abc import Iterable

from tuner.data.tables.cells import as_number

__all__ = ["ALIKE", "alike"]

ALIKE = "differ in blanks, case or the form of a number only"
"""What is said of such names."""


def alike(names: Iterable[str]) -> list[list[str]]:
    """Sets of names that are the same but for blanks, case or the form of a number.

    Example:
        >>> alike(["yes", "no", "Yes ", "1", "1.0", "01", "10"])
        [['yes', 'Yes '], ['1', '1.0', '01']]
    """
    sets: dict[str | float, list[str]] = {}
    for name in names:
        number = as_number(name)
        key = " ".join(name.split()).casefold() if number is None else number
        sets.setdefault(key, []).append(name)
    return [same for same in sets.values() if len(same) > 1]
