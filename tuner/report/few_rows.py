"""What the test score is worth where few test rows are of the minority."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner.data import Dataset, Splits
from tuner.data.checks.positives import ENOUGH
from tuner.data.split_checks import count_units
from tuner.data.splits import Rows

__all__ = ["few_test_rows"]


def few_test_rows(dataset: Dataset, splits: Splits, best: Mapping[str, Any] | None) -> list[str]:
    """A warning with the interval in words, or none where there are rows enough or no test score.

    Rows that belong together, such as those of a group, count once.

    Args:
        dataset: Knows which rows are of the minority and which belong together.
        splits: Says which rows are the test rows.
        best: See `tuner.report.best`.
    """
    if not best or not best["test"]:
        return []
    minority = splits.test[dataset.is_minority(splits.test)]
    if count_units(dataset, minority) >= ENOUGH:
        return []
    low, high = best["test"]["ci95"]
    return [
        f"the test F1 of {best['test']['minority_f1']:.2f} rests on {_counted(dataset, minority)} "
        f"class '{dataset.minority}', fewer than {ENOUGH}: with other test rows it could have been "
        f"anything from {low:.2f} to {high:.2f} (95 % interval)"
    ]


def _counted(dataset: Dataset, minority: Rows) -> str:
    units = count_units(dataset, minority)
    plural = "s" if units != 1 else ""
    if units == len(minority):
        return f"{units} row{plural} of"
    if dataset.groups is None:
        return f"{units} different row{plural} of"
    return f"{units} group{plural} with rows of"
