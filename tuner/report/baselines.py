"""The simple models beside the winner, for all who read a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from tuner.evaluate.baselines.results import BaselineResult
from tuner.report.grid import Column, print_grid

__all__ = [
    "baseline_notes",
    "baseline_rows",
    "baselines_section",
    "beaten_line",
    "print_baselines",
]


def baselines_section(
    found: Sequence[BaselineResult], notes: Sequence[str]
) -> dict[str, Any] | None:
    """The part of ``results.json``; None where there are no simple models.

    Args:
        found: What each reached, in the order of the registry.
        notes: What of the data they did not see.
    """
    if not found:
        return None
    return {"models": [one.to_json() for one in found], "notes": list(notes)}


def baseline_rows(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The winner and the simple models, the best test F1 first; those without a score last.

    Args:
        content: The content of ``results.json``.

    Returns:
        For each: ``label``, ``state``, ``validation``, ``test`` and ``seconds``, which the winner
        has not. Nothing where there are no simple models.
    """
    best, models = content["best"], _models(content)
    if not models:
        return []
    network = {
        "label": f"the network, trial {best['trial']}",
        "state": "finished",
        "validation": best["validation"],
        "test": best["test"],
        "seconds": None,
    }
    # Equal ones stay in their order, the network first.
    return sorted([network, *models], key=_test_f1, reverse=True)


def _models(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return content["baselines"]["models"] if content["baselines"] else []


def _test_f1(row: Mapping[str, Any]) -> float:
    return float(row["test"]["minority_f1"]) if row["test"] else -1.0


def print_baselines(console: Console, content: Mapping[str, Any]) -> None:
    """The table in the terminal."""
    rows = [row for row in baseline_rows(content) if row["test"]]
    if not rows:
        return
    names = ("test F1", "95 % CI", "validation F1")
    columns = [Column("on the same rows"), *(Column(name, number=True) for name in names)]
    cells = []
    for row in rows:
        low, high = row["test"]["ci95"]
        scores = (f"{row[part]['minority_f1']:.3f}" for part in ("test", "validation"))
        test, validation = scores
        cells.append([row["label"], test, f"{low:.2f}–{high:.2f}", validation])
    console.print()
    print_grid(console, columns, cells)


def baseline_notes(section: Mapping[str, Any] | None) -> list[str]:
    """Which models have no score and why, and what must be known of the others.

    Args:
        section: The part of ``results.json``.
    """
    if section is None:
        return []
    lines = [f"note: {note}" for note in section["notes"]]
    for model in section["models"]:
        if model["reason"]:
            lines.append(f"{model['label']}: {model['state']}: {model['reason']}")
        lines += [f"note: {model['label']}: {note}" for note in model["notes"]]
    return lines


def beaten_line(content: Mapping[str, Any]) -> str:
    """Which simple model has a higher test F1 than the winner; empty where none has.

    Example:
        >>> def scored(test, low, high, validation):
        ...     tested = {"minority_f1": test, "ci95": [low, high]}
        ...     return {"test": tested, "validation": {"minority_f1": validation}}
        >>> forest = {"label": "random forest", "reason": "", **scored(0.91, 0.82, 0.97, 0.85)}
        >>> content = {"baselines": {"models": [forest]}, "best": scored(0.88, 0.8, 0.9, 0.87)}
        >>> beaten_line(content)[:81]
        'random forest reaches 0.91 (95 % CI 0.82–0.97) on the same test rows, more than t'
    """
    better = [row for row in _models(content) if _test_f1(row) > _test_f1(content["best"])]
    if not better:
        return ""
    one = max(better, key=_test_f1)
    low, high = one["test"]["ci95"]
    reached, network = _told_apart(_test_f1(one), _test_f1(content["best"]))
    parts = [row["validation"]["minority_f1"] for row in (one, content["best"])]
    validation = " against ".join(_told_apart(*parts))
    more = ""
    if len(better) > 1:
        others = len(better) - 1
        more = f"; so do {others} other simple models" if others > 1 else "; so does another one"
    return (
        f"{one['label']} reaches {reached} (95 % CI {low:.2f}–{high:.2f}) on the same test rows,"
        f" more than the network's {network} (validation {validation}){more}"
    )


def _told_apart(one: float, other: float) -> tuple[str, str]:
    """Two scores with two digits, or with as many as they differ in."""
    digits = next((d for d in range(2, 7) if f"{one:.{d}f}" != f"{other:.{d}f}"), 2)
    return f"{one:.{digits}f}", f"{other:.{digits}f}"
