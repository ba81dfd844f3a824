"""What a search will cost, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from tuner.report.prose import print_prose
from tuner.report.time_left import duration

__all__ = ["print_cost"]


def print_cost(console: Console, cost: Mapping[str, Any]) -> None:
    """What one network took, and what the search will take."""
    folds, trials = cost["folds"], cost["trials"]
    each = f" of {folds} folds" if folds > 1 else ""
    others = ", the winner and the comparisons" if cost["comparing"] else " and the winner"
    epochs = f"{cost['epochs']} epoch{'s' if cost['epochs'] != 1 else ''}"
    print_prose(
        console,
        f"cost: one network of the default configuration took {cost['network_seconds']:.1f} s "
        f"({epochs}); {trials} trial{'s' if trials != 1 else ''}{each}{others} take "
        f"about {duration(cost['seconds'])}{_limit(cost)}; other layers, units and batch sizes "
        "take more or less",
    )


def _limit(cost: Mapping[str, Any]) -> str:
    if cost["time_limit"] is None:
        return ""
    limit = duration(cost["time_limit"])
    if cost["limited"]:
        return f" (the time limit of {limit} ends the search before the last trial)"
    return f" (time limit {limit})"
