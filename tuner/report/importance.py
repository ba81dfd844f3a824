"""How much each place mattered to the search, for all who read a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from tuner.report.grid import Column, print_grid
from tuner.report.prose import print_prose

__all__ = ["importance_lines", "of_trials", "print_importance"]

_SHOWN = 8
"""Places that the terminal lists at most."""


def print_importance(console: Console, section: Mapping[str, Any] | None) -> None:
    """The most important places in the terminal, or why nothing can be told."""
    if section is None:
        return
    if section["places"]:
        names = ("share", "5–95 %", "by chance")
        columns = [Column("importance"), *(Column(name, number=True) for name in names)]
        rows = []
        for row in section["places"][:_SHOWN]:
            spread = f"{row['low']:.2f}–{row['high']:.2f}"
            label = row["place"] + of_trials(row)
            rows.append([label, f"{row['share']:.2f}", spread, f"{row['chance']:.2f}"])
        print_grid(console, columns, rows)
        if (more := len(section["places"]) - _SHOWN) > 0:
            console.print(f"{more} more in report.html")
    for line in importance_lines(section):
        print_prose(console, line)
    console.print()


def of_trials(row: Mapping[str, Any]) -> str:
    """Which trials a parameter of an entry was judged by; empty for places of all trials."""
    return f", of {row['trials']} trials with {row['entry']}" if row["entry"] else ""


def importance_lines(section: Mapping[str, Any]) -> list[str]:
    """What the shares are of, which of them say something, and why there are none.

    Args:
        section: The part of ``results.json``.
    """
    if section["reason"]:
        return [f"importance of places: not told, {section['reason']}"]
    above = [row["place"] for row in section["places"] if row["share"] > row["chance"]]
    return [
        f"importance: share of what the places explain alone of the scores of {section['trials']} "
        "trials (fANOVA); not above chance, it is noise",
        f"above chance: {', '.join(above)}" if above else "no place is above chance",
    ]
