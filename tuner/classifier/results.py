"""What is kept of a search for people to look at."""

from __future__ import annotations

import pandas as pd

from tuner.search.run import SearchResult

__all__ = ["confirmed_score", "trials_frame"]


def confirmed_score(result: SearchResult, number: int) -> float | None:
    """What a trial reached when it was trained again on other folds; None where it was not."""
    found = [one.score for one in result.confirmed if one.trial == number]
    return found[0] if found else None


def trials_frame(result: SearchResult) -> pd.DataFrame:
    """A row for each trial; an inactive hyperparameter is missing.

    The first columns are ``trial``, ``state``, ``score``, ``confirmed``, ``threshold``,
    ``collapsed``, ``seconds`` and ``reason``; then come the searched values by their path.
    """
    rows = [
        {
            "trial": record.number,
            "state": record.state,
            "score": record.score,
            "confirmed": confirmed_score(result, record.number),
            "threshold": record.outcome.get("threshold"),
            "collapsed": record.collapsed,
            "seconds": record.outcome.get("seconds"),
            "reason": record.reason,
            **record.values,
        }
        for record in result.records
    ]
    return pd.DataFrame(rows)
