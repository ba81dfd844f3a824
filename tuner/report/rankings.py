"""Leaders, and entries by rank, in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from tuner.report.choices import PLACES
from tuner.report.confirmation import confirmed_text
from tuner.report.grid import Column, print_grid
from tuner.report.prose import print_prose

__all__ = ["default_line", "print_leaders", "print_rankings", "ranking_note", "searched_places"]

_RANKED = ("imbalance.strategy", "model.activation")
"""What a person came for; the page ranks all places."""
_RARE = ("over_default", "over_random", "collapsed")
"""Columns that are shown where they say something."""


def print_leaders(console: Console, content: Mapping[str, Any]) -> None:
    """The five best trials, and the winner, with what the search chose for them."""
    leaders, winner = _leaders(content)
    searched = searched_places(leaders)
    confirmed = ["confirmed"] * bool(content["confirmation"])
    score = f"validation {content['objective']['metric']}"
    names = (score, *confirmed, *searched, *["winner"] * (winner >= 0))
    rows = [
        [
            str(leader["trial"]),
            f"{leader['score']:.3f}{' (collapsed)' * leader['collapsed']}",
            *[confirmed_text(content, leader["trial"])] * len(confirmed),
            *(str(leader["searched"].get(path, "")) for path in searched.values()),
            *["yes" * (place == winner)] * (winner >= 0),
        ]
        for place, leader in enumerate(leaders)
    ]
    print_grid(console, [Column("trial", number=True), *map(Column, names)], rows, winner)


def _leaders(content: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], int]:
    """The best trials, and the place of the winner among them, which comes last if it is none.

    Below 0 where there is no winner.
    """
    leaders, best = list(content["leaders"]), content["best"]
    if not best["test"]:
        return leaders, -1
    trials = [leader["trial"] for leader in leaders]
    if best["trial"] in trials:
        return leaders, trials.index(best["trial"])
    score = best["validation"][content["objective"]["metric"]]
    won = {"trial": best["trial"], "score": score, "collapsed": False}
    return [*leaders, {**won, "searched": best["searched"]}], len(leaders)


def searched_places(trials: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The places with entries by name that one of these trials searched, by what they are called.

    Args:
        trials: Each with what was ``searched``.
    """
    return {
        title: path
        for path, title in PLACES.items()
        if any(path in trial["searched"] for trial in trials)
    }


def print_rankings(
    console: Console,
    choices: Mapping[str, Sequence[Mapping[str, Any]]],
    default: Mapping[str, Any] | None = None,
) -> None:
    """A table for strategies and one for activations, where they were searched.

    Args:
        console: Where to print.
        choices: See `tuner.report.choices`.
        default: The trial that had the default configuration, as there.
    """
    tables = {path: choices[path] for path in _RANKED if path in choices}
    for path, rows in tables.items():
        _print_ranking(console, PLACES[path], rows)
        console.print()
    if tables:
        over = any(row["over_default"] for rows in tables.values() for row in rows)
        told = [default_line(default)] * over
        for line in filter(None, (*told, ranking_note([*tables.values()]))):
            print_prose(console, line)
        console.print()


def _print_ranking(console: Console, title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    columns = ["trials", "best", "over_default", "over_random", "median", "collapsed"]
    columns = [one for one in columns if one not in _RARE or any(row[one] for row in rows)]
    numbers = [Column(name.replace("_", " "), number=True) for name in columns]
    cells = [[row["value"], *(_cell(name, row[name]) for name in columns)] for row in rows]
    print_grid(console, [Column(title), *numbers], cells)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if name.startswith("over_"):
        return f"{value:+.3f}"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def default_line(default: Mapping[str, Any] | None) -> str:
    """What the default configuration reached; empty where it was not tried or has no score.

    Example:
        >>> default_line({"trial": 0, "score": 0.8125, "collapsed": False})
        'over default: more than trial 0, the default of every place, which has 0.812'
    """
    if default is None or default["score"] is None:
        return ""
    return (
        f"over default: more than trial {default['trial']}, the default of every place, "
        f"which has {default['score']:.3f}{' (collapsed)' * default['collapsed']}"
    )


def ranking_note(rankings: Sequence[Sequence[Mapping[str, Any]]]) -> str:
    """How much a ranking says."""
    unequal = any(len({row["trials"] for row in rows}) > 1 for rows in rankings)
    if unequal:
        return (
            "trials per value differ, and more trials make a higher best: no test of a difference"
        )
    return "trials differ by chance and in what else was searched: no test of a difference"
