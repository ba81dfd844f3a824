"""What mattered: values compared, importance, simple models, rankings, trade-offs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner.report.baselines import baseline_notes, baseline_rows
from tuner.report.choices import PLACES
from tuner.report.comparison import (
    VERDICTS,
    comparison_notes,
    comparison_rows,
    context_places,
    factor_title,
)
from tuner.report.curves import Curves
from tuner.report.importance import importance_lines, of_trials
from tuner.report.pareto import pareto_notes
from tuner.report.pictures.bars import importance_bars, scores_with_intervals
from tuner.report.pictures.ranks import critical_difference
from tuner.report.pictures.search import trade_off
from tuner.report.pictures.svg import svg
from tuner.report.random_search import random_line
from tuner.report.rankings import default_line, ranking_note
from tuner.report.sections.section import Section, sentence

__all__ = ["compared", "mattered"]

_DRAWN = 16
"""Values that fit into a critical-difference picture."""


def mattered(content: Mapping[str, Any], curves: Curves) -> Section | None:
    """The section; None where nothing can be told."""
    parts = {
        "comparisons": [compared(one, at) for at, one in enumerate(content["comparison"])],
        "importance": _importance(content["importance"]),
        "models": _models(content),
        "choices": content["choices"],
        "trade_offs": _trade_offs(content, curves),
        "beside": sentence(random_line(content)),
    }
    if not any(parts.values()):
        return None
    notes = {
        "verdicts": VERDICTS,
        "places": PLACES,
        "note": sentence(ranking_note([*content["choices"].values()])),
        "default": sentence(default_line(content["default"])),
        "of_trials": of_trials,
    }
    return Section("mattered", "What mattered", {**parts, **notes})


def compared(one: Mapping[str, Any], at: int) -> dict[str, Any]:
    """A factor that was compared.

    Args:
        one: An entry of ``comparison`` of ``results.json``.
        at: Its place there.
    """
    rows = comparison_rows(one)
    picture = None
    if len(rows) <= _DRAWN:
        ranks = ", ".join(f"{row['name']} {row['rank']:.2f}" for row in rows)
        told = f"Mean ranks of the values of {factor_title(one)}, the best first: {ranks}."
        picture = svg(critical_difference(one), f"ranks-{at}", told)
    return {
        **one,
        "title": factor_title(one),
        "told": sentence(one["verdict"]),
        "rows": rows,
        "notes": [sentence(note) for note in comparison_notes(one)],
        "places": context_places(one),
        "picture": picture,
    }


def _importance(section: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not section:
        return None
    picture, rows = None, section["places"]
    if rows:
        first = ", ".join(f"{row['place']} {row['share']:.2f}" for row in rows[:5])
        told = f"Share of the scores that each place explains alone, the first: {first}."
        picture = svg(importance_bars(rows), "importance", told)
    notes = [sentence(line) for line in importance_lines(section)]
    return {**section, "notes": notes, "picture": picture}


def _models(content: Mapping[str, Any]) -> dict[str, Any] | None:
    rows = baseline_rows(content)
    if not rows:
        return None
    tested = [row for row in rows if row["test"]]
    named = "; ".join(f"{row['label']} {row['test']['minority_f1']:.2f}" for row in tested)
    told = f"Test F1 with 95 % intervals, the best first: {named}."
    drawn = [
        (row["label"], row["test"]["minority_f1"], row["test"]["ci95"], row["seconds"] is None)
        for row in tested
    ]
    return {
        "rows": rows,
        "notes": [sentence(note) for note in baseline_notes(content["baselines"])],
        "picture": svg(scores_with_intervals(drawn), "models", told) if tested else None,
    }


def _trade_offs(content: Mapping[str, Any], curves: Curves) -> dict[str, Any] | None:
    rows = content["pareto"]
    if not rows:
        return None
    objective = content["objective"]
    ends = f"from {rows[-1]['score']:.3f} at {rows[-1]['against']:g} to {rows[0]['score']:.3f} at "
    told = (
        f"Validation {objective['metric']} against {objective['against']}: the {len(rows)} trials "
        f"that no other beats in both go {ends}{rows[0]['against']:g}."
    )
    drawn = any(record.against is not None for record in curves.records)
    picture = svg(trade_off(curves.records, rows, objective), "trade-off", told) if drawn else None
    return {
        "rows": rows,
        "notes": [sentence(note) for note in pareto_notes(content)],
        "names": list(dict.fromkeys(name for row in rows for name in row["searched"])),
        "picture": picture,
    }
