"""From scores of outer folds to the table: means, mean rank and wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy.stats import rankdata

from scoreboard.protocol import RULES, Told, chosen, scores, threshold
from scoreboard.sources import METRICS

__all__ = [
    "Line",
    "all_teams",
    "best_on_test",
    "lines",
    "nested",
    "nested_choice",
    "on_test",
    "small_grid",
]

Scores = Mapping[str, float]
Answer = tuple[Told, Any, Any]
"""What was told of an outer fold, the classes of its training rows and those of its test rows."""


@dataclass(frozen=True)
class Line:
    """One row of the table.

    Attributes:
        title: What it is.
        kind: How its choices were made.
        f1: Mean over sets, as are `gmean` and `auc`.
        rank: Mean rank by F1 among all rows, 1 is best; equal ones share theirs.
        wins: Sets in which no row has a better F1.
    """

    title: str
    kind: str
    f1: float
    gmean: float
    auc: float
    rank: float
    wins: int


def nested(answers: Sequence[Answer], team: int) -> dict[str, float]:
    """Mean scores of the outer folds, where each one's own training rows choose.

    Args:
        answers: Of the outer folds of one set.
        team: How many candidates are averaged.
    """
    folds = []
    for told, train, test in answers:
        members, cut = nested_choice(told, train, team)
        folds.append(scores(test, told.outside[members].mean(axis=0), cut))
    return _mean(folds)


def nested_choice(told: Told, train: Any, team: int) -> tuple[Any, float]:
    """Which candidates are averaged, and the threshold; nothing of the test rows has a say."""
    members = chosen(train, told.inside, team)
    return members, threshold("tuned", train, told.inside[members].mean(axis=0))


def small_grid(count: int, team: int) -> list[list[int]]:
    """Each candidate alone; and all together, if `team` says that candidates are averaged."""
    return [[number] for number in range(count)] + [[*range(count)]] * (team > 1)


def all_teams(count: int) -> list[list[int]]:
    """Every choice of candidates."""
    sizes = range(1, count + 1)
    return [[*team] for size in sizes for team in combinations(range(count), size)]


def on_test(
    answers: Sequence[Answer], teams: Sequence[list[int]]
) -> dict[tuple[int, ...], list[dict[str, float]]]:
    """Of each team the mean scores over the outer folds of one set, by every rule.

    Args:
        answers: Of the outer folds of one set.
        teams: Candidates whose mean is taken.
    """
    found: dict[tuple[int, ...], list[dict[str, float]]] = {}
    for members in teams:
        for rule in RULES:
            folds = []
            for told, train, test in answers:
                cut = threshold(rule, train, told.inside[members].mean(axis=0))
                folds.append(scores(test, told.outside[members].mean(axis=0), cut))
            found.setdefault(tuple(members), []).append(_mean(folds))
    return found


def best_on_test(
    found: Mapping[tuple[int, ...], Sequence[Scores]], teams: Sequence[list[int]]
) -> dict[str, float]:
    """Of each metric the best of these teams and all rules.

    This is how the published rows were made, and it promises too much: test rows choose.

    Args:
        found: What `on_test` found.
        teams: Some of its teams.
    """
    return {
        metric: max(one[metric] for team in teams for one in found[tuple(team)])
        for metric in METRICS
    }


def _mean(folds: Sequence[Scores]) -> dict[str, float]:
    return {metric: float(np.mean([one[metric] for one in folds])) for metric in METRICS}


def lines(rows: Mapping[tuple[str, str], Mapping[str, Scores]], sets: Sequence[str]) -> list[Line]:
    """The lines of the table, best F1 first.

    Args:
        rows: Of each title and kind the scores, by set.
        sets: Sets that every row has.
    """
    f1 = np.array([[row[name]["f1"] for name in sets] for row in rows.values()])
    # Scores that differ by rounding only are equal.
    ranks = rankdata(-f1.round(9), axis=0)
    wins = (f1.round(9) == f1.round(9).max(axis=0)).sum(axis=1)
    made = [
        Line(
            *key,
            *(float(np.mean([row[name][metric] for name in sets])) for metric in METRICS),
            rank=float(own.mean()),
            wins=int(won),
        )
        for (key, row), own, won in zip(rows.items(), ranks, wins, strict=True)
    ]
    return sorted(made, key=lambda line: -line.f1)
