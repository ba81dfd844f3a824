"""What the best trials reached when they were trained again, as lines and cells for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["confirmation_line", "confirmed_text"]


def confirmed_text(content: Mapping[str, Any], number: int) -> str:
    """What a trial reached when it was trained again, as a cell of a table."""
    for one in (content["confirmation"] or {"trials": []})["trials"]:
        if one["trial"] == number:
            if one["score"] is None:
                return f"failed: {one['reason']}"
            return f"{one['score']:.3f}{' (collapsed)' * one['collapsed']}"
    return ""


def confirmation_line(content: Mapping[str, Any]) -> str:
    """What confirmation says of the search; empty where there was none.

    Example:
        >>> one = {"trial": 7, "validation": 0.841, "score": 0.8, "collapsed": False}
        >>> confirmation_line({"confirmation": {"trials": [one]}})
        'trained again, trial 7 fell by 0.041'
    """
    section = content["confirmation"]
    found = [one for one in section["trials"] if one["score"] is not None] if section else []
    if not found:
        return ""
    fall = sum(one["validation"] - one["score"] for one in found) / len(found)
    moved = f"{'fell' if fall >= 0 else 'rose'} by {abs(fall):.3f}"
    if len(found) == 1:
        return f"trained again, trial {found[0]['trial']} {moved}"
    best = max(found, key=lambda one: (not one["collapsed"], one["score"]))["trial"]
    return (
        f"trained again, the best {len(found)} trials {moved} on average; "
        f"trial {best} is the best of them"
    )
