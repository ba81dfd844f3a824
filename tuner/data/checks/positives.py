"""How much the minority rows of a part can tell."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tuner.data.dataset import Dataset
from tuner.data.findings import Finding
from tuner.data.split_checks import count_units
from tuner.data.splits import Splits
from tuner.study import DataSection

__all__ = ["ENOUGH", "few_positives", "half_width"]

ENOUGH = 20
"""From so many minority rows on, the interval of a recall is within ±0.20."""


def few_positives(dataset: Dataset, splits: Splits, section: DataSection) -> Iterator[Finding]:
    """Fewer than 20 minority rows, or units that hold them, among test or validation rows.

    Validation rows of all folds are taken together, since a trial's score is pooled over them.
    """
    pooled = np.unique(np.concatenate([fold.validation for fold in splits.folds]))
    parts = (
        ("test", splits.test, "test"),
        ("validation", pooled, "validation" if section.split.validation is not None else "test"),
    )
    for name, rows, key in parts:
        minority = rows[dataset.is_minority(rows)]
        units = count_units(dataset, minority)
        if units >= ENOUGH:
            continue
        shared = f" ({_counted(dataset, units)})" if units < len(minority) else ""
        plural = "s" if len(minority) != 1 else ""
        advice = "give more such rows"
        if dataset.parts is None:
            advice += (
                f", or a {'smaller' if key == 'test' and name != 'test' else 'larger'} "
                f"data.split.{key}"
            )
        yield Finding(
            "warning",
            "few-positives",
            f"{len(minority)} {name} row{plural} of class '{dataset.minority}'{shared}: the 95 % "
            f"interval of a recall of one half is 0.50 ± {half_width(units):.2f}, so that smaller "
            f"differences cannot be seen; {advice}",
            ("data", "split"),
        )


def half_width(count: int, z: float = 1.959963984540054) -> float:
    """Half the width of Wilson's interval of a share of one half (Wilson, 1927).

    Args:
        count: Number of trials.
        z: Quantile of the normal distribution; 95 % unless given.

    Example:
        >>> round(half_width(20), 3)
        0.201
    """
    return z / (2 * math.sqrt(count + z * z))


def _counted(dataset: Dataset, units: int) -> str:
    what = "group" if dataset.groups is not None else "different row"
    return f"{units} {what}{'s' if units != 1 else ''}"
