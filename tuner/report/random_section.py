"""What random configurations reached beside the search, in ``results.json``."""

from __future__ import annotations

from typing import Any

from tuner.search.random_search import RandomSearch

__all__ = ["random_section"]


def random_section(found: RandomSearch | None) -> dict[str, Any] | None:
    """The part of ``results.json``; None where no random configuration was asked for."""
    if found is None:
        return None
    sound = [one for one in found.confirmed if one.score is not None and not one.collapsed]
    return {
        "configurations": found.configurations,
        "failed": found.failed,
        "collapsed": found.collapsed,
        "score": found.score,
        "searched": dict(found.values),
        "best_collapsed": found.best_collapsed,
        "confirmed": max((one.score for one in sound if one.score is not None), default=None),
    }
