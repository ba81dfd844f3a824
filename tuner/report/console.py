"""What a person sees in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tuner.report.data_lines import print_columns, print_data, print_findings
from tuner.report.health import collapsed_line
from tuner.report.learned import learned_lines
from tuner.report.lines import caveat_line, ending_line, headline, known_scores
from tuner.report.rankings import leaders_table, print_rankings
from tuner.report.scores import brier_line, print_scores

__all__ = ["print_columns", "print_data", "print_findings", "print_report"]


def print_report(console: Console, content: Mapping[str, Any], folder: Path) -> None:
    """The results for a person, ending with the one line that says it all.

    Args:
        console: Where to print.
        content: The content of ``results.json``.
        folder: The run folder.
    """
    best = content["best"]
    console.print(ending_line(content["trials"]))
    for reason, count in content["trials"]["failures"].items():
        console.print(f"  failed: {reason} ({count})", soft_wrap=True)
    _print_lines(console, collapsed_line(content["health"]))
    if best is None:
        return
    console.print(leaders_table(content))
    console.print()
    print_rankings(console, content["choices"])
    console.print(_values(best))
    console.print()
    if best["test"] is None:
        _print_warnings(console, content)
        console.print(headline(content), soft_wrap=True, style="bold")
        return
    print_scores(console, content)
    _print_lines(console, brier_line(best), *learned_lines(best["learned"]))
    print_findings(console, content["findings"])
    _print_warnings(console, content)
    _print_lines(console, known_scores(content["data"]), caveat_line(content["data"]))
    console.print(f"report and model: {folder}", soft_wrap=True)
    console.print(headline(content), soft_wrap=True, style="bold")


def _print_lines(console: Console, *lines: str) -> None:
    """Each on a line of its own, however wide the terminal is; empty ones not at all."""
    for line in filter(None, lines):
        console.print(line, soft_wrap=True)


def _print_warnings(console: Console, content: Mapping[str, Any]) -> None:
    _print_lines(console, *(f"warning: {warning}" for warning in content["warnings"]))


def _values(best: Mapping[str, Any]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    # Where the terminal is narrow, values are folded; a key that is cut is no key.
    table.add_column("best configuration", no_wrap=True)
    table.add_column("value", overflow="fold")
    for key, value in best["hyperparameters"].items():
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        table.add_row(key, shown)
    return table
