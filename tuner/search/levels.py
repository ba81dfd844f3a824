"""What is scored: every row, or every group of rows, such as a subject with all its slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tuner.data import Dataset, Finding, Fold
from tuner.data.findings import counted, shortened
from tuner.errors import Problem
from tuner.metrics.groups import by_group
from tuner.study import Study
from tuner.training.unit import UnitResult

__all__ = [
    "ROWS",
    "Level",
    "Scored",
    "Units",
    "level_findings",
    "level_problems",
    "levels_of",
    "of_folds",
]


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
        assert dataset.group_codes is not None
        group = dataset.group_codes[rows]
        key = group if apart is None else apart * (group.max() + 1) + group
        first = np.unique(key, return_index=True)[1]
        return Scored(*by_group(labels, probabilities, key, self.places), group[first], first)


ROWS = Level("row")
"""Every row by itself."""


Units = Sequence[tuple[Fold, UnitResult]]


def of_folds(
    level: Level, dataset: Dataset, units: Units
) -> tuple[list[NDArray[Any]], list[NDArray[np.int64]]]:
    """Probabilities and labels of the validation rows of each fold, as a level scores them."""
    scored = [level.scored(dataset, fold.validation, one.probabilities) for fold, one in units]
    return [one.probabilities for one in scored], [one.labels for one in scored]


def levels_of(study: Study, dataset: Dataset) -> tuple[Level, Level | None]:
    """What the study scores, and what else can be told apart: not groups that are single rows."""
    group = Level("group", study.objective.places)
    if study.objective.level == "group":
        return group, ROWS
    codes = dataset.group_codes
    alone = codes is None or codes.max() + 1 == len(dataset)
    return ROWS, None if alone or _all_minority(dataset) else group


def _all_minority(dataset: Dataset) -> bool:
    """Whether every group has a minority row."""
    assert dataset.group_codes is not None
    held = np.bincount(dataset.group_codes, dataset.is_minority())
    return bool((held > 0).all())


def level_problems(study: Study, dataset: Dataset) -> list[Problem]:
    """What keeps groups from being scored."""
    if study.objective.level == "row":
        return []
    if dataset.groups is None:
        told = "'group' scores groups of rows, such as subjects, and the data has none"
        return [Problem(f"{told}; name them with the data's group, or score rows", _LEVEL)]
    if _all_minority(dataset):
        told = f"every group has a row of class '{dataset.minority}', so that all are of it"
        return [Problem(f"{told}; score rows", _LEVEL)]
    return []


_LEVEL, _RULE = ("objective", "level"), ("objective", "group_rule")


def level_findings(study: Study, dataset: Dataset) -> Iterator[Finding]:
    """Groups of so few rows that scoring them is not what it seems."""
    if dataset.groups is None:
        if "group_rule" in study.objective.model_fields_set:
            message = "the data has no groups, so that the rule for them does nothing"
            yield Finding("warning", "no-groups", message, _RULE)
        return
    if study.objective.level == "row":
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
            _RULE,
        )
