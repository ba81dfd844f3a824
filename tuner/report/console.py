"""What a person sees in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tuner.report.baselines import baseline_notes, beaten_line, print_baselines
from tuner.report.comparison import print_comparisons, verdict_lines
from tuner.report.confirmation import confirmation_line
from tuner.report.data_lines import print_columns, print_data, print_findings
from tuner.report.engines import engine_line
from tuner.report.health import collapsed_line
from tuner.report.importance import print_importance
from tuner.report.learned import learned_lines
from tuner.report.levels import other_level_line
from tuner.report.lines import caveat_line, ending_line, headline, known_scores
from tuner.report.pareto import print_pareto
from tuner.report.random_search import random_line
from tuner.report.rankings import leaders_table, print_rankings
from tuner.report.scores import brier_line, networks_line, print_scores

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
    _print_lines(console, engine_line(content["engine"]), collapsed_line(content["health"]))
    if best is None:
        return
    console.print(leaders_table(content))
    _print_lines(console, confirmation_line(content))
    console.print()
    print_pareto(console, content)
    print_rankings(console, content["choices"], content["default"])
    if line := random_line(content):
        console.print(f"{line}\n", soft_wrap=True)
    print_importance(console, content["importance"])
    console.print(_values(best))
    console.print()
    if best["test"] is None:
        _print_warnings(console, content)
        console.print(headline(content), soft_wrap=True, style="bold")
        return
    print_scores(console, content)
    _print_lines(console, other_level_line(content))
    _print_lines(console, networks_line(best), brier_line(best), *learned_lines(best["learned"]))
    print_baselines(console, content)
    _print_lines(console, *baseline_notes(content["baselines"]))
    print_comparisons(console, content)
    print_findings(console, content["findings"])
    _print_warnings(console, content)
    _print_lines(console, known_scores(content), caveat_line(content["data"]))
    console.print(f"report and model: {folder}", soft_wrap=True)
    _print_lines(console, *verdict_lines(content), beaten_line(content))
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
