"""What random configurations reached beside the search, for all who read a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["random_line"]


def random_line(content: Mapping[str, Any]) -> str:
    """What the search reached over random configurations; empty where there were none.

    Args:
        content: The content of ``results.json``.

    Example:
        >>> found = {"configurations": 120, "score": 0.968, "best_collapsed": False}
        >>> content = {"random_search": {**found, "confirmed": None}, "confirmation": None}
        >>> content["leaders"] = [{"score": 0.981, "collapsed": False}]
        >>> content["trials"] = {"finished": 60, "failed": 0, "stopped": 0}
        >>> random_line(content)[:63]
        'random search: the best of 120 configurations has 0.968, the be'
    """
    found, leaders = content["random_search"], content["leaders"]
    if not found or not leaders:
        return ""
    if found["score"] is None:
        return f"random search: all {found['configurations']} configurations failed"
    trials = sum(content["trials"][state] for state in ("finished", "failed", "stopped"))
    collapsed = " (collapsed)" * found["best_collapsed"]
    line = (
        f"random search: the best of {found['configurations']} configurations has "
        f"{found['score']:.3f}{collapsed}, the best of the search's {trials} trials "
        f"{leaders[0]['score']:.3f}{' (collapsed)' * leaders[0]['collapsed']}"
    )
    again = _confirmed(content["confirmation"])
    if again is None or found["confirmed"] is None:
        return line
    return f"{line}; trained again {found['confirmed']:.3f} and {again:.3f}"


def _confirmed(section: Mapping[str, Any] | None) -> float | None:
    """The best score of a trial that was confirmed."""
    rows = section["trials"] if section else []
    return max(
        (row["score"] for row in rows if row["score"] is not None and not row["collapsed"]),
        default=None,
    )
