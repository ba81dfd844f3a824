"""What was measured: gathered from finished pieces, told, and written."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from scoreboard.protocol import FOLDS, SEEDS, Contender, outer_folds
from scoreboard.sources import METRICS, Rows
from scoreboard.state import Piece, State, pieces
from scoreboard.tables import Answer, all_teams, best_on_test, lines, nested, on_test, small_grid

__all__ = ["BEGIN", "END", "finished_seeds", "markdown", "measured", "write"]

HONEST, OPTIMISTIC = "training rows", "test rows"
BEGIN, END = "<!-- benchmarks/published.py writes this table -->\n", "<!-- to here -->\n"
_HEADS = ("F1", "G-mean", "AUC", "mean rank", "wins", "seeds")

Published = Mapping[str, Mapping[str, Mapping[str, float]]]


def finished_seeds(
    sets: Mapping[str, Rows], state: State, key: str, contender: Contender
) -> list[int]:
    """Seeds of which a contender has all folds of all sets."""
    return [
        seed
        for seed in SEEDS
        if all(state.has(piece, contender.identity) for piece in pieces(sets, [seed], [key]))
    ]


def measured(
    sets: Mapping[str, Rows],
    state: State,
    contenders: Mapping[str, Contender],
    published: Published,
) -> dict[str, Any]:
    """Everything that the table tells, as plain values."""
    rows: dict[tuple[str, str], Mapping[str, Any]] = {
        (f"{name}, published", OPTIMISTIC): scores for name, scores in published.items()
    }
    seeds = {f"{name}, published": [*SEEDS] for name in published}
    best = {"published rows": _means([_best_published(published, name) for name in sets])}
    for key, contender in contenders.items():
        if not (done := finished_seeds(sets, state, key, contender)):
            continue
        seeds[contender.title] = done
        answers = {
            name: _answers(one, name, done, state, key, contender) for name, one in sets.items()
        }
        rows[contender.title, HONEST] = {
            name: nested(own, contender.team) for name, own in answers.items()
        }
        count = len(answers[next(iter(sets))][0][0].names)
        few = small_grid(count, contender.team)
        many = all_teams(count) if contender.team > 1 else few
        reached = {name: on_test(own, many) for name, own in answers.items()}
        rows[contender.title, OPTIMISTIC] = {
            name: best_on_test(one, few) for name, one in reached.items()
        }
        best[contender.title] = _means([best_on_test(one, many) for one in reached.values()])
    return {
        "sets": len(sets),
        "folds": FOLDS,
        "table": [{**asdict(line), "seeds": seeds[line.title]} for line in lines(rows, list(sets))],
        "best_of_everything": best,
        "by_set": [
            {"row": title, "choices": kind, "set": name, **scores}
            for (title, kind), row in rows.items()
            for name, scores in row.items()
        ],
    }


def _means(many: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {metric: float(np.mean([one[metric] for one in many])) for metric in METRICS}


def _best_published(published: Published, name: str) -> dict[str, float]:
    return {metric: max(row[name][metric] for row in published.values()) for metric in METRICS}


def _answers(
    rows: Rows, name: str, seeds: list[int], state: State, key: str, contender: Contender
) -> list[Answer]:
    """What a contender said of a set, with the classes of training and test rows."""
    found = []
    for seed in seeds:
        for fold, (learned, tested) in enumerate(outer_folds(rows.y, seed)):
            told = state.read(Piece(seed, name, fold, key), contender.identity)
            found.append((told, rows.y[learned], rows.y[tested]))
    return found


def _short(table: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of the published lines only the best of each classifier."""
    first: dict[str, Mapping[str, Any]] = {}
    for line in table:
        published = line["title"].endswith(", published")
        key = line["title"].split(" + ")[0] if published else f"{line['title']}, {line['kind']}"
        first.setdefault(key, line)
    return list(first.values())


def markdown(found: Mapping[str, Any], short: bool = False) -> str:
    """The table as text.

    Args:
        found: What was measured.
        short: Leaves out all published lines but the best of each classifier.
    """
    text = [f"| | choices made by | {' | '.join(_HEADS)} |", f"|---|---|{'---|' * len(_HEADS)}"]
    for line in _short(found["table"]) if short else found["table"]:
        means = [f"{line[metric]:.3f}" for metric in METRICS]
        counts = [f"{line['rank']:.1f}", str(line["wins"]), str(len(line["seeds"]))]
        text.append(f"| {' | '.join([line['title'], line['kind'], *means, *counts])} |")
    for title, told in found["best_of_everything"].items():
        best = " | ".join(f"{told[metric]:.3f}" for metric in METRICS)
        text.append(f"| *{title}: best of everything, set by set* | {OPTIMISTIC} | {best} | | | |")
    return "\n".join(text) + "\n"


def write(found: Mapping[str, Any], folder: Path, page: Path) -> None:
    """Keeps what was measured, and puts the table between its marks in the page."""
    folder.mkdir(exist_ok=True)
    short = {key: value for key, value in found.items() if key != "by_set"}
    (folder / "published.json").write_text(json.dumps(short, indent=2) + "\n", encoding="utf-8")
    (folder / "published.md").write_text(markdown(found), encoding="utf-8")
    with (folder / "published.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(found["by_set"][0]), lineterminator="\n")
        writer.writeheader()
        for line in found["by_set"]:
            writer.writerow({k: round(v, 4) if k in METRICS else v for k, v in line.items()})
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    page.write_text(f"{before}{begin}{markdown(found, short=True)}{end}{after}", encoding="utf-8")
