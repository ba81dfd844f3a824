"""What is scored: every row, or every group of rows, such as a subject with all its slices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Finding
from tuner.data.findings import counted, shortened
from tuner.errors import Problem
from tuner.metrics.groups import by_group
from tuner.study import Study

__all__ = ["ROWS", "Level", "Scored", "level_findings", "level_problems", "levels_of"]


@dataclass(frozen=True)
class Scored:
    """Predictions as they are scored.

    Attributes:
        labels: Codes, shape ``(scored,)``.
        probabilities: Shape ``(scored, classes)``.
        ids: Which row or group each is of; the same one may have been predicted several times.
        first: The place of its first row among those that were given.
    """

    labels: NDArray[np.int64]
    probabilities: NDArray[Any]
    ids: NDArray[np.int64]
    first: NDArray[np.int64]


@dataclass(frozen=True)
class Level:
    """Rows or groups as what is scored.

    Attributes:
        name: ``row`` or ``group``.
        places: Of a group, how many of its rows must reach a threshold; None for their mean.
    """

    name: Literal["row", "group"]
    places: int | None = 1

    def scored(
        self,
        dataset: Dataset,
        rows: NDArray[np.int64],
        probabilities: NDArray[Any],
        apart: NDArray[np.int64] | None = None,
    ) -> Scored:
        """Predictions of rows as this level scores them.

        Args:
            dataset: Knows the rows' classes and groups.
            rows: Numbers of the rows.
            probabilities: Of these rows, shape ``(rows, classes)``, the minority last.
            apart: What of a group is not put together, such as the fold that predicted a row.
        """
        labels = dataset.labels[rows]
        if self.name == "row":
            return Scored(labels, probabilities, rows, np.arange(len(rows)))
        assert dataset.groups is not None
        group = np.unique(dataset.groups, return_inverse=True)[1][rows]
        key = group if apart is None else apart * (group.max() + 1) + group
        first = np.unique(key, return_index=True)[1]
        return Scored(*by_group(labels, probabilities, key, self.places), group[first], first)


ROWS = Level("row")
"""Every row by itself."""


def levels_of(study: Study, dataset: Dataset) -> tuple[Level, Level | None]:
    """What the study scores, and what else can be: nothing where groups are single rows."""
    group = Level("group", study.objective.places)
    if study.objective.level == "group":
        return group, ROWS
    if dataset.groups is None or len(np.unique(dataset.groups)) == len(dataset):
        return ROWS, None
    return ROWS, group


def level_problems(study: Study, dataset: Dataset) -> list[Problem]:
    """What keeps groups from being scored."""
    if study.objective.level == "row" or dataset.groups is not None:
        return []
    told = "'group' scores groups of rows, such as subjects, and the data has none"
    return [Problem(f"{told}; name them with the data's group, or score rows", _LEVEL)]


_LEVEL = ("objective", "level")


def level_findings(study: Study, dataset: Dataset) -> Iterator[Finding]:
    """Groups of so few rows that scoring them is not what it seems."""
    if study.objective.level == "row" or dataset.groups is None:
        return
    names, counts = np.unique(dataset.groups, return_counts=True)
    if (counts == 1).all():
        message = "every group is a single row, so that groups are scored as rows are"
        yield Finding("warning", "single-row-groups", message, _LEVEL)
        return
    least = study.objective.places or 1
    if (few := names[counts < least]).size:
        yield Finding(
            "warning",
            "small-groups",
            f"{counted(len(few), 'group')} of fewer than {least} rows: {shortened(few.tolist())}; "
            "all rows of such a group must reach the threshold",
            ("objective", "group_rule"),
        )
