"""Several runs side by side, in a page and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup
from rich.console import Console

from tuner.report.grid import Column, print_grid
from tuner.report.page import render
from tuner.report.pictures.bars import scores_with_intervals
from tuner.report.pictures.svg import svg
from tuner.report.prose import print_prose
from tuner.report.sections.section import sentence

__all__ = ["print_runs", "runs_page"]


def runs_page(told: Mapping[str, Any]) -> str:
    """The page as text; it needs nothing else.

    Args:
        told: See `tuner.report.runs.side_by_side`.
    """
    return render(
        "runs.html",
        told=told,
        picture=_picture(told["runs"]),
        reasons=[sentence(line) for line in told["reasons"]],
        notes=[sentence(line) for line in told["notes"]],
    )


def _picture(runs: Sequence[Mapping[str, Any]]) -> Markup | None:
    tested = [run for run in runs if run["test"]]
    if not tested:
        return None
    rows = [(run["name"], run["test"]["minority_f1"], run["test"]["ci95"], True) for run in tested]
    named = "; ".join(
        f"{name} {f1:.2f} ({low:.2f} to {high:.2f})" for name, f1, (low, high), _ in rows
    )
    return svg(scores_with_intervals(rows), "runs", f"Test F1 and 95 % interval: {named}.")


def print_runs(console: Console, told: Mapping[str, Any]) -> None:
    """Why some must not be compared, a table of scores, what differs, and what to know."""
    for line in told["reasons"]:
        print_prose(console, f"warning: not to be compared: {line}")
    if told["reasons"]:
        console.print()
    names = ("test F1", "95 % CI", "validation", "trials", "best")
    columns = [Column("run"), *(Column(name, number=True) for name in names)]
    print_grid(console, columns, [[run["name"], *_cells(run)] for run in told["runs"]])
    console.print()
    if told["studies"]:
        heads = [Column("what differs"), *(Column(run["name"]) for run in told["runs"])]
        print_grid(console, heads, [[row["key"], *row["values"]] for row in told["studies"]])
        console.print()
    for line in told["notes"]:
        print_prose(console, f"note: {line}")


def _cells(run: Mapping[str, Any]) -> list[str]:
    test, validation, trial = run["test"], run["validation"], run["trial"]
    scores = ["–", "–"]
    if test:
        scores = [f"{test['minority_f1']:.3f}", f"{test['ci95'][0]:.2f}–{test['ci95'][1]:.2f}"]
    told = "–" if validation is None else f"{validation:.3f}"
    return [*scores, told, str(run["trials"]), "–" if trial is None else f"trial {trial}"]
