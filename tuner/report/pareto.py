"""The trade-offs that a search for two objectives found: trials that no other beats in both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from tuner.report.grid import Column, print_grid
from tuner.report.prose import print_prose
from tuner.report.rankings import searched_places
from tuner.search.records import TrialRecord
from tuner.study import ObjectiveSection

__all__ = ["pareto", "pareto_notes", "print_pareto"]

_SHOWN = 8
"""Trade-offs that the terminal lists at most."""


def pareto(records: Sequence[TrialRecord], objective: ObjectiveSection) -> list[dict[str, Any]]:
    """The trials that no other one beats: as good in both values, and better in one.

    Args:
        records: Trials of a search for two objectives. Those without a score, and those that
            collapsed, count for nothing.
        objective: Of the study.

    Returns:
        For each ``trial`` its ``score``, the value ``against`` it and what was ``searched``, the
        best score first; of trials that are equal in both values the earliest first.
    """
    fewer = objective.directions[-1] == "minimize"
    found: list[tuple[float, float, TrialRecord]] = []
    for score, cost, record in sorted(_sound(records, fewer), key=_order):
        if not found or cost < found[-1][1] or (score, cost) == found[-1][:2]:
            found.append((score, cost, record))
    return [
        {
            "trial": record.number,
            "score": score,
            "against": int(cost) if fewer else -cost,
            "searched": dict(record.values),
        }
        for score, cost, record in found
    ]


def _sound(records: Sequence[TrialRecord], fewer: bool) -> list[tuple[float, float, TrialRecord]]:
    return [
        (record.score, record.against if fewer else -record.against, record)
        for record in records
        if record.score is not None and record.against is not None and not record.collapsed
    ]


def _order(one: tuple[float, float, TrialRecord]) -> tuple[float, float, int]:
    score, cost, record = one
    return -score, cost, record.number


def print_pareto(console: Console, content: Mapping[str, Any]) -> None:
    """A table of trade-offs and what it says; nothing in a search for one objective."""
    if not content["pareto"]:
        return
    _print_table(console, content)
    count = len(content["pareto"])
    listed = [f"{_SHOWN} of {count} are listed; all are in results.json"] * (count > _SHOWN)
    for line in (*listed, *pareto_notes(content)):
        print_prose(console, line)
    console.print()


def pareto_notes(content: Mapping[str, Any]) -> list[str]:
    """What the trade-offs of ``results.json`` say, and what they do not."""
    objective, rows = content["objective"], content["pareto"]
    trade = f"{objective['metric']} against {objective['against']}"
    count = f"{len(rows)} trial{'s' if len(rows) != 1 else ''}"
    return [
        f"trade-off of {trade}: {count} that no other beats in both",
        _winner_note(content),
        "each was picked for a high validation score: on new rows expect less, and another order "
        "where they lie close",
    ]


def _winner_note(content: Mapping[str, Any]) -> str:
    """Which of them won, and by what."""
    best, front = content["best"], {row["trial"] for row in content["pareto"]}
    beside = "" if best["trial"] in front else ", and is not one of these trade-offs"
    if not best["test"]:
        return f"trial {best['trial']} {_chosen(content)}{beside}"
    return (
        f"the winner, trial {best['trial']}, {_chosen(content)}{beside}; "
        "the others have no test score"
    )


def _chosen(content: Mapping[str, Any]) -> str:
    """What the winner is the best by: a trial that was trained again goes before all others."""
    metric, best = content["objective"]["metric"], content["best"]
    again = {one["trial"]: one for one in (content["confirmation"] or {"trials": ()})["trials"]}
    own = again.get(best["trial"])
    if own and own["score"] is not None and not own["collapsed"]:
        return f"was chosen by its confirmed {metric}, {own['score']:.3f}"
    among = ""
    if again and not own:
        among = ", of those that were not trained again"
    elif best["validation"][metric] < content["pareto"][0]["score"]:
        among = ", of those that could be made"
    return f"is the best by validation {metric} alone{among}"


def _print_table(console: Console, content: Mapping[str, Any]) -> None:
    objective, rows = content["objective"], _spread(content["pareto"])
    places = searched_places(rows)
    count = objective["against"] == "parameters"
    against = "parameters" if count else f"validation {objective['against']}"
    names = ("trial", f"validation {objective['metric']}", against, *places)
    columns = [Column(name, number=name in ("trial", "parameters")) for name in names]
    lines = []
    for row in rows:
        cells = [str(row["searched"].get(path, "")) for path in places.values()]
        value = f"{row['against']:,}" if count else f"{row['against']:.3f}"
        lines.append([str(row["trial"]), f"{row['score']:.3f}", value, *cells])
    print_grid(console, columns, lines)


def _spread(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The ends and what lies evenly between them, where there are too many to be listed."""
    if len(rows) <= _SHOWN:
        return list(rows)
    return [rows[round(at * (len(rows) - 1) / (_SHOWN - 1))] for at in range(_SHOWN)]
