"""What a person sees in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from tuner.report.baselines import baseline_notes, beaten_line, print_baselines
from tuner.report.comparison import print_comparisons, verdict_lines
from tuner.report.confirmation import confirmation_line
from tuner.report.data_lines import print_columns, print_data, print_findings
from tuner.report.engines import engine_line
from tuner.report.grid import Column, print_grid
from tuner.report.health import collapsed_line
from tuner.report.importance import print_importance
from tuner.report.learned import learned_lines
from tuner.report.levels import other_level_line
from tuner.report.lines import caveat_line, counts_line, ending_line, headline, known_scores
from tuner.report.pareto import print_pareto
from tuner.report.prose import print_prose
from tuner.report.random_search import random_line
from tuner.report.rankings import print_leaders, print_rankings
from tuner.report.scores import brier_line, networks_line, print_scores
from tuner.report.values import spelled_value

__all__ = ["print_columns", "print_data", "print_findings", "print_report"]


def print_report(
    console: Console, content: Mapping[str, Any], folder: Path, searched: bool = False
) -> None:
    """The results for a person, ending with the one line that says it all.

    Args:
        console: Where to print.
        content: The content of ``results.json``.
        folder: The run folder.
        searched: Whether a search has just ended and said why.
    """
    best = content["best"]
    _print_lines(console, (counts_line if searched else ending_line)(content["trials"]))
    for reason, count in content["trials"]["failures"].items():
        print_prose(console, f"  failed: {reason} ({count})")
    _print_lines(console, engine_line(content["engine"]), collapsed_line(content["health"]))
    if best is None:
        return
    print_leaders(console, content)
    _print_lines(console, confirmation_line(content))
    console.print()
    print_pareto(console, content)
    print_rankings(console, content["choices"], content["default"])
    if line := random_line(content):
        print_prose(console, f"{line}\n")
    print_importance(console, content["importance"])
    _print_values(console, best)
    console.print()
    if best["test"] is None:
        _print_warnings(console, content)
        print_prose(console, headline(content), "bold")
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
    print_prose(console, f"report and model: {folder}")
    _print_lines(console, *verdict_lines(content), beaten_line(content))
    print_prose(console, headline(content), "bold")


def _print_lines(console: Console, *lines: str) -> None:
    """Each on a line of its own; empty ones not at all."""
    for line in filter(None, lines):
        print_prose(console, line)


def _print_warnings(console: Console, content: Mapping[str, Any]) -> None:
    _print_lines(console, *(f"warning: {warning}" for warning in content["warnings"]))


def _print_values(console: Console, best: Mapping[str, Any]) -> None:
    # A key that is cut or folded is no key.
    columns = [Column("best configuration", whole=True), Column("value")]
    rows = [[key, spelled_value(value)] for key, value in best["hyperparameters"].items()]
    print_grid(console, columns, rows)
