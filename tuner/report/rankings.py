"""Leaders, and entries by rank, in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from tuner.report.choices import PLACES

__all__ = ["leaders_table", "print_rankings", "ranking_note"]

_RANKED = ("imbalance.strategy", "model.activation")
"""What a person came for; the page ranks all places."""


def leaders_table(content: Mapping[str, Any]) -> Table:
    """The best trials with what the search chose for them."""
    metric = content["objective"]["metric"]
    searched = {
        title: path
        for path, title in PLACES.items()
        if any(path in leader["searched"] for leader in content["leaders"])
    }
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("trial", f"validation {metric}", *searched):
        # Names are folded where the terminal is narrow, and never cut.
        table.add_column(name, overflow="fold", justify="right" if name == "trial" else "left")
    for leader in content["leaders"]:
        cells = [str(leader["searched"].get(path, "")) for path in searched.values()]
        score = f"{leader['score']:.3f}{' (collapsed)' * leader['collapsed']}"
        table.add_row(str(leader["trial"]), score, *cells)
    return table


def print_rankings(console: Console, choices: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """A table for strategies and one for activations, where they were searched."""
    tables = {path: choices[path] for path in _RANKED if path in choices}
    for path, rows in tables.items():
        console.print(_ranking(PLACES[path], rows))
        console.print()
    if tables:
        console.print(ranking_note([*tables.values()]), soft_wrap=True)
        console.print()


def _ranking(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    columns = ["trials", "best", "median"]
    columns += ["collapsed"] if any(row["collapsed"] for row in rows) else []
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column(title, overflow="fold")
    for name in columns:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(row["value"], *(_cell(row[name]) for name in columns))
    return table


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def ranking_note(rankings: Sequence[Sequence[Mapping[str, Any]]]) -> str:
    """How much a ranking says."""
    unequal = any(len({row["trials"] for row in rows}) > 1 for rows in rankings)
    if unequal:
        return (
            "trials per value differ, and more trials make a higher best: no test of a difference"
        )
    return "trials differ by chance and in what else was searched: no test of a difference"
