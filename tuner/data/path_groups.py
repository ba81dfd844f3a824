"""The group of a file, such as its subject, by where it lies."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from tuner.data.findings import shortened
from tuner.data.folders import Member
from tuner.errors import Problem

__all__ = ["groups_of"]


def groups_of(
    files: Sequence[Member], pattern: str | None
) -> tuple[list[str] | None, list[Problem]]:
    """The group of each file by a regular expression on its path from the class folder.

    Args:
        files: The files.
        pattern: Its first capture group is the group; found anywhere in the path. None: no groups.

    Returns:
        Groups, and what is wrong with the pattern or the files that it does not find.

    Example:
        >>> groups_of([Member("lesion/p07/3.png", "lesion", "p07/3.png")], r"^p(\\d+)/")
        (['07'], [])
    """
    if pattern is None:
        return None, []
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        return None, [Problem(f"'{pattern}' is no regular expression: {error}", ("group",))]
    if not compiled.groups:
        hint = r"put the part of the path that names the subject in brackets, like '^(p\d+)/'"
        return None, [Problem(f"'{pattern}' captures nothing; {hint}", ("group",))]
    groups: list[str] = []
    missed: list[str] = []
    for member in files:
        match = compiled.search(unicodedata.normalize("NFC", member.inner))
        if match is not None and match[1]:
            groups.append(match[1])
        else:
            missed.append(member.inner)
    if missed:
        count = f"{len(missed)} of {len(files)} files"
        message = f"'{pattern}' finds no group in {count}: {shortened(missed)}"
        return None, [Problem(message, ("group",))]
    return groups, []
